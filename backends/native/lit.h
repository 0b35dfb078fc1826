/*
 * The convolution of images that are dark almost everywhere, and a depthwise convolution right after it: the first
 * steps of a trail (trail.h).
 *
 * The images are convolved where the caller has them, without a copy with zeros around it, unless light reaches the
 * edge. The depthwise goes on from the convolution's spans within its mbconv, whose later layers look at all pixels.
 */
#ifndef JT_NATIVE_LIT_H
#define JT_NATIVE_LIT_H

#include "trail.h"

struct jt_lit {
    const jt_trail *trail; /* of the convolution; the next step is the mbconv with the depthwise */
    jt_conv direct;        /* the convolution of the caller's images, for outputs whose taps all lie inside */
    jt_reach further;      /* of the depthwise */
    jt_spot further_spans; /* jt_span of its result's rows */
    float *filtered;       /* its result without light, without halo; or NULL */
};

/* 1 if a convolution of the images may be done so: the node's steps run jet by jet. */
int jt_native_may_be_lit(const jt_builder *b, int32_t node, const jt_op *op, const jt_spot *residual);

/* 1 if a depthwise convolution of the lit one's result may be done so. */
int jt_native_may_stay_lit(const jt_builder *b, int32_t node, const jt_op *depthwise, int32_t value);

/* Of a convolution that has a trail and reads `in`, a copy of the images. NULL when there is no memory. */
jt_lit *jt_native_make_lit(jt_builder *b, const jt_step *conv, const jt_spot *in);

/* Room for what a depthwise makes of the image without light. 0 when there is no memory. */
int jt_native_extend_lit(jt_builder *b, jt_lit *lit, const jt_op *depthwise, int32_t node);

/* Calculate what the depthwise keeps of the image without light, right after its convolution has. */
void jt_native_find_dark_further(const jt_plan *plan, const jt_run *run, const jt_lit *lit);

#endif /* JT_NATIVE_LIT_H */
