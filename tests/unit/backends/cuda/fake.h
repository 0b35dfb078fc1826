/*
 * A CUDA runtime and a cuDNN for machines without a GPU: the few functions that the backend calls, on the processor.
 *
 * What a stream is given happens when the stream is waited for and not before; with FAKE_CUDA_EAGER set, at once; with
 * FAKE_CUDA_EAGER=copies at once on streams that have no graphs, late on those that do. So a GPU may do it, and what
 * comes behind an event that is waited for has not happened. "Device" memory
 * can be touched by nothing else: who forgets to wait, or reads a device pointer, fails. Kernels are the backend's own
 * functions (backends/cuda/kernels.h), a call for each thread. It says nothing of a real GPU's arithmetic, or of its
 * speed.
 */
#ifndef JT_TESTS_CUDA_FAKE_H
#define JT_TESTS_CUDA_FAKE_H

#include <stddef.h>

#define FAKE_EXPORT __attribute__((visibility("default")))

/* The k-th call from now on fails, counted from 1; 0: none. With an error of memory where `memory` is not 0. */
FAKE_EXPORT void fake_fail_at(long k, int memory);
/* Calls that may fail, since fake_fail_at. */
FAKE_EXPORT long fake_calls(void);
/* Things that were made and not given back: memory, streams, graphs, libraries, handles, descriptors. */
FAKE_EXPORT long fake_live(void);
/* Kernels that ran, products that ran. */
FAKE_EXPORT long fake_kernels(void);
FAKE_EXPORT long fake_products(void);
/* Bytes that were sent to the device on streams. */
FAKE_EXPORT long fake_sent(void);
/* Marks of events that were on streams at one time at most, since the call before. */
FAKE_EXPORT long fake_most_marks(void);
/* The device of this thread, for who must leave it alone. */
FAKE_EXPORT int fake_device(void);

/* Between the two libraries. 1 when this call is to fail: *memory says how. */
FAKE_EXPORT int fake_fails(int *memory);
FAKE_EXPORT void fake_made(long things);
FAKE_EXPORT void fake_product_ran(void);
/* Do it when the stream is waited for, with a copy of `data`. */
FAKE_EXPORT void fake_enqueue(void *stream, void (*run)(void *data), const void *data, size_t bytes);

#endif /* JT_TESTS_CUDA_FAKE_H */
