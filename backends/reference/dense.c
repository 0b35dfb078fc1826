#include "ops.h"

enum { LANES = 8 };

/* Eight running sums, added in pairs at the end: an order that does not depend on the width of vectors. */
void jt_ref_dense(const jt_op *op, const float *const *inputs, float *out, double *scratch)
{
    (void)scratch;
    const int32_t n = op->in.c;
    for (int32_t unit = 0; unit < op->out.c; unit++) {
        const float *weights = op->weight + (size_t)unit * (size_t)n;
        double sums[LANES] = {0.0};
        int32_t k = 0;
        for (; k + LANES <= n; k += LANES)
            for (int32_t lane = 0; lane < LANES; lane++)
                sums[lane] += (double)weights[k + lane] * (double)inputs[0][k + lane];
        for (int32_t lane = 0; k + lane < n; lane++)
            sums[lane] += (double)weights[k + lane] * (double)inputs[0][k + lane];
        double sum = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
        out[unit] = (float)(sum + (double)op->bias[unit]);
    }
}
