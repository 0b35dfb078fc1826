/*
 * A graph made ready: steps in the order in which they run, weights packed for them, and places for all values.
 *
 * Images stay as the caller has them, plane by plane, and so do the values up to the first flatten where lanes of
 * pixels serve better than lanes of channels. Every other value is in blocks of 16 channels (kernel.h). A value may
 * have a halo of zeros around its rows and columns, for convolutions that pad: nobody writes there, so the zeros of the
 * context's creation stay. Vectors are values of one pixel: the same floats as the graph's.
 *
 * The first steps, the head, run jet by jet in memory that all jets share. From the first step on from which only
 * vectors are computed, the tail, each step runs for all jets of a group, whose vectors have a place each: large dense
 * layers are bound by the memory that their weights come from. Two jets are neighbours in the tail: of values of a few
 * pixels a block has the one's pixels and then the other's, so that a tile can take those of both, and reads the
 * weights once. No jet's result depends on the others'.
 */
#ifndef JT_NATIVE_PLAN_H
#define JT_NATIVE_PLAN_H

#include "../../lib/core/arena.h"
#include "../backend.h"
#include "kernel.h"

enum {
    JT_GROUP = 24,    /* jets of a tail at once */
    JT_TOGETHER = 2,  /* neighbours among them */
    JT_FEW_PIXELS = 4 /* of a value whose blocks neighbours share */
};

typedef enum jt_room {
    JT_ROOM_SHARED = 0, /* of all jets */
    JT_ROOM_OWN,        /* of each two jets of a group */
    JT_ROOM_IMAGES,
    JT_ROOM_ROWS /* what else is given of each jet */
} jt_room;

/* Where a value is and how it is laid out. */
typedef struct jt_spot {
    jt_room room;
    jt_shape shape;
    int32_t halo[4];           /* top, bottom, left, right */
    size_t offset;             /* of the first float in its room, halo included */
    size_t first;              /* of row 0, column 0 from there */
    int32_t planes;            /* in planes, each of which counts as a block */
    size_t row, block, floats; /* of a row and a block with their halo; of all */
    size_t jet;                /* from a jet to its neighbour; 0 where there is place for one */
} jt_spot;

typedef struct jt_step jt_step;
typedef struct jt_lit jt_lit;     /* lit.h */
typedef struct jt_trail jt_trail; /* trail.h */

/* What a run hands to the steps: jets first .. first + n - 1 of a group, one in the head. */
typedef struct jt_run {
    const jt_native_kernel *kernel;
    float *shared, *own;                     /* own: of the group's first jets */
    const float *images, *rows;              /* likewise */
    size_t own_floats, n_pixels, row_floats; /* from two jets to the next two; from one jet to the next */
    int32_t first, n;
    int32_t backwards;  /* for jt_matrix */
    int32_t everything; /* is calculated, whatever is lit: when an image without light is looked at */
} jt_run;

/* A convolution's outputs of a few blocks of channels. */
typedef struct jt_tiles {
    jt_tile tile;
    jt_tile_kernel kernel;
    int32_t first_block, n_blocks;
    int32_t n_tiles, pixels, n_larger; /* of a row; the first n_larger have pixels + 1 */
    int32_t most;                      /* pixels at a time of neighbours together */
} jt_tiles;

/*
 * A convolution that is no jt_slide. Where all rows follow each other without a gap, and a pixel's inputs are the same
 * pixel's, all pixels are one row. If it is the outputs alone that have gaps, and their rows are short, all pixels are
 * still one row, in a buffer, from which they are copied: short tiles would read the weights too often.
 */
typedef struct jt_conv {
    int32_t n_groups;
    const jt_tiles *groups;
    int32_t rows;
    ptrdiff_t in_first;      /* from the input's row 0, column 0 to the first tap of the first output */
    size_t in_row, in_pixel; /* from an output to the one below, to the next */
    size_t out_row, out_block, residual_row, residual_block;
    int32_t width;    /* pixels of a row of outputs where they go through the buffer, else 0 */
    int32_t pairs;    /* the tiles are of JT_STEP_PAIRS */
    int32_t together; /* pixels of a jet, where its neighbour's follow them in inputs, outputs and residual; else 0 */
} jt_conv;

