#include "stages.h"

#include <stdlib.h>

#include "../patterns.h"

/* From so many multiply-adds per jet on a network is for cuDNN and kernels of whole batches. A guess, not measured. */
static const int64_t most_multiply_adds = 1 << 24;

enum {
    /* Of a value; what is larger fits no block, and sums of sizes stay far from overflowing. */
    MOST_FLOATS = 1 << 20,
    /* From so many inputs on the sums of a dense layer are cut into parts. */
    LEAST_FOR_PARTS = 64,
    /* Tiles that each thread has of a chunk of an expansion. */
    TILES_OF_A_CHUNK = 2,
};

/* Values that lie in a block's memory now; `sizes` is 0 for all others. The last one is for what lives within an op. */
typedef struct builder {
    const jt_plan *plan;
    int32_t *places, *sizes;
    int32_t n_values, most; /* floats that were in use at one time at most */
    int32_t fits;
    jt_cuda_stage *stages; /* NULL: they are only counted */
    int32_t n_stages;
} builder;

/* Who is in the way of so many floats at a place; -1: nobody. */
static int32_t in_the_way(const builder *b, int32_t place, int32_t size)
{
    for (int32_t v = 0; v <= b->n_values; v++)
        if (b->sizes[v] > 0 && b->places[v] < place + size && place < b->places[v] + b->sizes[v])
            return v;
    return -1;
}

/* The lowest place that is free is the value's from now on. */
static int32_t put(builder *b, int32_t value, int64_t floats)
{
    if (floats > MOST_FLOATS) {
        b->fits = 0;
        return 0;
    }
    const int32_t size = jt_cuda_padded((int32_t)floats);
    int32_t place = 0;
    for (int32_t other; (other = in_the_way(b, place, size)) >= 0;)
        place = b->places[other] + b->sizes[other];
    b->places[value] = place;
    b->sizes[value] = size;
    b->most = place + size > b->most ? place + size : b->most;
    return place;
}

/* For all of a value. */
static int32_t put_value(builder *b, int32_t value)
{
    return put(b, value, (int64_t)b->plan->graph->values[value].floats);
}

static void add_stage(builder *b, jt_cuda_stage stage)
{
    if (b->stages)
        b->stages[b->n_stages] = stage;
    b->n_stages++;
}

static int is_last_use(const builder *b, int32_t value, int32_t op)
{
    return b->plan->graph->values[value].last_use <= op;
}

/* What is given of a jet comes when the first op reads it. */
static void take(builder *b, int32_t value)
{
    const jt_value *given = &b->plan->graph->values[value];
    if (value >= JT_FIRST_OUTPUT || b->sizes[value] > 0)
        return;
    const int32_t place = put_value(b, value);
    add_stage(b, (jt_cuda_stage){.kind = JT_CUDA_STAGE_TAKE,
                                 .out = place,
                                 .source = jt_is_in_row(value),
                                 .source_at = jt_is_in_row(value) ? (int32_t)given->offset : 0,
                                 .out_c = (int32_t)given->floats,
                                 .out_h = 1,
                                 .out_w = 1});
}

/* Where an op's weights begin; 0 while they are not on the device yet. */
static int32_t behind_begin(const builder *b, const float *there)
{
    return there ? (int32_t)(there - b->plan->memory) : 0;
}

/* What a stage has of its op, but for where its output lies. */
static jt_cuda_stage stage_of(const builder *b, int32_t index, jt_cuda_stage_kind kind)
{
    const jt_op *op = &b->plan->graph->ops[index];
    const jt_cuda_weights *weights = &b->plan->weights[index];
    const int32_t groups = op->kind == JT_OP_CONV2D ? op->groups : 1;
    jt_cuda_stage stage = {
        .kind = (int32_t)kind,
        .weight = behind_begin(b, weights->weight),
        .bias = behind_begin(b, weights->bias),
        .weight_stride = jt_cuda_padded(op->out.c),
        .in_c = op->in.c,
        .in_h = op->in.h,
        .in_w = op->in.w,
        .out_c = op->out.c,
        .out_h = op->out.h,
        .out_w = op->out.w,
        .kernel = {op->kernel[0], op->kernel[1]},
        .stride = {op->stride[0], op->stride[1]},
        .pad = {op->pad[0], op->pad[2]},
        .per_group = op->in.c / groups,
        .out_per_group = op->out.c / groups,
        .activation = (int32_t)op->activation,
    };
    for (int32_t k = 0; k < op->n_inputs && k < 2; k++)
        stage.in[k] = b->places[op->inputs[k]];
    return stage;
}

