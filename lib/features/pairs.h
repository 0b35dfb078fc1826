/*
 * A jet's constituents as the correlators see them, in the caller's order, which is FastJet's when it breaks ties:
 * weights, and the distance of every pair once. Vectors are followed by zeros up to a whole row.
 *
 * Triangles hold row k's values at l < k and zeros from there to the end of the row, so that sums over l < k may run on
 * to the next multiple of JT_LANES without a mask.
 */
#ifndef JT_FEATURES_PAIRS_H
#define JT_FEATURES_PAIRS_H

#include "features.h"

enum { JT_LANES = 8 };

typedef struct jt_pairs {
    int32_t n;
    size_t row;       /* doubles from one row to the next, a multiple of JT_LANES */
    double total_pt;  /* GeV */
    double *pt, *kt2; /* GeV, GeV^2 */
    double *y, *phi;
    double *z;      /* pt / total_pt, 0 when that is 0 */
    double *h;      /* triangle: theta^(1/2) */
    double *theta;  /* triangle: distance in (rapidity, phi) */
    double *square; /* triangle: theta^2 */
    double *power3; /* triangle: theta^0.8, for three-point sums */
    double *power4; /* triangle: theta^0.6, for four-point sums */
    double *rows;   /* scratch of 14 rows */
} jt_pairs;

/* D3's exponents: b of its three-point and g of its four-point correlator (docs/features.md). */
#define JT_D3_B 0.8
#define JT_D3_G 0.6

size_t jt_pairs_bytes(int32_t capacity);

/* Lay out in memory of jt_pairs_bytes, and fill the vectors with the hardest `most` constituents; a kernel's fill_pairs
   does the triangles. total_pt, and with it z, is of all constituents. */
void jt_pairs_start(jt_pairs *pairs, const jt_clean_jet *jet, int32_t most, void *memory);

#endif /* JT_FEATURES_PAIRS_H */
