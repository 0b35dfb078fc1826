/*
 * How an image of a jet is made, as data. Built-in recipes are rows of the table in recipe.c; a model file carries its
 * own numbers (models/FORMAT.md, `image`).
 */
#ifndef JT_IMAGES_RECIPE_H
#define JT_IMAGES_RECIPE_H

#include <stdint.h>

enum { JT_MAX_CHANNELS = 8, JT_MAX_BINS = 256 };

typedef enum jt_frame {
    JT_FRAME_HARDEST = 0, /* origin at the hardest constituent (paper A) */
    JT_FRAME_PRINCIPAL,   /* centroid, principal axis to the vertical, flips (paper B) */
    JT_FRAME_PEAK,        /* pixelated as it lies, then shifted to the largest 3 x 3 window sum (DeepTop) */
    JT_FRAMES
} jt_frame;

typedef enum jt_channel {
    JT_CHANNEL_PT = 0,
    JT_CHANNEL_MASS,
    JT_CHANNEL_ENERGY,
    JT_CHANNEL_NEUTRAL_PT,
    JT_CHANNEL_TRACK_PT,
    JT_CHANNEL_TRACK_COUNT,
    JT_CHANNEL_MUON_COUNT,
    JT_CHANNELS
} jt_channel;

typedef enum jt_normalise {
    JT_NORMALISE_NONE = 0,
    JT_NORMALISE_TOTAL_PT, /* pT channels over the total pT of the jet's constituents */
    JT_NORMALISE_PEAK,     /* everything over the largest pixel */
    JT_NORMALISES
} jt_normalise;

typedef struct jt_recipe {
    char name[121];
    jt_frame frame;
    jt_normalise normalise;
    int32_t n_channels;
    jt_channel channels[JT_MAX_CHANNELS];
    int32_t bins[2]; /* rows (phi), columns (eta) */
    double width[2]; /* eta, phi: of the whole window, radians */
} jt_recipe;

/* Names as in model files, indexed by the enums above. */
extern const char *const jt_frame_names[JT_FRAMES];
extern const char *const jt_channel_names[JT_CHANNELS];
extern const char *const jt_normalise_names[JT_NORMALISES];

/* Built-in recipe by place or by name; NULL when there is none. `source` (may be NULL) receives paper and section. */
const jt_recipe *jt_recipe_at(int32_t index, const char **source);
const jt_recipe *jt_recipe_find(const char *name);

/* 1 when a channel of the recipe depends on the class of constituents. */
int jt_recipe_needs_classes(const jt_recipe *recipe);

/* 1 when both would render the same image of every jet (the name does not matter). */
int jt_recipe_same(const jt_recipe *a, const jt_recipe *b);

#endif /* JT_IMAGES_RECIPE_H */
