/* libcudart.so.13 for machines without a GPU: see fake.h. */
#include "fake.h"

#include <cuda_runtime_api.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backends/cuda/kernels.h"

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

void fake_product_ran(void)
{
    products_ran++; /* under the lock: see run_all */
}

static cudaError_t outcome(void)
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
    append(stream->capturing ? &stream->captured : &stream->queue, run, data, bytes);
}

static void protect(int how)
{
    for (block *b = blocks; b; b = b->next)
        if (mprotect(b->memory, b->bytes, how) != 0)
            abort();
}

/* One stream at a time: memory can be reached while its tasks run. */
static void run_all(tasks *list)
{
    pthread_mutex_lock(&lock);
    protect(PROT_READ | PROT_WRITE);
    for (task *t = list->first; t; t = t->next)
        t->run(t->data);
    protect(PROT_NONE);
    pthread_mutex_unlock(&lock);
    clear(list);
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
    return *count < 0 ? cudaErrorNoDevice : outcome();
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int which)
{
    (void)which;
    const int capability = number_from("FAKE_CUDA_CAPABILITY", 90);
    *value = attribute == cudaDevAttrComputeCapabilityMajor ? capability / 10 : capability % 10;
    return outcome();
}

cudaError_t cudaGetDevice(int *which)
{
    *which = device;
    return outcome();
}

cudaError_t cudaSetDevice(int which)
{
    device = which; /* back again also when calls fail */
    return outcome();
}

cudaError_t cudaMalloc(void **memory, size_t bytes)
{
    const cudaError_t result = outcome();
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

cudaError_t cudaFree(void *memory)
{
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
    const cudaError_t result = outcome();
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

static void at_once(void (*run)(void *), const copying *c)
{
    tasks one = {NULL, NULL};
    append(&one, run, c, sizeof *c);
    run_all(&one);
}

cudaError_t cudaMemset(void *memory, int value, size_t bytes)
{
    const cudaError_t result = outcome();
    if (result == cudaSuccess && value == 0)
        at_once(blank, &(copying){memory, NULL, bytes});
    return result;
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind)
{
    (void)kind;
    const cudaError_t result = outcome();
    if (result == cudaSuccess)
        at_once(copy, &(copying){to, from, bytes});
    return result;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t stream)
{
    (void)kind;
    const cudaError_t result = outcome();
    if (result == cudaSuccess)
        fake_enqueue(stream, copy, &(copying){to, from, bytes}, sizeof(copying));
    return result;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
    const cudaError_t result = outcome();
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
    return outcome();
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode)
{
    const cudaError_t result = outcome();
    if (result == cudaSuccess)
        stream->capturing = mode == cudaStreamCaptureModeThreadLocal;
    return result;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    *graph = NULL;
    stream->capturing = 0;
    const cudaError_t result = outcome();
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
    const cudaError_t result = outcome();
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
    const cudaError_t result = outcome();
    cudaGraph_t graph = (cudaGraph_t)(void *)instance;
    for (task *t = graph->nodes.first; t && result == cudaSuccess; t = t->next)
        fake_enqueue(stream, t->run, t->data, t->bytes);
    return result;
}

/* --- kernels -------------------------------------------------------------------------------------------------------
 */

typedef struct kernel {
    const char *name;
    void (*one)(const jt_cuda_work *work, uint64_t index);
} kernel;

static void conv2d(const jt_cuda_work *w, uint64_t i)
{
    jt_cuda_conv2d(w, i);
}
static void dense(const jt_cuda_work *w, uint64_t i)
{
    jt_cuda_dense(w, i);
}
static void max_pool(const jt_cuda_work *w, uint64_t i)
{
    jt_cuda_max_pool(w, i);
}
static void average(const jt_cuda_work *w, uint64_t i)
{
    jt_cuda_average(w, i);
}
static void copy_one(const jt_cuda_work *w, uint64_t i)
{
    jt_cuda_copy(w, i);
}
static void add(const jt_cuda_work *w, uint64_t i)
{
    jt_cuda_add(w, i);
}
static void scale(const jt_cuda_work *w, uint64_t i)
{
    jt_cuda_scale(w, i);
}
static void finish(const jt_cuda_work *w, uint64_t i)
{
    jt_cuda_finish(w, i);
}

static const kernel kernels[] = {
    {"jt_cuda_conv2d_kernel", conv2d},   {"jt_cuda_dense_kernel", dense},   {"jt_cuda_max_pool_kernel", max_pool},
    {"jt_cuda_average_kernel", average}, {"jt_cuda_copy_kernel", copy_one}, {"jt_cuda_add_kernel", add},
    {"jt_cuda_scale_kernel", scale},     {"jt_cuda_finish_kernel", finish},
};

cudaError_t cudaLibraryLoadData(cudaLibrary_t *library, const void *code, enum cudaJitOption *jit, void **values,
                                unsigned n_jit, enum cudaLibraryOption *options, void **option_values, unsigned n)
{
    (void)jit, (void)values, (void)options, (void)option_values;
    static const unsigned char fat_binary[] = {0x50, 0xed, 0x55, 0xba};
    const cudaError_t result = outcome();
    if (result != cudaSuccess)
        return result;
    if (memcmp(code, fat_binary, sizeof fat_binary) != 0 || n_jit || n)
        return cudaErrorInvalidValue;
    *library = calloc(1, 1);
    fake_made(1);
    return cudaSuccess;
}

cudaError_t cudaLibraryUnload(cudaLibrary_t library)
{
    free((void *)library);
    fake_made(-1);
    return cudaSuccess;
}

cudaError_t cudaLibraryGetKernel(cudaKernel_t *found, cudaLibrary_t library, const char *name)
{
    (void)library;
    const cudaError_t result = outcome();
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels && result == cudaSuccess; i++)
        if (strcmp(kernels[i].name, name) == 0) {
            *found = (cudaKernel_t)(uintptr_t)&kernels[i];
            return cudaSuccess;
        }
    return result == cudaSuccess ? cudaErrorSymbolNotFound : result;
}

typedef struct launched {
    const kernel *kernel;
    uint64_t threads;
    jt_cuda_work work;
} launched;

static void run_kernel(void *data)
{
    const launched *l = data;
    for (uint64_t i = 0; i < l->threads; i++)
        if (i < l->work.total)
            l->kernel->one(&l->work, i);
    kernels_ran++;
}

cudaError_t cudaLaunchKernel(const void *function, dim3 grid, dim3 threads, void **arguments, size_t shared,
                             cudaStream_t stream)
{
    const cudaError_t result = outcome();
    if (result != cudaSuccess)
        return result;
    if (!grid.x || threads.x > 1024 || shared)
        return cudaErrorInvalidConfiguration;
    launched l = {function, (uint64_t)grid.x * threads.x, {0}};
    memcpy(&l.work, arguments[0], sizeof l.work);
    fake_enqueue(stream, run_kernel, &l, sizeof l);
    return cudaSuccess;
}

#pragma GCC visibility pop
