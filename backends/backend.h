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

/* Raised whenever jt_backend, jt_host or jt_graph change; a module with another number is not used. */
#define JT_BACKEND_ABI 3u

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
} jt_backend;

typedef const jt_backend *(*jt_backend_module_function)(void);

#endif /* JT_BACKENDS_BACKEND_H */
