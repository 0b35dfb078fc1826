#include "weights.h"

#include <string.h>

size_t jt_cuda_weight_floats(const jt_op *op)
{
    if (op->kind == JT_OP_DENSE)
        return (size_t)op->out.c * (size_t)op->in.c;
    return (size_t)op->out.c * (size_t)(op->in.c / op->groups) * (size_t)op->kernel[0] * (size_t)op->kernel[1];
}

int jt_cuda_has_weights(const jt_op *op)
{
    return op->kind == JT_OP_CONV2D || op->kind == JT_OP_DENSE;
}

/* Floats from one k to the next, where weights lie by input. */
static size_t row_of(const jt_op *op, jt_cuda_order order)
{
    return (size_t)(order == JT_CUDA_BY_INPUT_PADDED ? jt_cuda_padded(op->out.c) : op->out.c);
}

static size_t weight_bytes(const jt_op *op, jt_cuda_order order)
{
    return jt_rounded_up(jt_cuda_weight_floats(op) / (size_t)op->out.c * row_of(op, order) * sizeof(float));
}

static size_t bias_bytes(const jt_op *op)
{
    return jt_rounded_up((size_t)op->out.c * sizeof(float));
}

/* What pads rows is zero already. */
static void put_weights(const jt_op *op, jt_cuda_order order, float *to)
{
    if (order == JT_CUDA_AS_IN_GRAPH) {
        memcpy(to, op->weight, jt_cuda_weight_floats(op) * sizeof *to);
        return;
    }
    const size_t units = (size_t)op->out.c, each = jt_cuda_weight_floats(op) / units, row = row_of(op, order);
    for (size_t unit = 0; unit < units; unit++)
        for (size_t k = 0; k < each; k++)
            to[k * row + unit] = op->weight[unit * each + k];
}

jt_status jt_cuda_send_weights(jt_plan *plan, const jt_cuda_runtime *runtime, jt_why *why)
{
    const jt_graph *graph = plan->graph;
    const size_t dark = graph->dark ? graph->values[JT_VALUE_IMAGES].floats * sizeof(float) : 0;
    size_t bytes = jt_rounded_up(dark);
    for (int32_t i = 0; i < graph->n_ops; i++)
        if (jt_cuda_has_weights(&graph->ops[i]))
            bytes += weight_bytes(&graph->ops[i], plan->weights[i].order) + bias_bytes(&graph->ops[i]);
    if (bytes == 0)
        return JT_OK;
    char *block = jt_allocate(&plan->host, bytes, 1);
    if (!block)
        return jt_fail(why, JT_ERROR_MEMORY, "no memory for weights");
    jt_status status = jt_cuda_check(why, runtime->malloc((void **)&plan->memory, bytes), "memory for weights");
    size_t at = jt_rounded_up(dark);
    if (dark > 0) {
        memcpy(block, graph->dark, dark);
        plan->dark = plan->memory;
    }
    for (int32_t i = 0; status == JT_OK && i < graph->n_ops; i++) {
        const jt_op *op = &graph->ops[i];
        jt_cuda_weights *sent = &plan->weights[i];
        if (!jt_cuda_has_weights(op))
            continue;
        put_weights(op, sent->order, (float *)(void *)(block + at));
        sent->weight = plan->memory + at / sizeof(float);
        at += weight_bytes(op, sent->order);
        memcpy(block + at, op->bias, (size_t)op->out.c * sizeof(float));
        sent->bias = plan->memory + at / sizeof(float);
        at += bias_bytes(op);
    }
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->memcpy(plan->memory, block, bytes, cudaMemcpyHostToDevice), "weights");
    jt_release(&plan->host, block);
    return status;
}
