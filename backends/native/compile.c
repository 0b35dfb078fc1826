#include "compile.h"

#include <stdio.h>
#include <string.h>

#include "../patterns.h"
#include "build.h"
#include "lit.h"
#include "pack.h"
#include "spots.h"
#include "steps.h"
#include "trail.h"
#include "winograd.h"

static int contains(const jt_spot *spot, const int32_t halo[4])
{
    for (int side = 0; side < 4; side++)
        if (spot->halo[side] < halo[side])
            return 0;
    return 1;
}

jt_step *jt_native_add_step(jt_plan *plan, void (*run)(const jt_step *step, const jt_run *run), const jt_spot *from,
                            const jt_spot *to)
{
    jt_step *step = &plan->steps[plan->n_steps++];
    *step = (jt_step){.run = run, .in = *from, .out = *to};
    return step;
}

void jt_native_set_other(jt_step *step, const jt_spot *other)
{
    step->has_other = 1;
    step->other = *other;
}

/* The node's input with the halo that it needs: itself, or a copy, for which a step is added. */
static jt_spot with_this_halo(jt_builder *b, jt_plan *plan, int32_t node, const int32_t halo[4])
{
    const jt_spot *in = &b->spots[b->nodes[node].in];
    if (contains(in, halo))
        return *in;
    jt_spot copy = jt_native_spot(in->shape, halo, 0);
    jt_native_place_copy(b, &copy, node);
    jt_native_add_step(plan, jt_native_run_activation, in, &copy)->activation = JT_ACTIVATION_NONE;
    return copy;
}

jt_spot jt_native_with_halo(jt_builder *b, jt_plan *plan, int32_t node, const jt_op *op)
{
    int32_t halo[4];
    jt_native_halo(op, halo);
    return with_this_halo(b, plan, node, halo);
}

/*
 * Images that are given, or their copy in planes with a halo. Lanes of pixels may read beyond the last row, where that
 * is no multiple of 8: not in the caller's memory.
 */
static jt_spot image_planes(jt_builder *b, jt_plan *plan, int32_t node, const jt_op *op)
{
    const jt_spot image = jt_native_given(b, op->inputs[0]);
    int32_t halo[4];
    jt_native_halo(op, halo);
    if (contains(&image, halo) && (node >= b->n_planes || op->out.w % 8 == 0))
        return image;
    jt_spot copy = jt_native_spot(op->in, halo, 1);
    jt_native_place_copy(b, &copy, node);
    jt_native_add_step(plan, jt_native_pad_image, &image, &copy);
    return copy;
}

static int add_lit_conv(jt_builder *b, jt_plan *plan, int32_t index)
{
    const jt_node *node = &b->nodes[index];
    const jt_op *op = &b->graph->ops[node->first_op];
    int32_t halo[4];
    jt_native_halo(op, halo);
    const jt_spot image = jt_native_given(b, JT_VALUE_IMAGES);
    jt_spot in = jt_native_spot(op->in, halo, 1);
    jt_native_place(b, &in, index, index);
    const int32_t first_step = plan->n_steps;
    jt_native_begin_trail(b, op->in.h, index);
    jt_step *step = jt_native_add_step(plan, jt_native_run_lit_conv, &image, &b->spots[node->out]);
    jt_native_set_other(step, &in);
    if (!jt_native_pack_conv(b->arena, b->kernel, op, &in, 1, &step->out, NULL, node->activation, 0, &step->conv) ||
        !jt_native_follow(b, plan, index, op, first_step, 1))
        return 0;
    b->lit = jt_native_make_lit(b, step, &in);
    step->lit = b->lit;
    return b->lit != NULL;
}

/* A convolution with swish that an average alone reads: the average makes up for the scale. See JT_SCALED_SWISH. */
static int is_scaled(const jt_builder *b, int32_t index)
{
    const jt_node *node = &b->nodes[index];
    const jt_op *op = &b->graph->ops[node->first_op];
    if (index < b->n_planes || node->kind != JT_NODE_CONV || jt_native_is_winograd(b->graph, node) ||
        node->in < JT_FIRST_OUTPUT || node->activation != JT_ACTIVATION_SWISH || node->residual >= 0 ||
        op->stride[1] != 1 || op->groups != 1 || 2 * op->out.c <= JT_LANES || jt_readers(b->graph, node->out) != 1)
        return 0;
    for (int32_t i = 0; i < b->n_nodes; i++)
        if (jt_native_reads(b->graph, &b->nodes[i], node->out))
            return b->nodes[i].kind == JT_NODE_OP && b->graph->ops[b->nodes[i].first_op].kind == JT_OP_GLOBAL_AVERAGE;
    return 0;
}

