/* The 53 global features of a jet (docs/features.md): the table, and the calculation. */
#ifndef JT_FEATURES_FEATURES_H
#define JT_FEATURES_FEATURES_H

#include "../jets/jets.h"

enum { JT_FEATURES = 53 };

/* What a feature is made of: the bits of jt_feature_plan.needs. */
enum { JT_NEEDS_TAU = 1, JT_NEEDS_TWO_POINT = 2, JT_NEEDS_THREE_POINT = 4, JT_NEEDS_FOUR_POINT = 8, JT_NEEDS_ALL = 15 };

typedef struct jt_feature {
    const char *name;
    const char *formula;
    const char *unit;
    int needs;
} jt_feature;

struct jt_feature_kernel;

/* What is to be calculated, and by which kernel (kernel.h). */
typedef struct jt_feature_plan {
    const struct jt_feature_kernel *kernel;
    int needs;
    int32_t four_point_constituents; /* 0: all */
    jt_axes axes;
} jt_feature_plan;

extern const jt_feature jt_feature_table[JT_FEATURES];

/* Place of a feature by name, -1 when there is none. */
int32_t jt_feature_find(const char *name);

/* Bytes of scratch memory (64-byte aligned) that jt_features needs for jets of up to `capacity` constituents. */
size_t jt_features_bytes(int32_t capacity);

/* The plan for some features (indices NULL: all n of them), with the best kernel that this processor has. */
jt_feature_plan jt_feature_plan_make(const int32_t *indices, int32_t n);

/*
 * The features of a clean jet, which may be empty. Always finite; what the plan leaves out is 0. Allocates nothing.
 * Returns 1 when four-point sums were cut to the hardest constituents, else 0.
 */
int jt_features(const jt_feature_plan *plan, const jt_clean_jet *jet, void *scratch, double features[JT_FEATURES]);

#endif /* JT_FEATURES_FEATURES_H */
