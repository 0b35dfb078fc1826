/* Streams, events and graphs of the false runtime. See fake.h. */
#include "fake_runtime.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#pragma GCC visibility push(default)

typedef struct task {
    struct task *next;
    void (*run)(void *data);
    size_t bytes;
    _Alignas(16) char data[];
} task;

typedef struct tasks {
    task *first, **last;
} tasks;

struct CUstream_st {
    tasks queue, captured;
    int capturing;
    int works; /* it was captured once: more than copies are on it */
};

struct CUgraph_st {
    tasks nodes;
};

/* Marks put on the stream, and those that it has come to. */
struct CUevent_st {
    struct CUstream_st *stream;
    long recorded, reached;
};

static struct CUstream_st default_stream;
static long marks, most_marks; /* on streams and not come to */

long fake_most_marks(void)
{
    const long most = most_marks;
    most_marks = 0;
    return most;
}

static void append(tasks *list, void (*run)(void *), const void *data, size_t bytes)
{
    task *made = malloc(sizeof *made + bytes);
    if (!made)
        abort();
    *made = (task){NULL, run, bytes};
    if (bytes > 0)
        memcpy(made->data, data, bytes);
    if (!list->first)
        list->last = &list->first;
    *list->last = made;
    list->last = &made->next;
}

static void clear(tasks *list)
{
    while (list->first) {
        task *next = list->first->next;
        free(list->first);
        list->first = next;
    }
}

static struct CUstream_st *stream_of(void *stream)
{
    return stream ? stream : &default_stream;
}

static void run_first(tasks *list)
{
    task *first = list->first;
    first->run(first->data);
    list->first = first->next;
    free(first);
}

static void run_each(tasks *list)
{
    while (list->first)
        run_first(list);
}

/* One stream at a time: memory can be reached while its tasks run. */
static void run_all(tasks *list)
{
    fake_enter();
    fake_protect(PROT_READ | PROT_WRITE);
    run_each(list);
    fake_protect(PROT_NONE);
    fake_leave();
}

void fake_run_default(void)
{
    run_all(&default_stream.queue);
}

void fake_enqueue(void *given, void (*run)(void *data), const void *data, size_t bytes)
{
    struct CUstream_st *stream = stream_of(given);
    fake_enter();
    append(stream->capturing ? &stream->captured : &stream->queue, run, data, bytes);
    fake_leave();
    const char *eager = getenv("FAKE_CUDA_EAGER");
    if (eager && !stream->capturing && (strcmp(eager, "copies") != 0 || !stream->works))
        run_all(&stream->queue);
}

/*
 * What is on the default stream may come as late as this: streams that do not block are not ordered with it, neither
 * cudaMemset nor cudaMemcpy from memory that is not pinned waits for the end of what it does.
 */
static void run_late(void *data)
{
    (void)data;
    run_each(&default_stream.queue);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess)
        return result;
    if (flags != cudaStreamNonBlocking)
        abort();
    *stream = calloc(1, sizeof **stream);
    fake_made(1);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    clear(&stream->queue);
    clear(&stream->captured);
    free(stream);
    fake_made(-1);
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t given)
{
    struct CUstream_st *stream = stream_of(given);
    if (stream->capturing)
        return cudaErrorUnknown; /* as in CUDA: the capture is spoilt */
    run_all(&stream->queue);
    return fake_outcome();
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode)
{
    const cudaError_t result = fake_outcome();
    if (result == cudaSuccess)
        stream->capturing = stream->works = mode == cudaStreamCaptureModeThreadLocal;
    return result;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    *graph = NULL;
    stream->capturing = 0;
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess) {
        clear(&stream->captured);
        return result;
    }
    *graph = calloc(1, sizeof **graph);
    (*graph)->nodes = stream->captured;
    stream->captured = (tasks){NULL, NULL};
    fake_made(1);
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    clear(&graph->nodes);
    free(graph);
    fake_made(-1);
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *instance, cudaGraph_t graph, unsigned long long flags)
{
    (void)flags;
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess)
        return result;
    cudaGraph_t made = calloc(1, sizeof *made);
    for (task *t = graph->nodes.first; t; t = t->next)
        append(&made->nodes, t->run, t->data, t->bytes);
    *instance = (cudaGraphExec_t)(void *)made;
    fake_made(1);
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t instance)
{
    return cudaGraphDestroy((cudaGraph_t)(void *)instance);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t instance, cudaStream_t stream)
{
    const cudaError_t result = fake_outcome();
    cudaGraph_t graph = (cudaGraph_t)(void *)instance;
    if (result == cudaSuccess)
        fake_enqueue(stream, run_late, NULL, 0);
    for (task *t = graph->nodes.first; t && result == cudaSuccess; t = t->next)
        fake_enqueue(stream, t->run, t->data, t->bytes);
    return result;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags)
{
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess)
        return result;
    if (flags != cudaEventDisableTiming)
        abort();
    *event = calloc(1, sizeof **event);
    fake_made(1);
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    free(event);
    fake_made(-1);
    return cudaSuccess;
}

static void reach(void *data)
{
    cudaEvent_t event;
    memcpy(&event, data, sizeof event);
    event->reached++;
    marks--;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess)
        return result;
    fake_enter();
    event->stream = stream_of(stream);
    event->recorded++;
    marks++;
    most_marks = marks > most_marks ? marks : most_marks;
    fake_leave();
    fake_enqueue(stream, reach, &event, sizeof event);
    return cudaSuccess;
}

typedef struct waited {
    cudaEvent_t event;
    long mark;
} waited;

/* The other stream comes as far as the mark, and no further; it may have been there before. */
static void wait_for(void *data)
{
    const waited *w = data;
    while (w->event->reached < w->mark)
        run_first(&w->event->stream->queue);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags)
{
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess)
        return result;
    if (flags != 0)
        abort();
    fake_enqueue(stream, wait_for, &(waited){event, event->recorded}, sizeof(waited));
    return cudaSuccess;
}

/* As little as may have happened: what comes behind the mark has not. */
cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    fake_enter();
    fake_protect(PROT_READ | PROT_WRITE);
    while (event->reached < event->recorded)
        run_first(&event->stream->queue);
    fake_protect(PROT_NONE);
    fake_leave();
    return fake_outcome();
}

#pragma GCC visibility pop
