#include "context.h"

#include <string.h>

#include "support.h"

struct jt_plan_context {
    const jt_plan *plan;
    char *arena;
    dnnl_stream_t stream;
    dnnl_memory_t *memories;    /* of each tensor */
    dnnl_exec_arg_t *arguments; /* of all steps, one after the other */
};

void jt_onednn_context_free(jt_plan_context *context)
{
    const jt_host *host = &context->plan->host;
    for (int32_t i = 0; context->memories && i < context->plan->n_tensors; i++)
        if (context->memories[i])
            dnnl_memory_destroy(context->memories[i]);
    if (context->stream)
        dnnl_stream_destroy(context->stream);
    jt_release(host, context->arguments);
    jt_release(host, context->memories);
    jt_release(host, context->arena);
    jt_release(host, context);
}

static void *place_of(const jt_plan_context *context, int32_t tensor)
{
    const jt_onednn_tensor *t = &context->plan->tensors[tensor];
    if (t->buffer < 0)
        return (void *)(uintptr_t)t->constant; /* only read */
    return context->arena + context->plan->buffers[t->buffer].offset;
}

static dnnl_status_t make_memories(jt_plan_context *context)
{
    const jt_plan *plan = context->plan;
    dnnl_status_t s = dnnl_stream_create(&context->stream, plan->engine, dnnl_stream_default_flags);
    for (int32_t i = 0; s == dnnl_success && i < plan->n_tensors; i++)
        s = dnnl_memory_create(&context->memories[i], plan->tensors[i].description, plan->engine, place_of(context, i));
    if (s != dnnl_success)
        return s;
    dnnl_exec_arg_t *argument = context->arguments;
    for (int32_t i = 0; i < plan->n_steps; i++)
        for (int32_t k = 0; k < plan->steps[i].n_arguments; k++, argument++) {
            argument->arg = plan->steps[i].arguments[k].name;
            argument->memory = context->memories[plan->steps[i].arguments[k].tensor];
        }
    return dnnl_success;
}

jt_status jt_onednn_context_create(const jt_plan *plan, jt_plan_context **context, jt_why *why)
{
    const jt_host *host = &plan->host;
    jt_plan_context *made = jt_allocate(host, 1, sizeof *made);
    if (!made)
        return jt_fail(why, JT_ERROR_MEMORY, "no memory for a context");
    made->plan = plan;
    made->arena = jt_allocate(host, plan->arena_bytes, 1);
    made->memories = jt_allocate(host, (size_t)plan->n_tensors, sizeof *made->memories);
    made->arguments = jt_allocate(host, (size_t)plan->n_arguments, sizeof *made->arguments);
    jt_status status = JT_ERROR_MEMORY;
    if (!made->arena || !made->memories || !made->arguments)
        jt_fail(why, status, "no memory for a context");
    else
        status = jt_onednn_check(why, make_memories(made), "memory");
    if (status != JT_OK) {
        jt_onednn_context_free(made);
        return status;
    }
    *context = made;
    return JT_OK;
}

/* The jet's inputs are copied: oneDNN then always sees them at the same place, however the caller's memory lies. */
static void copy_in(const jt_plan_context *context, int32_t tensor, const float *values, int32_t value)
{
    memcpy(place_of(context, tensor), values, context->plan->graph->values[value].floats * sizeof *values);
}

static dnnl_status_t run_steps(const jt_plan_context *context, int32_t *step)
{
    const jt_plan *plan = context->plan;
    const dnnl_exec_arg_t *arguments = context->arguments;
    for (*step = 0; *step < plan->n_steps; ++*step) {
        const jt_onednn_step *s = &plan->steps[*step];
        dnnl_status_t returned = dnnl_primitive_execute(s->primitive, context->stream, s->n_arguments, arguments);
        if (returned != dnnl_success)
            return returned;
        arguments += s->n_arguments;
    }
    --*step;
    return dnnl_stream_wait(context->stream);
}

jt_status jt_onednn_run(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                        jt_why *why)
{
    const jt_plan *plan = context->plan;
    const jt_graph *graph = plan->graph;
    const size_t n_pixels = graph->values[JT_VALUE_IMAGES].floats;
    const size_t n_classes = graph->values[graph->output].floats;
    for (size_t i = 0; i < (size_t)n; i++) {
        copy_in(context, plan->given[JT_VALUE_IMAGES], images + i * n_pixels, JT_VALUE_IMAGES);
        for (int32_t v = JT_VALUE_IMAGES + 1; v < JT_FIRST_OUTPUT; v++)
            if (plan->given[v] >= 0)
                copy_in(context, plan->given[v], rows + i * graph->row_floats + graph->values[v].offset, v);
        int32_t step;
        dnnl_status_t returned = run_steps(context, &step);
        if (returned != dnnl_success) {
            const char *layer = step < 0 ? "" : graph->layers[plan->steps[step].layer].name;
            jt_onednn_check(why, returned, layer);
            return JT_ERROR_BACKEND;
        }
        memcpy(outputs + i * n_classes, place_of(context, plan->output), n_classes * sizeof *outputs);
    }
    return JT_OK;
}
