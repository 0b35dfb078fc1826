/* ln in single precision, in a form that a compiler can do many at a time of. */
#ifndef JT_SETS_LOGARITHM_H
#define JT_SETS_LOGARITHM_H

#include <stdint.h>
#include <string.h>

/*
 * ln x for normal x > 0, within 1.1e-7 (1 + |ln x|): x is 2^n (1 + f) with 1 + f between the roots of 1/2 and 2, and
 * ln(1 + f) = f - f^2 / 2 + f^3 p(f), where p is the polynomial of degree 7 with the least largest error, 6e-9.
 */
static inline float jt_lnf(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t above = bits - 0x3F3504F3u; /* the root of 1/2 */
    const int32_t n = (int32_t)above >> 23;
    bits = (above & 0x007FFFFFu) + 0x3F3504F3u;
    float m;
    memcpy(&m, &bits, sizeof m);
    const float f = m - 1.0f, square = f * f;
    float p = -0x1.38b56ap-4f;
    p = p * f + 0x1.055b68p-3f;
    p = p * f - 0x1.0d8544p-3f;
    p = p * f + 0x1.22da1ep-3f;
    p = p * f - 0x1.547244p-3f;
    p = p * f + 0x1.99a008p-3f;
    p = p * f - 0x1.000226p-2f;
    p = p * f + 0x1.555554p-2f;
    return (float)n * 0x1.62e43p-1f + (f - (0.5f * square - square * f * p));
}

#endif /* JT_SETS_LOGARITHM_H */
