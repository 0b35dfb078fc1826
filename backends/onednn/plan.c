#include "plan.h"

#include <string.h>

#include "support.h"

enum { FIRST_ROOM = 32 };

void jt_onednn_plan_free(jt_plan *plan)
{
    const jt_host host = plan->host;
    for (int32_t i = 0; i < plan->n_steps; i++)
        if (plan->steps[i].primitive)
            dnnl_primitive_destroy(plan->steps[i].primitive);
    for (int32_t i = 0; i < plan->n_tensors; i++) {
        if (plan->tensors[i].description)
            dnnl_memory_desc_destroy(plan->tensors[i].description);
        jt_release(&host, plan->tensors[i].owned);
    }
    if (plan->engine)
        dnnl_engine_destroy(plan->engine);
    jt_release(&host, plan->steps);
    jt_release(&host, plan->tensors);
    jt_release(&host, plan->buffers);
    jt_release(&host, plan);
}

/* Room for one more of `bytes` each; returns the array, moved perhaps, or NULL, when it is where it was. */
static void *with_room(const jt_host *host, void *array, int32_t n, int32_t *room, size_t bytes)
{
    if (n < *room)
        return array;
    if (*room > INT32_MAX / 2)
        return NULL;
    int32_t wanted = *room ? 2 * *room : FIRST_ROOM;
    void *larger = jt_allocate(host, (size_t)wanted, bytes);
    if (!larger)
        return NULL;
    if (n > 0)
        memcpy(larger, array, (size_t)n * bytes);
    jt_release(host, array);
    *room = wanted;
    return larger;
}

static jt_status no_memory(jt_why *why)
{
    return jt_fail(why, JT_ERROR_MEMORY, "no memory for a plan");
}

jt_status jt_onednn_add_buffer(jt_plan *plan, const_dnnl_memory_desc_t description, int32_t *buffer, jt_why *why)
{
    jt_onednn_buffer *buffers =
        with_room(&plan->host, plan->buffers, plan->n_buffers, &plan->room_buffers, sizeof *buffers);
    if (!buffers)
        return no_memory(why);
    plan->buffers = buffers;
    buffers[plan->n_buffers] = (jt_onednn_buffer){
        .bytes = dnnl_memory_desc_get_size(description), .first_step = INT32_MAX, .last_step = -1, .last_op = -1};
    *buffer = plan->n_buffers++;
    return JT_OK;
}

jt_status jt_onednn_add_tensor(jt_plan *plan, const_dnnl_memory_desc_t description, jt_shape shape, int32_t buffer,
                               int32_t *tensor, jt_why *why)
{
    jt_onednn_tensor *tensors =
        with_room(&plan->host, plan->tensors, plan->n_tensors, &plan->room_tensors, sizeof *tensors);
    if (!tensors)
        return no_memory(why);
    plan->tensors = tensors;
    jt_onednn_tensor made = {.shape = shape, .buffer = buffer};
    if (dnnl_memory_desc_clone(&made.description, description) != dnnl_success)
        return no_memory(why);
    tensors[plan->n_tensors] = made;
    *tensor = plan->n_tensors++;
    return JT_OK;
}

jt_status jt_onednn_add_constant(jt_plan *plan, const_dnnl_memory_desc_t description, const float *data,
                                 int32_t *tensor, jt_why *why)
{
    jt_status status = jt_onednn_add_tensor(plan, description, (jt_shape){0}, -1, tensor, why);
    if (status == JT_OK)
        plan->tensors[*tensor].constant = data;
    return status;
}

/* The arguments of a reorder that is run at once. */
typedef struct reorder {
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    dnnl_stream_t stream;
    dnnl_memory_t from, to;
} reorder;

static void reorder_free(reorder *r)
{
    if (r->to)
        dnnl_memory_destroy(r->to);
    if (r->from)
        dnnl_memory_destroy(r->from);
    if (r->stream)
        dnnl_stream_destroy(r->stream);
    if (r->primitive)
        dnnl_primitive_destroy(r->primitive);
    if (r->description)
        dnnl_primitive_desc_destroy(r->description);
}

static dnnl_status_t reorder_now(dnnl_engine_t engine, const_dnnl_memory_desc_t given, const float *data,
                                 const_dnnl_memory_desc_t wanted, void *into)
{
    reorder r = {0};
    dnnl_status_t s = dnnl_reorder_primitive_desc_create(&r.description, given, engine, wanted, engine, NULL);
    if (s == dnnl_success)
        s = dnnl_primitive_create(&r.primitive, r.description);
    if (s == dnnl_success)
        s = dnnl_stream_create(&r.stream, engine, dnnl_stream_default_flags);
    if (s == dnnl_success)
        s = dnnl_memory_create(&r.from, given, engine, (void *)(uintptr_t)data); /* only read */
    if (s == dnnl_success)
        s = dnnl_memory_create(&r.to, wanted, engine, into);
    if (s == dnnl_success) {
        const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, r.from}, {DNNL_ARG_TO, r.to}};
        s = dnnl_primitive_execute(r.primitive, r.stream, 2, arguments);
    }
    if (s == dnnl_success)
        s = dnnl_stream_wait(r.stream);
    reorder_free(&r);
    return s;
}

