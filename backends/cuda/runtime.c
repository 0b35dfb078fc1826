#include "runtime.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY "libcudart.so.13"

enum { NEEDED_MAJOR = CUDART_VERSION / 1000 };

static jt_cuda_runtime runtime;
static int ready;
static jt_why reason;

jt_status jt_cuda_check(jt_why *why, cudaError_t returned, const char *doing)
{
    if (returned == cudaSuccess)
        return JT_OK;
    (void)runtime.get_last_error(); /* an error that is not sticky must not meet the next call */
    const jt_status status = returned == cudaErrorMemoryAllocation ? JT_ERROR_MEMORY : JT_ERROR_BACKEND;
    return jt_fail(why, status, "%s: CUDA says '%s'", doing, runtime.get_error_string(returned));
}

int jt_cuda_find_all(void *library, const char *called, const jt_cuda_symbol *symbols, size_t n, void *table,
                     jt_why *why)
{
    for (size_t i = 0; i < n; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (!symbol) {
            jt_fail(why, JT_ERROR_BACKEND, "%s has no %s: another version is needed", called, symbols[i].name);
            return 0;
        }
        memcpy((char *)table + symbols[i].place, &symbol, sizeof symbol);
    }
    return 1;
}

static void open_runtime(void)
{
    static const jt_cuda_symbol symbols[] = {
        {"cudaRuntimeGetVersion", offsetof(jt_cuda_runtime, runtime_get_version)},
        {"cudaGetDeviceCount", offsetof(jt_cuda_runtime, get_device_count)},
        {"cudaDeviceGetAttribute", offsetof(jt_cuda_runtime, device_get_attribute)},
        {"cudaGetDevice", offsetof(jt_cuda_runtime, get_device)},
        {"cudaSetDevice", offsetof(jt_cuda_runtime, set_device)},
        {"cudaGetErrorString", offsetof(jt_cuda_runtime, get_error_string)},
        {"cudaGetLastError", offsetof(jt_cuda_runtime, get_last_error)},
        {"cudaMalloc", offsetof(jt_cuda_runtime, malloc)},
        {"cudaFree", offsetof(jt_cuda_runtime, free)},
        {"cudaMallocHost", offsetof(jt_cuda_runtime, malloc_host)},
        {"cudaFreeHost", offsetof(jt_cuda_runtime, free_host)},
        {"cudaMemset", offsetof(jt_cuda_runtime, memset)},
        {"cudaMemcpy", offsetof(jt_cuda_runtime, memcpy)},
        {"cudaMemcpyAsync", offsetof(jt_cuda_runtime, memcpy_async)},
        {"cudaStreamCreateWithFlags", offsetof(jt_cuda_runtime, stream_create)},
        {"cudaStreamDestroy", offsetof(jt_cuda_runtime, stream_destroy)},
        {"cudaStreamSynchronize", offsetof(jt_cuda_runtime, stream_synchronize)},
        {"cudaStreamWaitEvent", offsetof(jt_cuda_runtime, stream_wait_event)},
        {"cudaStreamBeginCapture", offsetof(jt_cuda_runtime, stream_begin_capture)},
        {"cudaStreamEndCapture", offsetof(jt_cuda_runtime, stream_end_capture)},
        {"cudaEventCreateWithFlags", offsetof(jt_cuda_runtime, event_create)},
        {"cudaEventDestroy", offsetof(jt_cuda_runtime, event_destroy)},
        {"cudaEventRecord", offsetof(jt_cuda_runtime, event_record)},
        {"cudaEventSynchronize", offsetof(jt_cuda_runtime, event_synchronize)},
        {"cudaPointerGetAttributes", offsetof(jt_cuda_runtime, pointer_get_attributes)},
        {"cudaGraphInstantiate", offsetof(jt_cuda_runtime, graph_instantiate)},
        {"cudaGraphDestroy", offsetof(jt_cuda_runtime, graph_destroy)},
        {"cudaGraphExecDestroy", offsetof(jt_cuda_runtime, graph_exec_destroy)},
        {"cudaGraphLaunch", offsetof(jt_cuda_runtime, graph_launch)},
        {"cudaLibraryLoadData", offsetof(jt_cuda_runtime, library_load_data)},
        {"cudaLibraryUnload", offsetof(jt_cuda_runtime, library_unload)},
        {"cudaLibraryGetKernel", offsetof(jt_cuda_runtime, library_get_kernel)},
        {"cudaKernelSetAttributeForDevice", offsetof(jt_cuda_runtime, kernel_set_attribute)},
        {"cudaLaunchKernel", offsetof(jt_cuda_runtime, launch_kernel)},
    };
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *words = dlerror();
        jt_fail(&reason, JT_ERROR_BACKEND, "the CUDA runtime is not there: %.180s", words ? words : LIBRARY);
        return;
    }
    if (!jt_cuda_find_all(library, LIBRARY, symbols, sizeof symbols / sizeof *symbols, &runtime, &reason))
        return;
    int version = 0;
    if (runtime.runtime_get_version(&version) != cudaSuccess || version / 1000 != NEEDED_MAJOR) {
        jt_fail(&reason, JT_ERROR_BACKEND, LIBRARY " is of CUDA %d.%d, version %d is needed", version / 1000,
                version % 1000 / 10, NEEDED_MAJOR);
        return;
    }
    ready = 1;
}

/* Never closed: the driver keeps threads and handlers of its own in the process. */
const jt_cuda_runtime *jt_cuda_open_runtime(jt_why *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_runtime);
    if (ready)
        return &runtime;
    *why = reason;
    return NULL;
}

jt_status jt_cuda_enter(int device, int *callers, jt_why *why)
{
    jt_status status = jt_cuda_check(why, runtime.get_device(callers), "asking for the thread's device");
    if (status != JT_OK)
        return status;
    return jt_cuda_check(why, runtime.set_device(device), "choosing the device");
}

void jt_cuda_leave(int callers)
{
    (void)runtime.set_device(callers);
}
