/* The CUDA module and the functions of the false runtime below it, for tests. */
#ifndef JT_TESTS_CUDA_LOADED_H
#define JT_TESTS_CUDA_LOADED_H

#include "backends/backend.h"

#include "fake.h"

/* The module's own, and those of fake.h without their prefix. */
typedef struct loaded_cuda {
    void *module;
    const jt_backend *backend;
    __typeof__(&fake_fail_at) fail_at;
    __typeof__(&fake_calls) calls;
    __typeof__(&fake_live) live;
    __typeof__(&fake_kernels) kernels;
    __typeof__(&fake_products) products;
    __typeof__(&fake_sent) sent;
    __typeof__(&fake_most_marks) most_marks;
    __typeof__(&fake_device) device;
} loaded_cuda;

/*
 * Open the module, whose path is in JETTAG_TEST_CUDA. 0 when that works and it can be used; else words are printed and
 * the result is what the program is to end with: 77, skipped, without a path.
 */
int load_cuda(loaded_cuda *loaded);

/* The module alone, not asked whether it can be used. As above. */
int load_cuda_module(loaded_cuda *loaded);

/* A function of the false runtime by its name in CUDA. */
void find_in_runtime(const char *name, void *function, size_t bytes);

#endif /* JT_TESTS_CUDA_LOADED_H */
