/* The 53 global features of a jet (docs/features.md): the table, and the calculation. */
#ifndef JT_FEATURES_FEATURES_H
#define JT_FEATURES_FEATURES_H

#include "../jets/jets.h"

enum { JT_FEATURES = 53 };

typedef struct jt_feature {
    const char *name;
    const char *formula;
    const char *unit;
} jt_feature;

extern const jt_feature jt_feature_table[JT_FEATURES];

/* Place of a feature by name, -1 when there is none. */
int32_t jt_feature_find(const char *name);

/* Bytes of scratch memory (64-byte aligned) that jt_features needs for jets of up to `capacity` constituents. */
size_t jt_features_bytes(int32_t capacity);

/* All features of a clean jet, which may be empty. Always finite. Allocates nothing. */
void jt_features(const jt_clean_jet *jet, void *scratch, double features[JT_FEATURES]);

#endif /* JT_FEATURES_FEATURES_H */
