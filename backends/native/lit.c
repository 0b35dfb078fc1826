#include "lit.h"

#include <string.h>

#include "pack.h"
#include "steps.h"

int jt_native_may_be_lit(const jt_builder *b, int32_t node, const jt_op *op, const jt_spot *residual)
{
    return b->graph->dark && !b->lit && node < b->n_head && !residual && op->groups == 1 && op->in.w >= JT_LANES;
}

int jt_native_may_stay_lit(const jt_builder *b, int32_t node, const jt_op *depthwise, int32_t value)
{
    const int32_t size = depthwise->kernel[0];
    return b->lit && b->trail_value == value && node < b->n_head && (size == 3 || size == 5) &&
           depthwise->kernel[1] == size && depthwise->stride[1] <= 2;
}

/* The convolution of the images themselves. 0 when there is no memory. */
static int make_direct(jt_builder *b, const jt_conv *conv, const jt_reach *reach, const jt_spot *in, jt_conv *direct)
{
    const int32_t row = (int32_t)in->row, plane = (int32_t)in->block, w = in->shape.w, h = in->shape.h;
    jt_tiles *groups = jt_arena_take(b->arena, (size_t)conv->n_groups, sizeof *groups);
    if (!groups)
        return 0;
    for (int32_t g = 0; g < conv->n_groups; g++) {
        const jt_tile *tile = &conv->groups[g].tile;
        int32_t *offsets = jt_arena_take(b->arena, (size_t)tile->n_taps, sizeof *offsets);
        if (!offsets)
            return 0;
        for (int32_t k = 0; k < tile->n_taps; k++) {
            const int32_t c = tile->offsets[k] / plane, y = tile->offsets[k] % plane / row;
            offsets[k] = (c * h + y) * w + tile->offsets[k] % plane % row;
        }
        groups[g] = conv->groups[g];
        groups[g].tile.offsets = offsets;
    }
    *direct = *conv;
    direct->groups = groups;
    direct->in_first = -((ptrdiff_t)reach->before[0] * w + reach->before[1]);
    direct->in_row = (size_t)(reach->stride[0] * w);
    return 1;
}

jt_lit *jt_native_make_lit(jt_builder *b, const jt_step *conv, const jt_spot *in)
{
    jt_lit *lit = jt_arena_take(b->arena, 1, sizeof *lit);
    if (!lit)
        return NULL;
    lit->trail = conv->trail;
    return make_direct(b, &conv->conv, &conv->trail->reach, in, &lit->direct) ? lit : NULL;
}

int jt_native_extend_lit(jt_builder *b, jt_lit *lit, const jt_op *depthwise, int32_t node)
{
    lit->further = jt_native_reach_of(depthwise);
    jt_native_place_spans(b, depthwise->out.h, node, &lit->further_spans);
    const size_t pixels = (size_t)depthwise->out.h * (size_t)depthwise->out.w;
    lit->filtered =
        jt_arena_take(b->arena, (size_t)jt_native_blocks(depthwise->out.c) * pixels * JT_LANES, sizeof *lit->filtered);
    return lit->filtered != NULL;
}

/* --- when it runs ------------------------------------------------------------------------------------------------- */

/* Outputs first .. end - 1 of an axis have no tap outside. */
static int all_inside(const jt_reach *reach, int axis, int32_t first, int32_t end)
{
    const int32_t step = reach->stride[axis], before = reach->before[axis];
    return first * step >= before && (end - 1) * step - before + reach->kernel[axis] <= reach->in[axis];
}

static int spans_are_inside(const jt_reach *reach, const jt_span *spans)
{
    for (int32_t y = 0; y < reach->out[0]; y++)
        if (spans[y].first < spans[y].end &&
            !(all_inside(reach, 0, y, y + 1) && all_inside(reach, 1, spans[y].first, spans[y].end)))
            return 0;
    return 1;
}

