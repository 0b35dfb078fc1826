/* Tiles of convolutions: see kernel.h. Compiled once per instruction set. */
#include "activate.h"
#include "parts.h"

JT_ALWAYS_INLINE void finish(const jt_tile *tile, float *out, const lanes *sums, int pixels, int blocks,
                             jt_activation activation)
{
#pragma GCC unroll 14
    for (int p = 0; p < pixels; p++)
#pragma GCC unroll 4
        for (int b = 0; b < blocks; b++)
            lanes_store(out + (size_t)b * tile->out_block + (size_t)(p * JT_LANES),
                        lanes_activate(sums[p * blocks + b], activation));
}

/* All but tile, in, out and residual are constants where this is used. */
JT_ALWAYS_INLINE void run_tile(const jt_tile *tile, const float *in, float *out, const float *residual, int pixels,
                               int blocks, ptrdiff_t step, int pairs)
{
    lanes sums[LANES_SUMS];
#pragma GCC unroll 4
    for (int b = 0; b < blocks; b++) {
        const lanes bias = lanes_load(tile->bias + b * JT_LANES);
#pragma GCC unroll 14
        for (int p = 0; p < pixels; p++)
            sums[p * blocks + b] = bias;
    }
    const float *weights = tile->weights;
    const int32_t *offsets = tile->offsets;
    for (int32_t k = tile->n_taps; k > 0; k--, weights += blocks * JT_LANES) {
        const float *from = in + *offsets++;
        lanes w[JT_MOST_BLOCKS];
#pragma GCC unroll 4
        for (int b = 0; b < blocks; b++)
            w[b] = lanes_load(weights + b * JT_LANES);
#pragma GCC unroll 14
        for (int p = 0; p < pixels; p++) {
            const lanes x = pairs ? lanes_all_pairs(from + p * step) : lanes_all(from[p * step]);
#pragma GCC unroll 4
            for (int b = 0; b < blocks; b++)
                sums[p * blocks + b] = lanes_fused(x, w[b], sums[p * blocks + b]);
        }
    }
    if (pairs)
#pragma GCC unroll 14
        for (int p = 0; p < pixels; p++)
            sums[p] = lanes_add_pairs(sums[p]);
    if (residual) {
#pragma GCC unroll 14
        for (int p = 0; p < pixels; p++)
#pragma GCC unroll 4
            for (int b = 0; b < blocks; b++)
                sums[p * blocks + b] =
                    lanes_add(sums[p * blocks + b],
                              lanes_load(residual + (size_t)b * tile->residual_block + (size_t)(p * JT_LANES)));
    }
    /* Expansions of mbconv, where activations take long: at once. */
    if ((int)tile->activation == JT_SCALED_SWISH && step == JT_LANES && !pairs) {
        finish(tile, out, sums, pixels, blocks, (jt_activation)JT_SCALED_SWISH);
        return;
    }
    if (tile->activation == JT_ACTIVATION_RELU) {
        finish(tile, out, sums, pixels, blocks, JT_ACTIVATION_RELU);
        return;
    }
    finish(tile, out, sums, pixels, blocks, JT_ACTIVATION_NONE);
    if (tile->activation == JT_ACTIVATION_NONE)
        return;
    /* Not worth the room of their own in every kernel. */
    for (int b = 0; b < blocks; b++, out += tile->out_block)
        JT_NATIVE(activate)(out, out, (size_t)pixels, tile->activation);
}

/* A kernel for a step and a number of blocks: as many pixels as there are registers for. */
#define PIXELS(n, blocks, step, pairs)                                                                                 \
    case n:                                                                                                            \
        if (n * blocks <= LANES_SUMS)                                                                                  \
            run_tile(tile, in, out, residual, n *blocks <= LANES_SUMS ? n : 1, blocks, step, pairs);                   \
        break;
