/* The caller's floating-point state inside and after a guard. */
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#include <cmocka.h>

#include "lib/core/float_guard.h"

/* Volatile: the compiler may not calculate these itself. */
static double sum(double a, double b)
{
    volatile double x = a, y = b;
    return x + y;
}

static double quotient(double a, double b)
{
    volatile double x = a, y = b;
    return x / y;
}

static void every_rounding_mode(void **state)
{
    (void)state;
    const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (int i = 0; i < 4; i++) {
        jt_float_guard guard;
        assert_int_equal(fesetround(modes[i]), 0);
        jt_float_guard_enter(&guard);
        double up = sum(1.0, 1e-300), down = sum(1.0, -1e-300), third = quotient(1.0, 3.0);
        jt_float_guard_leave(&guard);
        int after = fegetround();
        double up_after = sum(1.0, 1e-300), down_after = sum(1.0, -1e-300);
        fesetround(FE_TONEAREST);
        assert_int_equal(after, modes[i]);
        assert_true(up == 1.0 && down == 1.0 && third == 0.333333333333333315);
        assert_true(up_after == (modes[i] == FE_UPWARD ? 1.0 + DBL_EPSILON : 1.0));
        assert_true(down_after == (modes[i] == FE_DOWNWARD || modes[i] == FE_TOWARDZERO ? 1.0 - DBL_EPSILON / 2 : 1.0));
    }
}

static void flush_to_zero(void **state)
{
    (void)state;
#ifdef __SSE2__
    const unsigned both[] = {0x8000, 0x0040, 0x8040}; /* flush results, take denormals for zero, both */
    for (int i = 0; i < 3; i++) {
        jt_float_guard guard;
        unsigned before = _mm_getcsr();
        _mm_setcsr(before | both[i]);
        jt_float_guard_enter(&guard);
        double inside = quotient(DBL_MIN, 4.0), denormal = sum(5e-324, 5e-324);
        jt_float_guard_leave(&guard);
        unsigned after = _mm_getcsr();
        _mm_setcsr(before);
        assert_true(inside == 5.5626846462680035e-309);
        assert_true(denormal == 1e-323);
        assert_int_equal(after, before | both[i]);
    }
#else
    print_message("no SSE2 here, so no flush-to-zero to test\n");
    skip();
#endif
}

static void exception_flags(void **state)
{
    (void)state;
    for (int raised = 0; raised < 2; raised++) {
        jt_float_guard guard;
        feclearexcept(FE_ALL_EXCEPT);
        if (raised)
            feraiseexcept(FE_UNDERFLOW | FE_INVALID);
        int before = fetestexcept(FE_ALL_EXCEPT);
        jt_float_guard_enter(&guard);
        quotient(1.0, 0.0);
        quotient(1.0, 3.0);
        sum(DBL_MAX, DBL_MAX);
        jt_float_guard_leave(&guard);
        int after = fetestexcept(FE_ALL_EXCEPT);
        feclearexcept(FE_ALL_EXCEPT);
        assert_int_equal(after, before);
    }
}

/* Unmasked exceptions would kill the caller's process at the library's first inexact number. */
static void traps_are_off_inside(void **state)
{
    (void)state;
#ifdef __SSE2__
    jt_float_guard guard;
    unsigned before = _mm_getcsr();
    feclearexcept(FE_ALL_EXCEPT);
    _mm_setcsr(_mm_getcsr() & ~0x1f80u);
    jt_float_guard_enter(&guard);
    double infinite = quotient(1.0, 0.0);
    jt_float_guard_leave(&guard);
    unsigned after = _mm_getcsr();
    _mm_setcsr(before);
    assert_true(infinite > DBL_MAX);
    assert_int_equal(after & 0x1f80u, 0);
#else
    print_message("no SSE2 here, so no masks to test\n");
    skip();
#endif
}

static void errno_stays(void **state)
{
    (void)state;
    jt_float_guard guard;
    errno = 4711;
    jt_float_guard_enter(&guard);
    errno = ERANGE;
    jt_float_guard_leave(&guard);
    assert_int_equal(errno, 4711);
}

static void one_inside_the_other(void **state)
{
    (void)state;
    jt_float_guard outer, inner;
    fesetround(FE_DOWNWARD);
    jt_float_guard_enter(&outer);
    jt_float_guard_enter(&inner);
    jt_float_guard_leave(&inner);
    double between = sum(1.0, -1e-300);
    jt_float_guard_leave(&outer);
    double after = sum(1.0, -1e-300);
    fesetround(FE_TONEAREST);
    assert_true(between == 1.0);
    assert_true(after < 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rounding_mode),  cmocka_unit_test(flush_to_zero), cmocka_unit_test(exception_flags),
        cmocka_unit_test(traps_are_off_inside), cmocka_unit_test(errno_stays),   cmocka_unit_test(one_inside_the_other),
    };
    return cmocka_run_group_tests_name("float_guard", tests, NULL, NULL);
}
