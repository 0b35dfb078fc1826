/* Layers to ops, one function per kind: it works out shapes and hands each op to jt_builder_emit. */
#ifndef JT_GRAPH_LOWER_H
#define JT_GRAPH_LOWER_H

#include "builder.h"

jt_status jt_lower_conv2d(jt_builder *builder, const jt_layer_spec *spec);
jt_status jt_lower_depthwise(jt_builder *builder, const jt_layer_spec *spec);
jt_status jt_lower_dense(jt_builder *builder, const jt_layer_spec *spec);
jt_status jt_lower_max_pool(jt_builder *builder, const jt_layer_spec *spec);
jt_status jt_lower_global_average(jt_builder *builder, const jt_layer_spec *spec);
jt_status jt_lower_flatten(jt_builder *builder, const jt_layer_spec *spec);
jt_status jt_lower_concat(jt_builder *builder, const jt_layer_spec *spec);
jt_status jt_lower_add(jt_builder *builder, const jt_layer_spec *spec);
jt_status jt_lower_activation(jt_builder *builder, const jt_layer_spec *spec);
jt_status jt_lower_squeeze_excite(jt_builder *builder, const jt_layer_spec *spec);
jt_status jt_lower_mbconv(jt_builder *builder, const jt_layer_spec *spec);

#endif /* JT_GRAPH_LOWER_H */
