/* Where each constituent lies in the image's frame: recipes differ in origin, rotation and flips. */
#ifndef JT_IMAGES_FRAMES_H
#define JT_IMAGES_FRAMES_H

#include "../jets/jets.h"
#include "recipe.h"

enum { JT_OUTSIDE = -1 };

/* Scratch of a render for one jet. x runs in eta (columns), y in phi (rows), both from the frame's origin. */
typedef struct jt_placed {
    double *x, *y;   /* capacity each; 0 for a constituent along the beam, which has no place */
    int32_t *pixels; /* row * columns + column, or JT_OUTSIDE */
    double *window;  /* peak frame: the pixels around the hardest constituent; otherwise not there */
} jt_placed;

/* Pixel of each constituent in the frame of paper A: origin at the hardest constituent. */
void jt_frame_hardest(const jt_recipe *recipe, const jt_clean_jet *jet, jt_placed *placed);

/* Paper B: pT-weighted centroid at the origin, principal axis vertical, hardest quadrant upper right. */
void jt_frame_principal(const jt_recipe *recipe, const jt_clean_jet *jet, jt_placed *placed);

/* DeepTop: towers as they lie in the detector; the one with the largest 3 x 3 sum becomes row bins / 2, column bins
 * / 2. */
void jt_frame_peak(const jt_recipe *recipe, const jt_clean_jet *jet, jt_placed *placed);

/* Doubles in jt_placed.window for the recipe, 0 when its frame needs none. */
size_t jt_window_size(const jt_recipe *recipe);

#endif /* JT_IMAGES_FRAMES_H */