static void add_simple(builder *b, int32_t index, jt_cuda_stage_kind kind)
{
    jt_cuda_stage stage = stage_of(b, index, kind);
    stage.out = put_value(b, JT_FIRST_OUTPUT + index);
    add_stage(b, stage);
}

/* Where each output is made of the input at the same place, it may lie there once nobody else reads that. */
static void add_in_place(builder *b, int32_t index, jt_cuda_stage_kind kind)
{
    const jt_op *op = &b->plan->graph->ops[index];
    const int32_t input = op->inputs[0], output = JT_FIRST_OUTPUT + index;
    if (!is_last_use(b, input, index)) {
        add_simple(b, index, kind);
        return;
    }
    jt_cuda_stage stage = stage_of(b, index, kind);
    stage.out = b->places[output] = b->places[input];
    b->sizes[output] = b->sizes[input];
    b->sizes[input] = 0;
    if (kind != JT_CUDA_STAGE_COPY || op->activation != JT_ACTIVATION_NONE)
        add_stage(b, stage);
}

/* Parts of sums, and their sums. */
static void add_in_parts(builder *b, int32_t index, jt_cuda_stage_kind parts, jt_cuda_stage_kind sums)
{
    const int32_t output = JT_FIRST_OUTPUT + index;
    jt_cuda_stage first = stage_of(b, index, parts), second = stage_of(b, index, sums);
    const int32_t each = parts == JT_CUDA_STAGE_PARTS ? first.weight_stride : first.in_c;
    second.out = put_value(b, output);
    second.in[0] = first.out = put(b, b->n_values, (int64_t)each * JT_CUDA_PARTS);
    first.out_c = each * JT_CUDA_PARTS;
    first.out_h = first.out_w = 1;
    first.activation = JT_ACTIVATION_NONE;
    add_stage(b, first);
    add_stage(b, second);
    b->sizes[b->n_values] = 0;
}

/* A copy for each part. */
static void add_concat(builder *b, int32_t index)
{
    const jt_op *op = &b->plan->graph->ops[index];
    jt_cuda_stage stage = stage_of(b, index, JT_CUDA_STAGE_COPY);
    stage.out = put_value(b, JT_FIRST_OUTPUT + index);
    for (int32_t k = 0; k < op->n_inputs; k++) {
        stage.in[0] = b->places[op->inputs[k]];
        stage.out_c = (int32_t)b->plan->graph->values[op->inputs[k]].floats;
        add_stage(b, stage);
        stage.out += stage.out_c;
    }
}

static int is_of_points(const jt_op *op)
{
    return op->kernel[0] == 1 && op->kernel[1] == 1 && op->stride[0] == 1 && op->stride[1] == 1 && op->pad[0] == 0 &&
           op->pad[1] == 0 && op->pad[2] == 0 && op->pad[3] == 0;
}

/* A depthwise convolution is next, and alone reads what this one of points makes. */
static int is_expansion(const builder *b, int32_t index)
{
    const jt_graph *graph = b->plan->graph;
    const int32_t output = JT_FIRST_OUTPUT + index;
    return index + 1 < graph->n_ops && jt_is_depthwise(&graph->ops[index + 1]) &&
           graph->ops[index + 1].inputs[0] == output && jt_readers(graph, output) == 1;
}

/*
 * An expansion and the depthwise convolution after it, some channels at a time: what is between is the largest value
 * of an EffNet by far, and never there as a whole.
 */
