#include "../patterns.h"
#include "stages.h"

/*
 * From so many multiply-adds per jet on a convolution or dense op is cuDNN's: below, its launch and its tile of jets
 * cost more than they bring. A guess until it has been measured.
 */
static const int64_t least_for_product = 1 << 16;

static const char *const kernel_names[JT_CUDA_KERNELS] = {
    "jt_cuda_conv2d_kernel",         "jt_cuda_dense_kernel",  "jt_cuda_max_pool_kernel",
    "jt_cuda_average_kernel",        "jt_cuda_copy_kernel",   "jt_cuda_add_kernel",
    "jt_cuda_scale_kernel",          "jt_cuda_finish_kernel", "jt_cuda_depthwise_kernel",
    "jt_cuda_squeeze_excite_kernel", "jt_cuda_light_kernel",  "jt_cuda_resident_kernel",
};

/* cuDNN sees values of jets one behind the other: not what comes in a row with others. */
static int may_be_product(const jt_op *op)
{
    if (!jt_cuda_has_weights(op) || (op->kind == JT_OP_CONV2D && op->groups != 1) || jt_is_in_row(op->inputs[0]))
        return 0;
    return (int64_t)jt_cuda_weight_floats(op) * op->out.h * op->out.w >= least_for_product;
}

static jt_status kernel_of(const jt_graph *graph, const jt_op *op, jt_cuda_kernel *kernel, jt_why *why)
{
    switch (op->kind) {
    case JT_OP_CONV2D:
        *kernel = JT_CUDA_CONV2D;
        return JT_OK;
    case JT_OP_DENSE:
        *kernel = JT_CUDA_DENSE;
        return JT_OK;
    case JT_OP_MAX_POOL:
        *kernel = JT_CUDA_MAX_POOL;
        return JT_OK;
    case JT_OP_GLOBAL_AVERAGE:
        *kernel = JT_CUDA_AVERAGE;
        return JT_OK;
    case JT_OP_FLATTEN:
    case JT_OP_CONCAT:
    case JT_OP_ACTIVATION:
        *kernel = JT_CUDA_COPY;
        return JT_OK;
    case JT_OP_ADD:
        *kernel = JT_CUDA_ADD;
        return JT_OK;
    case JT_OP_SCALE:
        *kernel = JT_CUDA_SCALE;
        return JT_OK;
    case JT_OP_KINDS:
        break;
    }
    return jt_fail(why, JT_ERROR_UNSUPPORTED, "layer %s: the cuda backend does not know this operation (%d)",
                   graph->layers[op->layer].name, (int)op->kind);
}

static jt_cuda_step *next_step(jt_plan *plan, int32_t op, int32_t last, jt_cuda_kernel kernel)
{
    const jt_op *begin = &plan->graph->ops[op];
    jt_cuda_step *step = &plan->steps[plan->n_steps++];
    *step = (jt_cuda_step){.op = op, .last = last, .kernel = kernel, .out = plan->graph->ops[last].out};
    step->n_inputs = begin->n_inputs < 2 ? begin->n_inputs : 2;
    for (int32_t k = 0; k < step->n_inputs; k++)
        step->inputs[k] = begin->inputs[k];
    return step;
}

/* A copy for each part. */
static void add_concat(jt_plan *plan, int32_t op)
{
    size_t offset = 0;
    for (int32_t k = 0; k < plan->graph->ops[op].n_inputs; k++) {
        const int32_t input = plan->graph->ops[op].inputs[k];
        jt_cuda_step *step = next_step(plan, op, op, JT_CUDA_COPY);
        step->n_inputs = 1;
        step->inputs[0] = input;
        step->out_offset = offset;
        step->out = plan->graph->values[input].shape;
        offset += plan->graph->values[input].floats;
    }
}

/* A squeeze-excite from op on; 0 when there is none, or it is too large for what a block may share. */
static int add_squeeze_excite(jt_plan *plan, int32_t op, int32_t has_averages)
{
    if (!jt_is_squeeze_excite(plan->graph, op))
        return 0;
    const jt_op *average = &plan->graph->ops[op];
    const size_t shared = sizeof(float) * jt_cuda_squeeze_excite_shared(average->in.c, average[1].out.c, has_averages);
    if (shared > JT_CUDA_SHARED_UNASKED)
        return 0;
    jt_cuda_step *step = next_step(plan, op, op + JT_SQUEEZE_EXCITE_OPS - 1, JT_CUDA_SQUEEZE_EXCITE);
    step->has_averages = has_averages;
    step->shared = shared;
    plan->weights[op + 2].order = JT_CUDA_BY_INPUT;
    return 1;
}

/*
 * A depthwise convolution with the squeeze-excite after it; 0 when there is none. Between the two are averages that
 * have memory of their own: the graph's place for them may be where the convolution's input still is.
 */
static int add_depthwise(jt_plan *plan, int32_t op)
{
    const jt_op *depthwise = &plan->graph->ops[op];
    if (!jt_is_depthwise(depthwise) || !jt_is_squeeze_excite(plan->graph, op + 1) ||
        depthwise[1].inputs[0] != JT_FIRST_OUTPUT + op)
        return 0;
    jt_cuda_step *step = next_step(plan, op, op, JT_CUDA_DEPTHWISE);
    step->shared = sizeof(float) * jt_cuda_depthwise_shared();
    if (!add_squeeze_excite(plan, op + 1, 1)) {
        plan->n_steps--;
        return 0;
    }
    if (depthwise->out.c > plan->averages)
        plan->averages = depthwise->out.c;
    return 1;
}

