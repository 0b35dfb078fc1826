#include "context.h"

#include <string.h>

/*
 * Batches are cut into pieces of at most `capacity` jets. For a piece the smallest bucket is taken that holds it, a
 * graph captured when the context was made; the jets that fill it up are whatever lies in memory, and nobody looks at
 * what becomes of them.
 */
enum { BUCKETS = 5 };

static const int32_t bucket_jets[BUCKETS] = {1, 8, 64, 256, 1024};

struct jt_plan_context {
    const jt_plan *plan;
    const jt_cuda_runtime *runtime;
    cudaStream_t stream;
    cudnnHandle_t handle;
    jt_cuda_product *products; /* of the steps that are such, in order */
    void *workspace;
    float *images, *rows, *working; /* on the device */
    float *averages;                /* likewise: the plan's, of each jet */
    float *sent, *received;         /* pinned, on the host */
    int32_t capacity;               /* jets of the largest bucket */
    int32_t room;                   /* that memory has room for: a whole number of tiles */
    int32_t n_buckets;
    int32_t jets[BUCKETS];
    cudaGraphExec_t graphs[BUCKETS];
};

static size_t pixels_of(const jt_graph *graph)
{
    return graph->values[JT_VALUE_IMAGES].floats;
}

static float *place_of(const jt_plan_context *context, int32_t value)
{
    const jt_graph *graph = context->plan->graph;
    if (value == JT_VALUE_IMAGES)
        return context->images;
    if (jt_is_in_row(value))
        return context->rows + graph->values[value].offset;
    return context->working + graph->values[value].offset * (size_t)context->room;
}

static jt_cuda_rows rows_of(const jt_plan_context *context, int32_t value)
{
    const jt_graph *graph = context->plan->graph;
    const size_t stride = jt_is_in_row(value) ? graph->row_floats : graph->values[value].floats;
    return (jt_cuda_rows){place_of(context, value), stride};
}

static jt_status launch(const jt_plan_context *context, const jt_cuda_step *step, jt_cuda_work *work, jt_why *why)
{
    void *arguments[] = {work};
    const dim3 grid = {(unsigned)((work->total + JT_CUDA_THREADS - 1) / JT_CUDA_THREADS), 1, 1};
    const dim3 block = {JT_CUDA_THREADS, 1, 1};
    const void *function = (const void *)context->plan->kernels[step->kernel];
    return jt_cuda_check(
        why, context->runtime->launch_kernel(function, grid, block, arguments, step->shared, context->stream),
        "a kernel");
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
        .out = place_of(context, value) + step->out_offset,
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
    const float *in = place_of(context, step->inputs[0]);
    float *out = place_of(context, value);
    const size_t in_floats = context->plan->graph->values[step->inputs[0]].floats;
    const size_t out_floats = context->plan->graph->values[value].floats;
    jt_status status = JT_OK;
    for (size_t jet = 0; status == JT_OK && jet < (size_t)jets; jet += JT_CUDA_TILE)
        status =
            jt_cuda_product_run(context->handle, product, in + jet * in_floats, context->plan->weights[step->op].weight,
                                out + jet * out_floats, context->workspace, why);
    return status;
}

static jt_status run_steps(const jt_plan_context *context, int32_t jets, jt_why *why)
{
    const jt_cuda_product *product = context->products;
    jt_status status = JT_OK;
    for (int32_t i = 0; status == JT_OK && i < context->plan->n_steps; i++) {
        const jt_cuda_step *step = &context->plan->steps[i];
        if (step->is_product)
            status = run_product(context, step, product++, jets, why);
        jt_cuda_work work = work_of(context, step, jets);
        if (status == JT_OK)
            status = launch(context, step, &work, why);
    }
    return status;
}

/* The steps for a bucket as one graph. They run once before: what is loaded late is loaded now. */
static jt_status make_graph(jt_plan_context *context, int32_t bucket, jt_why *why)
{
    const jt_cuda_runtime *runtime = context->runtime;
    const int32_t jets = context->jets[bucket];
    jt_status status = run_steps(context, jets, why);
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->stream_synchronize(context->stream), "warming up");
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->stream_begin_capture(context->stream, cudaStreamCaptureModeThreadLocal),
                               "a graph");
    if (status != JT_OK)
        return status;
    status = run_steps(context, jets, why);
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

