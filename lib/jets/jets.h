/*
 * From the caller's layout to a clean jet: one set of rules for images, features and networks.
 *
 * Cleaning, in this order: padding (all four values exactly 0) is dropped; a NaN or infinity anywhere, a momentum or
 * energy above 1e30 GeV, or E < 0, ends the jet with its status; constituents are sorted by falling pT, ties in input
 * order; the hardest `keep` remain; fewer than `at_least` end the jet with JT_JET_TOO_FEW. All in double precision from
 * the values as given.
 */
#ifndef JT_JETS_JETS_H
#define JT_JETS_JETS_H

#include "../core/core.h"

/* The caller's jets after jt_jets_check: any layout is four pointers and a stride. Copied, so that an older caller's
   smaller struct is fine. */
typedef struct jt_jets_view {
    int64_t n_jets;
    const int64_t *offsets; /* NULL: padded */
    int64_t padded;
    const char *values[4]; /* in the order of the coordinates */
    int64_t stride;        /* bytes */
    jt_number number;
    jt_coordinates coordinates;
    const uint8_t *classes; /* NULL: not known */
    int64_t class_stride;   /* bytes */
} jt_jets_view;

/* One clean jet, in memory of its own for up to `capacity` constituents. */
typedef struct jt_clean_jet {
    int32_t capacity;
    int32_t n;
    double *px, *py, *pz, *e; /* GeV */
    double *pt;               /* sqrt(px^2 + py^2) */
    uint8_t *classes;         /* JT_NEUTRAL where the caller gave none */
    int64_t *order;           /* place of each constituent in the caller's arrays */
    int32_t *by_input;        /* the constituents here in the caller's order: FastJet breaks ties by it */
} jt_clean_jet;

typedef struct jt_cleaning {
    int32_t keep; /* the hardest so many; <= capacity */
    int32_t at_least;
    int32_t at_most;  /* more than so many after `keep` is applied: JT_JET_TOO_MANY; 0: no such limit */
    int need_classes; /* 1: a class above 2 is JT_JET_BAD_CLASS; 0: classes are not looked at */
} jt_cleaning;

/* Bytes behind a clean jet of this capacity, and laying it out in them (64-byte aligned). */
size_t jt_clean_jet_bytes(int32_t capacity);
void jt_clean_jet_init(jt_clean_jet *jet, int32_t capacity, void *memory);

/* Check the caller's arguments and make the view. On failure text (of `capacity` bytes) says what is wrong. */
jt_status jt_jets_check(const jt_jets *jets, jt_jets_view *view, char *text, size_t capacity);

/* Clean jet `index` of the view. Allocates nothing. */
jt_jet_status jt_jet_clean(const jt_jets_view *view, int64_t index, const jt_cleaning *cleaning, jt_clean_jet *jet);

#endif /* JT_JETS_JETS_H */
