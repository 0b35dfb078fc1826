/* Parts of a plan as they are built: what compile.c and the files for single kinds of nodes need of each other. */
#ifndef JT_NATIVE_BUILD_H
#define JT_NATIVE_BUILD_H

#include "spots.h"

/* A step that makes `to` of `from`. The plan has room for it. */
jt_step *jt_native_add_step(jt_plan *plan, void (*run)(const jt_step *step, const jt_run *run), const jt_spot *from,
                            const jt_spot *to);
void jt_native_set_other(jt_step *step, const jt_spot *other);

/* The node's input with the halo that its op needs: itself, or a copy, for which a step is added. */
jt_spot jt_native_with_halo(jt_builder *b, jt_plan *plan, int32_t node, const jt_op *op);

/* `op` with its weights and biases times a factor each, which go to *room: for as long as it is being packed. */
jt_op jt_native_scaled_op(const jt_op *op, float weight, float bias, float **room);

/* The step of an mbconv. 0 when there is no memory. */
int jt_native_add_mbconv(jt_builder *b, jt_plan *plan, int32_t index);

#endif /* JT_NATIVE_BUILD_H */