#define TILES(name, blocks, step, pairs)                                                                               \
    static void name(const jt_tile *tile, int32_t pixels, const float *in, float *out, const float *residual)          \
    {                                                                                                                  \
        switch (pixels) {                                                                                              \
            PIXELS(1, blocks, step, pairs)                                                                             \
            PIXELS(2, blocks, step, pairs)                                                                             \
            PIXELS(3, blocks, step, pairs)                                                                             \
            PIXELS(4, blocks, step, pairs)                                                                             \
            PIXELS(5, blocks, step, pairs)                                                                             \
            PIXELS(6, blocks, step, pairs)                                                                             \
            PIXELS(7, blocks, step, pairs)                                                                             \
            PIXELS(8, blocks, step, pairs)                                                                             \
            PIXELS(9, blocks, step, pairs)                                                                             \
            PIXELS(10, blocks, step, pairs)                                                                            \
            PIXELS(11, blocks, step, pairs)                                                                            \
            PIXELS(12, blocks, step, pairs)                                                                            \
            PIXELS(13, blocks, step, pairs)                                                                            \
            PIXELS(14, blocks, step, pairs)                                                                            \
        default:                                                                                                       \
            break;                                                                                                     \
        }                                                                                                              \
    }

TILES(plane_1, 1, 1, 0)
TILES(plane_2, 2, 1, 0)
TILES(plane_3, 3, 1, 0)
TILES(plane_4, 4, 1, 0)
TILES(plane_twice_1, 1, 2, 0)
TILES(plane_twice_2, 2, 2, 0)
TILES(plane_twice_3, 3, 2, 0)
TILES(plane_twice_4, 4, 2, 0)
TILES(block_1, 1, JT_LANES, 0)
TILES(block_2, 2, JT_LANES, 0)
TILES(block_3, 3, JT_LANES, 0)
TILES(block_4, 4, JT_LANES, 0)
TILES(block_twice_1, 1, 2 * JT_LANES, 0)
TILES(block_twice_2, 2, 2 * JT_LANES, 0)
TILES(block_twice_3, 3, 2 * JT_LANES, 0)
TILES(block_twice_4, 4, 2 * JT_LANES, 0)
TILES(pairs_1, 1, JT_LANES, 1)

/* For steps that no network of the papers has: pixel by pixel. */
JT_ALWAYS_INLINE void one_by_one(const jt_tile *tile, int32_t pixels, const float *in, float *out,
                                 const float *residual, int blocks)
{
    for (int32_t p = 0; p < pixels; p++, in += tile->step, out += JT_LANES) {
        run_tile(tile, in, out, residual, 1, blocks, 0, 0);
        residual = residual ? residual + JT_LANES : NULL;
    }
}

static void any_1(const jt_tile *tile, int32_t pixels, const float *in, float *out, const float *residual)
{
    one_by_one(tile, pixels, in, out, residual, 1);
}
static void any_2(const jt_tile *tile, int32_t pixels, const float *in, float *out, const float *residual)
{
    one_by_one(tile, pixels, in, out, residual, 2);
}
static void any_3(const jt_tile *tile, int32_t pixels, const float *in, float *out, const float *residual)
{
    one_by_one(tile, pixels, in, out, residual, 3);
}
static void any_4(const jt_tile *tile, int32_t pixels, const float *in, float *out, const float *residual)
{
    one_by_one(tile, pixels, in, out, residual, 4);
}

const jt_tile_kernel JT_NATIVE(tiles)[JT_TILE_STEPS][JT_MOST_BLOCKS] = {
    [JT_STEP_PLANE] = {plane_1, plane_2, plane_3, plane_4},
    [JT_STEP_PLANE_TWICE] = {plane_twice_1, plane_twice_2, plane_twice_3, plane_twice_4},
    [JT_STEP_BLOCK] = {block_1, block_2, block_3, block_4},
    [JT_STEP_BLOCK_TWICE] = {block_twice_1, block_twice_2, block_twice_3, block_twice_4},
    [JT_STEP_PAIRS] = {pairs_1},
    [JT_STEP_ANY] = {any_1, any_2, any_3, any_4},
};
