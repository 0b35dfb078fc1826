/*
 * Logarithms and angles of our own, for images and features: beside exp in math.h, and for the same reason. Plain IEEE
 * operations in a fixed order, so the same bits on every host. Errors are in units in the last place, as
 * tests/unit/core/test_elementary.c measures them against long double.
 */
#ifndef JT_CORE_ELEMENTARY_H
#define JT_CORE_ELEMENTARY_H

/* ln x for x > 0, also denormal; -infinity for 0. Within 0.53. */
double jt_ln(double x);

/* ln(1 + x) for x > -1. Within 2. */
double jt_ln1p(double x);

/* Angle of (x, y) in [-pi, pi], with the signs and special values of atan2 for finite arguments. Within 0.51. */
double jt_atan2(double y, double x);

/* Sine and cosine. Within 1 for |x| up to 1e5; beyond it x is first taken modulo the double nearest to 2 pi. */
void jt_sin_cos(double x, double *sine, double *cosine);

/* Within 3. */
double jt_asinh(double x);
double jt_sinh(double x);

/* x^exponent for x > 0, 0 for 0: relative error below 1e-15 (1 + |exponent ln x|). */
double jt_power(double x, double exponent);

#endif /* JT_CORE_ELEMENTARY_H */
