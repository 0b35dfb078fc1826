/* libcudart.so.13 for machines without a GPU: see fake.h. */
#include "fake_runtime.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#pragma GCC visibility push(default)

typedef struct block {
    struct block *next;
    char *memory;
    size_t bytes;
} block;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long calls, fail_at, live, kernels_ran, products_ran, bytes_sent;
static int fail_memory;
static block *blocks;
static _Thread_local int device;

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

long fake_sent(void)
{
    return bytes_sent;
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
    kernels_ran++; /* under the lock: see fake_streams.c */
}

void fake_product_ran(void)
{
    products_ran++; /* under the lock: see fake_streams.c */
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

int fake_most_shared(void)
{
    return number_from("FAKE_CUDA_SHARED", 227 * 1024);
}

void fake_enter(void)
{
    pthread_mutex_lock(&lock);
}

void fake_leave(void)
{
    pthread_mutex_unlock(&lock);
}

void fake_protect(int how)
{
    for (block *b = blocks; b; b = b->next)
        if (mprotect(b->memory, b->bytes, how) != 0)
            abort();
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
    *value = attribute == cudaDevAttrMaxSharedMemoryPerBlockOptin ? fake_most_shared()
             : attribute == cudaDevAttrComputeCapabilityMajor     ? capability / 10
                                                                  : capability % 10;
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
    fake_run_default();
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

/* The block that a pointer points into. Under the lock. */
static const block *block_of(const void *pointer)
{
    const char *at = pointer;
    for (const block *b = blocks; b; b = b->next)
        if (at >= b->memory && at < b->memory + b->bytes)
            return b;
    return NULL;
}

cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *found, const void *pointer)
{
    const cudaError_t result = fake_outcome();
    fake_enter();
    *found =
        (struct cudaPointerAttributes){.type = block_of(pointer) ? cudaMemoryTypeDevice : cudaMemoryTypeUnregistered,
                                       .device = number_from("FAKE_CUDA_POINTERS_ON", 0)};
    fake_leave();
    return result;
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
    const cudaError_t result = fake_outcome();
    fake_enter();
    bytes_sent += kind == cudaMemcpyHostToDevice ? (long)bytes : 0;
    if (kind == cudaMemcpyDeviceToDevice && !(block_of(to) && block_of(from)))
        abort();
    fake_leave();
    if (result == cudaSuccess)
        fake_enqueue(stream, copy, &(copying){to, from, bytes}, sizeof(copying));
    return result;
}

#pragma GCC visibility pop
