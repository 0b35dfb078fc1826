/*
 * Tensors in another layout or another shape, with a reorder step where floats have to move.
 */
#ifndef JT_ONEDNN_LAYOUT_H
#define JT_ONEDNN_LAYOUT_H

#include "plan.h"

/* A new tensor in a buffer of its own. */
jt_status jt_onednn_new_tensor(jt_plan *plan, const_dnnl_memory_desc_t description, jt_shape shape, int32_t *tensor,
                               jt_why *why);

/* `tensor` copied into a buffer of its own, in the layout `wanted`; layer is the one to name in errors. */
jt_status jt_onednn_copy_as(jt_plan *plan, int32_t tensor, const_dnnl_memory_desc_t wanted, int32_t layer,
                            int32_t *copy, jt_why *why);

/* `tensor` in the layout `wanted`, of the same shape: itself when it has it already, else a copy. */
jt_status jt_onednn_in_layout(jt_plan *plan, int32_t tensor, const_dnnl_memory_desc_t wanted, int32_t layer,
                              int32_t *result, jt_why *why);

/* `tensor` with another shape of as many floats, in C-major order. */
jt_status jt_onednn_in_shape(jt_plan *plan, int32_t tensor, jt_shape shape, int32_t layer, int32_t *result,
                             jt_why *why);

/* `tensor` channel by channel, row by row, in this shape. */
jt_status jt_onednn_plain(jt_plan *plan, int32_t tensor, jt_shape shape, int32_t layer, int32_t *result, jt_why *why);

#endif /* JT_ONEDNN_LAYOUT_H */
