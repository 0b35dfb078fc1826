#include "context.h"

/*
 * For a piece the smallest bucket is taken that holds it, a graph captured when the context was made; the jets that
 * fill it up are whatever lies in memory, and nobody looks at what becomes of them.
 */
static const int32_t bucket_jets[JT_CUDA_BUCKETS] = {1, 8, 64, 256, JT_CUDA_MOST_AT_ONCE};

/* The steps for a bucket as one graph. They run once before: what is loaded late is loaded now. */
static jt_status make_graph(jt_plan_context *context, int32_t bucket, jt_why *why)
{
    const jt_cuda_runtime *runtime = context->runtime;
    const int32_t jets = context->jets[bucket];
    jt_status status = jt_cuda_launch_network(context, jets, why);
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->stream_synchronize(context->stream), "warming up");
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->stream_begin_capture(context->stream, cudaStreamCaptureModeThreadLocal),
                               "a graph");
    if (status != JT_OK)
        return status;
    status = jt_cuda_launch_network(context, jets, why);
    cudaGraph_t graph = NULL;
    const cudaError_t ended = runtime->stream_end_capture(context->stream, &graph);
    if (status == JT_OK)
        status = jt_cuda_check(why, ended, "the end of a graph");
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->graph_instantiate(&context->graphs[bucket], graph, 0), "an instance");
    if (graph)
        (void)runtime->graph_destroy(graph);
    return status;
}

static jt_status make_products(jt_plan_context *context, jt_why *why)
{
    const jt_plan *plan = context->plan;
    size_t workspace = 0;
    int32_t made = 0;
    if (plan->n_products == 0)
        return JT_OK; /* and no handle, which takes its time and its memory */
    jt_status status = jt_cuda_dnn_create(context->stream, &context->handle, why);
    for (int32_t i = 0; status == JT_OK && i < plan->n_steps; i++) {
        if (!plan->steps[i].is_product)
            continue;
        jt_cuda_product *product = &context->products[made++];
        status = jt_cuda_product_create(context->handle, &plan->graph->ops[plan->steps[i].op], product, why);
        workspace = product->workspace > workspace ? product->workspace : workspace;
    }
    if (status == JT_OK && workspace > 0)
        status = jt_cuda_check(why, context->runtime->malloc(&context->workspace, workspace), "a workspace");
    return status;
}

/* Zeros at first: what fills up a bucket is never what somebody else left. */
static jt_status device_memory(const jt_plan_context *context, size_t floats, float **memory, jt_why *why)
{
    const size_t bytes = (floats ? floats : 1) * sizeof(float);
    jt_status status = jt_cuda_check(why, context->runtime->malloc((void **)memory, bytes), "memory");
    if (status != JT_OK)
        return status;
    return jt_cuda_check(why, context->runtime->memset(*memory, 0, bytes), "memory");
}

size_t jt_cuda_most_entries(const jt_plan_context *context)
{
    const jt_graph *graph = context->plan->graph;
    const jt_shape shape = graph->values[JT_VALUE_IMAGES].shape;
    const size_t most = graph->most_lit > 0 ? (size_t)graph->most_lit : (size_t)shape.h * (size_t)shape.w;
    return graph->dark ? most * (size_t)context->capacity : 0;
}

/* Memory for what is sent, full images or sparse ones, and for what comes back. */
static jt_status make_slots(jt_plan_context *context, size_t sparse, jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    const jt_cuda_runtime *runtime = context->runtime;
    const size_t capacity = (size_t)context->capacity;
    const size_t rows = graph->row_floats * capacity, images = graph->values[JT_VALUE_IMAGES].floats * capacity;
    const size_t sent = (rows + (images > sparse ? images : sparse)) * sizeof(float);
    const size_t received = graph->values[graph->output].floats * capacity * sizeof(float);
    jt_status status = JT_OK;
    for (int i = 0; i < JT_MOST_BEGUN && status == JT_OK; i++) {
        jt_cuda_slot *slot = &context->slots[i];
        status = jt_cuda_check(why, runtime->malloc_host(&slot->sent, sent), "pinned memory");
        if (status == JT_OK)
            status = jt_cuda_check(why, runtime->malloc_host((void **)&slot->received, received), "pinned memory");
        if (status == JT_OK)
            status = device_memory(context, images, &slot->images, why);
        if (status == JT_OK)
            status = device_memory(context, rows + sparse, &slot->given, why);
        if (status == JT_OK)
            status = jt_cuda_check(why, runtime->event_create(&slot->copied, cudaEventDisableTiming), "an event");
        if (status == JT_OK)
            status = jt_cuda_check(why, runtime->event_create(&slot->done, cudaEventDisableTiming), "an event");
    }
    return status;
}

