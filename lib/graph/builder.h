/* A graph in the making: what the steps of jt_graph_build share. Private to this folder. */
#ifndef JT_GRAPH_BUILDER_H
#define JT_GRAPH_BUILDER_H

#include "build.h"

typedef struct jt_builder {
    const jt_network *network;
    jt_arena *arena, *weights; /* of all else, and of the weights */
    jt_error *error;

    jt_layer *layers;
    jt_op *ops;
    jt_value *values;
    unsigned char *is_vector; /* per value */
    size_t row_floats;
    int32_t n_ops;
    int64_t n_parameters;
    int64_t multiply_adds;

    int32_t layer;                 /* the one being lowered */
    int32_t inputs[JT_MAX_INPUTS]; /* its input values */
} jt_builder;

/* Tensors of a convolution or dense op by role; NULL for what there is not. */
typedef struct jt_linear {
    const char *weight;
    const char *bias;
    const char *norm; /* prefix of gamma, beta, mean, variance, such as "expand." or "" */
    double epsilon;
} jt_linear;

/* Fail with the key "layers[i]<suffix>" of the layer being lowered. */
jt_status jt_builder_fail(jt_builder *builder, jt_status status, const char *suffix, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What an op costs, before it is made: sides of its output and of its kernel may be too large for an int32_t. */
typedef struct jt_output_sides {
    int64_t c, h, w;
} jt_output_sides;

/*
 * Add an op, complete but for `layer`, `in`, `out` and the weights. Checks the limits, then the weights, folds batch
 * norm. linear is NULL for ops without weights. The output's number goes to *value (NULL: nobody asks).
 */
jt_status jt_builder_emit(jt_builder *builder, jt_op op, jt_output_sides out, const jt_linear *linear, int32_t *value);

/*
 * Tensor of the layer being lowered, checked against the shape rule of its role and counted as parameters.
 * Also refuses what is not there.
 */
jt_status jt_builder_tensor(jt_builder *builder, const char *prefix, const char *role, const jt_tensor **tensor);

/* Weight and bias of an op, batch norm folded in, in memory of the arena for weights. */
jt_status jt_fold(jt_builder *builder, const jt_linear *linear, jt_op *op);

/* Say where every value lives. Needs values' floats and last_use; sets offset, and *working_floats. */
jt_status jt_place_values(jt_value *values, int32_t n_ops, jt_arena *arena, size_t *working_floats);

#endif /* JT_GRAPH_BUILDER_H */
