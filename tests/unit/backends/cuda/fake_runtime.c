/* libcudart.so.13 for machines without a GPU: see fake.h. */
#include "fake_runtime.h"

#include <pthread.h>
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
};

struct CUgraph_st {
    tasks nodes;
};

typedef struct block {
    struct block *next;
    char *memory;
    size_t bytes;
} block;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long calls, fail_at, live, kernels_ran, products_ran;
static int fail_memory;
static block *blocks;
static _Thread_local int device;
static struct CUstream_st default_stream;

void fake_fail_at(long k, int memory)
{
    pthread_mutex_lock(&lock);
    calls = 0;
    fail_at = k;
    fail_memory = memory;
    pthread_mutex_unlock(&lock);
}

long fake_calls(void)
{
    return calls;
}

long fake_live(void)
{
    return live;
}

long fake_kernels(void)
{
    return kernels_ran;
}

long fake_products(void)
{
    return products_ran;
}

int fake_device(void)
{
    return device;
}

int fake_fails(int *memory)
{
    pthread_mutex_lock(&lock);
    const int fails = ++calls == fail_at;
    *memory = fail_memory;
    pthread_mutex_unlock(&lock);
    return fails;
}

void fake_made(long things)
{
    pthread_mutex_lock(&lock);
    live += things;
    pthread_mutex_unlock(&lock);
}

void fake_kernel_ran(void)
{
    kernels_ran++; /* under the lock: see run_all */
}

void fake_product_ran(void)
{
    products_ran++; /* under the lock: see run_all */
}

cudaError_t fake_outcome(void)
{
    int memory;
    if (!fake_fails(&memory))
        return cudaSuccess;
    return memory ? cudaErrorMemoryAllocation : cudaErrorUnknown;
}

static int number_from(const char *variable, int otherwise)
{
    const char *text = getenv(variable);
    return text ? atoi(text) : otherwise;
}

/* --- tasks ---------------------------------------------------------------------------------------------------------
 */

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

void fake_enqueue(void *given, void (*run)(void *data), const void *data, size_t bytes)
{
    struct CUstream_st *stream = stream_of(given);
    pthread_mutex_lock(&lock);
    append(stream->capturing ? &stream->captured : &stream->queue, run, data, bytes);
    pthread_mutex_unlock(&lock);
}

static void protect(int how)
{
    for (block *b = blocks; b; b = b->next)
        if (mprotect(b->memory, b->bytes, how) != 0)
            abort();
}

static void run_each(tasks *list)
{
    for (task *t = list->first; t; t = t->next)
        t->run(t->data);
    clear(list);
}

/* One stream at a time: memory can be reached while its tasks run. */
static void run_all(tasks *list)
{
    pthread_mutex_lock(&lock);
    protect(PROT_READ | PROT_WRITE);
    run_each(list);
    protect(PROT_NONE);
    pthread_mutex_unlock(&lock);
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

/* --- the functions -------------------------------------------------------------------------------------------------
 */

cudaError_t cudaRuntimeGetVersion(int *version)
{
    *version = number_from("FAKE_CUDA_VERSION", CUDART_VERSION);
    return cudaSuccess;
}

const char *cudaGetErrorString(cudaError_t error)
{
    return error == cudaErrorMemoryAllocation ? "out of memory"
           : error == cudaErrorNoDevice       ? "no CUDA-capable device is detected"
                                              : "unknown error";
}

cudaError_t cudaGetLastError(void)
{
    return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int *count)
{
    *count = number_from("FAKE_CUDA_DEVICES", 2);
    return *count < 0 ? cudaErrorNoDevice : fake_outcome();
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int which)
{
    (void)which;
    const int capability = number_from("FAKE_CUDA_CAPABILITY", 90);
    *value = attribute == cudaDevAttrComputeCapabilityMajor ? capability / 10 : capability % 10;
    return fake_outcome();
}

cudaError_t cudaGetDevice(int *which)
{
    *which = device;
    return fake_outcome();
}

cudaError_t cudaSetDevice(int which)
{
    device = which; /* back again also when calls fail */
    return fake_outcome();
}

cudaError_t cudaMalloc(void **memory, size_t bytes)
{
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess)
        return result;
    block *made = malloc(sizeof *made);
    if (!made)
        abort();
    made->bytes = (bytes + 4095) / 4096 * 4096;
    made->memory = mmap(NULL, made->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made->memory == MAP_FAILED)
        abort();
    *memory = made->memory;
    pthread_mutex_lock(&lock);
    made->next = blocks;
    blocks = made;
    live++;
    pthread_mutex_unlock(&lock);
    return cudaSuccess;
}

/* Waits for the device, as in CUDA. */
cudaError_t cudaFree(void *memory)
{
    run_all(&default_stream.queue);
    pthread_mutex_lock(&lock);
    block **at = &blocks;
    while (*at && (*at)->memory != memory)
        at = &(*at)->next;
    block *found = *at;
    if (!found)
        abort(); /* not ours, or freed twice */
    *at = found->next;
    munmap(found->memory, found->bytes);
    free(found);
    live--;
    pthread_mutex_unlock(&lock);
    return cudaSuccess;
}

cudaError_t cudaMallocHost(void **memory, size_t bytes)
{
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess)
        return result;
    *memory = malloc(bytes);
    fake_made(1);
    return cudaSuccess;
}

cudaError_t cudaFreeHost(void *memory)
{
    free(memory);
    fake_made(-1);
    return cudaSuccess;
}

typedef struct copying {
    void *to;
    const void *from;
    size_t bytes;
} copying;

static void copy(void *data)
{
    const copying *c = data;
    memcpy(c->to, c->from, c->bytes);
}

static void blank(void *data)
{
    const copying *c = data;
    memset(c->to, 0, c->bytes);
}

typedef struct staged {
    void *to;
    char *from;
    size_t bytes;
} staged;

static void unstage(void *data)
{
    const staged *c = data;
    memcpy(c->to, c->from, c->bytes);
    free(c->from);
}

cudaError_t cudaMemset(void *memory, int value, size_t bytes)
{
    const cudaError_t result = fake_outcome();
    if (result == cudaSuccess && value == 0)
        fake_enqueue(NULL, blank, &(copying){memory, NULL, bytes}, sizeof(copying));
    return result;
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind)
{
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess)
        return result;
    if (kind != cudaMemcpyHostToDevice)
        abort();
    staged one = {to, malloc(bytes), bytes};
    if (!one.from)
        abort();
    memcpy(one.from, from, bytes);
    fake_enqueue(NULL, unstage, &one, sizeof one);
    return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t stream)
{
    (void)kind;
    const cudaError_t result = fake_outcome();
    if (result == cudaSuccess)
        fake_enqueue(stream, copy, &(copying){to, from, bytes}, sizeof(copying));
    return result;
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
        stream->capturing = mode == cudaStreamCaptureModeThreadLocal;
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

#pragma GCC visibility pop