/* What a sum over the value's pixels is divided by for their average. */
static float divisor_of(const jt_builder *b, const jt_op *op)
{
    const float n_pixels = (float)(op->in.h * op->in.w);
    for (int32_t i = 0; i < b->n_nodes; i++)
        if (b->nodes[i].out == op->inputs[0] && is_scaled(b, i))
            return n_pixels * JT_SWISH_SCALE;
    return n_pixels;
}

static int add_scaled_conv(jt_builder *b, jt_plan *plan, int32_t index)
{
    const jt_node *node = &b->nodes[index];
    const jt_op *op = &b->graph->ops[node->first_op];
    const jt_spot in = jt_native_with_halo(b, plan, index, op);
    jt_step *step = jt_native_add_step(plan, jt_native_run_conv, &in, &b->spots[node->out]);
    const jt_host *host = &b->arena->host;
    float *memory = jt_allocate(host, (size_t)jt_native_weights(op) + (size_t)op->out.c, sizeof *memory);
    if (!memory)
        return 0;
    float *room = memory;
    const jt_op scaled = jt_native_scaled_op(op, JT_SWISH_SCALE, JT_SWISH_SCALE, &room);
    const int packed = jt_native_pack_conv(b->arena, b->kernel, &scaled, &in, 0, &step->out, NULL,
                                           (jt_activation)JT_SCALED_SWISH, 0, &step->conv);
    jt_release(host, memory);
    return packed;
}

static int add_conv(jt_builder *b, jt_plan *plan, int32_t index)
{
    const jt_node *node = &b->nodes[index];
    const jt_op *op = &b->graph->ops[node->first_op];
    const int planes = node->in < JT_FIRST_OUTPUT;
    if (node->in == JT_VALUE_IMAGES &&
        jt_native_may_be_lit(b, index, op, node->residual >= 0 ? &b->spots[node->residual] : NULL))
        return add_lit_conv(b, plan, index);
    if (is_scaled(b, index))
        return add_scaled_conv(b, plan, index);
    const jt_spot in = planes ? image_planes(b, plan, index, op) : jt_native_with_halo(b, plan, index, op);
    const jt_spot *residual = node->residual >= 0 ? &b->spots[node->residual] : NULL;
    jt_step *step = jt_native_add_step(plan, jt_native_run_conv, &in, &b->spots[node->out]);
    if (residual)
        jt_native_set_other(step, residual);
    return jt_native_pack_conv(b->arena, b->kernel, op, &in, planes, &step->out, residual, node->activation, 0,
                               &step->conv);
}

static int add_winograd(jt_builder *b, jt_plan *plan, int32_t index)
{
    const jt_node *node = &b->nodes[index];
    const jt_op *op = &b->graph->ops[node->first_op];
    jt_winograd *w = jt_arena_take(b->arena, 1, sizeof *w);
    if (!w)
        return 0;
    const int32_t first_step = plan->n_steps;
    int32_t halo[4];
    jt_native_winograd_halo(op, halo);
    const jt_spot in = with_this_halo(b, plan, index, halo);
    size_t inputs, products;
    jt_native_winograd_sizes(op, &w->strip, &inputs, &products);
    w->inputs.floats = inputs;
    w->products.floats = products;
    jt_native_place(b, &w->inputs, index, index);
    jt_native_place(b, &w->products, index, index);
    jt_native_add_step(plan, jt_native_run_winograd, &in, &b->spots[node->out])->winograd = w;
    return jt_native_pack_winograd(b->arena, b->kernel, op, &in, node->activation, w) &&
           jt_native_follow(b, plan, index, op, first_step, 1);
}

