/*
 * An mbconv of one jet: expansion and depthwise convolution of a few blocks of channels at a time, the gate, the
 * projection. What is between them stays in a cache near the core.
 */
#include <string.h>

#include "steps.h"

/* All pixels as one row, by way of a buffer. */
static void run_short_rows(const jt_conv *conv, const jt_tiles *tiles, const float *in, float *out)
{
    float buffer[JT_MOST_BLOCKS * JT_MOST_PIXELS * JT_LANES];
    int32_t x = 0;
    for (int32_t i = 0; i < tiles->n_tiles; i++) {
        const int32_t pixels = tiles->pixels + (i < tiles->n_larger);
        tiles->kernel(&tiles->tile, pixels, in, buffer, NULL);
        in += pixels * JT_LANES;
        for (int32_t p = 0; p < pixels; p++) {
            for (int32_t b = 0; b < tiles->n_blocks; b++)
                memcpy(out + (size_t)b * conv->out_block + (size_t)(x * JT_LANES),
                       buffer + (b * JT_MOST_PIXELS + p) * JT_LANES, JT_LANES * sizeof *out);
            if (++x == conv->width) {
                x = 0;
                out += conv->out_row;
            }
        }
    }
}

static void expand_and_slide(const jt_mbconv *m, const jt_run *run, const float *in, float *wide, float *filtered,
                             float *totals)
{
    for (int32_t g = 0; g < m->expand.n_groups; g++) {
        const jt_tiles *tiles = &m->expand.groups[g];
        const int32_t first = tiles->first_block, end = first + tiles->n_blocks;
        float *out = filtered + (size_t)first * m->filtered.block;
        if (m->expand.width)
            run_short_rows(&m->expand, tiles, in, wide);
        else
            jt_native_run_rows(&m->expand, tiles, 0, m->expand.rows, in, wide, NULL);
        jt_native_run_blocks(&m->slides, run->kernel, wide, out, totals, first, end);
    }
}

/* The projection of an mbconv, its weights times the gate. */
static void run_gated(const jt_mbconv *m, const jt_run *run, const float *in, const float *gate, float *out,
                      const float *residual)
{
    float *weights = jt_spot_at(&m->gated, run, 0);
    for (int32_t g = 0; g < m->project.n_groups; g++) {
        jt_tiles tiles = m->project.groups[g];
        const size_t block = (size_t)tiles.first_block;
        run->kernel->scale_taps(tiles.tile.weights, gate, weights, tiles.tile.n_taps, tiles.n_blocks, m->project.pairs);
        tiles.tile.weights = weights;
        jt_native_run_rows(&m->project, &tiles, 0, m->project.rows, in, out + block * m->project.out_block,
                           residual ? residual + block * m->project.residual_block : NULL);
    }
}

/* The same of n neighbours at once. */
static void expand_and_slide_together(const jt_step *step, const jt_run *run, int32_t jet, int32_t n)
{
    const jt_mbconv *m = step->mbconv;
    const float *in = jt_spot_at(&step->in, run, jet);
    float *wide = jt_spot_at(&m->wide, run, jet);
    for (int32_t g = 0; g < m->expand.n_groups; g++) {
        const jt_tiles *tiles = &m->expand.groups[g];
        const int32_t first = tiles->first_block, end = first + tiles->n_blocks;
        jt_native_run_tiles_together(&m->expand, tiles, n, in, wide, NULL);
        for (int32_t i = jet; i < jet + n; i++)
            jt_native_run_blocks(&m->slides, run->kernel, jt_spot_at(&m->wide, run, i),
                                 jt_spot_at(&m->filtered, run, i) + (size_t)first * m->filtered.block,
                                 jt_spot_at(&m->totals, run, i), first, end);
    }
}

static void filter(const jt_step *step, const jt_run *run, int32_t jet)
{
    const jt_mbconv *m = step->mbconv;
    const float *in = jt_spot_at(&step->in, run, jet);
    float *filtered = jt_spot_at(&m->filtered, run, jet), *totals = jt_spot_at(&m->totals, run, jet);
    if (m->lit)
        jt_native_slide_lit(m->lit, &m->slides, run, in, filtered, totals);
    else if (m->expands)
        expand_and_slide(m, run, in, jt_spot_at(&m->wide, run, jet), filtered, totals);
    else
        jt_native_run_blocks(&m->slides, run->kernel, in, filtered, totals, 0, m->slides.n_blocks);
}

/* From the totals of n neighbours to their gates: both at once, since each waits most of the time. */
static void find_gates(const jt_mbconv *m, const jt_run *run, int32_t jet, int32_t n)
{
    const float *totals[JT_TOGETHER];
    float *squeezed[JT_TOGETHER], *gates[JT_TOGETHER];
    for (int32_t i = 0; i < n; i++) {
        totals[i] = jt_spot_at(&m->totals, run, jet + i);
        squeezed[i] = jt_spot_at(&m->squeezed, run, jet + i);
        gates[i] = jt_spot_at(&m->gate, run, jet + i);
    }
    run->kernel->gate(&m->gates, totals, squeezed, gates, n);
}

static void scale_blocks(const jt_mbconv *m, const jt_run *run, int32_t jet)
{
    float *block = jt_spot_at(&m->filtered, run, jet);
    const float *gate = jt_spot_at(&m->gate, run, jet);
    const size_t pixels = (size_t)(m->filtered.shape.h * m->filtered.shape.w);
    for (int32_t b = 0; b < m->slides.n_blocks; b++, block += m->filtered.block, gate += JT_LANES)
        run->kernel->scale(block, gate, block, pixels);
}

static void project(const jt_step *step, const jt_run *run, int32_t jet)
{
    const jt_mbconv *m = step->mbconv;
    const float *filtered = jt_spot_at(&m->filtered, run, jet);
    const float *residual = step->has_other ? jt_spot_at(&step->other, run, jet) : NULL;
    float *out = jt_spot_at(&step->out, run, jet);
    if (m->gated.floats)
        run_gated(m, run, filtered, jt_spot_at(&m->gate, run, jet), out, residual);
    else
        jt_native_run_tiled(&m->project, filtered, out, residual);
}

/* Of jets jet .. jet + n - 1: one, or in the tail two neighbours. */
static void mbconv(const jt_step *step, const jt_run *run, int32_t jet, int32_t n)
{
    const jt_mbconv *m = step->mbconv;
    for (int32_t i = jet; i < jet + n; i++)
        memset(jt_spot_at(&m->totals, run, i), 0, (size_t)m->slides.n_blocks * JT_LANES * sizeof(float));
    if (m->expands && m->expand.together)
        expand_and_slide_together(step, run, jet, n);
    else
        for (int32_t i = jet; i < jet + n; i++)
            filter(step, run, i);
    find_gates(m, run, jet, n);
    for (int32_t i = jet; i < jet + n && !m->gated.floats; i++)
        scale_blocks(m, run, i);
    if (m->project.together && !m->gated.floats)
        jt_native_run_together(&m->project, n, jt_spot_at(&m->filtered, run, jet), jt_spot_at(&step->out, run, jet),
                               step->has_other ? jt_spot_at(&step->other, run, jet) : NULL);
    else
        for (int32_t i = jet; i < jet + n; i++)
            project(step, run, i);
}

void jt_native_run_mbconv(const jt_step *step, const jt_run *run)
{
    const int32_t together = step->mbconv->totals.jet ? JT_TOGETHER : 1;
    for (int32_t jet = run->first, left = run->n; left > 0; jet += together, left -= together)
        mbconv(step, run, jet, left < together ? left : together);
}