static jt_status make_memory(jt_plan_context *context, jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    const size_t room = (size_t)context->room, capacity = (size_t)context->capacity;
    const size_t given = (pixels_of(graph) + graph->row_floats) * capacity * sizeof(float);
    const size_t made = graph->values[graph->output].floats * capacity * sizeof(float);
    jt_status status = device_memory(context, pixels_of(graph) * room, &context->images, why);
    if (status == JT_OK)
        status = device_memory(context, graph->row_floats * room, &context->rows, why);
    if (status == JT_OK)
        status = device_memory(context, graph->working_floats * room, &context->working, why);
    if (status == JT_OK)
        status = device_memory(context, (size_t)context->plan->averages * room, &context->averages, why);
    if (status == JT_OK)
        status = jt_cuda_check(why, context->runtime->malloc_host((void **)&context->sent, given), "pinned memory");
    if (status == JT_OK)
        status = jt_cuda_check(why, context->runtime->malloc_host((void **)&context->received, made), "pinned memory");
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
    } while (context->n_buckets < BUCKETS && context->capacity < max_batch);
    context->room = (context->capacity + JT_CUDA_TILE - 1) / JT_CUDA_TILE * JT_CUDA_TILE;
}

static jt_status fill(jt_plan_context *context, int32_t max_batch, jt_why *why)
{
    choose_buckets(context, max_batch);
    /* Nothing may wait for what other streams of the process do. */
    jt_status status =
        jt_cuda_check(why, context->runtime->stream_create(&context->stream, cudaStreamNonBlocking), "a stream");
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
    for (int32_t i = 0; i < BUCKETS; i++)
        if (context->graphs[i])
            (void)runtime->graph_exec_destroy(context->graphs[i]);
    for (int32_t i = 0; i < context->plan->n_products; i++)
        jt_cuda_product_free(&context->products[i]);
    jt_cuda_dnn_destroy(context->handle);
    void *const on_device[] = {context->workspace, context->averages, context->working, context->rows, context->images};
    for (size_t i = 0; i < sizeof on_device / sizeof *on_device; i++)
        if (on_device[i])
            (void)runtime->free(on_device[i]);
    float *const pinned[] = {context->sent, context->received};
    for (size_t i = 0; i < sizeof pinned / sizeof *pinned; i++)
        if (pinned[i])
            (void)runtime->free_host(pinned[i]);
    if (context->stream)
        (void)runtime->stream_destroy(context->stream);
    if (entered)
        jt_cuda_leave(callers);
    jt_release(host, context->products);
    jt_release(host, context);
}

/* n floats through pinned memory, which the GPU reads by itself. */
static jt_status send(const jt_plan_context *context, const float *from, size_t n, float *through, float *to,
                      jt_why *why)
{
    if (n == 0)
        return JT_OK;
    memcpy(through, from, n * sizeof *from);
    return jt_cuda_check(
        why, context->runtime->memcpy_async(to, through, n * sizeof *from, cudaMemcpyHostToDevice, context->stream),
        "sending jets");
}

static jt_status run_piece(const jt_plan_context *context, const float *images, const float *rows, int32_t jets,
                           float *outputs, jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    const size_t n = (size_t)jets, pixels = n * pixels_of(graph);
    const size_t classes = graph->values[graph->output].floats;
    int32_t bucket = 0;
    while (context->jets[bucket] < jets)
        bucket++;
    jt_status status = send(context, images, pixels, context->sent, context->images, why);
    if (status == JT_OK && rows)
        status = send(context, rows, n * graph->row_floats, context->sent + pixels, context->rows, why);
    if (status == JT_OK)
        status = jt_cuda_check(why, context->runtime->graph_launch(context->graphs[bucket], context->stream),
                               "a graph's launch");
    if (status == JT_OK)
        status = jt_cuda_check(why,
                               context->runtime->memcpy_async(context->received, place_of(context, graph->output),
                                                              n * classes * sizeof(float), cudaMemcpyDeviceToHost,
                                                              context->stream),
                               "fetching scores");
    /* Also after an error: what is under way still reads this memory. */
    const cudaError_t finished = context->runtime->stream_synchronize(context->stream);
    if (status == JT_OK)
        status = jt_cuda_check(why, finished, "waiting for scores");
    if (status == JT_OK)
        memcpy(outputs, context->received, n * classes * sizeof *outputs);
    return status;
}

jt_status jt_cuda_run(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                      jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    int callers;
    jt_status status = jt_cuda_enter(context->plan->device, &callers, why);
    if (status != JT_OK)
        return status;
    for (int32_t first = 0; status == JT_OK && first < n; first += context->capacity) {
        const int32_t jets = n - first < context->capacity ? n - first : context->capacity;
        const size_t before = (size_t)first;
        status = run_piece(context, images + before * pixels_of(graph), rows ? rows + before * graph->row_floats : NULL,
                           jets, outputs + before * graph->values[graph->output].floats, why);
    }
    jt_cuda_leave(callers);
    return status;
}