/* A jt_slide over all blocks. */
typedef struct jt_slides {
    jt_slide slide; /* of block 0 */
    int32_t n_blocks;
    ptrdiff_t in_first;
} jt_slides;

enum { JT_PRODUCTS = 36 };

typedef struct jt_winograd {
    int32_t n_blocks_in, n_blocks_out;
    int32_t tile_rows, tiles; /* down, and in a row */
    int32_t strip;            /* rows of tiles at a time */
    int32_t n_groups;         /* of output blocks */
    const jt_tiles *groups;   /* [product][n_groups]; n_tiles and so on are found when run */
    int32_t most_pixels;
    const float *bias;
    jt_activation activation;
    jt_spot inputs, products; /* transformed: [product][block][tile of a strip][16] */
    ptrdiff_t in_first;
} jt_winograd;

/* Expansion, depthwise, squeeze, excite and projection of one mbconv; the step's in, out and other are the whole's. */
typedef struct jt_mbconv {
    int32_t expands;
    int32_t chunk;  /* blocks that are expanded before their depthwise */
    jt_conv expand; /* a group per chunk */
    jt_spot wide;   /* a chunk, with its halo; without expansion the step's input */
    jt_slides slides;
    jt_spot filtered, totals, squeezed, gate;
    jt_gate gates; /* from sums instead of means */
    jt_conv project;
    jt_spot gated;     /* the gate goes to the weights of the projection, here, where pixels are many; else no floats */
    const jt_lit *lit; /* where the depthwise goes on from a lit convolution; else NULL */
} jt_mbconv;

struct jt_step {
    void (*run)(const jt_step *step, const jt_run *run);
    jt_spot in, out, other; /* other: residual, second summand or factors */
    int32_t has_other;
    jt_activation activation;
    float divisor; /* of an average */
    jt_conv conv;
    jt_slides slides;
    jt_planes planes;
    ptrdiff_t planes_first; /* from row 0, column 0 to the first tap of the first output */
    jt_plane_window plane_window;
    jt_window window;
    jt_matrix matrix;
    const jt_mbconv *mbconv;
    const jt_winograd *winograd;
    const jt_lit *lit;
    const jt_trail *trail; /* of planes and winograd, where light is followed to them; else NULL */
    int32_t n_parts;       /* concat */
    const jt_spot *parts;
};

struct jt_plan {
    jt_host host;
    void *memory; /* of the arena, freed at once; this struct is in it */
    const jt_native_kernel *kernel;
    int32_t n_steps, n_head;
    jt_step *steps;
    jt_spot output;
    size_t shared_floats, own_floats, n_pixels, row_floats, n_classes;
};

struct jt_plan_context {
    const jt_plan *plan;
    int32_t group; /* jets at once */
    int32_t turn;  /* 0 or 1, after every group of jets the other: the direction of dense layers, no score's bits */
    float *memory; /* shared, then own for each jet of a group */
};

/* Row 0, column 0 of block 0 of a value. Not for the caller's rooms. */
static inline float *jt_spot_at(const jt_spot *spot, const jt_run *run, int32_t jet)
{
    float *room = spot->room == JT_ROOM_OWN ? run->own + (size_t)(jet / JT_TOGETHER) * run->own_floats : run->shared;
    return room + spot->offset + spot->first + (size_t)(jet % JT_TOGETHER) * spot->jet;
}

/* The same for reading, from any room. */
static inline const float *jt_spot_from(const jt_spot *spot, const jt_run *run, int32_t jet)
{
    if (spot->room == JT_ROOM_IMAGES)
        return run->images + (size_t)jet * run->n_pixels;
    if (spot->room == JT_ROOM_ROWS)
        return run->rows + (size_t)jet * run->row_floats + spot->offset;
    return jt_spot_at(spot, run, jet);
}

#endif /* JT_NATIVE_PLAN_H */
