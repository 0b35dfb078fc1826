/*
 * Memory of the fuzz targets: one region that is there from the start, handed out from front to back and taken back at
 * once when an input is done with. A heap under the address sanitizer costs more than what is tested.
 *
 * What is not handed out is poisoned, so that the sanitizer sees a read or write past a piece and of a released one.
 * Each piece is followed by a fence that is looked at when it is released, for writes of code without the sanitizer
 * (libcjson, kernels). Without a sanitizer the fence is what remains.
 */
#ifndef JT_TESTS_FUZZ_POOL_H
#define JT_TESTS_FUZZ_POOL_H

#include <stddef.h>

/* Who uses it, for whom it counts. Not for two threads. */
typedef struct pool_use {
    size_t live, live_bytes, most_bytes;
} pool_use;

/* As the library wants an allocator; `use` is a pool_use. Pieces of 256 bytes and more are aligned to 64, others to
   16. What does not fit comes from malloc. */
void *pool_take(void *use, size_t bytes);
void pool_release(void *use, void *memory);

/* A copy of exactly these bytes. */
unsigned char *pool_copy(pool_use *use, const void *bytes, size_t length);

/* Let cJSON have its memory here too, counted in pool_of_cjson. */
extern pool_use pool_of_cjson;
void pool_serve_cjson(void);

/* The input is done with: everything must have been released. */
void pool_reset(const pool_use *use);

#endif /* JT_TESTS_FUZZ_POOL_H */
