/* Our elementary functions against the C library's in long double: errors in units in the last place of a double. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/elementary.h"
#include "lib/core/math.h"

enum { TRIALS = 200000 };

static uint64_t state = 88172645463325252u;

static uint64_t random_bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* In [0, 1). */
static double uniform(void)
{
    return (double)(random_bits() >> 11) / 9007199254740992.0;
}

static double between(double low, double high)
{
    return low + (high - low) * uniform();
}

/* Both signs, sizes from 1e-300 to 1e300. */
static double any_size(void)
{
    double size = pow(10, between(-300, 300));
    return random_bits() & 1 ? size : -size;
}

static double units_off(double ours, long double exact)
{
    double nearest = (double)exact;
    double unit = nextafter(fabs(nearest), (double)INFINITY) - fabs(nearest);
    return (double)(fabsl((long double)ours - exact) / (long double)unit);
}

static void note(double *worst, double ours, long double exact, double x)
{
    double off = units_off(ours, exact);
    if (!(off < 1e6))
        fail_msg("%.17g gives %.17g, not %.17Lg", x, ours, exact);
    if (off > *worst)
        *worst = off;
}

static void test_log(void **unused)
{
    (void)unused;
    double worst = 0;
    for (int i = 0; i < TRIALS; i++) {
        double x = i & 1 ? fabs(any_size()) : between(0.4, 2.5);
        note(&worst, jt_ln(x), logl((long double)x), x);
    }
    note(&worst, jt_ln(5e-324), logl((long double)5e-324), 5e-324);
    note(&worst, jt_ln(DBL_MAX), logl((long double)DBL_MAX), DBL_MAX);
    print_message("ln %.3f\n", worst);
    assert_true(worst < 0.53);
    assert_true(jt_ln(1.0) == 0.0 && jt_ln(0.0) == -(double)INFINITY && isnan(jt_ln(-1.0)));
    assert_true(isnan(jt_ln((double)NAN)) && jt_ln((double)INFINITY) == (double)INFINITY);
}

static void test_log1p(void **unused)
{
    (void)unused;
    double worst = 0;
    for (int i = 0; i < TRIALS; i++) {
        double x = i & 1 ? fabs(any_size()) : between(-0.9, 3);
        note(&worst, jt_ln1p(x), log1pl((long double)x), x);
    }
    print_message("log1p %.3f\n", worst);
    assert_true(worst < 2.0);
}

static void test_atan2(void **unused)
{
    (void)unused;
    double worst = 0;
    for (int i = 0; i < TRIALS; i++) {
        double y = i & 1 ? between(-1, 1) : any_size(), x = i & 2 ? between(-1, 1) : any_size();
        /* The quotient of the smallest results is denormal, where a unit is no measure of a relative error. */
        if (fabs(y) < fabs(x) * 1e-290)
            continue;
        note(&worst, jt_atan2(y, x), atan2l((long double)y, (long double)x), y);
    }
    print_message("atan2 %.3f\n", worst);
    assert_true(worst < 0.53);
    const double values[] = {0.0, -0.0, 1.0, -1.0, 2.5, -2.5};
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 6; k++) {
            double ours = jt_atan2(values[i], values[k]), theirs = atan2(values[i], values[k]);
            assert_true(ours == theirs && signbit(ours) == signbit(theirs));
        }
    assert_true(fabs(jt_atan2(DBL_MAX, -DBL_MAX) - 0.75 * M_PI) < 1e-15);
}

static void test_sin_cos(void **unused)
{
    (void)unused;
    double worst = 0, worst_absolute = 0;
    for (int i = 0; i < TRIALS; i++) {
        double x = i & 1 ? between(-10, 10) : i & 2 ? between(-1e5, 1e5) : any_size();
        if (fabs(x) > 1e5)
            continue;
        double s, c;
        jt_sin_cos(x, &s, &c);
        /* Near a zero it is the absolute error that counts. */
        if (fabs(s) > 1e-3)
            note(&worst, s, sinl((long double)x), x);
        if (fabs(c) > 1e-3)
            note(&worst, c, cosl((long double)x), x);
        double off =
            (double)fmaxl(fabsl((long double)s - sinl((long double)x)), fabsl((long double)c - cosl((long double)x)));
        worst_absolute = off > worst_absolute ? off : worst_absolute;
    }
    print_message("sin, cos %.3f, absolute %.3g\n", worst, worst_absolute);
    assert_true(worst < 1.0);
    assert_true(worst_absolute < 1.2e-16);
    double s, c;
    jt_sin_cos(1e300, &s, &c);
    assert_true(fabs(s * s + c * c - 1) < 1e-15);
}

static void test_hyperbolic(void **unused)
{
    (void)unused;
    double worst_asinh = 0, worst_sinh = 0;
    for (int i = 0; i < TRIALS; i++) {
        double x = i & 1 ? any_size() : between(-20, 20);
        note(&worst_asinh, jt_asinh(x), asinhl((long double)x), x);
        double small = i & 1 ? between(-30, 30) : between(-1, 1);
        note(&worst_sinh, jt_sinh(small), sinhl((long double)small), small);
    }
    print_message("asinh %.3f, sinh %.3f\n", worst_asinh, worst_sinh);
    assert_true(worst_asinh < 3.0);
    assert_true(worst_sinh < 3.0);
    assert_true(jt_asinh(0.0) == 0.0 && jt_sinh(0.0) == 0.0 && signbit(jt_asinh(-0.0)));
}

static void test_power(void **unused)
{
    (void)unused;
    for (int i = 0; i < TRIALS; i++) {
        double x = pow(10, between(-40, 40)), exponent = between(0, 3);
        long double exact = powl((long double)x, (long double)exponent);
        long double off = fabsl((long double)jt_power(x, exponent) / exact - 1);
        assert_true(off < 1e-15L * (1 + fabsl((long double)exponent * logl((long double)x))));
    }
    assert_true(jt_power(0.0, 0.3) == 0.0);
    assert_true(jt_power(1.0, 0.3) == 1.0);
}

static void test_exp(void **unused)
{
    (void)unused;
    double worst = 0;
    for (int i = 0; i < TRIALS; i++) {
        double x = i & 1 ? between(-700, 709) : between(-1, 1);
        note(&worst, jt_exp(x), expl((long double)x), x);
    }
    print_message("exp %.3f\n", worst);
    assert_true(worst < 2.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log),     cmocka_unit_test(test_log1p),      cmocka_unit_test(test_atan2),
        cmocka_unit_test(test_sin_cos), cmocka_unit_test(test_hyperbolic), cmocka_unit_test(test_power),
        cmocka_unit_test(test_exp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
