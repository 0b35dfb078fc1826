/* The sums that the features are ratios of, and who calculates them. */
#ifndef JT_FEATURES_SUMS_H
#define JT_FEATURES_SUMS_H

#include "pairs.h"

/* Places of the exponents in the arrays below. */
enum { JT_HALF = 0, JT_ONE, JT_TWO, JT_D3, JT_EXPONENTS };

enum { JT_MOST_AXES = 6 };

typedef struct jt_sums {
    double tau[JT_MOST_AXES][3]; /* tau_(N+1)(b), b = 1/2, 1, 2; GeV */
    double e2[JT_EXPONENTS];     /* theta^b; JT_D3 is not used */
    double e3[JT_EXPONENTS];     /* product of all three angles; JT_HALF is not used, JT_D3 has b = 0.8 */
    double e4[JT_EXPONENTS];     /* product of all six; JT_HALF is not used, JT_D3 has b = 0.6 */
    double one_e3[3];            /* smallest angle */
    double two_e3[3];            /* product of the two smallest; JT_HALF is not used */
    double one_e4[3], two_e4[3]; /* likewise of six */
} jt_sums;

size_t jt_nsubjettiness_bytes(int32_t capacity);

#endif /* JT_FEATURES_SUMS_H */
