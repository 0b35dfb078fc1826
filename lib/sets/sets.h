/*
 * What a network sees of single constituents and of pairs of them, beside images and features.
 *
 * Both are images of one row, channel by channel: [1 + columns][1][members]. Channel 0 is 1 where there is a
 * constituent (or both of a pair) and 0 where there is none; the others are columns, (value - mean) / deviation each,
 * and 0 where there is none. A layer without bias then makes nothing of nothing, and an average over all members is a
 * sum over those that are there. Pairs come in the order (0, 1), (0, 2), .., (1, 2), ..
 *
 * Constituents fall in pT; those without pT have no direction and are left out. Angles are relative to the pT-weighted
 * mean of all constituents. Calculated in single precision, by plain IEEE operations in a fixed order: the same bits on
 * every host.
 */
#ifndef JT_SETS_SETS_H
#define JT_SETS_SETS_H

#include "../jets/jets.h"

/* The names in a model file, in this order, are jt_single_names and jt_pair_names. */
typedef enum jt_single {
    JT_SINGLE_DETA = 0, /* eta, relative */
    JT_SINGLE_DPHI,     /* phi, relative */
    JT_SINGLE_DR,       /* distance from the mean */
    JT_SINGLE_LOG_DR,   /* its logarithm, at least ln 1e-4 */
    JT_SINGLE_LOG_PT,   /* ln of pT in GeV, at least ln 1e-3 */
    JT_SINGLE_LOG_Z,    /* ln of the share of pT among all constituents, at least ln 1e-9 */
    JT_SINGLES
} jt_single;

typedef enum jt_pair {
    JT_PAIR_LOG_DR = 0, /* ln of the distance, at least ln 1e-4 */
    JT_PAIR_LOG_KT,     /* ln of the smaller pT in GeV, at least 1e-3, times the distance */
    JT_PAIR_LOG_Z,      /* ln of the smaller pT's share of both, each at least 1e-3 GeV */
    JT_PAIR_LOG_M, /* ln of the mass in GeV of two massless ones, at least ln 1e-3; cosh and cos up to sixth order */
    JT_PAIRS
} jt_pair;

extern const char *const jt_single_names[JT_SINGLES];
extern const char *const jt_pair_names[JT_PAIRS];

enum { JT_MAX_COLUMNS = 8 };

/* Singles or pairs of the `most` hardest constituents; 0: none at all. */
typedef struct jt_set {
    int32_t most, n_columns;
    int32_t columns[JT_MAX_COLUMNS]; /* jt_single or jt_pair */
    const float *mean, *deviation;   /* per column */
} jt_set;

typedef struct jt_sets {
    jt_set singles, pairs;
} jt_sets;

/* Channels, one row, members: all 0 for a set that there is not. */
void jt_singles_shape(const jt_set *singles, int32_t shape[3]);
void jt_pairs_shape(const jt_set *pairs, int32_t shape[3]);

/* Working memory for jets of up to `capacity` constituents; 0 without sets. */
size_t jt_sets_bytes(const jt_sets *sets, int32_t capacity);

/* The singles, then the pairs of a clean jet. Allocates nothing. */
void jt_sets_fill(const jt_sets *sets, const jt_clean_jet *jet, void *scratch, float *out);

#endif /* JT_SETS_SETS_H */
