/*
 * A network as the backends see it.
 *
 * A model file describes a network as layers (conv2d, mbconv, dense, ...). Reading it gives two views of the same
 * thing:
 *
 *   layers  as in the file, one per row of "layers", for backends with fused kernels (an mbconv is one layer);
 *   ops     the same network in the few elementary steps that every backend has, in the order in which they run.
 *           Batch norm is folded into weight and bias, padding is in numbers, and each step knows its shapes.
 *
 * Layer i is ops[first_op] .. ops[first_op + n_ops - 1]. Everything here is immutable once built and owned by the
 * model.
 */
#ifndef JT_GRAPH_GRAPH_H
#define JT_GRAPH_GRAPH_H

#include <stddef.h>
#include <stdint.h>

enum {
    JT_MAX_INPUTS = 8,
    /* Values are numbered: what a network is given of a jet, then the output of op i as JT_FIRST_OUTPUT + i. */
    JT_VALUE_IMAGES = 0,
    JT_VALUE_FEATURES,
    JT_VALUE_SINGLES, /* constituents and pairs of them: images of one row (lib/sets) */
    JT_VALUE_PAIRS,
    JT_FIRST_OUTPUT
};

/*
 * Features, singles and pairs of a jet come in one row, one behind the other: for these the offset of a value is its
 * place in there.
 */
static inline int jt_is_in_row(int32_t value)
{
    return value > JT_VALUE_IMAGES && value < JT_FIRST_OUTPUT;
}

typedef enum jt_layer_kind {
    JT_LAYER_CONV2D = 0,
    JT_LAYER_DEPTHWISE_CONV2D,
    JT_LAYER_DENSE,
    JT_LAYER_MAX_POOL,
    JT_LAYER_GLOBAL_AVERAGE,
    JT_LAYER_FLATTEN,
    JT_LAYER_CONCAT,
    JT_LAYER_ADD,
    JT_LAYER_ACTIVATION,
    JT_LAYER_SQUEEZE_EXCITE,
    JT_LAYER_MBCONV,
    JT_LAYER_KINDS
} jt_layer_kind;

typedef enum jt_op_kind {
    JT_OP_CONV2D = 0,     /* groups = 1 .. channels; depthwise is groups == in.c == out.c */
    JT_OP_DENSE,          /* out[u] = bias[u] + sum_k weight[u][k] in[k] */
    JT_OP_MAX_POOL,       /* padding never wins */
    JT_OP_GLOBAL_AVERAGE, /* mean over rows and columns of each channel */
    JT_OP_FLATTEN,        /* (C, H, W) -> vector, C-major: the same floats in the same order */
    JT_OP_CONCAT,         /* vectors, one after the other */
    JT_OP_ADD,            /* element by element, two inputs of one shape */
    JT_OP_SCALE,          /* input 0 times input 1, a vector with one factor per channel */
    JT_OP_ACTIVATION,     /* the activation alone */
    JT_OP_KINDS
} jt_op_kind;

/* Applied to the result of an op: relu max(0, x); swish x sigmoid(x); sigmoid 1 / (1 + exp(-x)). */
typedef enum jt_activation {
    JT_ACTIVATION_NONE = 0,
    JT_ACTIVATION_RELU,
    JT_ACTIVATION_SWISH,
    JT_ACTIVATION_SIGMOID,
    JT_ACTIVATIONS
} jt_activation;

/* Channels, rows, columns; a vector of n has c = n, h = w = 1. Stored channel by channel, row by row, per jet. */
typedef struct jt_shape {
    int32_t c, h, w;
} jt_shape;

typedef struct jt_op {
    jt_op_kind kind;
    jt_activation activation;
    int32_t layer; /* index of the layer that it is part of */
    int32_t n_inputs;
    int32_t inputs[JT_MAX_INPUTS]; /* values */
    jt_shape in;                   /* of input 0 */
    jt_shape out;
    int32_t kernel[2]; /* rows, columns: conv2d and max_pool */
    int32_t stride[2];
    int32_t pad[4]; /* top, bottom, left, right */
    int32_t groups;
    /* NULL once they have been let go: see jt_backend. */
    const float *weight; /* conv2d: [out.c][in.c / groups][kernel rows][kernel columns]; dense: [out.c][in.c] */
    const float *bias;   /* [out.c]; never NULL for conv2d and dense */
} jt_op;

/* Places of the ops of an mbconv after its first_op; an mbconv with expansion 1 has no JT_MBCONV_EXPAND and all others
   move up by one; JT_MBCONV_ADD only where there is a residual sum. */
enum {
    JT_MBCONV_EXPAND = 0,
    JT_MBCONV_DEPTHWISE,
    JT_MBCONV_AVERAGE,
    JT_MBCONV_SQUEEZE,
    JT_MBCONV_EXCITE,
    JT_MBCONV_SCALE,
    JT_MBCONV_PROJECT,
    JT_MBCONV_ADD
};

typedef struct jt_layer {
    jt_layer_kind kind;
    const char *name;
    int32_t first_op;
    int32_t n_ops;
} jt_layer;

/* Where a value lives in a plan's working memory for one jet, in floats. Values whose lives do not overlap may share.
 */
typedef struct jt_value {
    jt_shape shape;
    size_t floats;    /* c * h * w */
    size_t offset;    /* multiple of 16; of what is given in a row its place there, 0 for images */
    int32_t last_use; /* index of the last op that reads it; n_ops for the output */
} jt_value;

typedef struct jt_graph {
    int32_t n_layers;
    const jt_layer *layers;
    int32_t n_ops;
    const jt_op *ops;
    int32_t n_values; /* JT_FIRST_OUTPUT + n_ops; floats is 0 for what is not given */
    const jt_value *values;
    size_t row_floats;     /* of features, singles and pairs together */
    int32_t output;        /* value of the logits, a vector */
    size_t working_floats; /* per jet, for all values with an offset */
    int64_t n_parameters;  /* of the file: 4 per batch-norm channel */
    int64_t multiply_adds; /* per jet */
    const float *dark;     /* the network's images of a jet without any light, where that is known; else NULL */
    int32_t most_lit;      /* pixels in which a jet's image differs from that at most, where that is known; else 0 */
} jt_graph;

static inline int jt_reads_images(const jt_graph *graph)
{
    return graph->values[JT_VALUE_IMAGES].last_use >= 0;
}

#endif /* JT_GRAPH_GRAPH_H */