/* Pixels of a row, of a few blocks, in tiles of about the same width. */
static void run_span(const jt_conv *conv, const jt_tiles *tiles, int32_t most, jt_span span, const float *in,
                     float *out)
{
    int32_t left = span.end - span.first;
    in += (size_t)span.first * conv->in_pixel;
    out += span.first * JT_LANES;
    for (int32_t n_tiles = (left + most - 1) / most; n_tiles > 0; n_tiles--) {
        const int32_t pixels = (left + n_tiles - 1) / n_tiles;
        tiles->kernel(&tiles->tile, pixels, in, out, NULL);
        in += (size_t)pixels * conv->in_pixel;
        out += pixels * JT_LANES;
        left -= pixels;
    }
}

static void convolve_spans(const jt_conv *conv, const jt_native_kernel *kernel, const jt_span *spans, int32_t h,
                           const float *in, float *out)
{
    for (int32_t g = 0; g < conv->n_groups; g++) {
        const jt_tiles *tiles = &conv->groups[g];
        const int32_t most = jt_native_most_pixels(kernel, tiles->n_blocks);
        float *to = out + (size_t)tiles->first_block * conv->out_block;
        for (int32_t y = 0; y < h; y++)
            run_span(conv, tiles, most, spans[y], in + conv->in_first + (ptrdiff_t)((size_t)y * conv->in_row),
                     to + (size_t)y * conv->out_row);
    }
}

/* Only where light reaches the edge is the image copied, to have zeros around it. */
static void lit_conv(const jt_step *step, const jt_run *run, int32_t jet)
{
    const jt_reach *reach = &step->trail->reach;
    const float *image = jt_spot_from(&step->in, run, jet);
    float *out = jt_spot_at(&step->out, run, jet);
    const jt_span *spans = jt_native_find_spans(step->trail, run);
    for (int32_t y = 0; y < reach->out[0]; y++)
        jt_native_fill_dark(step, run, out, y, spans[y]);
    if (spans_are_inside(reach, spans)) {
        convolve_spans(&step->lit->direct, run->kernel, spans, reach->out[0], image, out);
        return;
    }
    const jt_shape shape = step->in.shape;
    float *copy = jt_spot_at(&step->other, run, jet);
    for (int32_t c = 0; c < shape.c; c++)
        run->kernel->copy_rows(image + c * shape.h * shape.w, (size_t)shape.w, copy + (size_t)c * step->other.block,
                               step->other.row, shape.h, shape.w);
    convolve_spans(&step->conv, run->kernel, spans, reach->out[0], copy, out);
}

void jt_native_run_lit_conv(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        lit_conv(step, run, jet);
}

void jt_native_slide_lit(const jt_lit *lit, const jt_slides *slides, const jt_run *run, const float *in, float *out,
                         float *totals)
{
    const jt_reach *reach = &lit->further;
    const int32_t h = reach->out[0], w = reach->out[1];
    jt_span *spans = jt_native_spans_at(&lit->further_spans, run);
    jt_native_spread_rows(reach, run, jt_native_spans_at(&lit->trail->spans, run), spans);
    const float *dark = lit->filtered;
    for (int32_t b = 0; b < slides->n_blocks; b++, in += slides->slide.in_block, out += slides->slide.out_block) {
        jt_slide slide = slides->slide;
        slide.weights += (size_t)b * slides->slide.weights_block;
        slide.bias += b * JT_LANES;
        for (int32_t y = 0; y < h; y++, dark += w * JT_LANES) {
            const size_t down = (size_t)(y * reach->stride[0]) * slide.in_row;
            run->kernel->slide_span(&slide, in + slides->in_first + (ptrdiff_t)down, out + (size_t)y * slide.out_row,
                                    dark, spans[y].first, spans[y].end, totals + b * JT_LANES);
        }
    }
}

/* --- the image without light -------------------------------------------------------------------------------------- */

void jt_native_find_dark_further(const jt_plan *plan, const jt_run *run, const jt_lit *lit)
{
    if (!lit->filtered)
        return;
    const jt_step *next = &plan->steps[lit->trail->first_step + 1];
    const jt_mbconv *m = next->mbconv;
    float *filtered = jt_spot_at(&m->filtered, run, 0);
    jt_native_slide_lit(lit, &m->slides, run, jt_spot_at(&next->in, run, 0), filtered, jt_spot_at(&m->totals, run, 0));
    memcpy(lit->filtered, filtered, (size_t)m->slides.n_blocks * m->filtered.block * sizeof *filtered);
}
