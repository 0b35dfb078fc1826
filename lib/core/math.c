#include "math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static double power_of_two(int64_t exponent)
{
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/*
 * x = k ln 2 + r with |r| <= ln 2 / 2, exp(x) = 2^k exp(r); exp(r) by its Taylor series to r^13, whose rest is below
 * 1e-17. ln 2 is split in two so that k times its upper part is exact.
 */
double jt_exp(double x)
{
    static const double largest = 709.782712893384;     /* ln of the largest double */
    static const double smallest = -708.39641853226408; /* ln of the smallest normal double */
    static const double inverse_ln2 = 1.44269504088896338700;
    static const double ln2_high = 6.93147180369123816490e-01;
    static const double ln2_low = 1.90821492927058770002e-10;
    static const double round_to_integer = 6755399441055744.0; /* 1.5 x 2^52: adding it rounds to an integer */
    static const double inverse_factorial[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
                                               1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
                                               1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        0.5};
    if (x != x)
        return x;
    if (x > largest)
        return (double)INFINITY;
    if (x < smallest)
        return 0.0;

    double k = (x * inverse_ln2 + round_to_integer) - round_to_integer;
    double r = (x - k * ln2_high) - k * ln2_low;
    double sum = inverse_factorial[0];
    for (int i = 1; i < 12; i++)
        sum = sum * r + inverse_factorial[i];
    double fraction = 1.0 + (r + r * r * sum);
    /* 2^1024 is no double, half of it twice is. */
    return k > 1023.0 ? fraction * power_of_two((int64_t)k - 1) * 2.0 : fraction * power_of_two((int64_t)k);
}