static void add_expansion(builder *b, int32_t index)
{
    const jt_op *expand = &b->plan->graph->ops[index], *depthwise = expand + 1;
    const int32_t points = expand->out.h * expand->out.w, half = (points + 1) / 2;
    const int32_t tiles = TILES_OF_A_CHUNK * JT_CUDA_RESIDENT_THREADS;
    const int32_t wanted = (tiles + half - 1) / half * JT_CUDA_TOGETHER;
    const int32_t most = wanted < expand->out.c ? wanted : expand->out.c;
    const int32_t out = put_value(b, JT_FIRST_OUTPUT + index + 1);
    const int32_t between = put(b, b->n_values, (int64_t)most * points);
    for (int32_t c = 0; c < expand->out.c; c += most) {
        const int32_t channels = expand->out.c - c < most ? expand->out.c - c : most;
        jt_cuda_stage first = stage_of(b, index, JT_CUDA_STAGE_POINTS);
        first.weight += c;
        first.bias += c;
        first.out_c = channels;
        first.out = between;
        jt_cuda_stage second = stage_of(b, index + 1, JT_CUDA_STAGE_GROUPS);
        second.in[0] = between;
        second.weight += c * depthwise->kernel[0] * depthwise->kernel[1];
        second.bias += c;
        second.in_c = second.out_c = channels;
        second.out = out + c * depthwise->out.h * depthwise->out.w;
        add_stage(b, first);
        add_stage(b, second);
    }
    b->sizes[b->n_values] = 0;
}

/* The stages of an op, or of two; the last of them comes back, -1 for an op that is not known. */
static int32_t add_op(builder *b, int32_t index)
{
    const jt_op *op = &b->plan->graph->ops[index];
    switch (op->kind) {
    case JT_OP_CONV2D:
        if (op->groups != 1)
            add_simple(b, index, JT_CUDA_STAGE_GROUPS);
        else if (!is_of_points(op))
            add_simple(b, index, JT_CUDA_STAGE_CONV2D);
        else if (is_expansion(b, index)) {
            add_expansion(b, index);
            return index + 1;
        } else
            add_simple(b, index, JT_CUDA_STAGE_POINTS);
        return index;
    case JT_OP_DENSE:
        if (op->in.c < LEAST_FOR_PARTS)
            add_simple(b, index, JT_CUDA_STAGE_POINTS);
        else
            add_in_parts(b, index, JT_CUDA_STAGE_PARTS, JT_CUDA_STAGE_UNITS);
        return index;
    case JT_OP_MAX_POOL:
        add_simple(b, index, JT_CUDA_STAGE_MAX_POOL);
        return index;
    case JT_OP_GLOBAL_AVERAGE:
        add_in_parts(b, index, JT_CUDA_STAGE_TALLIES, JT_CUDA_STAGE_AVERAGE);
        return index;
    case JT_OP_FLATTEN:
    case JT_OP_ACTIVATION:
        add_in_place(b, index, JT_CUDA_STAGE_COPY);
        return index;
    case JT_OP_CONCAT:
        add_concat(b, index);
        return index;
    case JT_OP_ADD:
        add_in_place(b, index, JT_CUDA_STAGE_ADD);
        return index;
    case JT_OP_SCALE:
        add_in_place(b, index, JT_CUDA_STAGE_SCALE);
        return index;
    case JT_OP_KINDS:
        break;
    }
    return -1;
}

/* What no later op reads is free again: inputs of ops first .. last, and the last one's output where nobody does. */
static void release(builder *b, int32_t first, int32_t last)
{
    const jt_graph *graph = b->plan->graph;
    for (int32_t i = first; i <= last; i++)
        for (int32_t k = 0; k < graph->ops[i].n_inputs; k++)
            if (is_last_use(b, graph->ops[i].inputs[k], last))
                b->sizes[graph->ops[i].inputs[k]] = 0;
    if (is_last_use(b, JT_FIRST_OUTPUT + last, last))
        b->sizes[JT_FIRST_OUTPUT + last] = 0;
}