static int add_planes(jt_builder *b, jt_plan *plan, int32_t index)
{
    const jt_node *node = &b->nodes[index];
    const jt_op *op = &b->graph->ops[node->first_op];
    const int32_t first_step = plan->n_steps;
    if (index == 0 && jt_native_may_be_lit(b, index, op, NULL))
        jt_native_begin_trail(b, op->in.h, index);
    const jt_spot in = index == 0 ? image_planes(b, plan, index, op) : b->spots[node->in];
    const jt_spot *out = &b->spots[node->out];
    if (op->kind == JT_OP_CONV2D) {
        jt_step *step = jt_native_add_step(plan, jt_native_run_planes, &in, out);
        step->planes_first = -((ptrdiff_t)op->pad[0] * (ptrdiff_t)in.row + op->pad[2]);
        return jt_native_pack_planes(b->arena, op, &in, out, &step->planes) &&
               jt_native_follow(b, plan, index, op, first_step, 1);
    }
    jt_native_add_step(plan, jt_native_run_plane_window, &in, out)->plane_window = (jt_plane_window){
        .kernel = {op->kernel[0], op->kernel[1]},
        .stride = {op->stride[0], op->stride[1]},
        .n_channels = op->out.c,
        .h = op->out.h,
        .w = op->out.w,
        .in_row = in.row,
        .in_plane = in.block,
        .out_row = out->row,
        .out_plane = out->block,
    };
    return jt_native_follow(b, plan, index, op, first_step, 0);
}

static int add_slides(jt_builder *b, jt_plan *plan, int32_t index)
{
    const jt_op *op = &b->graph->ops[b->nodes[index].first_op];
    const jt_spot in = jt_native_with_halo(b, plan, index, op);
    jt_step *step = jt_native_add_step(plan, jt_native_run_slides, &in, &b->spots[b->nodes[index].out]);
    return jt_native_pack_slides(b->arena, op, &in, &step->out, 0, &step->slides);
}

static int add_concat(jt_builder *b, const jt_op *op, jt_step *step)
{
    jt_spot *parts = jt_arena_take(b->arena, (size_t)op->n_inputs, sizeof *parts);
    for (int32_t k = 0; parts && k < op->n_inputs; k++)
        parts[k] = b->spots[op->inputs[k]];
    step->n_parts = op->n_inputs;
    step->parts = parts;
    return parts != NULL;
}

static jt_window window_of(const jt_op *op, const jt_spot *in, const jt_spot *out)
{
    return (jt_window){
        .kernel = {op->kernel[0], op->kernel[1]},
        .stride = {op->stride[0], op->stride[1]},
        .before = {op->pad[0], op->pad[2]},
        .in_h = op->in.h,
        .in_w = op->in.w,
        .h = op->out.h,
        .w = op->out.w,
        .in_row = in->row,
        .out_row = out->row,
    };
}

/* A flattened image stays what it is, and so does a vector. */
static void add_flatten(jt_builder *b, jt_plan *plan, const jt_op *op, const jt_spot *out)
{
    const int is_given = op->inputs[0] < JT_FIRST_OUTPUT;
    const jt_spot in = is_given ? jt_native_given(b, op->inputs[0]) : b->spots[op->inputs[0]];
    jt_native_add_step(plan, is_given ? jt_native_copy_vector : jt_native_run_flatten, &in, out);
}

static int add_op(jt_builder *b, jt_plan *plan, int32_t index)
{
    const jt_op *op = &b->graph->ops[b->nodes[index].first_op];
    const jt_spot *out = &b->spots[b->nodes[index].out];
    static void (*const functions[JT_OP_KINDS])(const jt_step *, const jt_run *) = {
        [JT_OP_DENSE] = jt_native_run_matrix,
        [JT_OP_MAX_POOL] = jt_native_run_window,
        [JT_OP_GLOBAL_AVERAGE] = jt_native_run_average,
        [JT_OP_CONCAT] = jt_native_run_concat,
        [JT_OP_ADD] = jt_native_run_add,
        [JT_OP_SCALE] = jt_native_run_scale,
        [JT_OP_ACTIVATION] = jt_native_run_activation,
    };
    if (op->kind == JT_OP_FLATTEN) {
        add_flatten(b, plan, op, out);
    } else {
        jt_step *step = jt_native_add_step(plan, functions[op->kind], &b->spots[op->inputs[0]], out);
        step->activation = op->activation;
        if (op->kind == JT_OP_DENSE)
            return jt_native_pack_matrix(b->arena, b->kernel, op, &step->matrix);
        if (op->kind == JT_OP_ADD || op->kind == JT_OP_SCALE)
            jt_native_set_other(step, &b->spots[op->inputs[1]]);
        if (op->kind == JT_OP_SCALE)
            step->other.row = 0; /* the same factors for every row */
        if (op->kind == JT_OP_ADD || op->kind == JT_OP_ACTIVATION)
            return 1;
        if (op->kind == JT_OP_MAX_POOL) {
            step->window = window_of(op, &step->in, out);
            if (!jt_native_follow(b, plan, index, op, plan->n_steps - 1, 0))
                return 0;
        }
        if (op->kind == JT_OP_GLOBAL_AVERAGE)
            step->divisor = divisor_of(b, op);
        if (op->kind == JT_OP_CONCAT && !add_concat(b, op, step))
            return 0;
    }
    if (op->activation != JT_ACTIVATION_NONE)
        jt_native_add_step(plan, jt_native_run_activation, out, out)->activation = op->activation;
    return 1;
}

