/*
 * The parts of the features that cost time, once per instruction set. All of them give the same bits.
 *
 * The same source (kernel.c) is compiled for each; which of them runs is up to the processor, and to the caller in
 * tests.
 */
#ifndef JT_FEATURES_KERNEL_H
#define JT_FEATURES_KERNEL_H

#include "sums.h"

typedef struct jt_feature_kernel {
    const char *name; /* "avx512", "avx2", "portable" */

    /* All distances and their powers from y, phi. */
    void (*fill_pairs)(jt_pairs *pairs);

    /* The e_N that `needs` names (JT_NEEDS_...); the others are 0. */
    void (*correlate)(const jt_pairs *pairs, int needs, jt_sums *sums);
} jt_feature_kernel;

/* Kernel `index`, the best first, NULL past the last one, which is portable. `available` (may be NULL) receives whether
   this processor can run it. */
const jt_feature_kernel *jt_feature_kernel_at(int32_t index, int *available);

/* The best that this processor has. */
const jt_feature_kernel *jt_feature_kernel_best(void);

#endif /* JT_FEATURES_KERNEL_H */
