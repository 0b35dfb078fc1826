/*
 * The inner loops of the native backend: one table per instruction set, the same source compiled for each.
 *
 * Channels come in blocks of 16, a lane each. A value of (c, h, w) is stored block by block, row by row, pixel by
 * pixel:
 * [(c + 15) / 16][h][w][16]; the lanes beyond c hold finite rubbish that nobody reads. Every output is one chain of
 * fused multiply-adds in an order that depends on the layer alone, so that all tables give the same bits.
 *
 * Nothing here checks arguments, allocates or fails. Sizes and steps are in floats unless they say otherwise.
 */
#ifndef JT_NATIVE_KERNEL_H
#define JT_NATIVE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "../../lib/core/processor.h"
#include "../../lib/graph/graph.h"

enum {
    JT_LANES = 16,
    JT_MOST_BLOCKS = 4,   /* output blocks of a tile */
    JT_MOST_PIXELS = 14,  /* output pixels of a tile */
    JT_MOST_TOGETHER = 6, /* jets of a dense layer at once */
    JT_SHORT_SUMS = 8,    /* partial sums of a dense layer of one block of outputs; a fixed tree adds them up */
    JT_LONG_SUMS = 2      /* and of any other */
};

/*
 * An activation of kernels alone, after those of the graph: of a sum s, s / (1 + 2^s). Where s is JT_SWISH_SCALE times
 * x, that is swish of x times JT_SWISH_SCALE, and saves the multiplication. For convolutions in tiles, and slides.
 */
enum { JT_SCALED_SWISH = JT_ACTIVATIONS, JT_SCALED_SIGMOID /* 1 / (1 + 2^s): of a gate alone */ };
#define JT_SWISH_SCALE (-1.44269504088896340736f) /* -log2(e) */

/* How far apart in memory neighbouring outputs of a row have their inputs: kernels exist for each. */
typedef enum jt_tile_step {
    JT_STEP_PLANE = 0,   /* 1: planar images, stride 1 */
    JT_STEP_PLANE_TWICE, /* 2 */
    JT_STEP_BLOCK,       /* 16: blocks, stride 1 */
    JT_STEP_BLOCK_TWICE, /* 32 */
    JT_STEP_PAIRS,       /* 16, for a convolution of at most 8 output channels: see jt_tile */
    JT_STEP_ANY,
    JT_TILE_STEPS
} jt_tile_step;

/*
 * A few neighbouring pixels times a few blocks of output channels:
 * out[b][p] = activation(bias[b] + sum over k of weights[k][b] in[p * step + offsets[k]] + residual[b][p]).
 *
 * Of a convolution with at most 8 output channels half of the lanes would be idle. In JT_STEP_PAIRS, which has one
 * block of outputs, each tap takes two neighbouring input channels: lane 2 c of its weights is that of the first for
 * output channel c, lane 2 c + 1 that of the second. The two sums, of which bias[2 c] begins the first and bias[2 c +
 * 1], which is 0, the second, are added up in the end.
 */
typedef struct jt_tile {
    const int32_t *offsets; /* [n_taps] */
    int32_t n_taps;
    jt_activation activation;
    const float *weights; /* [n_taps][blocks][16] */
    const float *bias;    /* [blocks][16] */
    size_t out_block, residual_block;
    ptrdiff_t step; /* for JT_STEP_ANY */
} jt_tile;

/* residual is NULL where there is none. pixels * blocks <= sums of the table, pixels <= JT_MOST_PIXELS. */
typedef void (*jt_tile_kernel)(const jt_tile *tile, int32_t pixels, const float *in, float *out, const float *residual);

/*
 * A convolution within blocks of 16 channels in groups of 1, 2, 4 or 8. Weights are [rows][columns][group][16] for each
 * block. `totals` NULL, or 16 floats a block to which the outputs are added: first each row's are added up, then the
 * sums of the rows.
 */
typedef struct jt_slide {
    int32_t group, kernel[2], stride[2];
    int32_t h, w; /* of the outputs */
    jt_activation activation;
    const float *weights, *bias;
    size_t in_row, out_row;
    int32_t whole; /* side of a small square input without a halo, whose taps outside are left out; 0: has its halo */
    size_t weights_block, in_block, out_block; /* from one block of channels to the next */
} jt_slide;

/* Small squares for which there are kernels: depthwise, out = ceil(in / stride), `before` rows and columns of padding.
 */
typedef struct jt_square {
    int32_t in, kernel, stride, before, out;
} jt_square;

enum { JT_SQUARES = 10 };
extern const jt_square jt_native_squares[JT_SQUARES];

/* Pixels first .. end - 1 of a row; none where both are equal. */
typedef struct jt_span {
    int32_t first, end;
} jt_span;

/* Largest of a window, where the window is clipped to the value. */
typedef struct jt_window {
    int32_t kernel[2], stride[2], before[2];
    int32_t in_h, in_w, h, w;
    size_t in_row, out_row;
} jt_window;

/*
 * outputs[jet] = activation(bias + weights inputs[jet]), vectors. Weights are [group of blocks][n][blocks][16], with
 * `blocks_together` blocks in every group but perhaps the last. The groups may be taken backwards: the second time, the
 * weights read last are still in the cache.
 */
typedef struct jt_matrix {
    int32_t n, n_blocks, blocks_together;
    jt_activation activation;
    const float *weights, *bias;
} jt_matrix;

/*
 * A convolution over planes, [c][h][w], with stride 1: lanes are pixels, 8 neighbours of one row in each half. The last
 * 8 of a row may reach beyond it: that much is read, but not written.
 */
