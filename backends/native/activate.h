/* Activations in lanes. */
#ifndef JT_NATIVE_ACTIVATE_H
#define JT_NATIVE_ACTIVATE_H

#include "kernel.h"
#include "lanes.h"

/*
 * 1 + 2^t. 2^t is 2^n, n the whole number below t, times 2^f with 0 <= f < 1, for which there is the polynomial of
 * degree 5 of the least relative error, 9.1e-8. A NaN stays one.
 */
static inline lanes one_plus_power(lanes t)
{
    const lanes f = lanes_fraction(t);
    lanes sum = lanes_all(0x1.ec3204p-10f);
    sum = lanes_fused(sum, f, lanes_all(0x1.269006p-7f));
    sum = lanes_fused(sum, f, lanes_all(0x1.c9543ep-5f));
    sum = lanes_fused(sum, f, lanes_all(0x1.ebd5a4p-3f));
    sum = lanes_fused(sum, f, lanes_all(0x1.62e4f6p-1f));
    sum = lanes_fused(sum, f, lanes_all(0x1.fffffep-1f));
    return lanes_add(lanes_scale(sum, t), lanes_all(1.0f));
}

/* 1 + exp(-x). The rounding of t adds 3e-8 for each unit of it, while the exponential counts less and less. */
static inline lanes one_plus_exp_minus(lanes x)
{
    return one_plus_power(lanes_multiply(x, lanes_all(JT_SWISH_SCALE)));
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
    case JT_ACTIVATIONS: /* JT_SCALED_SWISH */
        return lanes_divide(x, one_plus_power(x));
    case JT_ACTIVATION_NONE:
        break;
    }
    return x;
}

#endif /* JT_NATIVE_ACTIVATE_H */