/* All stages, counted or made. Whether they fit shows in `fits` and `most`. */
static jt_status build(builder *b, jt_why *why)
{
    const jt_graph *graph = b->plan->graph;
    const jt_host *host = &b->plan->host;
    b->n_values = graph->n_values;
    b->fits = 1;
    b->places = jt_allocate(host, (size_t)graph->n_values + 1, sizeof *b->places);
    b->sizes = jt_allocate(host, (size_t)graph->n_values + 1, sizeof *b->sizes);
    jt_status status = b->places && b->sizes ? JT_OK : jt_fail(why, JT_ERROR_MEMORY, "no memory for a plan");
    for (int32_t i = 0; status == JT_OK && b->fits && i < graph->n_ops; i++) {
        for (int32_t k = 0; k < graph->ops[i].n_inputs; k++)
            take(b, graph->ops[i].inputs[k]);
        const int32_t last = add_op(b, i);
        if (last < 0) {
            b->fits = 0; /* what the steps have words for */
            break;
        }
        release(b, i, last);
        i = last;
    }
    if (status == JT_OK && b->fits) {
        take(b, graph->output);
        add_stage(b, (jt_cuda_stage){.kind = JT_CUDA_STAGE_GIVE,
                                     .in = {b->places[graph->output], 0},
                                     .out_c = (int32_t)graph->values[graph->output].floats,
                                     .out_h = 1,
                                     .out_w = 1});
    }
    jt_release(host, b->sizes);
    jt_release(host, b->places);
    return status;
}

static size_t bytes_shared(const builder *b)
{
    return (size_t)(jt_cuda_stage_floats(b->n_stages) + (uint64_t)b->most) * sizeof(float);
}

jt_status jt_cuda_try_resident(jt_plan *plan, const jt_cuda_runtime *runtime, jt_why *why)
{
    const jt_graph *graph = plan->graph;
    if (graph->multiply_adds > most_multiply_adds || getenv("JETTAG_CUDA_STEPS"))
        return JT_OK;
    int most = 0;
    jt_status status =
        jt_cuda_check(why, runtime->device_get_attribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, plan->device),
                      "asking what a block may share");
    builder b = {.plan = plan};
    if (status == JT_OK)
        status = build(&b, why);
    if (status != JT_OK || !b.fits || bytes_shared(&b) > (size_t)(most > 0 ? most : 0))
        return status;
    plan->n_stages = b.n_stages;
    plan->shared = bytes_shared(&b);
    for (int32_t i = 0; i < graph->n_ops; i++)
        if (graph->ops[i].kind == JT_OP_DENSE || (graph->ops[i].kind == JT_OP_CONV2D && graph->ops[i].groups == 1))
            plan->weights[i].order = JT_CUDA_BY_INPUT_PADDED;
    if (plan->shared <= JT_CUDA_SHARED_UNASKED)
        return JT_OK;
    return jt_cuda_check(why,
                         runtime->kernel_set_attribute(plan->kernels[JT_CUDA_RESIDENT],
                                                       cudaFuncAttributeMaxDynamicSharedMemorySize, (int)plan->shared,
                                                       plan->device),
                         "memory that a block shares");
}

jt_status jt_cuda_send_stages(jt_plan *plan, const jt_cuda_runtime *runtime, jt_why *why)
{
    const size_t bytes = (size_t)plan->n_stages * sizeof(jt_cuda_stage);
    builder b = {.plan = plan, .stages = jt_allocate(&plan->host, (size_t)plan->n_stages, sizeof(jt_cuda_stage))};
    if (!b.stages)
        return jt_fail(why, JT_ERROR_MEMORY, "no memory for a plan");
    jt_status status = build(&b, why);
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->malloc((void **)&plan->stages, bytes), "memory for stages");
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->memcpy(plan->stages, b.stages, bytes, cudaMemcpyHostToDevice), "stages");
    jt_release(&plan->host, b.stages);
    return status;
}
