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

static size_t weight_bytes(const jt_op *op)
{
    return jt_rounded_up(jt_cuda_weight_floats(op) * sizeof(float));
}

static size_t bias_bytes(const jt_op *op)
{
    return jt_rounded_up((size_t)op->out.c * sizeof(float));
}

static void put_weights(const jt_op *op, int32_t is_transposed, float *to)
{
    if (!is_transposed) {
        memcpy(to, op->weight, jt_cuda_weight_floats(op) * sizeof *to);
        return;
    }
    for (int32_t unit = 0; unit < op->out.c; unit++)
        for (int32_t k = 0; k < op->in.c; k++)
            to[(size_t)k * (size_t)op->out.c + (size_t)unit] = op->weight[(size_t)unit * (size_t)op->in.c + (size_t)k];
}

jt_status jt_cuda_send_weights(jt_plan *plan, const jt_cuda_runtime *runtime, jt_why *why)
{
    const jt_graph *graph = plan->graph;
    const size_t dark = graph->dark ? graph->values[JT_VALUE_IMAGES].floats * sizeof(float) : 0;
    size_t bytes = jt_rounded_up(dark);
    for (int32_t i = 0; i < graph->n_ops; i++)
        if (jt_cuda_has_weights(&graph->ops[i]))
            bytes += weight_bytes(&graph->ops[i]) + bias_bytes(&graph->ops[i]);
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
        put_weights(op, sent->is_transposed, (float *)(void *)(block + at));
        sent->weight = plan->memory + at / sizeof(float);
        at += weight_bytes(op);
        memcpy(block + at, op->bias, (size_t)op->out.c * sizeof(float));
        sent->bias = plan->memory + at / sizeof(float);
        at += bias_bytes(op);
    }
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->memcpy(plan->memory, block, bytes, cudaMemcpyHostToDevice), "weights");
    jt_release(&plan->host, block);
    return status;
}
