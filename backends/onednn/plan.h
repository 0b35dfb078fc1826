/*
 * A graph prepared for oneDNN: primitives in the order in which they run, and where their data lie.
 *
 *   step      one oneDNN primitive and the tensors it is given. Every op is one step or none; reorders are steps too.
 *   tensor    a memory descriptor (dimensions and layout) on top of a buffer or of constant data. Several tensors may
 *             share a buffer: a flattened image is the same floats.
 *   buffer    a stretch of the arena that every context has its own copy of; buffers whose lives, in steps, do not
 *             overlap share memory. A primitive's scratchpad is a buffer that lives for one step.
 *
 * All primitives are for one jet. They keep their scratchpad in the context ("user" mode), which makes them stateless:
 * oneDNN then lets threads execute one primitive at the same time, each with memory of its own.
 */
#ifndef JT_ONEDNN_PLAN_H
#define JT_ONEDNN_PLAN_H

#include <oneapi/dnnl/dnnl.h>

#include "../backend.h"

enum { JT_ONEDNN_ARGUMENTS = JT_MAX_INPUTS + 2 }; /* a concat: its inputs, what comes out, the scratchpad */

typedef struct jt_onednn_argument {
    int32_t name; /* DNNL_ARG_... */
    int32_t tensor;
} jt_onednn_argument;

typedef struct jt_onednn_step {
    dnnl_primitive_t primitive;
    int32_t layer;
    int32_t n_arguments;
    jt_onednn_argument arguments[JT_ONEDNN_ARGUMENTS];
} jt_onednn_step;

typedef struct jt_onednn_tensor {
    dnnl_memory_desc_t description; /* the plan's own copy */
    jt_shape shape;
    int32_t buffer;       /* -1: constant */
    const void *constant; /* the graph's or `owned` */
    void *owned;          /* from the host, or NULL */
} jt_onednn_tensor;

typedef struct jt_onednn_buffer {
    size_t bytes, offset;
    int32_t first_step, last_step; /* -1: before the first step, as the images */
    int32_t last_op;               /* the last op of the graph that reads a value in it; -1: no value is in it */
    int32_t placed;
} jt_onednn_buffer;

struct jt_plan {
    const jt_graph *graph;
    jt_host host;
    dnnl_engine_t engine;
    jt_onednn_step *steps;
    jt_onednn_tensor *tensors;
    jt_onednn_buffer *buffers;
    int32_t n_steps, n_tensors, n_buffers;
    int32_t room_steps, room_tensors, room_buffers;
    int32_t n_arguments;                    /* of all steps */
    int32_t given[JT_FIRST_OUTPUT], output; /* tensors; -1 for what is not given */
    size_t arena_bytes;
};

/* Takes a plan at any stage. */
void jt_onednn_plan_free(jt_plan *plan);

/* A new buffer for a description. Here and below a new thing's index comes back in the last argument. */
jt_status jt_onednn_add_buffer(jt_plan *plan, const_dnnl_memory_desc_t description, int32_t *buffer, jt_why *why);

/* A tensor on a buffer; the description is copied. */
jt_status jt_onednn_add_tensor(jt_plan *plan, const_dnnl_memory_desc_t description, jt_shape shape, int32_t buffer,
                               int32_t *tensor, jt_why *why);

/* A tensor on the graph's own constant data. */
jt_status jt_onednn_add_constant(jt_plan *plan, const_dnnl_memory_desc_t description, const float *data,
                                 int32_t *tensor, jt_why *why);

/* Constant data brought once from one layout into another; the graph's own when they are the same. */
jt_status jt_onednn_add_weights(jt_plan *plan, const_dnnl_memory_desc_t given, const float *data,
                                const_dnnl_memory_desc_t wanted, int32_t *tensor, jt_why *why);

/* Make the primitive, give it a scratchpad, and append it. */
jt_status jt_onednn_add_step(jt_plan *plan, const_dnnl_primitive_desc_t primitive, int32_t layer,
                             const jt_onednn_argument *arguments, int32_t n_arguments, jt_why *why);

/* Work out all buffers' lives and offsets; the last thing done to a plan. */
jt_status jt_onednn_place_buffers(jt_plan *plan, jt_why *why);

#endif /* JT_ONEDNN_PLAN_H */
