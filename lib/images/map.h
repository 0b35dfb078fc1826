/*
 * The linear map standardise, crop, resize: from the pixels of a recipe's image to the network's input.
 *
 * What it makes of an image without any light is worked out once, when a model is loaded; each lit pixel then adds its
 * share to the few input pixels that it reaches.
 */
#ifndef JT_IMAGES_MAP_H
#define JT_IMAGES_MAP_H

#include "../core/core.h"
#include "lit.h"

/* As a model file describes it. Without a step its numbers are those that change nothing. */
typedef struct jt_image_map {
    int32_t channels;
    int32_t in[2];          /* rows, columns of the recipe's image */
    const float *mean;      /* channels x rows x columns, or NULL: no standardising */
    const float *deviation; /* likewise; > 0 */
    int32_t crop[4];        /* top, left, rows, columns */
    int32_t out[2];         /* rows, columns of the network's input */
} jt_image_map;

/* Shares of one axis: place k of the image goes to targets[starts[k]] .. targets[starts[k + 1] - 1], with weights. */
typedef struct jt_shares {
    int32_t *starts;
    int32_t *targets;
    double *weights;
} jt_shares;

typedef struct jt_linear_map {
    const jt_image_map *map;
    float *dark;   /* the network's input for an image without light */
    double *scale; /* per channel and pixel: 1 / deviation */
    jt_shares rows, columns;
} jt_linear_map;

/* Prepare; `map` has to outlive the result. 0 when there is no memory: then nothing is left. */
int jt_linear_map_make(const jt_image_map *map, const jt_host *host, jt_linear_map *linear);

/* Takes one that is all zero. */
void jt_linear_map_free(jt_linear_map *linear, const jt_host *host);

/* The network's input: channels x rows x columns floats. Allocates nothing. */
void jt_linear_map_apply(const jt_linear_map *linear, const jt_lit *lit, float *out);

/* Pixels of the input that differ from the dark one at most, for an image with so many lit pixels. */
int32_t jt_linear_map_most(const jt_linear_map *linear, int32_t n_lit);

/* Working memory of jt_linear_map_list. */
typedef struct jt_sketch {
    float *image;         /* an input; dark before and after */
    unsigned char *taken; /* of each of its pixels; 0 before and after */
} jt_sketch;

/* Bytes of scratch memory (64-byte aligned) behind a sketch, and one in such memory. */
size_t jt_sketch_bytes(const jt_image_map *map);
jt_sketch jt_sketch_make(const jt_linear_map *linear, void *scratch);

/*
 * The pixels of the input that differ from the dark one: how many, at which places (row * columns + column, each once),
 * with which values (one per channel), to the bit those of jt_linear_map_apply. Allocates nothing.
 */
int32_t jt_linear_map_list(const jt_linear_map *linear, const jt_lit *lit, const jt_sketch *sketch, int32_t *places,
                           float *values);

#endif /* JT_IMAGES_MAP_H */
