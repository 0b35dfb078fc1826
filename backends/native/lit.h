/*
 * Convolutions of images that are dark almost everywhere.
 *
 * A jet lights a few pixels of an image; all others are what they are in an image without light, which the graph tells.
 * What the first convolution makes of that image, and a depthwise convolution right after it, is found once, when a
 * plan is made. For a jet only those pixels of a row are calculated that a lit pixel reaches, and what lies between
 * them; the rest is copied. Either way the same kernels calculate the same sums: the bits are those of the whole
 * convolution, whatever is lit.
 */
#ifndef JT_NATIVE_LIT_H
#define JT_NATIVE_LIT_H

#include "reach.h"
#include "spots.h"

struct jt_lit {
    const float *image;      /* without light */
    float *conv, *filtered;  /* what the convolution makes of it, and the depthwise of that, or NULL; without halo */
    jt_reach reach, further; /* of the two */
    jt_conv direct;          /* the convolution of the caller's images, for outputs whose taps all lie inside */
    jt_spot image_spans, spans,
        further_spans;  /* jt_span of the rows of the image, the convolution's, the depthwise's */
    int32_t first_step; /* the convolution; next the mbconv with the depthwise */
};

/* 1 if a convolution of the images may be done so: the node's steps run jet by jet. */
int jt_native_may_be_lit(const jt_builder *b, int32_t node, const jt_op *op, const jt_spot *residual);

/* 1 if a depthwise convolution of the lit one's result may be done so. */
int jt_native_may_stay_lit(const jt_builder *b, int32_t node, const jt_op *depthwise, int32_t value);

/* A lit convolution; NULL when there is no memory. */
jt_lit *jt_native_make_lit(jt_builder *b, const jt_op *op, int32_t node);

/* The convolution of the images from that of their copy `in`. 0 when there is no memory. */
int jt_native_make_direct(jt_builder *b, jt_lit *lit, const jt_conv *conv, const jt_spot *in);

/* Room for what a depthwise makes of the image without light. 0 when there is no memory. */
int jt_native_extend_lit(jt_builder *b, jt_lit *lit, const jt_op *depthwise, int32_t node);

/* Calculate what is kept of the image without light: run->images is that. */
void jt_native_find_dark_lit(const jt_plan *plan, const jt_run *run, const jt_lit *lit);

#endif /* JT_NATIVE_LIT_H */
