/* Kernels of the false runtime: the backend's own functions, a call for each thread. See fake.h. */
#include "fake_runtime.h"

#include <stdlib.h>
#include <string.h>

#include "backends/cuda/resident.h"

#pragma GCC visibility push(default)

#define RESIDENT "jt_cuda_resident_kernel"
enum { SHARED_UNASKED = 48 * 1024 };

/* A thread for each output, or blocks with phases: of a resident network, one for each stage and one before. */
typedef struct kernel {
    const char *name;
    void (*one)(const jt_cuda_work *work, uint64_t index);
    void (*phase)(const jt_cuda_work *work, float *shared, uint64_t block, int32_t thread, int32_t phase);
    int32_t phases;
    int largest; /* bytes that its blocks may share by now; 0: as many as any kernel's */
} kernel;

static kernel kernels[] = {
    {"jt_cuda_conv2d_kernel", jt_cuda_conv2d, NULL, 0, 0},
    {"jt_cuda_dense_kernel", jt_cuda_dense, NULL, 0, 0},
    {"jt_cuda_max_pool_kernel", jt_cuda_max_pool, NULL, 0, 0},
    {"jt_cuda_average_kernel", jt_cuda_average, NULL, 0, 0},
    {"jt_cuda_copy_kernel", jt_cuda_copy, NULL, 0, 0},
    {"jt_cuda_add_kernel", jt_cuda_add, NULL, 0, 0},
    {"jt_cuda_scale_kernel", jt_cuda_scale, NULL, 0, 0},
    {"jt_cuda_finish_kernel", jt_cuda_finish, NULL, 0, 0},
    {"jt_cuda_depthwise_kernel", NULL, jt_cuda_depthwise, JT_CUDA_DEPTHWISE_PHASES, 0},
    {"jt_cuda_squeeze_excite_kernel", NULL, jt_cuda_squeeze_excite, JT_CUDA_SQUEEZE_EXCITE_PHASES, 0},
    {"jt_cuda_light_kernel", NULL, jt_cuda_light, JT_CUDA_LIGHT_PHASES, 0},
    {RESIDENT, NULL, jt_cuda_resident, 0, 0},
};

cudaError_t cudaLibraryLoadData(cudaLibrary_t *library, const void *code, enum cudaJitOption *jit, void **values,
                                unsigned n_jit, enum cudaLibraryOption *options, void **option_values, unsigned n)
{
    (void)jit, (void)values, (void)options, (void)option_values;
    static const unsigned char fat_binary[] = {0x50, 0xed, 0x55, 0xba};
    const cudaError_t result = fake_outcome();
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
    const cudaError_t result = fake_outcome();
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels && result == cudaSuccess; i++)
        if (strcmp(kernels[i].name, name) == 0) {
            *found = (cudaKernel_t)(uintptr_t)&kernels[i];
            return cudaSuccess;
        }
    return result == cudaSuccess ? cudaErrorSymbolNotFound : result;
}

cudaError_t cudaKernelSetAttributeForDevice(cudaKernel_t which, enum cudaFuncAttribute attribute, int value, int device)
{
    (void)device;
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess)
        return result;
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value > fake_most_shared())
        return cudaErrorInvalidValue;
    fake_enter();
    ((kernel *)(uintptr_t)which)->largest = value;
    fake_leave();
    return cudaSuccess;
}

typedef struct launched {
    const kernel *kernel;
    uint64_t blocks;
    int32_t threads;
    size_t shared;
    jt_cuda_work work;
} launched;

/* Shared memory holds no number at first, and the threads of a phase come in an order that changes from phase to phase.
 */
static void run_block(const launched *l, uint64_t block)
{
    float *shared = malloc(l->shared + 1);
    if (!shared)
        abort();
    memset(shared, 0xff, l->shared);
    const int32_t phases = l->kernel->phases ? l->kernel->phases : l->work.n_stages + 1;
    for (int32_t phase = 0; phase < phases; phase++)
        for (int32_t i = 0; i < l->threads; i++)
            l->kernel->phase(&l->work, shared, block, phase % 2 ? i : l->threads - 1 - i, phase);
    free(shared);
}

static void run_kernel(void *data)
{
    const launched *l = data;
    for (uint64_t block = 0; block < l->blocks && l->kernel->phase; block++)
        run_block(l, block);
    for (uint64_t i = 0; i < l->work.total && l->kernel->one; i++)
        l->kernel->one(&l->work, i);
    fake_kernel_ran();
}

cudaError_t cudaLaunchKernel(const void *function, dim3 grid, dim3 threads, void **arguments, size_t shared,
                             cudaStream_t stream)
{
    const cudaError_t result = fake_outcome();
    if (result != cudaSuccess)
        return result;
    const kernel *called = function;
    const int is_resident = strcmp(called->name, RESIDENT) == 0;
    launched l = {called, grid.x, (int32_t)threads.x, shared, {0}};
    memcpy(&l.work, arguments[0], sizeof l.work);
    fake_enter();
    const size_t most = called->largest > SHARED_UNASKED ? (size_t)called->largest : SHARED_UNASKED;
    fake_leave();
    if (!grid.x || threads.x != (unsigned)(is_resident ? JT_CUDA_RESIDENT_THREADS : JT_CUDA_THREADS) || shared > most ||
        (shared > 0 && !called->phase) || (uint64_t)grid.x * threads.x < l.work.total)
        return cudaErrorInvalidConfiguration;
    fake_enqueue(stream, run_kernel, &l, sizeof l);
    return cudaSuccess;
}

#pragma GCC visibility pop
