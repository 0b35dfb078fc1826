/*
 * Elementary functions of our own where a score depends on them: the C library chooses variants by processor, and their
 * last bits differ. These are plain IEEE operations in a fixed order.
 */
#ifndef JT_CORE_MATH_H
#define JT_CORE_MATH_H

/* exp(x) to within 1 unit in the last place of a double over the normal range; 0 and infinity beyond it; NaN for NaN.
 */
double jt_exp(double x);

#endif /* JT_CORE_MATH_H */
