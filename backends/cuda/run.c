#include "context.h"

#include <string.h>

/*
 * A piece is a copy there, or two, the graph of the smallest bucket that holds it, a copy back and a mark. What comes
 * while another piece is worked on is copied on a stream of its own into the slot's memory, and from there to where the
 * graph reads it once that is free; a piece alone goes there at once.
 *
 * Sparse images go as words behind the rows, in one copy with them:
 *
 *     rows: n x row_floats | starts: n + 1 | places: m | values: m x channels
 */

/* Where inputs go, on which stream. */
typedef struct target {
    float *images, *given;
    cudaStream_t stream;
} target;

static size_t image_bytes(const jt_graph *graph)
{
    return graph->values[JT_VALUE_IMAGES].floats * sizeof(float);
}

static jt_status copy(const jt_plan_context *context, cudaStream_t stream, void *to, const void *from, size_t bytes,
                      enum cudaMemcpyKind kind, const char *doing, jt_why *why)
{
    if (bytes == 0 || to == from)
        return JT_OK;
    return jt_cuda_check(why, context->runtime->memcpy_async(to, from, bytes, kind, stream), doing);
}

/* Append to pinned memory, which the GPU reads by itself. */
static void append(char *to, size_t *used, const void *from, size_t bytes)
{
    if (bytes > 0)
        memcpy(to + *used, from, bytes);
    *used += bytes;
}

static size_t row_bytes(const jt_graph *graph, const jt_inputs *inputs, size_t n)
{
    return inputs->rows ? n * graph->row_floats * sizeof(float) : 0;
}

/* What is in `to` is where the graph reads it, as far as it is read from there. */
static jt_status arrive(const jt_plan_context *context, const jt_cuda_slot *slot, const target *to, size_t images,
                        size_t rows, jt_why *why)
{
    const jt_cuda_runtime *runtime = context->runtime;
    if (to->stream == context->stream)
        return JT_OK;
    jt_status status = jt_cuda_check(why, runtime->event_record(slot->copied, to->stream), "a mark");
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->stream_wait_event(context->stream, slot->copied, 0), "waiting for jets");
    if (status == JT_OK)
        status = copy(context, context->stream, context->images, to->images, images, cudaMemcpyDeviceToDevice,
                      "moving images", why);
    if (status == JT_OK)
        status = copy(context, context->stream, context->given, to->given, rows, cudaMemcpyDeviceToDevice,
                      "moving features", why);
    return status;
}

static jt_status send_images(const jt_plan_context *context, const jt_inputs *inputs, size_t n,
                             const jt_cuda_slot *slot, const target *to, jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    const size_t rows = row_bytes(graph, inputs, n);
    const size_t images = inputs->images && jt_reads_images(graph) ? n * image_bytes(graph) : 0;
    char *const sent = slot->sent;
    size_t used = 0;
    append(sent, &used, inputs->images, images);
    append(sent, &used, inputs->rows, rows);
    jt_status status =
        copy(context, to->stream, to->images, sent, images, cudaMemcpyHostToDevice, "sending images", why);
    if (status == JT_OK)
        status =
            copy(context, to->stream, to->given, sent + images, rows, cudaMemcpyHostToDevice, "sending features", why);
    return status == JT_OK ? arrive(context, slot, to, images, rows, why) : status;
}

static jt_status send_sparse(const jt_plan_context *context, const jt_inputs *inputs, size_t n,
                             const jt_cuda_slot *slot, const target *to, jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    const jt_sparse_images *sparse = inputs->sparse;
    const size_t entries = (size_t)sparse->starts[n], channels = (size_t)graph->values[JT_VALUE_IMAGES].shape.c;
    const size_t rows = row_bytes(graph, inputs, n);
    if (entries > jt_cuda_most_entries(context))
        return jt_fail(why, JT_ERROR_BACKEND, "images have %zu lit pixels, there is room for %zu", entries,
                       jt_cuda_most_entries(context));
    char *const sent = slot->sent, *const there = (char *)to->given;
    size_t used = 0;
    append(sent, &used, inputs->rows, rows);
    jt_sparse_images sent_sparse;
    sent_sparse.starts = (const int32_t *)(void *)(there + used);
    append(sent, &used, sparse->starts, (n + 1) * sizeof(int32_t));
    sent_sparse.places = (const int32_t *)(void *)(there + used);
    append(sent, &used, sparse->places, entries * sizeof(int32_t));
    sent_sparse.values = (const float *)(void *)(there + used);
    append(sent, &used, sparse->values, entries * channels * sizeof(float));
    jt_status status = copy(context, to->stream, there, sent, used, cudaMemcpyHostToDevice, "sending jets", why);
    if (status == JT_OK)
        status = arrive(context, slot, to, 0, rows, why);
    if (status == JT_OK)
        status = jt_cuda_launch_light(context, &sent_sparse, (int32_t)n, why);
    return status;
}

/* A pointer of the caller's has to be what he says. */
static jt_status check_there(const jt_plan_context *context, const void *pointer, const char *what, jt_why *why)
{
    struct cudaPointerAttributes found;
    jt_status status = jt_cuda_check(why, context->runtime->pointer_get_attributes(&found, pointer), what);
    if (status != JT_OK)
        return status;
    if (found.type != cudaMemoryTypeDevice && found.type != cudaMemoryTypeManaged)
        return jt_fail(why, JT_ERROR_ARGUMENT, "%s are not in a GPU's memory", what);
    if (found.device != context->plan->device)
        return jt_fail(why, JT_ERROR_ARGUMENT, "%s are on GPU %d, the model is on %d", what, found.device,
                       context->plan->device);
    return JT_OK;
}

