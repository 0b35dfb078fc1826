/*
 * The CUDA runtime, opened when it is needed: a machine without it, or without a driver, has a reason in the list of
 * backends and nothing else.
 */
#ifndef JT_CUDA_RUNTIME_H
#define JT_CUDA_RUNTIME_H

#include <cuda_runtime_api.h>

#include "../../lib/core/memory.h"
#include "../fail.h"

/* The functions that are used, under their own names. */
typedef struct jt_cuda_runtime {
    __typeof__(&cudaRuntimeGetVersion) runtime_get_version;
    __typeof__(&cudaGetDeviceCount) get_device_count;
    __typeof__(&cudaDeviceGetAttribute) device_get_attribute;
    __typeof__(&cudaGetDevice) get_device;
    __typeof__(&cudaSetDevice) set_device;
    __typeof__(&cudaGetErrorString) get_error_string;
    __typeof__(&cudaGetLastError) get_last_error;
    __typeof__(&cudaMalloc) malloc;
    __typeof__(&cudaFree) free;
    __typeof__(&cudaMallocHost) malloc_host;
    __typeof__(&cudaFreeHost) free_host;
    __typeof__(&cudaMemset) memset;
    __typeof__(&cudaMemcpy) memcpy;
    __typeof__(&cudaMemcpyAsync) memcpy_async;
    __typeof__(&cudaStreamCreateWithFlags) stream_create;
    __typeof__(&cudaStreamDestroy) stream_destroy;
    __typeof__(&cudaStreamSynchronize) stream_synchronize;
    __typeof__(&cudaStreamWaitEvent) stream_wait_event;
    __typeof__(&cudaStreamBeginCapture) stream_begin_capture;
    __typeof__(&cudaStreamEndCapture) stream_end_capture;
    __typeof__(&cudaEventCreateWithFlags) event_create;
    __typeof__(&cudaEventDestroy) event_destroy;
    __typeof__(&cudaEventRecord) event_record;
    __typeof__(&cudaEventSynchronize) event_synchronize;
    __typeof__(&cudaPointerGetAttributes) pointer_get_attributes;
    __typeof__(&cudaGraphInstantiate) graph_instantiate;
    __typeof__(&cudaGraphDestroy) graph_destroy;
    __typeof__(&cudaGraphExecDestroy) graph_exec_destroy;
    __typeof__(&cudaGraphLaunch) graph_launch;
    __typeof__(&cudaLibraryLoadData) library_load_data;
    __typeof__(&cudaLibraryUnload) library_unload;
    __typeof__(&cudaLibraryGetKernel) library_get_kernel;
    __typeof__(&cudaKernelSetAttributeForDevice) kernel_set_attribute;
    __typeof__(&cudaLaunchKernel) launch_kernel;
} jt_cuda_runtime;

/* The runtime, opened once and kept; NULL with words when it is not there or is another version. */
const jt_cuda_runtime *jt_cuda_open_runtime(jt_why *why);

/* What CUDA returned, as a status of ours: JT_OK for success, else with words that begin with `doing`. */
jt_status jt_cuda_check(jt_why *why, cudaError_t returned, const char *doing);

/* Functions of a library, by name, into a table. 0 with words when one is missing. */
typedef struct jt_cuda_symbol {
    const char *name;
    size_t place; /* in the table */
} jt_cuda_symbol;
int jt_cuda_find_all(void *library, const char *called, const jt_cuda_symbol *symbols, size_t n, void *table,
                     jt_why *why);

/* Use a device in this thread until jt_cuda_leave gives the caller's own back. */
jt_status jt_cuda_enter(int device, int *callers, jt_why *why);
void jt_cuda_leave(int callers);

#endif /* JT_CUDA_RUNTIME_H */
