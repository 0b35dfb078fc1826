#include "ops.h"

/* Output columns whose source column lies in the image: first .. end - 1. */
static void column_range(const jt_op *op, int32_t kx, int32_t *first, int32_t *end)
{
    int32_t before = op->pad[2] - kx; /* source = x * stride - before */
    *first = before > 0 ? (before + op->stride[1] - 1) / op->stride[1] : 0;
    int32_t last = op->in.w - 1 + before;
    *end = last < 0 ? 0 : last / op->stride[1] + 1;
    if (*end > op->out.w)
        *end = op->out.w;
}

/* Add one kernel row's share to a row of sums. Every sum grows by one product at a time: its order is fixed. */
static void add_row(const jt_op *op, const float *source, const float *weights, double *sums)
{
    for (int32_t kx = 0; kx < op->kernel[1]; kx++) {
        int32_t first, end;
        column_range(op, kx, &first, &end);
        const double weight = (double)weights[kx];
        const float *from = source + kx - op->pad[2];
        if (op->stride[1] == 1) {
            for (int32_t x = first; x < end; x++)
                sums[x] += weight * (double)from[x];
        } else {
            for (int32_t x = first; x < end; x++)
                sums[x] += weight * (double)from[x * op->stride[1]];
        }
    }
}

/* One row of one output channel: bias, then channels, kernel rows and kernel columns in rising order. */
static void conv_row(const jt_op *op, const float *in, int32_t channel, int32_t y, double *sums, float *out)
{
    const int32_t per_group = op->in.c / op->groups;
    const int32_t first_in = channel / (op->out.c / op->groups) * per_group;
    const float *weights = op->weight + (size_t)channel * (size_t)(per_group * op->kernel[0] * op->kernel[1]);
    for (int32_t x = 0; x < op->out.w; x++)
        sums[x] = (double)op->bias[channel];
    for (int32_t c = 0; c < per_group; c++) {
        for (int32_t ky = 0; ky < op->kernel[0]; ky++, weights += op->kernel[1]) {
            int32_t row = y * op->stride[0] + ky - op->pad[0];
            if (row < 0 || row >= op->in.h)
                continue;
            const float *source = in + ((size_t)(first_in + c) * (size_t)op->in.h + (size_t)row) * (size_t)op->in.w;
            add_row(op, source, weights, sums);
        }
    }
    for (int32_t x = 0; x < op->out.w; x++)
        out[x] = (float)sums[x];
}

void jt_ref_conv2d(const jt_op *op, const float *const *inputs, float *out, double *scratch)
{
    for (int32_t channel = 0; channel < op->out.c; channel++)
        for (int32_t y = 0; y < op->out.h; y++, out += op->out.w)
            conv_row(op, inputs[0], channel, y, scratch, out);
}
