/* From a clean jet to the picture that a network sees. */
#ifndef JT_IMAGES_IMAGES_H
#define JT_IMAGES_IMAGES_H

#include "../jets/jets.h"
#include "recipe.h"

/* Bytes of scratch memory (64-byte aligned) that jt_render needs for jets of up to `capacity` constituents. */
size_t jt_render_bytes(const jt_recipe *recipe, int32_t capacity);

/* Render the recipe's image: channels x rows x columns floats. A jet needs n >= 1. Allocates nothing. */
void jt_render(const jt_recipe *recipe, const jt_clean_jet *jet, void *scratch, float *image);

/* The linear map standardise, crop, resize. Without a step its numbers are those that change nothing. */
typedef struct jt_image_map {
    int32_t channels;
    int32_t in[2];          /* rows, columns of the recipe's image */
    const float *mean;      /* channels x rows x columns, or NULL: no standardising */
    const float *deviation; /* likewise; > 0 */
    int32_t crop[4];        /* top, left, rows, columns */
    int32_t out[2];         /* rows, columns of the network's input */
} jt_image_map;

/* Apply it. `image` may not overlap `out`. Allocates nothing. */
void jt_image_map_apply(const jt_image_map *map, const float *image, float *out);

#endif /* JT_IMAGES_IMAGES_H */