static jt_status take_from_device(const jt_plan_context *context, const jt_inputs *inputs, size_t n, jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    jt_status status = JT_OK;
    if (jt_reads_images(graph))
        status = check_there(context, inputs->images, "images", why);
    if (status == JT_OK && inputs->rows)
        status = check_there(context, inputs->rows, "features", why);
    if (status == JT_OK && jt_reads_images(graph))
        status = copy(context, context->stream, context->images, inputs->images, n * image_bytes(graph),
                      cudaMemcpyDeviceToDevice, "taking images", why);
    if (status == JT_OK)
        status = copy(context, context->stream, context->given, inputs->rows, row_bytes(graph, inputs, n),
                      cudaMemcpyDeviceToDevice, "taking features", why);
    return status;
}

static jt_status start(const jt_plan_context *context, const jt_inputs *inputs, size_t n, const jt_cuda_slot *slot,
                       jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    const jt_cuda_runtime *runtime = context->runtime;
    int32_t bucket = 0;
    while (context->jets[bucket] < (int32_t)n)
        bucket++;
    const int is_alone = context->begun == context->finished;
    const target to = is_alone ? (target){context->images, context->given, context->stream}
                               : (target){slot->images, slot->given, context->copies};
    jt_status status = inputs->on_device                   ? take_from_device(context, inputs, n, why)
                       : inputs->images || !inputs->sparse ? send_images(context, inputs, n, slot, &to, why)
                                                           : send_sparse(context, inputs, n, slot, &to, why);
    if (status == JT_OK)
        status =
            jt_cuda_check(why, runtime->graph_launch(context->graphs[bucket], context->stream), "a graph's launch");
    if (status == JT_OK)
        status = copy(context, context->stream, slot->received, jt_cuda_value_place(context, graph->output),
                      n * graph->values[graph->output].floats * sizeof(float), cudaMemcpyDeviceToHost,
                      "fetching scores", why);
    if (status == JT_OK)
        status = jt_cuda_check(why, runtime->event_record(slot->done, context->stream), "a mark");
    return status;
}

/* After an error: what is under way still reads the slots. */
static void wait_for_all(const jt_plan_context *context)
{
    (void)context->runtime->stream_synchronize(context->copies);
    (void)context->runtime->stream_synchronize(context->stream);
}

jt_status jt_cuda_context_begin(jt_plan_context *context, const jt_inputs *inputs, int32_t n, jt_why *why)
{
    jt_cuda_slot *slot = &context->slots[context->begun % JT_MOST_BEGUN];
    if (n < 1 || n > context->capacity || context->begun - context->finished == JT_MOST_BEGUN)
        return jt_fail(why, JT_ERROR_BACKEND, "%d jets cannot be begun now", n);
    int callers;
    jt_status status = jt_cuda_enter(context->plan->device, &callers, why);
    if (status != JT_OK)
        return status;
    status = start(context, inputs, (size_t)n, slot, why);
    if (status == JT_OK) {
        slot->jets = n;
        context->begun++;
    } else {
        wait_for_all(context);
    }
    jt_cuda_leave(callers);
    return status;
}

jt_status jt_cuda_context_finish(jt_plan_context *context, float *outputs, jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    const jt_cuda_runtime *runtime = context->runtime;
    if (context->begun == context->finished)
        return jt_fail(why, JT_ERROR_BACKEND, "nothing was begun");
    const jt_cuda_slot *slot = &context->slots[context->finished++ % JT_MOST_BEGUN];
    const cudaError_t finished = runtime->event_synchronize(slot->done);
    if (finished != cudaSuccess)
        wait_for_all(context);
    jt_status status = jt_cuda_check(why, finished, "waiting for scores");
    if (status == JT_OK)
        memcpy(outputs, slot->received, (size_t)slot->jets * graph->values[graph->output].floats * sizeof *outputs);
    return status;
}

jt_status jt_cuda_run(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                      jt_why *why)
{
    const jt_graph *graph = context->plan->graph;
    const size_t classes = graph->values[graph->output].floats;
    size_t finished = 0;
    jt_status status = JT_OK;
    for (int32_t first = 0; status == JT_OK && first < n; first += context->capacity) {
        const size_t before = (size_t)first;
        const jt_inputs inputs = {.images = images + before * graph->values[JT_VALUE_IMAGES].floats,
                                  .rows = rows ? rows + before * graph->row_floats : NULL};
        status =
            jt_cuda_context_begin(context, &inputs, n - first < context->capacity ? n - first : context->capacity, why);
        if (status == JT_OK && first > 0) {
            status = jt_cuda_context_finish(context, outputs + finished * classes, why);
            finished += (size_t)context->capacity;
        }
    }
    while (context->begun != context->finished) {
        jt_why words = {""};
        const jt_status ended = jt_cuda_context_finish(context, outputs + finished * classes, &words);
        finished += (size_t)context->capacity;
        if (status == JT_OK && ended != JT_OK) {
            status = ended;
            *why = words;
        }
    }
    return status;
}