static void add_inputs(jt_builder *b, jt_plan *plan)
{
    for (int32_t v = 0; v < JT_FIRST_OUTPUT; v++) {
        if (!jt_native_needs_import(b, v))
            continue;
        const jt_spot from = jt_native_given(b, v);
        jt_native_add_step(plan, v == JT_VALUE_FEATURES ? jt_native_copy_vector : jt_native_import_image, &from,
                           &b->spots[v]);
    }
}

static int add_node(jt_builder *b, jt_plan *plan, int32_t index)
{
    const jt_node *node = &b->nodes[index];
    if (index < b->n_planes)
        return add_planes(b, plan, index);
    switch (node->kind) {
    case JT_NODE_CONV:
        if (jt_native_is_winograd(b->graph, node))
            return add_winograd(b, plan, index);
        return add_conv(b, plan, index);
    case JT_NODE_SLIDE:
        return add_slides(b, plan, index);
    case JT_NODE_MBCONV:
        return jt_native_add_mbconv(b, plan, index);
    case JT_NODE_OP:
        break;
    }
    return add_op(b, plan, index);
}

static int build(jt_builder *b, jt_plan *plan)
{
    b->nodes = jt_arena_take(b->arena, (size_t)b->graph->n_ops, sizeof *b->nodes);
    /* Two steps at most for every node, and one for each thing given. */
    plan->steps = jt_arena_take(b->arena, 2 * (size_t)b->graph->n_ops + JT_FIRST_OUTPUT, sizeof *plan->steps);
    if (!b->nodes || !plan->steps)
        return 0;
    b->n_nodes = jt_native_find_nodes(b->graph, b->nodes);
    if (!jt_native_place_values(b))
        return 0;
    add_inputs(b, plan);
    plan->n_head = plan->n_steps;
    for (int32_t i = 0; i < b->n_nodes; i++) {
        if (!add_node(b, plan, i))
            return 0;
        if (i < b->n_head)
            plan->n_head = plan->n_steps;
    }
    return 1;
}

/* What is kept of the image without light. 0 when there is no memory. */
static int find_dark(const jt_builder *b, const jt_plan *plan, const jt_host *host)
{
    float *memory = jt_allocate(host, plan->shared_floats + plan->own_floats, sizeof *memory);
    if (!memory)
        return 0;
    const jt_run run = {
        .kernel = plan->kernel,
        .shared = memory,
        .own = memory + plan->shared_floats,
        .images = b->graph->dark,
        .n = 1,
        .everything = 1,
    };
    for (int32_t i = 0; i < plan->n_head; i++) {
        if (!plan->steps[i].trail)
            continue;
        jt_native_find_dark(plan, &run, i);
        if (plan->steps[i].lit)
            jt_native_find_dark_further(plan, &run, plan->steps[i].lit);
    }
    jt_release(host, memory);
    return 1;
}

jt_status jt_native_compile(const jt_graph *graph, const jt_host *host, const jt_native_kernel *kernel, jt_plan **plan,
                            jt_why *why)
{
    jt_arena arena;
    jt_arena_init(&arena, host);
    jt_plan *made = jt_arena_take(&arena, 1, sizeof *made);
    jt_builder b = {.graph = graph, .kernel = kernel, .arena = &arena};
    if (!made || !build(&b, made))
        goto no_memory;
    made->host = *host;
    made->memory = arena.blocks;
    made->kernel = kernel;
    made->output = b.spots[graph->output];
    made->shared_floats = b.shared_floats;
    made->own_floats = b.own_floats;
    made->n_pixels = graph->values[JT_VALUE_IMAGES].floats;
    made->row_floats = graph->row_floats;
    made->n_classes = graph->values[graph->output].floats;
    if (b.trail_known && !find_dark(&b, made, host))
        goto no_memory;
    *plan = made;
    return JT_OK;

no_memory:
    jt_arena_free(host, arena.blocks);
    snprintf(why->text, sizeof why->text, "no memory for a plan");
    return JT_ERROR_MEMORY;
}
