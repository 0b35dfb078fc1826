#include "elementary.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "math.h"

static const double ln2_high = 6.93147180369123816490e-01; /* 32 bits: a power's worth of it is exact */
static const double ln2_low = 1.90821492927058770002e-10;

/* x = m 2^k with m in [sqrt(1/2), sqrt(2)). */
static double split(double x, int64_t *k)
{
    const uint64_t fraction = ((uint64_t)1 << 52) - 1;
    *k = 0;
    if (x < 2.2250738585072014e-308) {
        x *= 18014398509481984.0; /* 2^54 */
        *k = -54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    *k += (int64_t)(bits >> 52) - 1023;
    bits = (bits & fraction) | (uint64_t)1023 << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        *k += 1;
    }
    return m;
}

/* A sum or product and what rounding took from it (Knuth; Dekker and Veltkamp), for |values| below 2^990. */
typedef struct pair {
    double high, low;
} pair;

static pair exact_sum(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (pair){sum, (a - (sum - part)) + (b - part)};
}

static pair halves(double a)
{
    double big = 134217729.0 * a; /* 2^27 + 1 */
    double high = big - (big - a);
    return (pair){high, a - high};
}

static pair exact_product(double a, double b)
{
    double product = a * b;
    pair x = halves(a), y = halves(b);
    double low = ((x.high * y.high - product) + x.high * y.low + x.low * y.high) + x.low * y.low;
    return (pair){product, low};
}

static pair quotient(pair a, pair b)
{
    double high = a.high / b.high;
    pair back = exact_product(high, b.high);
    double rest = ((a.high - back.high) - back.low) + (a.low - high * b.low);
    return (pair){high, rest / b.high};
}

/*
 * With s = f / (2 + f), ln(1 + f) = 2 s + 2 s^3 / 3 + 2 s^5 / 5 + ... s is in two parts, and |s| <= 0.172: the rest is
 * at most a hundredth of the result, and the first term left out, s^23, is below 1e-18 of it.
 */
static pair ln_of_sum(double f)
{
    static const double coefficients[] = {2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13,
                                          2.0 / 11, 2.0 / 9,  2.0 / 7,  2.0 / 5,  2.0 / 3};
    pair s = quotient((pair){f, 0.0}, exact_sum(2.0, f));
    double s2 = s.high * s.high;
    double rest = coefficients[0];
    for (int i = 1; i < 10; i++)
        rest = rest * s2 + coefficients[i];
    return (pair){2.0 * s.high, 2.0 * s.low + s.high * s2 * rest};
}

double jt_ln(double x)
{
    if (x == 0.0)
        return -(double)INFINITY;
    if (!(x > 0.0) || x == (double)INFINITY)
        return x > 0.0 ? x : (double)NAN;
    int64_t k;
    pair part = ln_of_sum(split(x, &k) - 1.0);
    pair sum = exact_sum((double)k * ln2_high, part.high);
    return sum.high + (sum.low + ((double)k * ln2_low + part.low));
}

double jt_ln1p(double x)
{
    if (fabs(x) < 0.25) {
        pair part = ln_of_sum(x);
        return part.high + part.low;
    }
    double sum = 1.0 + x;
    /* What rounding took from the sum, to first order. */
    double lost = fabs(x) > 1.0 ? 1.0 - (sum - x) : x - (sum - 1.0);
    return jt_ln(sum) + lost / sum;
}

/* atan(i / 8), and what rounding took from it. */
static const double eighths[9] = {0.0,
                                  0.12435499454676144,
                                  0.24497866312686414,
                                  0.35877067027057225,
                                  0.4636476090008061,
                                  0.5585993153435624,
                                  0.6435011087932844,
                                  0.7188299996216245,
                                  0.7853981633974483};
static const double eighths_low[9] = {0.0,
                                      -3.1253241424539383e-18,
                                      1.0698755618734451e-17,
                                      -2.4623815582638635e-17,
                                      2.2698777452961687e-17,
                                      -5.4556305485916264e-18,
                                      1.5834785051444286e-17,
                                      -2.1478388444456983e-17,
                                      3.061616997868383e-17};

/* atan(small / large) for 0 <= small <= large, large > 0, in two parts. From the nearest eighth c the rest is
   atan((small - c large) / (large + c small)), whose argument is at most 1/16: its series to the 13th power is enough.
 */
