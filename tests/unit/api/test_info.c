/* What a model says of itself, and its working points. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "toys.h"

static void test_info_of_the_sample(void **state)
{
    (void)state;
    jt_model *model = toy_model("reference");
    jt_model_info i = {.size = sizeof i};
    assert_int_equal(jt_model_info_get(model, &i), JT_OK);
    assert_string_equal(i.name, "sample-net");
    assert_string_equal(i.version, "1.0");
    assert_string_equal(i.created, "2026-01-31");
    assert_string_equal(i.licence, "Apache-2.0");
    assert_string_equal(i.recipe, "T8");
    assert_string_equal(i.backend, "reference");
    assert_true(strlen(i.backend_reason) > 5);
    assert_true(i.image_shape[0] == 1 && i.image_shape[1] == 8 && i.image_shape[2] == 8);
    assert_true(i.recipe_shape[0] == 1 && i.recipe_shape[1] == 8 && i.recipe_shape[2] == 8);
    assert_true(i.n_features == 2 && i.n_classes == 2 && i.top_class == 1);
    assert_true(i.max_constituents == 200 && i.min_constituents == 4 && i.needs_classes == 0);
    assert_true(i.n_layers == 11 && i.n_working_points == 2 && i.n_golden == 8);
    /* By hand: stem 36 + 16; block 32 + 32, 72 + 32, 8 + 1 + 8 + 8, 32 + 16; depth 36 + 4; gate 8 + 2 + 8 + 4; dense 46
     */
    assert_int_equal(i.n_parameters, 52 + 64 + 104 + 25 + 48 + 40 + 22 + 46);
    assert_true(i.trained_jets == 1200000 && i.trained_epochs == 7.5);
    assert_true(i.accuracy == 0.93 && i.auc == 0.98 && i.rejection_50 == 240 && isnan(i.rejection_30));
    assert_string_equal(i.sample, "public");
    assert_string_equal(i.limits, "none");
    assert_string_equal(i.citation, "paper");
    assert_int_equal(strlen(i.header), i.header_length);
    assert_non_null(strstr(i.header, "\"seed\":1"));
    assert_string_equal(jt_model_feature(model, 0), "pt");
    assert_null(jt_model_feature(model, 2));
    assert_null(jt_model_feature(model, -1));
    assert_null(jt_model_feature(NULL, 0));
    jt_model_free(model);
}

/* An older program, whose struct ends early, gets what it knows and no byte more. */
static void test_older_and_newer_structs(void **state)
{
    (void)state;
    jt_model *model = toy_model("reference");
    unsigned char memory[2 * sizeof(jt_model_info)];
    memset(memory, 0xaa, sizeof memory);
    const size_t old = offsetof(jt_model_info, licence);
    memcpy(memory, &old, sizeof old);
    jt_model_info *info = (jt_model_info *)(void *)memory;
    assert_int_equal(jt_model_info_get(model, info), JT_OK);
    assert_string_equal(info->created, "2026-01-31");
    for (size_t i = old; i < sizeof memory; i++)
        assert_int_equal(memory[i], 0xaa);
    info->size = sizeof memory;
    assert_int_equal(jt_model_info_get(model, info), JT_OK);
    assert_int_equal(info->size, sizeof memory);
    info->size = 1;
    assert_int_equal(jt_model_info_get(model, info), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_model_info_get(model, NULL), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_model_info_get(NULL, info), JT_ERROR_ARGUMENT);
    jt_model_free(model);
}

static void test_working_points(void **state)
{
    (void)state;
    jt_model *model = toy_model("reference");
    jt_working_point p = {.size = sizeof p};
    assert_int_equal(jt_model_working_point(model, 1, &p), JT_OK);
    assert_true(p.signal_efficiency == 0.5 && p.threshold == 0.7 && p.background_efficiency == 0.01 &&
                p.background_error == 5e-4);
    assert_int_equal(jt_model_working_point(model, 2, &p), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_model_working_point(model, -1, &p), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_model_working_point(model, 0, NULL), JT_ERROR_ARGUMENT);

    assert_int_equal(jt_model_threshold(model, 0.3, &p), JT_OK);
    assert_true(p.threshold == 0.9);
    assert_int_equal(jt_model_threshold(model, 0.5, &p), JT_OK);
    assert_true(p.threshold == 0.7);
    assert_int_equal(jt_model_threshold(model, 0.45, &p), JT_OK);
    assert_true(fabs(p.threshold - 0.75) < 1e-12 && fabs(p.background_efficiency - 0.00775) < 1e-12);
    const double outside[] = {0.29, 0.51, -1, (double)NAN, (double)INFINITY};
    for (int i = 0; i < 5; i++)
        assert_int_equal(jt_model_threshold(model, outside[i], &p), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_model_threshold(NULL, 0.4, &p), JT_ERROR_ARGUMENT);
    jt_model_free(model);
}

/* The scores of the sample's golden jets are made up: its self-test has to say so. That trained models pass is tested
   in Python. */
static void test_selftest(void **state)
{
    (void)state;
    static const char *const edits[] = {"\"min_constituents\":4", "\"min_constituents\":1", NULL};
    jt_model *model = toy_model_edited("reference", edits);
    jt_error error = {.size = sizeof error};
    double largest = 0;
    assert_int_equal(jt_model_selftest(model, &largest, &error), JT_ERROR_SELFTEST);
    assert_false(largest <= 1e-5);
    assert_string_equal(error.key, "golden.scores");
    assert_int_equal(jt_model_selftest(NULL, NULL, &error), JT_ERROR_ARGUMENT);
    jt_model_free(model);

    /* Golden jets that cannot be scored at all are no success either. */
    model = toy_model("reference");
    assert_int_equal(jt_model_selftest(model, NULL, &error), JT_ERROR_SELFTEST);
    jt_model_free(model);
}

static void test_version(void **state)
{
    (void)state;
    char expected[32];
    snprintf(expected, sizeof expected, "%d.%d.%d", JT_VERSION_MAJOR, JT_VERSION_MINOR, JT_VERSION_PATCH);
    assert_string_equal(jt_version(), expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_info_of_the_sample),
        cmocka_unit_test(test_older_and_newer_structs),
        cmocka_unit_test(test_working_points),
        cmocka_unit_test(test_selftest),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
