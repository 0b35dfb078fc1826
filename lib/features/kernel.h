/*
 * The parts of the features that cost time, once per instruction set. All of them give the same bits.
 *
 * The same source (kernel.c) is compiled for each; which of them runs is up to the processor, and to the caller in
 * tests.
 */
#ifndef JT_FEATURES_KERNEL_H
#define JT_FEATURES_KERNEL_H

#include "sums.h"

/* The list of exclusive kT, entry by entry in arrays whose lengths are multiples of JT_LANES. */
typedef struct jt_cluster_list {
    int32_t n;
    double *pt, *kt2;         /* GeV, GeV^2 */
    double *y, *phi;          /* of the entry */
    double *neighbour;        /* place in the list of the nearest other entry; JT_NOBODY when none is near enough */
    double *distance2;        /* to it, or JT_LARGEST_DISTANCE2 */
    double *measure;          /* distance2 times the smaller kt2 of the two */
    double *px, *py, *pz, *e; /* E-scheme only */
    double *nearest;          /* per constituent: squared distance to the nearest axis */
} jt_cluster_list;

/* FastJet's Nsubjettiness clusters with R = 1000. */
enum { JT_NOBODY = -1, JT_LARGEST_DISTANCE2 = 1000000 };

typedef struct jt_feature_kernel {
    const char *name; /* "avx512", "avx2", "portable" */

    /* All distances and their powers from y, phi. */
    void (*fill_pairs)(jt_pairs *pairs);

    /* The e_N that `needs` names (JT_NEEDS_...); the others are 0. */
    void (*correlate)(const jt_pairs *pairs, int needs, jt_sums *sums);

    /* Place of the smallest of n values, the first of equal ones. The array goes on to a multiple of JT_LANES. */
    int32_t (*first_smallest)(const double *values, int32_t n);

    /* Neighbour and squared distance of entry i. */
    void (*find_neighbour)(const jt_cluster_list *list, int32_t i);

    /* Entry q is new: it becomes the neighbour of those that are nearer to it than to theirs, and finds its own. */
    void (*approach)(const jt_cluster_list *list, int32_t q);
} jt_feature_kernel;

/* Kernel `index`, the best first, NULL past the last one, which is portable. `available` (may be NULL) receives whether
   this processor can run it. */
const jt_feature_kernel *jt_feature_kernel_at(int32_t index, int *available);

/* The best that this processor has. */
const jt_feature_kernel *jt_feature_kernel_best(void);

/* tau_1 .. tau_6 about the axes of exclusive kT. `pairs` has all constituents of the jet. */
void jt_nsubjettiness(const jt_feature_kernel *kernel, const jt_pairs *pairs, const jt_clean_jet *jet, jt_axes axes,
                      void *scratch, jt_sums *sums);

#endif /* JT_FEATURES_KERNEL_H */
