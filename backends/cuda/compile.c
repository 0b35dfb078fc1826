#include "plan.h"

#include <string.h>

/*
 * From so many multiply-adds per jet on a convolution or dense op is cuDNN's: below, its launch and its tile of jets
 * cost more than they bring. A guess until it has been measured.
 */
static const int64_t least_for_product = 1 << 16;

static const char *const kernel_names[JT_CUDA_KERNELS] = {
    "jt_cuda_conv2d_kernel", "jt_cuda_dense_kernel", "jt_cuda_max_pool_kernel", "jt_cuda_average_kernel",
    "jt_cuda_copy_kernel",   "jt_cuda_add_kernel",   "jt_cuda_scale_kernel",    "jt_cuda_finish_kernel",
};

static size_t floats_of(jt_shape shape)
{
    return (size_t)shape.c * (size_t)shape.h * (size_t)shape.w;
}

static size_t weight_floats(const jt_op *op)
{
    if (op->kind == JT_OP_DENSE)
        return (size_t)op->out.c * (size_t)op->in.c;
    return (size_t)op->out.c * (size_t)(op->in.c / op->groups) * (size_t)op->kernel[0] * (size_t)op->kernel[1];
}

static int has_weights(const jt_op *op)
{
    return op->kind == JT_OP_CONV2D || op->kind == JT_OP_DENSE;
}

/* cuDNN sees values of jets one behind the other: not what comes in a row with others. */
static int may_be_product(const jt_op *op)
{
    if (!has_weights(op) || (op->kind == JT_OP_CONV2D && op->groups != 1) || jt_is_in_row(op->inputs[0]))
        return 0;
    return (int64_t)weight_floats(op) * op->out.h * op->out.w >= least_for_product;
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

static jt_cuda_step *next_step(jt_plan *plan, int32_t op, jt_cuda_kernel kernel)
{
    jt_cuda_step *step = &plan->steps[plan->n_steps++];
    *step = (jt_cuda_step){.op = op, .kernel = kernel, .out = plan->graph->ops[op].out};
    return step;
}

/* A copy for each part. */
static void add_concat(jt_plan *plan, int32_t op)
{
    size_t offset = 0;
    for (int32_t k = 0; k < plan->graph->ops[op].n_inputs; k++) {
        const int32_t input = plan->graph->ops[op].inputs[k];
        jt_cuda_step *step = next_step(plan, op, JT_CUDA_COPY);
        step->n_inputs = 1;
        step->inputs[0] = input;
        step->out_offset = offset;
        step->out = plan->graph->values[input].shape;
        offset += floats_of(step->out);
    }
}

static jt_status add_op(jt_plan *plan, int32_t index, cudnnHandle_t handle, jt_why *why)
{
    const jt_op *op = &plan->graph->ops[index];
    jt_cuda_kernel kernel;
    jt_status status = kernel_of(plan->graph, op, &kernel, why);
    if (status != JT_OK)
        return status;
    if (op->kind == JT_OP_CONCAT) {
        add_concat(plan, index);
        return JT_OK;
    }
    jt_cuda_step *step = next_step(plan, index, kernel);
    step->n_inputs = op->n_inputs;
    for (int32_t k = 0; k < op->n_inputs; k++)
        step->inputs[k] = op->inputs[k];
    if (!may_be_product(op))
        return JT_OK;

    /* Made once to see whether cuDNN can; contexts make their own. */
    jt_cuda_product product;
    status = jt_cuda_product_create(handle, op, &product, why);
    if (status == JT_OK) {
        step->is_product = 1;
        plan->n_products++;
        jt_cuda_product_free(&product);
    }
    return status == JT_ERROR_UNSUPPORTED ? JT_OK : status;
}

static jt_status add_ops(jt_plan *plan, jt_why *why)
{
    cudnnHandle_t handle;
    jt_status status = jt_cuda_dnn_create(NULL, &handle, why);
    for (int32_t i = 0; status == JT_OK && i < plan->graph->n_ops; i++)
        status = add_op(plan, i, handle, why);
    jt_cuda_dnn_destroy(handle);
    return status;
}

/* Weights of a dense kernel of ours lie transposed: neighbouring threads then read neighbouring numbers. */
static void put_weights(const jt_op *op, const jt_cuda_step *step, float *to)
{
    if (op->kind != JT_OP_DENSE || step->is_product) {
        memcpy(to, op->weight, weight_floats(op) * sizeof *to);
        return;
    }
    for (int32_t unit = 0; unit < op->out.c; unit++)
        for (int32_t k = 0; k < op->in.c; k++)
            to[(size_t)k * (size_t)op->out.c + (size_t)unit] = op->weight[(size_t)unit * (size_t)op->in.c + (size_t)k];
}

/* All weights and biases as one block, each begin aligned for cuDNN; sent at once. */
static jt_status send_weights(jt_plan *plan, const jt_cuda_runtime *runtime, jt_why *why)
{
    size_t bytes = 0;
    for (int32_t i = 0; i < plan->n_steps; i++) {
        const jt_op *op = &plan->graph->ops[plan->steps[i].op];
        if (has_weights(op))
            bytes +=
                jt_rounded_up(weight_floats(op) * sizeof(float)) + jt_rounded_up((size_t)op->out.c * sizeof(float));
    }
    if (bytes == 0)
        return JT_OK;
    char *block = jt_allocate(&plan->host, bytes, 1);
    if (!block)
        return jt_fail(why, JT_ERROR_MEMORY, "no memory for weights");
    jt_status status = jt_cuda_check(why, runtime->malloc((void **)&plan->weights, bytes), "memory for weights");
    size_t at = 0;
    for (int32_t i = 0; status == JT_OK && i < plan->n_steps; i++) {
        jt_cuda_step *step = &plan->steps[i];
        const jt_op *op = &plan->graph->ops[step->op];
        if (!has_weights(op))
            continue;
        put_weights(op, step, (float *)(void *)(block + at));
        step->weight = plan->weights + at / sizeof(float);
        at += jt_rounded_up(weight_floats(op) * sizeof(float));
        memcpy(block + at, op->bias, (size_t)op->out.c * sizeof(float));
        step->bias = plan->weights + at / sizeof(float);
        at += jt_rounded_up((size_t)op->out.c * sizeof(float));
    }
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->memcpy(plan->weights, block, bytes, cudaMemcpyHostToDevice), "weights");
    jt_release(&plan->host, block);
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
    if (!made->steps)
        status = jt_fail(why, JT_ERROR_MEMORY, "no memory for a plan");
    if (status == JT_OK)
        status = load_kernels(made, runtime, why);
    if (status == JT_OK)
        status = add_ops(made, why);
    if (status == JT_OK)
        status = send_weights(made, runtime, why);
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
    if (plan->weights)
        (void)runtime->free(plan->weights);
    if (plan->library)
        (void)runtime->library_unload(plan->library);
    if (entered)
        jt_cuda_leave(callers);
    jt_release(&host, plan->steps);
    jt_release(&host, plan);
}
