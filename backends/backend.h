/*
 * The one interface between the library and what executes a network.
 *
 * Nothing above it knows which backends exist; nothing below it knows what a jet is. A backend compiles a graph into a
 * plan, once, at load. A plan is immutable and shared by threads; a plan context is one thread's memory.
 *
 * A backend is a jt_backend table. Those inside the library are listed in lib/core/backends.c; the others are modules:
 * shared objects named jettag-<name>.so that export one function,
 *
 *     const jt_backend *jt_backend_module(void);
 *
 * A module sees only this header, graph.h, fail.h and lib/core/memory.h. Every function may be called from any thread;
 * calls on different contexts may run at the same time.
 */
#ifndef JT_BACKENDS_BACKEND_H
#define JT_BACKENDS_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include <jettag/jettag.h>

#include "../lib/graph/graph.h"

/* Raised whenever a struct of this header or jt_graph change; a module with another number is not used. */
#define JT_BACKEND_ABI 4u

typedef struct jt_plan jt_plan;                 /* each backend defines its own */
typedef struct jt_plan_context jt_plan_context; /* likewise */

/* What the library lends to a backend. */
typedef struct jt_host {
    void *(*allocate)(void *user, size_t bytes); /* aligned as malloc aligns, NULL on failure */
    void (*release)(void *user, void *memory);   /* never called with NULL */
    void *user;
    void (*log)(void *user, int level, const char *text); /* NULL: nobody listens */
    void *log_user;
} jt_host;

/* Where a backend puts its words when it fails. */
typedef struct jt_why {
    char text[256];
} jt_why;

/*
 * Images as what differs from graph->dark, the image of a jet without light: a jet lights a few pixels of a thousand.
 * Putting them into graph->dark gives the images to the last bit.
 */
typedef struct jt_sparse_images {
    const int32_t *starts; /* n + 1 values from 0: jet i has the entries starts[i] .. starts[i + 1] - 1 */
    const int32_t *places; /* of each entry: row * columns + column, no place twice in a jet */
    const float *values;   /* of each entry: one for each channel */
} jt_sparse_images;

/* What a network is given of n jets. */
typedef struct jt_inputs {
    const float *images;            /* n x (c, h, w), or NULL: as below */
    const jt_sparse_images *sparse; /* read where images is NULL, and a graph has dark; NULL too: no images are read */
    const float *rows;              /* n x graph->row_floats; NULL where there are none */
    int32_t on_device; /* 1: images and rows are the caller's memory on the backend's device, all written */
} jt_inputs;

typedef struct jt_backend {
    uint32_t abi; /* JT_BACKEND_ABI */
    const char *name;
    const char *notes;     /* what it promises less than the library does; "" when nothing */
    int32_t keeps_weights; /* 1: plans read weights and biases of the graph when they run; else they are let go */

    /* Version of the library behind it; jettag's own for those inside the library. */
    const char *(*version)(void);

    /* 1 when it can be used on this machine; 0 with words in why->text when not. */
    int (*probe)(jt_why *why);

    /* Prepare a graph, which outlives the plan. JT_ERROR_UNSUPPORTED names the layer in why->text. */
    jt_status (*compile)(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why);
    void (*plan_free)(jt_plan *plan);

    /* Working memory for up to max_batch jets, all that run will ever need. */
    jt_status (*context_create)(const jt_plan *plan, int32_t max_batch, jt_plan_context **context, jt_why *why);
    void (*context_free)(jt_plan_context *context);

    /*
     * images    n x (c, h, w); rows n x graph->row_floats or NULL; outputs n x classes: logits. n <= max_batch.
     * A jet's logits have the same bits whatever n is and whatever else is in the batch.
     */
    jt_status (*run)(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                     jt_why *why);

    /*
     * The run in two halves, for a backend with a processor of its own: the caller makes the next jets' inputs while
     * these are worked on. Both or neither are NULL; a backend that has them takes sparse images and memory of its
     * device.
     *
     * begin   n is 1 .. most_at_once, and no more than max_batch. Inputs may be changed once it returns; those on the
     *         device, once it is finished. After an error nothing was begun.
     * finish  waits for what was begun first, n x classes logits. Called once for each begin, also after an error, and
     *         before a third begin.
     */
    int32_t most_at_once; /* jets of a begin, and of a context whose maker does not say; 0 without begin */
    jt_status (*begin)(jt_plan_context *context, const jt_inputs *inputs, int32_t n, jt_why *why);
    jt_status (*finish)(jt_plan_context *context, float *outputs, jt_why *why);
} jt_backend;

enum { JT_MOST_BEGUN = 2 };

typedef const jt_backend *(*jt_backend_module_function)(void);

#endif /* JT_BACKENDS_BACKEND_H */
