/* Activations in lanes. */
#ifndef JT_NATIVE_ACTIVATE_H
#define JT_NATIVE_ACTIVATE_H

#include "../../lib/graph/graph.h"
#include "lanes.h"

/*
 * 1 + exp(-x), to within 3e-7 of itself for |x| < 20 and less than 2e-6 where the exponential no longer matters.
 * exp(-x) = 2^n 2^f with whole n and |f| <= 1/2; 2^f is the polynomial of degree 5 with value 1 at 0 and the least
 * relative error, 1.1e-7. x beyond +-87 counts as that; NaN stays NaN.
 */
static inline lanes one_plus_exp_minus(lanes x)
{
    const lanes minus_log2_e = lanes_all(-1.44269504088896340736f);
    const lanes round_to_whole = lanes_all(12582912.0f + 127.0f); /* 1.5 x 2^23, and the bias of the exponent */
    x = lanes_max(lanes_all(-87.0f), lanes_min(lanes_all(87.0f), x));
    const lanes shifted = lanes_fused(x, minus_log2_e, round_to_whole);
    const lanes minus_n = lanes_subtract(round_to_whole, shifted);
    const lanes f = lanes_fused(x, minus_log2_e, minus_n);
    lanes sum = lanes_all(0x1.5bba14p-10f);
    sum = lanes_fused(sum, f, lanes_all(0x1.3cea88p-7f));
    sum = lanes_fused(sum, f, lanes_all(0x1.c6b752p-5f));
    sum = lanes_fused(sum, f, lanes_all(0x1.ebf9bcp-3f));
    sum = lanes_fused(sum, f, lanes_all(0x1.62e42ap-1f));
    sum = lanes_fused(sum, f, lanes_all(1.0f));
    return lanes_fused(sum, lanes_into_exponent(shifted), lanes_all(1.0f));
}

static inline lanes lanes_activate(lanes x, jt_activation activation)
{
    switch (activation) {
    case JT_ACTIVATION_RELU:
        return lanes_max(lanes_zero(), x); /* a NaN stays one */
    case JT_ACTIVATION_SWISH:
        return lanes_divide(x, one_plus_exp_minus(x));
    case JT_ACTIVATION_SIGMOID:
        return lanes_divide(lanes_all(1.0f), one_plus_exp_minus(x));
    case JT_ACTIVATION_NONE:
    case JT_ACTIVATIONS:
        break;
    }
    return x;
}

#endif /* JT_NATIVE_ACTIVATE_H */
