/*
 * Light followed through the layers after the images.
 *
 * Where a jet's light does not reach, a layer's result is what it is for an image without light. That is found once,
 * when a plan is made; of a jet only the pixels that its light reaches, and what lies between them in a row, are
 * calculated, the rest is copied. Either way the same kernels calculate the same sums: the bits are those of the whole
 * layer, whatever is lit. A chain of layers is followed as long as each reads the one before and runs jet by jet.
 */
#ifndef JT_NATIVE_TRAIL_H
#define JT_NATIVE_TRAIL_H

#include "reach.h"
#include "spots.h"

/* Of one layer of the chain. */
struct jt_trail {
    jt_reach reach;
    jt_spot from, spans;    /* jt_span of the rows of what it reads and of its result */
    const float *image;     /* without light, where it reads images: it finds their spans first; or NULL */
    jt_spot images;         /* as they are given */
    const jt_trail *before; /* through which light comes to it, where that layer does not look at its own; or NULL */
    float *dark;        /* its result without light, from row 0, column 0 of block 0 on; NULL where it does not look */
    jt_spot halves;     /* room for a list of places, for planes */
    int32_t first_step; /* of the layer */
};

/* Light is followed from the images on, of `rows` rows, which the node reads. */
void jt_native_begin_trail(jt_builder *b, int32_t rows, int32_t node);

/*
 * Follow the light through a node with `op`, whose steps from first_step on have been added, if it is the next of the
 * chain. With keeps_dark its last step will look at its trail; otherwise the trail only leads through it. 0 when there
 * is no memory.
 */
int jt_native_follow(jt_builder *b, jt_plan *plan, int32_t node, const jt_op *op, int32_t first_step, int keeps_dark);

/*
 * Where the last step of a layer has light: the spans of its rows, made now. The step widens them where it calculates
 * more and that is not what it is without light to the last bit.
 */
jt_span *jt_native_find_spans(const jt_trail *trail, const jt_run *run);

/* Fill row y of all blocks or planes of the result `out`, but for the pixels that are lit. */
void jt_native_fill_dark(const jt_step *step, const jt_run *run, float *out, int32_t y, jt_span lit);

/*
 * Calculate what a step with a trail keeps of the image without light: run->images is that, and this has been done for
 * all steps before it.
 */
void jt_native_find_dark(const jt_plan *plan, const jt_run *run, int32_t step);

#endif /* JT_NATIVE_TRAIL_H */
