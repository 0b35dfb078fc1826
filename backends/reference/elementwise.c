#include <string.h>

#include "../../lib/core/math.h"
#include "ops.h"

static size_t floats(jt_shape shape)
{
    return (size_t)shape.c * (size_t)shape.h * (size_t)shape.w;
}

/* Flatten, and an activation on its own: the same floats in the same order. */
void jt_ref_copy(const jt_op *op, const float *const *inputs, float *out, double *scratch)
{
    (void)scratch;
    memcpy(out, inputs[0], floats(op->out) * sizeof *out);
}

void jt_ref_add(const jt_op *op, const float *const *inputs, float *out, double *scratch)
{
    (void)scratch;
    const size_t n = floats(op->out);
    for (size_t i = 0; i < n; i++)
        out[i] = inputs[0][i] + inputs[1][i];
}

void jt_ref_scale(const jt_op *op, const float *const *inputs, float *out, double *scratch)
{
    (void)scratch;
    const size_t n = (size_t)op->in.h * (size_t)op->in.w;
    for (int32_t c = 0; c < op->in.c; c++) {
        const float factor = inputs[1][c];
        for (size_t i = (size_t)c * n; i < ((size_t)c + 1) * n; i++)
            out[i] = inputs[0][i] * factor;
    }
}

static double sigmoid(double x)
{
    return 1.0 / (1.0 + jt_exp(-x));
}

void jt_ref_activate(jt_activation activation, float *values, size_t n)
{
    switch (activation) {
    case JT_ACTIVATION_RELU:
        for (size_t i = 0; i < n; i++)
            values[i] = values[i] < 0.0f ? 0.0f : values[i]; /* a NaN stays one */
        break;
    case JT_ACTIVATION_SWISH:
        for (size_t i = 0; i < n; i++)
            values[i] = (float)((double)values[i] * sigmoid((double)values[i]));
        break;
    case JT_ACTIVATION_SIGMOID:
        for (size_t i = 0; i < n; i++)
            values[i] = (float)sigmoid((double)values[i]);
        break;
    case JT_ACTIVATION_NONE:
    case JT_ACTIVATIONS:
        break;
    }
}
