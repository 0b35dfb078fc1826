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

static void mbconv(const jt_step *step, const jt_run *run, int32_t jet)
{
    const jt_mbconv *m = step->mbconv;
    const jt_native_kernel *kernel = run->kernel;
    const float *in = jt_spot_at(&step->in, run, jet);
    float *filtered = jt_spot_at(&m->filtered, run, jet), *totals = jt_spot_at(&m->totals, run, jet);
    float *squeezed = jt_spot_at(&m->squeezed, run, jet), *gate = jt_spot_at(&m->gate, run, jet);
    const int32_t n_blocks = m->slides.n_blocks;
    memset(totals, 0, (size_t)n_blocks * JT_LANES * sizeof *totals);
    if (m->lit)
        jt_native_slide_lit(m->lit, &m->slides, run, in, filtered, totals);
    else if (m->expands)
        expand_and_slide(m, run, in, jt_spot_at(&m->wide, run, jet), filtered, totals);
    else
        jt_native_run_blocks(&m->slides, kernel, in, filtered, totals, 0, n_blocks);
    kernel->matrix(&m->squeeze, (const float *const[]){totals}, (float *const[]){squeezed}, 1, 0);
    kernel->matrix(&m->excite, (const float *const[]){squeezed}, (float *const[]){gate}, 1, 0);
    float *out = jt_spot_at(&step->out, run, jet);
    const float *residual = step->has_other ? jt_spot_at(&step->other, run, jet) : NULL;
    if (m->gated.floats) {
        run_gated(m, run, filtered, gate, out, residual);
        return;
    }
    for (int32_t b = 0; b < n_blocks; b++) {
        float *block = filtered + (size_t)b * m->filtered.block;
        kernel->scale(block, gate + b * JT_LANES, block, m->filtered.block / JT_LANES);
    }
    jt_native_run_tiled(&m->project, filtered, out, residual);
}

void jt_native_run_mbconv(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        mbconv(step, run, jet);
}
