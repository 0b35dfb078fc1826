/* Convolutions and dense layers: what is worth its time. */
#include "steps.h"

#include "trail.h"

void jt_native_run_rows(const jt_conv *conv, const jt_tiles *tiles, int32_t first, int32_t end, const float *in,
                        float *out, const float *residual)
{
    in += conv->in_first;
    for (int32_t y = first; y < end; y++) {
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

void jt_native_run_tiled(const jt_conv *conv, const float *in, float *out, const float *residual)
{
    for (int32_t g = 0; g < conv->n_groups; g++) {
        const size_t block = (size_t)conv->groups[g].first_block;
        jt_native_run_rows(conv, &conv->groups[g], 0, conv->rows, in, out + block * conv->out_block,
                           residual ? residual + block * conv->residual_block : NULL);
    }
}

void jt_native_run_tiles_together(const jt_conv *conv, const jt_tiles *tiles, int32_t n, const float *in, float *out,
                                  const float *residual)
{
    for (int32_t left = n * conv->together; left > 0; left -= tiles->most) {
        tiles->kernel(&tiles->tile, left < tiles->most ? left : tiles->most, in, out, residual);
        in += tiles->most * JT_LANES;
        out += tiles->most * JT_LANES;
        residual = residual ? residual + tiles->most * JT_LANES : NULL;
    }
}

void jt_native_run_together(const jt_conv *conv, int32_t n, const float *in, float *out, const float *residual)
{
    for (int32_t g = 0; g < conv->n_groups; g++) {
        const size_t block = (size_t)conv->groups[g].first_block;
        jt_native_run_tiles_together(conv, &conv->groups[g], n, in, out + block * conv->out_block,
                                     residual ? residual + block * conv->residual_block : NULL);
    }
}

static void run_conv_together(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first, left = run->n; left > 0; jet += JT_TOGETHER, left -= JT_TOGETHER)
        jt_native_run_together(&step->conv, left < JT_TOGETHER ? left : JT_TOGETHER, jt_spot_at(&step->in, run, jet),
                               jt_spot_at(&step->out, run, jet),
                               step->has_other ? jt_spot_at(&step->other, run, jet) : NULL);
}

void jt_native_run_conv(const jt_step *step, const jt_run *run)
{
    if (step->conv.together) {
        run_conv_together(step, run);
        return;
    }
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        jt_native_run_tiled(&step->conv, jt_spot_from(&step->in, run, jet), jt_spot_at(&step->out, run, jet),
                            step->has_other ? jt_spot_at(&step->other, run, jet) : NULL);
}

void jt_native_run_blocks(const jt_slides *slides, const jt_native_kernel *kernel, const float *in, float *out,
                          float *totals, int32_t first, int32_t end)
{
    jt_slide slide = slides->slide;
    slide.weights += (size_t)first * slide.weights_block;
    slide.bias += first * JT_LANES;
    kernel->slide(&slide, end - first, in + slides->in_first, out, totals ? totals + first * JT_LANES : NULL);
}

void jt_native_run_slides(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        jt_native_run_blocks(&step->slides, run->kernel, jt_spot_at(&step->in, run, jet),
                             jt_spot_at(&step->out, run, jet), NULL, 0, step->slides.n_blocks);
}

/* Halves of rows that light reaches; the others of all channels are filled. */
static int32_t list_halves(const jt_step *step, const jt_run *run, float *out, int32_t *halves)
{
    const jt_shape shape = step->out.shape;
    const int32_t per_row = jt_native_halves_of(shape.w);
    const jt_span *spans = jt_native_find_spans(step->trail, run);
    int32_t n = 0;
    for (int32_t y = 0; y < shape.h; y++) {
        const int32_t first = spans[y].first / JT_HALF, end = jt_native_halves_of(spans[y].end);
        const jt_span lit = {first * JT_HALF, end * JT_HALF < shape.w ? end * JT_HALF : shape.w};
        for (int32_t i = first; i < end; i++)
            halves[n++] = y * per_row + i;
        jt_native_fill_dark(step, run, out, y, lit);
    }
    return n;
}

void jt_native_run_planes(const jt_step *step, const jt_run *run)
{
    const jt_planes *planes = &step->planes;
    for (int32_t jet = run->first; jet < run->first + run->n; jet++) {
        const float *in = jt_spot_from(&step->in, run, jet) + step->planes_first;
        float *out = jt_spot_at(&step->out, run, jet);
        int32_t *halves = step->trail ? (int32_t *)(void *)(run->shared + step->trail->halves.offset) : NULL;
        const int32_t n = halves ? list_halves(step, run, out, halves) : planes->h * jt_native_halves_of(planes->w);
        run->kernel->planes(planes, halves, n, in, out);
    }
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
