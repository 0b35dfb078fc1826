/* The lit pixels of a jet's image: a jet lights 20 to 60 of a thousand, and nothing else is ever touched. */
#ifndef JT_IMAGES_LIT_H
#define JT_IMAGES_LIT_H

#include "../jets/jets.h"
#include "recipe.h"

/* Distinct pixels in the order in which the jet's constituents, hardest first, light them. */
typedef struct jt_lit {
    int32_t n;
    int32_t n_channels;
    int32_t *pixels; /* row * columns + column */
    double *values;  /* n x n_channels */
} jt_lit;

/* Bytes of scratch memory (64-byte aligned) that jt_light needs for jets of up to `capacity` constituents. */
size_t jt_light_bytes(const jt_recipe *recipe, int32_t capacity);

/*
 * Make the recipe's image of a jet. A jet needs n >= 1, and no more constituents than its capacity. The result points
 * into scratch. Allocates nothing.
 */
jt_lit jt_light(const jt_recipe *recipe, const jt_clean_jet *jet, void *scratch);

/* All pixels: channels x rows x columns floats. */
void jt_lit_image(const jt_recipe *recipe, const jt_lit *lit, float *image);

#endif /* JT_IMAGES_LIT_H */
