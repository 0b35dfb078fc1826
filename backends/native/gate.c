/* The gate of squeeze-excite: see jt_gate. Compiled once per instruction set. */
#include "activate.h"
#include "parts.h"

/* Squeezed channels at once. */
enum { MOST_SQUEEZED = JT_LANES, FEW_SQUEEZED = 4, SUMS_AT_ONCE = LANES_SUMS >= 24 ? 16 : 4 };

/* Blocks of gates at once. */
enum { BLOCKS_AT_ONCE = LANES_SUMS >= 24 ? JT_GATE_BLOCKS : 4 };

/* sums[o] += totals times the weights of squeezed channel o, which are `pitch` of them in a block. */
JT_ALWAYS_INLINE void add_up(const float *totals, const float *weights, int32_t n_blocks, int32_t pitch, lanes *sums,
                             int count)
{
#pragma GCC unroll 16
    for (int o = 0; o < count; o++)
        sums[o] = lanes_zero();
    for (int32_t b = 0; b < n_blocks; b++, totals += JT_LANES, weights += pitch * JT_LANES) {
        const lanes x = lanes_load(totals);
#pragma GCC unroll 16
        for (int o = 0; o < count; o++)
            sums[o] = lanes_fused(x, lanes_load(weights + o * JT_LANES), sums[o]);
    }
}

/* Up to 16 squeezed channels, of which there are weights for `pitch`. */
JT_ALWAYS_INLINE lanes squeeze_some(const float *totals, const float *weights, int32_t n_blocks, int pitch)
{
    lanes sums[MOST_SQUEEZED];
#pragma GCC unroll 4
    for (int o = 0; o < pitch; o += SUMS_AT_ONCE)
        add_up(totals, weights + o * JT_LANES, n_blocks, pitch, sums + o, pitch < SUMS_AT_ONCE ? pitch : SUMS_AT_ONCE);
#pragma GCC unroll 16
    for (int o = pitch; o < MOST_SQUEEZED; o++)
        sums[o] = lanes_zero();
    return lanes_sums(sums);
}

static void squeeze(const jt_gate *g, const float *totals, float *squeezed)
{
    const float *weights = g->squeeze_weights, *bias = g->squeeze_bias;
    for (int32_t left = g->n_squeezed; left > 0; left -= MOST_SQUEEZED, squeezed += JT_LANES, bias += JT_LANES) {
        const int32_t pitch = jt_gate_pitch(left);
        const lanes sums = pitch == FEW_SQUEEZED       ? squeeze_some(totals, weights, g->n_blocks, FEW_SQUEEZED)
                           : pitch == 2 * FEW_SQUEEZED ? squeeze_some(totals, weights, g->n_blocks, 2 * FEW_SQUEEZED)
                                                       : squeeze_some(totals, weights, g->n_blocks, MOST_SQUEEZED);
        lanes_store(squeezed, lanes_add(sums, lanes_load(bias)));
        weights += (size_t)pitch * (size_t)g->n_blocks * JT_LANES;
    }
}

static void activate_squeezed(const jt_gate *g, float *squeezed)
{
    for (int32_t left = g->n_squeezed; left > 0; left -= JT_LANES, squeezed += JT_LANES) {
        if ((int)g->squeeze == JT_SCALED_SWISH)
            lanes_store(squeezed, lanes_activate(lanes_load(squeezed), (jt_activation)JT_SCALED_SWISH));
        else
            JT_NATIVE(activate)(squeezed, squeezed, 1, g->squeeze);
    }
}

/* A few blocks of a group of `pitch`. */
JT_ALWAYS_INLINE void excite_some(const jt_gate *g, const float *squeezed, const float *weights, const float *bias,
                                  float *gates, int pitch, int blocks)
{
    lanes sums[JT_GATE_BLOCKS];
#pragma GCC unroll 8
    for (int b = 0; b < blocks; b++)
        sums[b] = lanes_load(bias + b * JT_LANES);
    for (int32_t k = 0; k < g->n_squeezed; k++, weights += pitch * JT_LANES) {
        const lanes x = lanes_all(squeezed[k]);
#pragma GCC unroll 8
        for (int b = 0; b < blocks; b++)
            sums[b] = lanes_fused(x, lanes_load(weights + b * JT_LANES), sums[b]);
    }
    if ((int)g->excite != JT_SCALED_SIGMOID) {
        for (int b = 0; b < blocks; b++)
            lanes_store(gates + b * JT_LANES, sums[b]);
        JT_NATIVE(activate)(gates, gates, (size_t)blocks, g->excite);
        return;
    }
#pragma GCC unroll 8
    for (int b = 0; b < blocks; b++)
        lanes_store(gates + b * JT_LANES, lanes_divide(lanes_all(1.0f), one_plus_power(sums[b])));
}

JT_ALWAYS_INLINE void excite_group(const jt_gate *g, const float *squeezed, const float *weights, const float *bias,
                                   float *gates, int blocks)
{
    enum { MOST = BLOCKS_AT_ONCE };
    excite_some(g, squeezed, weights, bias, gates, blocks, blocks < MOST ? blocks : MOST);
    if (blocks > MOST)
        excite_some(g, squeezed, weights + MOST * JT_LANES, bias + MOST * JT_LANES, gates + MOST * JT_LANES, blocks,
                    blocks > MOST ? blocks - MOST : 1);
}

static void excite(const jt_gate *g, const float *squeezed, float *gates)
{
    const float *weights = g->excite_weights, *bias = g->excite_bias;
    for (int32_t left = g->n_blocks; left > 0;) {
        const int32_t blocks = jt_gate_blocks(left);
        switch (blocks) {
        case 1:
            excite_group(g, squeezed, weights, bias, gates, 1);
            break;
        case 2:
            excite_group(g, squeezed, weights, bias, gates, 2);
            break;
        case 3:
            excite_group(g, squeezed, weights, bias, gates, 3);
            break;
        case 4:
            excite_group(g, squeezed, weights, bias, gates, 4);
            break;
        case 5:
            excite_group(g, squeezed, weights, bias, gates, 5);
            break;
        case 6:
            excite_group(g, squeezed, weights, bias, gates, 6);
            break;
        case 7:
            excite_group(g, squeezed, weights, bias, gates, 7);
            break;
        default:
            excite_group(g, squeezed, weights, bias, gates, 8);
            break;
        }
        weights += blocks * g->n_squeezed * JT_LANES;
        bias += blocks * JT_LANES;
        gates += blocks * JT_LANES;
        left -= blocks;
    }
}

void JT_NATIVE(gate)(const jt_gate *g, const float *const *totals, float *const *squeezed, float *const *gates,
                     int32_t n_jets)
{
    /* Step by step for all jets, since each step of one waits for the one before. */
    for (int32_t i = 0; i < n_jets; i++)
        squeeze(g, totals[i], squeezed[i]);
    for (int32_t i = 0; i < n_jets; i++)
        activate_squeezed(g, squeezed[i]);
    for (int32_t i = 0; i < n_jets; i++)
        excite(g, squeezed[i], gates[i]);
}
