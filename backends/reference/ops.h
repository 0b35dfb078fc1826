/*
 * One function per op kind, for one jet.
 *
 * Sums are in double, in one fixed order per output value, and rounded to float once: the same bits on every host and
 * for every compiler, and within half a unit in the last place of the exact sum but for cancellation.
 */
#ifndef JT_REFERENCE_OPS_H
#define JT_REFERENCE_OPS_H

#include "../backend.h"

/* inputs[k] is the value of op->inputs[k]; `scratch` has a double per output column. */
typedef void (*jt_ref_op)(const jt_op *op, const float *const *inputs, float *out, double *scratch);

void jt_ref_conv2d(const jt_op *op, const float *const *inputs, float *out, double *scratch);
void jt_ref_dense(const jt_op *op, const float *const *inputs, float *out, double *scratch);
void jt_ref_max_pool(const jt_op *op, const float *const *inputs, float *out, double *scratch);
void jt_ref_global_average(const jt_op *op, const float *const *inputs, float *out, double *scratch);
void jt_ref_copy(const jt_op *op, const float *const *inputs, float *out, double *scratch);
void jt_ref_add(const jt_op *op, const float *const *inputs, float *out, double *scratch);
void jt_ref_scale(const jt_op *op, const float *const *inputs, float *out, double *scratch);

/* The activation, in place. */
void jt_ref_activate(jt_activation activation, float *values, size_t n);

#endif /* JT_REFERENCE_OPS_H */