typedef struct jt_planes {
    const int32_t *offsets; /* [n_taps], from an output's place in the input */
    int32_t n_taps, n_channels, h, w;
    jt_activation activation;
    const float *weights; /* [group of JT_PLANE_CHANNELS channels, the last may have fewer][n_taps][channels] */
    const float *bias;
    size_t in_row, out_row, out_plane;
} jt_planes;

enum { JT_PLANE_CHANNELS = 6, JT_HALF = 8 /* pixels */ };

/* Halves of a row of w pixels. */
static inline int32_t jt_native_halves_of(int32_t w)
{
    return (w + JT_HALF - 1) / JT_HALF;
}

/*
 * Squeeze and excite: from the sums of an mbconv's channels to their gates. Inputs of the squeeze are lanes, and the
 * lanes of a sum are added up in a fixed tree in the end; outputs of the excite are lanes as everywhere else.
 *
 * Squeezed channels come in groups of 16, the last of which has room for 4, 8 or 16, and blocks of gates in groups of
 * jt_gate_blocks.
 */
typedef struct jt_gate {
    int32_t n_blocks, n_squeezed;
    jt_activation squeeze, excite;
    const float *squeeze_weights; /* [group of squeezed channels][n_blocks][channel of the group][16] */
    const float *squeeze_bias;    /* [(n_squeezed + 15) / 16][16] */
    const float *excite_weights;  /* [group of blocks][n_squeezed][block of the group][16] */
    const float *excite_bias;     /* [n_blocks][16] */
} jt_gate;

enum { JT_GATE_BLOCKS = 8 };

/* Room for squeezed channels in a group, `left` of them not yet in one. */
static inline int32_t jt_gate_pitch(int32_t left)
{
    return left <= 4 ? 4 : left <= 8 ? 8 : 16;
}

/* Blocks of a group, of `left`: groups of about the same size. */
static inline int32_t jt_gate_blocks(int32_t left)
{
    const int32_t n_groups = (left + JT_GATE_BLOCKS - 1) / JT_GATE_BLOCKS;
    return (left + n_groups - 1) / n_groups;
}

/* The same as jt_window over planes, without padding. */
typedef struct jt_plane_window {
    int32_t kernel[2], stride[2], n_channels, h, w;
    size_t in_row, in_plane, out_row, out_plane;
} jt_plane_window;

typedef struct jt_native_kernel {
    const char *name;
    int32_t sums;            /* pixels * blocks of a tile */
    int32_t blocks_together; /* of a dense layer with more than one block */
    const jt_tile_kernel (*tiles)[JT_TILE_STEPS][JT_MOST_BLOCKS];
    void (*slide)(const jt_slide *slide, int32_t n_blocks, const float *in, float *out, float *totals);
    /* `halves` are those to calculate, n of them, counted row by row; NULL: the first n of all. */
    void (*planes)(const jt_planes *planes, const int32_t *halves, int32_t n, const float *in, float *out);
    void (*largest_in_planes)(const jt_plane_window *window, const float *in, float *out);
    /* A row of tiles of one block: 6 x 6 pixels each, 3 apart, to 36 sums `product` apart from each other. */
    void (*winograd_in)(const float *in, size_t row, int32_t n_tiles, float *out, size_t product);
    /* The way back for a row of tiles: h <= 3 rows of w outputs. */
    void (*winograd_out)(const float *in, size_t product, const float *bias, jt_activation activation, int32_t h,
                         int32_t w, float *out, size_t row);
    void (*largest)(const jt_window *window, const float *in, float *out);
    void (*matrix)(const jt_matrix *matrix, const float *const *inputs, float *const *outputs, int32_t n_jets,
                   int32_t backwards);
    /* Of each jet; `squeezed` is room for n_squeezed floats in whole blocks. */
    void (*gate)(const jt_gate *gate, const float *const *totals, float *const *squeezed, float *const *gates,
                 int32_t n_jets);
    /* n lanes of 16 each; in place is fine. */
    void (*add)(const float *a, const float *b, float *out, size_t n, jt_activation activation);
    void (*scale)(const float *in, const float *factors, float *out, size_t n); /* 16 factors for all */
    /* Weights of a tile, [n_taps][blocks][16], times a factor for each tap, or two with `pairs` (JT_STEP_PAIRS). */
    void (*scale_taps)(const float *weights, const float *factors, float *out, int32_t n_taps, int32_t blocks,
                       int pairs);
    void (*activate)(const float *in, float *out, size_t n, jt_activation activation);
    void (*copy_rows)(const float *in, size_t in_row, float *out, size_t out_row, int32_t rows, int32_t w);
    /*
     * One row of a depthwise convolution with a square kernel of 3 or 5 and a stride of 1 or 2 across: outputs
     * first .. end - 1 are calculated, the others are those of `dark`. The sum of all is added to total[16].
     */
    void (*slide_span)(const jt_slide *slide, const float *in, float *out, const float *dark, int32_t first,
                       int32_t end, float *total);
    /* Where in a row any of some planes of w >= 16 columns is not as in `dark`; both without gaps. */
    void (*find_lit)(const float *in, const float *dark, jt_shape shape, jt_span *spans);
    /* Sums of rows of w lanes of 16, summed one by one, over n. */
    void (*average)(const float *in, size_t block, size_t row, int32_t n_blocks, int32_t h, int32_t w, float n,
                    float *out);
} jt_native_kernel;

/* The table for a processor; the best there is below that. */
const jt_native_kernel *jt_native_kernel_for(jt_processor level);

#endif /* JT_NATIVE_KERNEL_H */
