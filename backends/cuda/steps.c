#include "context.h"

float *jt_cuda_value_place(const jt_plan_context *context, int32_t value)
{
    const jt_graph *graph = context->plan->graph;
    if (value == JT_VALUE_IMAGES)
        return context->images;
    if (jt_is_in_row(value))
        return context->given + graph->values[value].offset;
    if (context->plan->n_stages > 0)
        return context->working; /* nothing but the logits leaves a block */
    return context->working + graph->values[value].offset * (size_t)context->room;
}

static jt_cuda_rows rows_of(const jt_plan_context *context, int32_t value)
{
    const jt_graph *graph = context->plan->graph;
    const size_t stride = jt_is_in_row(value) ? graph->row_floats : graph->values[value].floats;
    return (jt_cuda_rows){jt_cuda_value_place(context, value), stride};
}

static jt_status launch(const jt_plan_context *context, jt_cuda_kernel kernel, size_t shared, jt_cuda_work *work,
                        jt_why *why)
{
    void *arguments[] = {work};
    const unsigned threads = kernel == JT_CUDA_RESIDENT ? JT_CUDA_RESIDENT_THREADS : JT_CUDA_THREADS;
    const dim3 grid = {(unsigned)((work->total + threads - 1) / threads), 1, 1};
    const dim3 block = {threads, 1, 1};
    const void *function = (const void *)context->plan->kernels[kernel];
    return jt_cuda_check(
        why, context->runtime->launch_kernel(function, grid, block, arguments, shared, context->stream), "a kernel");
}

/* Threads that have work. */
static uint64_t total_of(const jt_cuda_step *step, int32_t jets)
{
    switch (step->kernel) {
    case JT_CUDA_DEPTHWISE:
        return (uint64_t)jets * (uint64_t)step->out.c * JT_CUDA_LANES;
    case JT_CUDA_SQUEEZE_EXCITE:
        return (uint64_t)jets * JT_CUDA_THREADS;
    default:
        return (uint64_t)jets * (uint64_t)step->out.c * (uint64_t)step->out.h * (uint64_t)step->out.w;
    }
}

static jt_cuda_work work_of(const jt_plan_context *context, const jt_cuda_step *step, int32_t jets)
{
    const jt_plan *plan = context->plan;
    const jt_op *op = &plan->graph->ops[step->op];
    const int32_t value = JT_FIRST_OUTPUT + step->last, groups = op->kind == JT_OP_CONV2D ? op->groups : 1;
    jt_cuda_work work = {
        .total = total_of(step, jets),
        .out = jt_cuda_value_place(context, value) + step->out_offset,
        .out_stride = plan->graph->values[value].floats,
        .weight = plan->weights[step->op].weight,
        .bias = plan->weights[step->op].bias,
        .in_c = op->in.c,
        .in_h = op->in.h,
        .in_w = op->in.w,
        .out_c = step->out.c,
        .out_h = step->out.h,
        .out_w = step->out.w,
        .kernel = {op->kernel[0], op->kernel[1]},
        .stride = {op->stride[0], op->stride[1]},
        .pad = {op->pad[0], op->pad[2]},
        .per_group = op->in.c / groups,
        .out_per_group = op->out.c / groups,
        .activation = (int32_t)plan->graph->ops[step->last].activation,
        .averages = context->averages,
        .has_averages = step->has_averages,
    };
    for (int32_t k = 0; k < step->n_inputs; k++)
        work.in[k] = rows_of(context, step->inputs[k]);
    if (step->is_product)
        work.in[0] = rows_of(context, JT_FIRST_OUTPUT + step->op);
    if (step->kernel == JT_CUDA_SQUEEZE_EXCITE) {
        const jt_cuda_weights *weights = plan->weights + step->op;
        work.activation = (int32_t)op[1].activation;
        work.weight = weights[1].weight;
        work.bias = weights[1].bias;
        work.squeezed = op[1].out.c;
        work.activation2 = (int32_t)op[2].activation;
        work.weight2 = weights[2].weight;
        work.bias2 = weights[2].bias;
    }
    return work;
}

/* A tile after the other, each the same product. */
static jt_status run_product(const jt_plan_context *context, const jt_cuda_step *step, const jt_cuda_product *product,
                             int32_t jets, jt_why *why)
{
    const int32_t value = JT_FIRST_OUTPUT + step->op;
    const float *in = jt_cuda_value_place(context, step->inputs[0]);
    float *out = jt_cuda_value_place(context, value);
    const size_t in_floats = context->plan->graph->values[step->inputs[0]].floats;
    const size_t out_floats = context->plan->graph->values[value].floats;
    jt_status status = JT_OK;
    for (size_t jet = 0; status == JT_OK && jet < (size_t)jets; jet += JT_CUDA_TILE)
        status =
            jt_cuda_product_run(context->handle, product, in + jet * in_floats, context->plan->weights[step->op].weight,
                                out + jet * out_floats, context->workspace, why);
    return status;
}

static jt_status launch_resident(const jt_plan_context *context, int32_t jets, jt_why *why)
{
    const jt_plan *plan = context->plan;
    const jt_graph *graph = plan->graph;
    jt_cuda_work work = {
        .total = (uint64_t)jets * JT_CUDA_RESIDENT_THREADS,
        .in = {rows_of(context, JT_VALUE_IMAGES), {context->given, graph->row_floats}},
        .out = jt_cuda_value_place(context, graph->output),
        .out_stride = graph->values[graph->output].floats,
        .weight = plan->memory,
        .stages = plan->stages,
        .n_stages = plan->n_stages,
    };
    return launch(context, JT_CUDA_RESIDENT, plan->shared, &work, why);
}

jt_status jt_cuda_launch_network(const jt_plan_context *context, int32_t jets, jt_why *why)
{
    if (context->plan->n_stages > 0)
        return launch_resident(context, jets, why);
    const jt_cuda_product *product = context->products;
    jt_status status = JT_OK;
    for (int32_t i = 0; status == JT_OK && i < context->plan->n_steps; i++) {
        const jt_cuda_step *step = &context->plan->steps[i];
        if (step->is_product)
            status = run_product(context, step, product++, jets, why);
        jt_cuda_work work = work_of(context, step, jets);
        if (status == JT_OK)
            status = launch(context, step->kernel, step->shared, &work, why);
    }
    return status;
}

jt_status jt_cuda_launch_light(const jt_plan_context *context, const jt_sparse_images *sparse, int32_t jets,
                               jt_why *why)
{
    const jt_value *images = &context->plan->graph->values[JT_VALUE_IMAGES];
    jt_cuda_work work = {
        .total = (uint64_t)jets * JT_CUDA_THREADS,
        .in = {{context->plan->dark, 0}},
        .out = context->images,
        .out_stride = images->floats,
        .out_c = images->shape.c,
        .out_h = images->shape.h,
        .out_w = images->shape.w,
        .starts = sparse->starts,
        .places = sparse->places,
        .values = sparse->values,
    };
    return launch(context, JT_CUDA_LIGHT, 0, &work, why);
}
