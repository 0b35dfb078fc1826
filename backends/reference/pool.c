#include <math.h>

#include "ops.h"

static float largest_in_window(const jt_op *op, const float *plane, int32_t top, int32_t left)
{
    float largest = -INFINITY;
    for (int32_t y = top < 0 ? 0 : top; y < top + op->kernel[0] && y < op->in.h; y++)
        for (int32_t x = left < 0 ? 0 : left; x < left + op->kernel[1] && x < op->in.w; x++) {
            float value = plane[y * op->in.w + x];
            if (value > largest)
                largest = value;
        }
    return largest;
}

/* Padding is left out of the window, so it never wins. */
void jt_ref_max_pool(const jt_op *op, const float *const *inputs, float *out, double *scratch)
{
    (void)scratch;
    for (int32_t c = 0; c < op->out.c; c++) {
        const float *plane = inputs[0] + (size_t)c * (size_t)op->in.h * (size_t)op->in.w;
        for (int32_t y = 0; y < op->out.h; y++)
            for (int32_t x = 0; x < op->out.w; x++)
                *out++ = largest_in_window(op, plane, y * op->stride[0] - op->pad[0], x * op->stride[1] - op->pad[2]);
    }
}

void jt_ref_global_average(const jt_op *op, const float *const *inputs, float *out, double *scratch)
{
    (void)scratch;
    const size_t n = (size_t)op->in.h * (size_t)op->in.w;
    for (int32_t c = 0; c < op->in.c; c++) {
        double sum = 0.0;
        for (size_t i = 0; i < n; i++)
            sum += (double)inputs[0][(size_t)c * n + i];
        out[c] = (float)(sum / (double)n);
    }
}