static pair first_octant(double small, double large)
{
    static const double coefficients[] = {1.0 / 13, -1.0 / 11, 1.0 / 9, -1.0 / 7, 1.0 / 5, -1.0 / 3};
    int eighth = (int)(8.0 * (small / large) + 0.5);
    double c = eighth / 8.0;
    pair c_large = exact_product(c, large), c_small = exact_product(c, small);
    pair above = exact_sum(small, -c_large.high), below = exact_sum(large, c_small.high);
    above.low -= c_large.low;
    below.low += c_small.low;
    pair u = quotient(above, below);
    double u2 = u.high * u.high, rest = coefficients[0];
    for (int i = 1; i < 6; i++)
        rest = rest * u2 + coefficients[i];
    pair sum = exact_sum(eighths[eighth], u.high);
    sum.low += eighths_low[eighth] + (u.low + u.high * u2 * rest);
    return sum;
}

/* high + low less an angle. */
static pair complement(double high, double low, pair angle)
{
    pair difference = exact_sum(high, -angle.high);
    difference.low += low - angle.low;
    return difference;
}

double jt_atan2(double y, double x)
{
    static const double half_pi = 1.5707963267948966, half_pi_low = 6.123233995736766e-17;
    double size_x = fabs(x), size_y = fabs(y);
    if (size_y == 0.0)
        return signbit(x) ? copysign(2 * half_pi, y) : y;
    /* Keep products and their low parts within the range of a double. */
    double larger = size_x > size_y ? size_x : size_y;
    double scale = larger > 1e200 ? 0x1p-400 : larger < 1e-200 ? 0x1p400 : 1.0;
    size_x *= scale;
    size_y *= scale;
    pair angle = size_y <= size_x ? first_octant(size_y, size_x)
                                  : complement(half_pi, half_pi_low, first_octant(size_x, size_y));
    if (signbit(x))
        angle = complement(2 * half_pi, 2 * half_pi_low, angle);
    return copysign(angle.high + angle.low, y);
}

void jt_sin_cos(double x, double *sine, double *cosine)
{
    static const double two_over_pi = 0.63661977236758134308;
    static const double part_1 = 1.5707963267341256, part_2 = 6.077100506303966e-11, part_3 = 2.0222662487959506e-21;
    static const double round_to_integer = 6755399441055744.0; /* 1.5 x 2^52 */
    if (!(fabs(x) <= 1e5))
        x = remainder(x, 6.28318530717958647693);
    double k = (x * two_over_pi + round_to_integer) - round_to_integer;
    double r_high = (x - k * part_1) - k * part_2;
    double r_low = (((x - k * part_1) - r_high) - k * part_2) - k * part_3;
    double r = r_high + r_low, r2 = r * r;
    r_low += r_high - r;

    double s = 1.0 / 355687428096000.0, c = 1.0 / 20922789888000.0;
    static const double sines[] = {-1.0 / 1307674368000.0, 1.0 / 6227020800.0, -1.0 / 39916800.0, 1.0 / 362880.0,
                                   -1.0 / 5040.0,          1.0 / 120.0,        -1.0 / 6.0};
    static const double cosines[] = {-1.0 / 87178291200.0, 1.0 / 479001600.0, -1.0 / 3628800.0,
                                     1.0 / 40320.0,        -1.0 / 720.0,      1.0 / 24.0};
    for (int i = 0; i < 7; i++)
        s = s * r2 + sines[i];
    for (int i = 0; i < 6; i++)
        c = c * r2 + cosines[i];
    double sin_r = r + (r * r2 * s + r_low);
    double half = 0.5 * r2, cos_high = 1.0 - half;
    double cos_r = cos_high + (((1.0 - cos_high) - half) + (r2 * r2 * c - r * r_low));

    switch ((int)((int64_t)k & 3)) {
    case 0:
        *sine = sin_r, *cosine = cos_r;
        break;
    case 1:
        *sine = cos_r, *cosine = -sin_r;
        break;
    case 2:
        *sine = -sin_r, *cosine = -cos_r;
        break;
    default:
        *sine = -cos_r, *cosine = sin_r;
        break;
    }
}

double jt_asinh(double x)
{
    double size = fabs(x), result;
    if (size > 1e8)
        result = jt_ln(size) + 0.69314718055994530942;
    else
        result = jt_ln1p(size + size * size / (1.0 + sqrt(1.0 + size * size)));
    return copysign(result, x);
}

double jt_sinh(double x)
{
    double size = fabs(x), result;
    if (size < 0.5) {
        static const double coefficients[] = {1.0 / 6227020800.0, 1.0 / 39916800.0, 1.0 / 362880.0,
                                              1.0 / 5040.0,       1.0 / 120.0,      1.0 / 6.0};
        double x2 = size * size, sum = coefficients[0];
        for (int i = 1; i < 6; i++)
            sum = sum * x2 + coefficients[i];
        result = size + size * x2 * sum;
    } else {
        double e = jt_exp(size);
        result = 0.5 * e - 0.5 / e;
    }
    return copysign(result, x);
}

double jt_power(double x, double exponent)
{
    return x > 0.0 ? jt_exp(exponent * jt_ln(x)) : 0.0;
}
