/* The small things every room relies on: checksums, exp, sized structs, the floating-point guard. */
#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/core.h"
#include "lib/core/float_guard.h"
#include "lib/core/math.h"
#include "lib/core/sized.h"

static void crc32c_has_the_published_check_values(void **state)
{
    (void)state;
    const unsigned char zeros[32] = {0};
    unsigned char ones[32];
    memset(ones, 0xff, sizeof ones);
    assert_int_equal(jt_crc32c("123456789", 9), 0xe3069283u);
    assert_int_equal(jt_crc32c(zeros, sizeof zeros), 0x8a9136aau); /* RFC 3720, B.4 */
    assert_int_equal(jt_crc32c(ones, sizeof ones), 0x62a8ab43u);
    assert_int_equal(jt_crc32c("", 0), 0u);
}

static void exp_agrees_with_the_c_library(void **state)
{
    (void)state;
    double worst = 0.0;
    for (double x = -700.0; x < 709.5; x += 0.0371) {
        double relative = fabs(jt_exp(x) / exp(x) - 1.0);
        worst = relative > worst ? relative : worst;
    }
    assert_true(worst < 5e-16);
    assert_true(jt_exp(0.0) == 1.0);
    assert_true(jt_exp(-1e9) == 0.0);
    assert_true(isinf(jt_exp(710.0)));
    assert_true(isnan(jt_exp((double)NAN)));
}

typedef struct old_struct {
    size_t size;
    int a;
} old_struct;

typedef struct new_struct {
    size_t size;
    int a, b;
} new_struct;

static void sized_structs_of_both_ages_are_read_and_written(void **state)
{
    (void)state;
    new_struct ours = {0, 7, 7};
    old_struct older = {sizeof older, 3};
    assert_true(jt_sized_read(&ours, sizeof ours, &older));
    assert_int_equal(ours.size, sizeof ours);
    assert_int_equal(ours.a, 3);
    struct {
        new_struct known;
        int later;
    } newer = {{sizeof newer, 1, 2}, 9};
    assert_true(jt_sized_read(&ours, sizeof ours, &newer));
    assert_int_equal(ours.b, 2);
    ours.b = 5;
    assert_true(jt_sized_write(&newer, &ours, sizeof ours));
    assert_int_equal(newer.known.size, sizeof newer);
    assert_int_equal(newer.known.b, 5);
    assert_int_equal(newer.later, 9);
    size_t unset = 0;
    assert_false(jt_sized_read(&ours, sizeof ours, &unset));
    assert_false(jt_sized_write(&unset, &ours, sizeof ours));
}

static void float_guard_sets_the_default_and_restores(void **state)
{
    (void)state;
    jt_float_guard guard;
    fesetround(FE_UPWARD);
    errno = 42;
    jt_float_guard_enter(&guard);
    volatile double one = 1.0, tiny = 1e-300;
    volatile double sum = one + tiny;
    errno = 7;
    jt_float_guard_leave(&guard);
    int rounding = fegetround();
    volatile double rounded_up = one + tiny;
    fesetround(FE_TONEAREST);
    assert_true(sum == 1.0);
    assert_int_equal(rounding, FE_UPWARD);
    assert_true(rounded_up > 1.0);
    assert_int_equal(errno, 42);
}

static void overflowing_allocations_are_refused(void **state)
{
    (void)state;
    assert_null(jt_allocate(&jt_default_host, SIZE_MAX / 2, 4));
    char *memory = jt_allocate(&jt_default_host, 100, 3);
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % 64, 0);
    for (int i = 0; i < 300; i++)
        assert_int_equal(memory[i], 0);
    jt_release(&jt_default_host, memory);
    jt_release(&jt_default_host, NULL);
}

static void failures_fill_in_old_and_new_errors(void **state)
{
    (void)state;
    jt_error error = {.size = sizeof error};
    assert_int_equal(jt_fail(&error, JT_ERROR_FORMAT, 12, "layers[3].kernel", "%d is wrong", 5), JT_ERROR_FORMAT);
    assert_int_equal(error.status, JT_ERROR_FORMAT);
    assert_int_equal(error.offset, 12);
    assert_string_equal(error.key, "layers[3].kernel");
    assert_string_equal(error.text, "5 is wrong");
    assert_int_equal(jt_fail(NULL, JT_ERROR_MEMORY, -1, NULL, "no memory"), JT_ERROR_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32c_has_the_published_check_values),
        cmocka_unit_test(exp_agrees_with_the_c_library),
        cmocka_unit_test(sized_structs_of_both_ages_are_read_and_written),
        cmocka_unit_test(float_guard_sets_the_default_and_restores),
        cmocka_unit_test(overflowing_allocations_are_refused),
        cmocka_unit_test(failures_fill_in_old_and_new_errors),
    };
    return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