static jt_status make_memory(jt_plan_context *context, jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    const jt_value *images = &graph->values[JT_VALUE_IMAGES];
    const size_t room = (size_t)context->room, entries = jt_cuda_most_entries(context);
    const size_t working = context->plan->n_stages > 0 ? graph->values[graph->output].floats : graph->working_floats;
    const size_t sparse = (size_t)context->capacity + 1 + entries * (1 + (size_t)images->shape.c);
    jt_status status = device_memory(context, images->floats * room, &context->images, why);
    if (status == JT_OK)
        status = device_memory(context, graph->row_floats * room + sparse, &context->given, why);
    if (status == JT_OK)
        status = device_memory(context, working * room, &context->working, why);
    if (status == JT_OK)
        status = device_memory(context, (size_t)context->plan->averages * room, &context->averages, why);
    if (status == JT_OK)
        status = make_slots(context, sparse, why);
    /* Zeros and the plan's weights come on the default stream; the context's own does not wait for it by itself. */
    if (status == JT_OK)
        status = jt_cuda_check(why, context->runtime->stream_synchronize(NULL), "waiting for memory");
    return status;
}

static void choose_buckets(jt_plan_context *context, int32_t max_batch)
{
    do {
        context->jets[context->n_buckets] = bucket_jets[context->n_buckets];
        context->capacity = bucket_jets[context->n_buckets++];
    } while (context->n_buckets < JT_CUDA_BUCKETS && context->capacity < max_batch);
    context->room = (context->capacity + JT_CUDA_TILE - 1) / JT_CUDA_TILE * JT_CUDA_TILE;
}

static jt_status fill(jt_plan_context *context, int32_t max_batch, jt_why *why)
{
    choose_buckets(context, max_batch);
    /* Nothing may wait for what other streams of the process do. */
    jt_status status =
        jt_cuda_check(why, context->runtime->stream_create(&context->stream, cudaStreamNonBlocking), "a stream");
    if (status == JT_OK)
        status =
            jt_cuda_check(why, context->runtime->stream_create(&context->copies, cudaStreamNonBlocking), "a stream");
    if (status == JT_OK)
        status = make_memory(context, why);
    if (status == JT_OK)
        status = make_products(context, why);
    for (int32_t i = 0; status == JT_OK && i < context->n_buckets; i++)
        status = make_graph(context, i, why);
    return status;
}

jt_status jt_cuda_context_create(const jt_plan *plan, int32_t max_batch, jt_plan_context **context, jt_why *why)
{
    const jt_host *host = &plan->host;
    jt_plan_context *made = jt_allocate(host, 1, sizeof *made);
    if (!made)
        return jt_fail(why, JT_ERROR_MEMORY, "no memory for a context");
    made->plan = plan;
    made->runtime = jt_cuda_open_runtime(why);
    made->products = jt_allocate(host, (size_t)plan->n_products + 1, sizeof *made->products);
    int callers;
    jt_status status = made->products ? jt_cuda_enter(plan->device, &callers, why)
                                      : jt_fail(why, JT_ERROR_MEMORY, "no memory for a context");
    if (status != JT_OK) {
        jt_release(host, made->products);
        jt_release(host, made);
        return status;
    }
    status = fill(made, max_batch, why);
    jt_cuda_leave(callers);
    if (status != JT_OK) {
        jt_cuda_context_free(made);
        return status;
    }
    *context = made;
    return JT_OK;
}

void jt_cuda_context_free(jt_plan_context *context)
{
    const jt_cuda_runtime *runtime = context->runtime;
    const jt_host *host = &context->plan->host;
    jt_why ignored;
    int callers;
    const int entered = jt_cuda_enter(context->plan->device, &callers, &ignored) == JT_OK;
    for (int32_t i = 0; i < JT_CUDA_BUCKETS; i++)
        if (context->graphs[i])
            (void)runtime->graph_exec_destroy(context->graphs[i]);
    for (int32_t i = 0; i < context->plan->n_products; i++)
        jt_cuda_product_free(&context->products[i]);
    jt_cuda_dnn_destroy(context->handle);
    void *const on_device[] = {context->workspace, context->averages, context->working, context->given,
                               context->images};
    for (size_t i = 0; i < sizeof on_device / sizeof *on_device; i++)
        if (on_device[i])
            (void)runtime->free(on_device[i]);
    for (int i = 0; i < JT_MOST_BEGUN; i++) {
        const jt_cuda_slot *slot = &context->slots[i];
        if (slot->sent)
            (void)runtime->free_host(slot->sent);
        if (slot->received)
            (void)runtime->free_host(slot->received);
        if (slot->images)
            (void)runtime->free(slot->images);
        if (slot->given)
            (void)runtime->free(slot->given);
        if (slot->copied)
            (void)runtime->event_destroy(slot->copied);
        if (slot->done)
            (void)runtime->event_destroy(slot->done);
    }
    if (context->copies)
        (void)runtime->stream_destroy(context->copies);
    if (context->stream)
        (void)runtime->stream_destroy(context->stream);
    if (entered)
        jt_cuda_leave(callers);
    jt_release(host, context->products);
    jt_release(host, context);
}
