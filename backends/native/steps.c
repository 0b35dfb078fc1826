/* Convolutions, dense layers and mbconv: what is worth its time. */
#include <string.h>

#include "steps.h"

static void run_tiles(const jt_conv *conv, const jt_tiles *tiles, const float *in, float *out, const float *residual)
{
    in += conv->in_first;
    for (int32_t y = 0; y < conv->rows; y++) {
        const float *from = in + (size_t)y * conv->in_row;
        float *to = out + (size_t)y * conv->out_row;
        const float *plus = residual ? residual + (size_t)y * conv->residual_row : NULL;
        for (int32_t i = 0; i < tiles->n_tiles; i++) {
            const int32_t pixels = tiles->pixels + (i < tiles->n_larger);
            tiles->kernel(&tiles->tile, pixels, from, to, plus);
            from += (size_t)pixels * conv->in_pixel;
            to += pixels * JT_LANES;
            plus = plus ? plus + pixels * JT_LANES : NULL;
        }
    }
}

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

static void run_conv(const jt_conv *conv, const float *in, float *out, const float *residual)
{
    for (int32_t g = 0; g < conv->n_groups; g++) {
        const size_t block = (size_t)conv->groups[g].first_block;
        run_tiles(conv, &conv->groups[g], in, out + block * conv->out_block,
                  residual ? residual + block * conv->residual_block : NULL);
    }
}

void jt_native_run_conv(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        run_conv(&step->conv, jt_spot_from(&step->in, run, jet), jt_spot_at(&step->out, run, jet),
                 step->has_other ? jt_spot_at(&step->other, run, jet) : NULL);
}

/* Blocks first .. end - 1; in and out are those of block `first`. */
static void run_slides(const jt_slides *slides, const jt_native_kernel *kernel, const float *in, float *out,
                       float *average, int32_t first, int32_t end)
{
    for (int32_t b = first; b < end; b++, in += slides->in_block, out += slides->out_block) {
        jt_slide slide = slides->slide;
        slide.weights += (size_t)b * slides->weights;
        slide.bias += b * JT_LANES;
        kernel->slide(&slide, in + slides->in_first, out, average ? average + b * JT_LANES : NULL);
    }
}

void jt_native_run_slides(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        run_slides(&step->slides, run->kernel, jt_spot_at(&step->in, run, jet), jt_spot_at(&step->out, run, jet), NULL,
                   0, step->slides.n_blocks);
}

static void mbconv(const jt_step *step, const jt_run *run, int32_t jet)
{
    const jt_mbconv *m = step->mbconv;
    const jt_native_kernel *kernel = run->kernel;
    const float *in = jt_spot_at(&step->in, run, jet);
    float *filtered = jt_spot_at(&m->filtered, run, jet), *average = jt_spot_at(&m->average, run, jet);
    float *squeezed = jt_spot_at(&m->squeezed, run, jet), *gate = jt_spot_at(&m->gate, run, jet);
    const int32_t n_blocks = m->slides.n_blocks;
    if (m->expands) {
        float *wide = jt_spot_at(&m->wide, run, jet);
        for (int32_t g = 0; g < m->expand.n_groups; g++) {
            const int32_t first = m->expand.groups[g].first_block;
            const int32_t end = g + 1 < m->expand.n_groups ? m->expand.groups[g + 1].first_block : n_blocks;
            if (m->expand.width)
                run_short_rows(&m->expand, &m->expand.groups[g], in, wide);
            else
                run_tiles(&m->expand, &m->expand.groups[g], in, wide, NULL);
            run_slides(&m->slides, kernel, wide, filtered + (size_t)first * m->filtered.block, average, first, end);
        }
    } else {
        run_slides(&m->slides, kernel, in, filtered, average, 0, n_blocks);
    }
    kernel->matrix(&m->squeeze, (const float *const[]){average}, (float *const[]){squeezed}, 1, 0);
    kernel->matrix(&m->excite, (const float *const[]){squeezed}, (float *const[]){gate}, 1, 0);
    for (int32_t b = 0; b < n_blocks; b++) {
        float *block = filtered + (size_t)b * m->filtered.block;
        kernel->scale(block, gate + b * JT_LANES, block, m->filtered.block / JT_LANES);
    }
    run_conv(&m->project, filtered, jt_spot_at(&step->out, run, jet),
             step->has_other ? jt_spot_at(&step->other, run, jet) : NULL);
}

void jt_native_run_mbconv(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        mbconv(step, run, jet);
}

void jt_native_run_planes(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        run->kernel->planes(&step->planes, jt_spot_from(&step->in, run, jet) + step->planes_first,
                            jt_spot_at(&step->out, run, jet));
}

void jt_native_run_plane_window(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        run->kernel->largest_in_planes(&step->plane_window, jt_spot_at(&step->in, run, jet),
                                       jt_spot_at(&step->out, run, jet));
}

void jt_native_run_matrix(const jt_step *step, const jt_run *run)
{
    const float *inputs[JT_GROUP];
    float *outputs[JT_GROUP];
    for (int32_t i = 0; i < run->n; i++) {
        inputs[i] = jt_spot_at(&step->in, run, run->first + i);
        outputs[i] = jt_spot_at(&step->out, run, run->first + i);
    }
    run->kernel->matrix(&step->matrix, inputs, outputs, run->n, run->backwards);
}
