#include "trail.h"

#include <string.h>

#include "pack.h"
#include "steps.h"

void jt_native_begin_trail(jt_builder *b, int32_t rows, int32_t node)
{
    b->trail_known = 1;
    b->trail_value = JT_VALUE_IMAGES;
    b->trail_before = NULL;
    jt_native_place_spans(b, rows, node, &b->trail_spans);
}

/* Places in the rows of a layer of planes, one for each half of a vector. */
static void place_halves(jt_builder *b, const jt_op *op, int32_t node, jt_spot *halves)
{
    static const int32_t no_halo[4] = {0, 0, 0, 0};
    *halves = jt_native_spot((jt_shape){1, op->out.h, jt_native_halves_of(op->out.w)}, no_halo, 1);
    jt_native_place(b, halves, node, node);
}

int jt_native_follow(jt_builder *b, jt_plan *plan, int32_t node, const jt_op *op, int32_t first_step, int keeps_dark)
{
    if (!b->trail_known || b->nodes[node].in != b->trail_value || node >= b->n_head)
        return 1;
    jt_trail *trail = jt_arena_take(b->arena, 1, sizeof *trail);
    if (!trail)
        return 0;
    jt_step *last = &plan->steps[plan->n_steps - 1];
    trail->reach = jt_native_reach_of(op);
    trail->from = b->trail_spans;
    trail->before = b->trail_before;
    trail->first_step = first_step;
    if (b->trail_value == JT_VALUE_IMAGES) {
        trail->image = b->graph->dark;
        trail->images = jt_native_given(b, JT_VALUE_IMAGES);
    }
    jt_native_place_spans(b, op->out.h, node, &trail->spans);
    if (last->out.planes)
        place_halves(b, op, node, &trail->halves);
    if (keeps_dark) {
        trail->dark = jt_arena_take(b->arena, last->out.floats, sizeof *trail->dark);
        if (!trail->dark)
            return 0;
        last->trail = trail;
    }
    b->trail_value = b->nodes[node].out;
    b->trail_spans = trail->spans;
    b->trail_before = keeps_dark ? NULL : trail;
    return 1;
}

/* --- when it runs ------------------------------------------------------------------------------------------------- */

jt_span *jt_native_find_spans(const jt_trail *trail, const jt_run *run)
{
    jt_span *from = jt_native_spans_at(&trail->from, run), *spans = jt_native_spans_at(&trail->spans, run);
    if (trail->image)
        run->kernel->find_lit(jt_spot_from(&trail->images, run, run->first), trail->image, trail->images.shape, from);
    else if (trail->before)
        jt_native_find_spans(trail->before, run);
    jt_native_spread_rows(&trail->reach, run, from, spans);
    return spans;
}

void jt_native_fill_dark(const jt_step *step, const jt_run *run, float *out, int32_t y, jt_span lit)
{
    const jt_spot *spot = &step->out;
    const int32_t n = spot->planes ? spot->shape.c : jt_native_blocks(spot->shape.c);
    const int32_t pixel = spot->planes ? 1 : JT_LANES, w = spot->shape.w * pixel;
    const int32_t first = lit.first < lit.end ? lit.first * pixel : w, end = lit.first < lit.end ? lit.end * pixel : w;
    const float *dark = step->trail->dark + (size_t)y * spot->row;
    out += (size_t)y * spot->row;
    if (first > 0)
        run->kernel->copy_rows(dark, spot->block, out, spot->block, n, first);
    if (end < w)
        run->kernel->copy_rows(dark + end, spot->block, out + end, spot->block, n, w - end);
}

/* --- the image without light -------------------------------------------------------------------------------------- */

void jt_native_find_dark(const jt_plan *plan, const jt_run *run, int32_t step)
{
    const jt_step *last = &plan->steps[step];
    const jt_trail *first = last->trail;
    while (first->before)
        first = first->before;
    for (int32_t s = first->first_step; s <= step; s++)
        plan->steps[s].run(&plan->steps[s], run);
    memcpy(last->trail->dark, jt_spot_at(&last->out, run, 0), (last->out.floats - last->out.first) * sizeof(float));
}
