/* jt_exp against the C library's in long double; test_elementary.c has the other functions. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/core/math.h"

enum { TRIALS = 300000 };

/* Error in units in the last place of the nearest double. */
static double units_off(double x)
{
    long double exact = expl((long double)x);
    double nearest = (double)exact;
    double unit = nearest - nextafter(nearest, 0.0);
    if (!(jt_exp(x) > 0.0) || isinf(jt_exp(x)))
        return (double)INFINITY;
    return (double)(fabsl((long double)jt_exp(x) - exact) / (long double)unit);
}

static double uniform(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static void exp_is_within_one_unit(void **unused)
{
    (void)unused;
    /* The whole range of normal results, with its ends and the middle, where scores are made, more densely. */
    const double ranges[][2] = {{-708.396418532264, 709.782712893384},
                                {-708.396418532264, -707.5},
                                {708.5, 709.78271},
                                {-20, 20},
                                {-1, 1},
                                {-1e-9, 1e-9}};
    uint64_t state = 88172645463325252u;
    double worst = 0.0;
    for (size_t range = 0; range < sizeof ranges / sizeof *ranges; range++)
        for (int i = 0; i < TRIALS; i++) {
            double x = ranges[range][0] + (ranges[range][1] - ranges[range][0]) * uniform(&state);
            double off = units_off(x);
            if (off > worst)
                worst = off;
            if (!(off < 1.0))
                fail_msg("exp(%.17g) = %.17g is %g units off", x, jt_exp(x), off);
        }
    print_message("worst error of exp: %.3f units in the last place\n", worst);
}

/* Where the reduction changes from one power of two to the next. */
static void exp_at_the_seams(void **unused)
{
    (void)unused;
    for (int k = -1021; k <= 1023; k++) {
        double seam = (k - 0.5) * 0.69314718055994531;
        for (double x = nextafter(seam, -1e9), last = nextafter(nextafter(seam, 1e9), 1e9); x <= last;
             x = nextafter(x, 1e9))
            assert_true(units_off(x) < 1.0);
    }
}

static void exp_of_special_values(void **unused)
{
    (void)unused;
    const double infinity = (double)INFINITY;
    assert_true(jt_exp(0.0) == 1.0);
    assert_true(jt_exp(-0.0) == 1.0);
    assert_true(jt_exp(infinity) == infinity);
    assert_true(jt_exp(-infinity) == 0.0 && !signbit(jt_exp(-infinity)));
    assert_true(isnan(jt_exp((double)NAN)));
    assert_true(jt_exp(1e9) == infinity && jt_exp(DBL_MAX) == infinity);
    assert_true(jt_exp(-1e9) == 0.0 && jt_exp(-DBL_MAX) == 0.0);
    assert_true(jt_exp(5e-324) == 1.0 && jt_exp(-5e-324) == 1.0);
    /* The last argument of a finite and of a normal result, and their neighbours outside. */
    assert_true(jt_exp(709.782712893384) <= DBL_MAX && jt_exp(709.782712893384) > 1.79e308);
    assert_true(jt_exp(nextafter(709.782712893384, 1e9)) == infinity);
    assert_true(jt_exp(-708.39641853226408) >= DBL_MIN);
    assert_true(jt_exp(nextafter(-708.39641853226408, -1e9)) == 0.0);
    /* exp(1), exp(-1), exp(10), to 17 digits from their series. */
    assert_true(fabs(jt_exp(1.0) - 2.7182818284590452) <= 4.5e-16);
    assert_true(fabs(jt_exp(-1.0) - 0.36787944117144233) <= 5.6e-17);
    assert_true(fabs(jt_exp(10.0) - 22026.465794806717) <= 3.7e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_within_one_unit),
        cmocka_unit_test(exp_at_the_seams),
        cmocka_unit_test(exp_of_special_values),
    };
    return cmocka_run_group_tests_name("math", tests, NULL, NULL);
}