jt_status jt_onednn_add_weights(jt_plan *plan, const_dnnl_memory_desc_t given, const float *data,
                                const_dnnl_memory_desc_t wanted, int32_t *tensor, jt_why *why)
{
    jt_status status = jt_onednn_add_constant(plan, wanted, data, tensor, why);
    if (status != JT_OK || dnnl_memory_desc_equal(given, wanted))
        return status;
    void *owned = jt_allocate(&plan->host, 1, dnnl_memory_desc_get_size(wanted));
    if (!owned)
        return no_memory(why);
    plan->tensors[*tensor].owned = owned;
    plan->tensors[*tensor].constant = owned;
    return jt_onednn_check(why, reorder_now(plan->engine, given, data, wanted, owned), "weights");
}

/* Stretch the buffer's life to this step. */
static void keep_alive(jt_plan *plan, int32_t tensor, int32_t step)
{
    int32_t index = plan->tensors[tensor].buffer;
    if (index < 0)
        return;
    jt_onednn_buffer *buffer = &plan->buffers[index];
    if (step < buffer->first_step)
        buffer->first_step = step;
    if (step > buffer->last_step)
        buffer->last_step = step;
}

jt_status jt_onednn_add_step(jt_plan *plan, const_dnnl_primitive_desc_t primitive, int32_t layer,
                             const jt_onednn_argument *arguments, int32_t n_arguments, jt_why *why)
{
    jt_onednn_step *steps = with_room(&plan->host, plan->steps, plan->n_steps, &plan->room_steps, sizeof *steps);
    if (!steps)
        return no_memory(why);
    plan->steps = steps;
    jt_onednn_step made = {.layer = layer, .n_arguments = n_arguments};
    memcpy(made.arguments, arguments, (size_t)n_arguments * sizeof *arguments);

    const_dnnl_memory_desc_t scratchpad = dnnl_primitive_desc_query_md(primitive, dnnl_query_scratchpad_md, 0);
    if (scratchpad && dnnl_memory_desc_get_size(scratchpad) > 0) {
        int32_t buffer;
        jt_onednn_argument *argument = &made.arguments[made.n_arguments++];
        argument->name = DNNL_ARG_SCRATCHPAD;
        jt_status status = jt_onednn_add_buffer(plan, scratchpad, &buffer, why);
        if (status == JT_OK)
            status = jt_onednn_add_tensor(plan, scratchpad, (jt_shape){0}, buffer, &argument->tensor, why);
        if (status != JT_OK)
            return status;
    }
    jt_status status = jt_onednn_check(why, dnnl_primitive_create(&made.primitive, primitive), "primitive");
    if (status != JT_OK)
        return status;
    for (int32_t i = 0; i < made.n_arguments; i++)
        keep_alive(plan, made.arguments[i].tensor, plan->n_steps);
    plan->n_arguments += made.n_arguments;
    plan->steps[plan->n_steps++] = made;
    return JT_OK;
}

/* Buffers in use while placing, by offset. */
typedef struct live {
    int32_t *buffers;
    int32_t n;
} live;

static void drop_dead(live *alive, const jt_onednn_buffer *buffers, int32_t step)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < alive->n; i++)
        if (buffers[alive->buffers[i]].last_step >= step)
            alive->buffers[kept++] = alive->buffers[i];
    alive->n = kept;
}

/* Into the first gap that is large enough, else behind all others. */
static void place(jt_plan *plan, live *alive, int32_t index)
{
    enum { GRAIN = 64 };
    jt_onednn_buffer *buffers = plan->buffers;
    size_t bytes = (buffers[index].bytes + GRAIN - 1) / GRAIN * GRAIN;
    size_t end = 0;
    int32_t at = 0;
    while (at < alive->n && buffers[alive->buffers[at]].offset - end < bytes) {
        const jt_onednn_buffer *other = &buffers[alive->buffers[at++]];
        end = other->offset + (other->bytes + GRAIN - 1) / GRAIN * GRAIN;
    }
    memmove(alive->buffers + at + 1, alive->buffers + at, (size_t)(alive->n - at) * sizeof *alive->buffers);
    alive->buffers[at] = index;
    alive->n++;
    buffers[index].offset = end;
    buffers[index].placed = 1;
    if (end + bytes > plan->arena_bytes)
        plan->arena_bytes = end + bytes;
}

static void place_tensor(jt_plan *plan, live *alive, int32_t tensor)
{
    int32_t buffer = tensor < 0 ? -1 : plan->tensors[tensor].buffer;
    if (buffer >= 0 && !plan->buffers[buffer].placed)
        place(plan, alive, buffer);
}

jt_status jt_onednn_place_buffers(jt_plan *plan, jt_why *why)
{
    live alive = {jt_allocate(&plan->host, (size_t)plan->n_buffers, sizeof *alive.buffers), 0};
    if (!alive.buffers)
        return no_memory(why);
    for (int32_t v = 0; v < JT_FIRST_OUTPUT; v++)
        if (plan->given[v] >= 0)
            keep_alive(plan, plan->given[v], -1);
    keep_alive(plan, plan->output, plan->n_steps);

    for (int32_t v = 0; v < JT_FIRST_OUTPUT; v++)
        place_tensor(plan, &alive, plan->given[v]);
    for (int32_t step = 0; step < plan->n_steps; step++) {
        drop_dead(&alive, plan->buffers, step);
        for (int32_t i = 0; i < plan->steps[step].n_arguments; i++)
            place_tensor(plan, &alive, plan->steps[step].arguments[i].tensor);
    }
    jt_release(&plan->host, alive.buffers);
    return JT_OK;
}
