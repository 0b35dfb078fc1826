/*
 * oneDNN's descriptors for the ops of a graph, all for one jet: {1, channels, rows, columns}, a vector being an image
 * of one pixel. Layouts are oneDNN's choice where it has one ("any"); sources of pooling and element-wise primitives
 * have the layout that they come in.
 *
 * Functions return what oneDNN returned and write a descriptor that the caller destroys, on success only.
 */
#ifndef JT_ONEDNN_DESCRIBE_H
#define JT_ONEDNN_DESCRIBE_H

#include <oneapi/dnnl/dnnl.h>

#include "../../lib/graph/graph.h"

/* An image or vector of floats in a layout: dnnl_nchw, the plain one, or dnnl_format_tag_any. */
dnnl_status_t jt_onednn_describe_image(jt_shape shape, dnnl_format_tag_t tag, dnnl_memory_desc_t *description);
/* {1, n}, plain: what a dense layer makes. */
dnnl_status_t jt_onednn_describe_row(int32_t n, dnnl_memory_desc_t *description);
/* {n}, plain: a bias. */
dnnl_status_t jt_onednn_describe_bias(int32_t n, dnnl_memory_desc_t *description);
/* A convolution's weights; with groups in five dimensions. The plain layout or, with any != 0, oneDNN's choice. */
dnnl_status_t jt_onednn_describe_kernels(const jt_op *op, int any, dnnl_memory_desc_t *description);
/* A dense layer's weights over an input of this shape. */
dnnl_status_t jt_onednn_describe_dense_weights(int32_t units, jt_shape in, int any, dnnl_memory_desc_t *description);

/*
 * What every primitive gets: the caller's scratchpad, no arithmetic below float, and what follows the op itself: first
 * add_output != 0: what was in the output before is added; then the activation.
 */
dnnl_status_t jt_onednn_attributes(int add_output, jt_activation activation, dnnl_primitive_attr_t *attributes);

dnnl_status_t jt_onednn_describe_conv2d(dnnl_engine_t engine, const jt_op *op, const_dnnl_primitive_attr_t attributes,
                                        dnnl_primitive_desc_t *primitive);
dnnl_status_t jt_onednn_describe_dense(dnnl_engine_t engine, int32_t units, jt_shape in,
                                       const_dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *primitive);
/* JT_OP_MAX_POOL and JT_OP_GLOBAL_AVERAGE. */
dnnl_status_t jt_onednn_describe_pool(dnnl_engine_t engine, const jt_op *op, const_dnnl_memory_desc_t source,
                                      const_dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *primitive);
/* An activation that no other primitive has taken along. */
dnnl_status_t jt_onednn_describe_activation(dnnl_engine_t engine, jt_activation activation,
                                            const_dnnl_memory_desc_t source, const_dnnl_primitive_attr_t attributes,
                                            dnnl_primitive_desc_t *primitive);

#endif /* JT_ONEDNN_DESCRIBE_H */