/* Where cuDNN can do it: made once to see whether it can, contexts make their own. Then with the sum that follows. */
static jt_status make_product(jt_plan *plan, jt_cuda_step *step, cudnnHandle_t handle, jt_why *why)
{
    const jt_op *op = &plan->graph->ops[step->op];
    jt_cuda_product product;
    jt_status status = jt_cuda_product_create(handle, op, &product, why);
    if (status != JT_OK)
        return status == JT_ERROR_UNSUPPORTED ? JT_OK : status;
    jt_cuda_product_free(&product);
    plan->n_products++;
    step->is_product = 1;
    step->kernel = JT_CUDA_FINISH;
    const int32_t summand = jt_summand(plan->graph, step->op);
    if (summand >= 0) {
        step->last = step->op + 1;
        step->inputs[step->n_inputs++] = summand;
    }
    return JT_OK;
}

/* *next is the first op that is not in a step yet. */
static jt_status add_op(jt_plan *plan, int32_t *next, cudnnHandle_t handle, jt_why *why)
{
    const int32_t index = *next;
    const jt_op *op = &plan->graph->ops[index];
    jt_cuda_kernel kernel;
    jt_status status = kernel_of(plan->graph, op, &kernel, why);
    if (status != JT_OK)
        return status;
    if (op->kind == JT_OP_CONCAT)
        add_concat(plan, index);
    else if (!add_depthwise(plan, index) && !add_squeeze_excite(plan, index, 0)) {
        jt_cuda_step *step = next_step(plan, index, index, kernel);
        if (may_be_product(op))
            status = make_product(plan, step, handle, why);
        if (op->kind == JT_OP_DENSE && !step->is_product)
            plan->weights[index].order = JT_CUDA_BY_INPUT;
    }
    *next = plan->steps[plan->n_steps - 1].last + 1;
    return status;
}

static jt_status add_ops(jt_plan *plan, jt_why *why)
{
    cudnnHandle_t handle;
    jt_status status = jt_cuda_dnn_create(NULL, &handle, why);
    for (int32_t i = 0; status == JT_OK && i < plan->graph->n_ops;)
        status = add_op(plan, &i, handle, why);
    jt_cuda_dnn_destroy(handle);
    return status;
}

static jt_status load_kernels(jt_plan *plan, const jt_cuda_runtime *runtime, jt_why *why)
{
    jt_status status = jt_cuda_check(
        why, runtime->library_load_data(&plan->library, jt_cuda_image, NULL, NULL, 0, NULL, NULL, 0), "kernels");
    for (int i = 0; status == JT_OK && i < JT_CUDA_KERNELS; i++)
        status = jt_cuda_check(why, runtime->library_get_kernel(&plan->kernels[i], plan->library, kernel_names[i]),
                               kernel_names[i]);
    return status;
}

static int32_t count_steps(const jt_graph *graph)
{
    int32_t n = 0;
    for (int32_t i = 0; i < graph->n_ops; i++)
        n += graph->ops[i].kind == JT_OP_CONCAT ? graph->ops[i].n_inputs : 1;
    return n;
}

jt_status jt_cuda_compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why)
{
    const jt_cuda_runtime *runtime = jt_cuda_open_runtime(why);
    if (!runtime || !jt_cuda_open_dnn(why))
        return JT_ERROR_BACKEND;
    jt_plan *made = jt_allocate(host, 1, sizeof *made);
    if (!made)
        return jt_fail(why, JT_ERROR_MEMORY, "no memory for a plan");
    made->graph = graph;
    made->host = *host;
    int callers;
    jt_status status = jt_cuda_check(why, runtime->get_device(&made->device), "asking for the thread's device");
    if (status == JT_OK)
        status = jt_cuda_enter(made->device, &callers, why);
    if (status != JT_OK) {
        jt_release(host, made);
        return status;
    }
    made->steps = jt_allocate(host, (size_t)count_steps(graph), sizeof *made->steps);
    made->weights = jt_allocate(host, (size_t)graph->n_ops + 1, sizeof *made->weights);
    if (!made->steps || !made->weights)
        status = jt_fail(why, JT_ERROR_MEMORY, "no memory for a plan");
    if (status == JT_OK)
        status = load_kernels(made, runtime, why);
    if (status == JT_OK)
        status = jt_cuda_try_resident(made, runtime, why);
    if (status == JT_OK && made->n_stages == 0)
        status = add_ops(made, why);
    if (status == JT_OK)
        status = jt_cuda_send_weights(made, runtime, why);
    if (status == JT_OK && made->n_stages > 0)
        status = jt_cuda_send_stages(made, runtime, why);
    jt_cuda_leave(callers);
    if (status != JT_OK) {
        jt_cuda_plan_free(made);
        return status;
    }
    *plan = made;
    return JT_OK;
}

void jt_cuda_plan_free(jt_plan *plan)
{
    jt_why ignored;
    const jt_host host = plan->host;
    const jt_cuda_runtime *runtime = jt_cuda_open_runtime(&ignored);
    int callers;
    const int entered = jt_cuda_enter(plan->device, &callers, &ignored) == JT_OK;
    if (plan->stages)
        (void)runtime->free(plan->stages);
    if (plan->memory)
        (void)runtime->free(plan->memory);
    if (plan->library)
        (void)runtime->library_unload(plan->library);
    if (entered)
        jt_cuda_leave(callers);
    jt_release(&host, plan->weights);
    jt_release(&host, plan->steps);
    jt_release(&host, plan);
}
