/* Arguments that cannot be right are refused before anything is written, with words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "toys.h"

static jt_error error = {.size = sizeof error};

static void expect_error(jt_status status, jt_status expected, const char *word)
{
    assert_int_equal(status, expected);
    assert_int_equal(error.status, expected);
    if (!strstr(error.text, word))
        fail_msg("\"%s\" does not speak of %s", error.text, word);
    error = (jt_error){.size = sizeof error};
}

static void test_load(void **state)
{
    (void)state;
    size_t length = 0;
    void *bytes = toy_file(NULL, &length);
    jt_model *model = (jt_model *)bytes;
    expect_error(jt_model_load(NULL, NULL, &model, &error), JT_ERROR_ARGUMENT, "path");
    assert_null(model);
    expect_error(jt_model_load("x", NULL, NULL, &error), JT_ERROR_ARGUMENT, "model");
    expect_error(jt_model_load("/nonexistent/x.jtm", NULL, &model, &error), JT_ERROR_FILE, "/nonexistent/x.jtm");
    expect_error(jt_model_load("/", NULL, &model, &error), JT_ERROR_FILE, "");
    expect_error(jt_model_load_memory(NULL, 5, NULL, &model, &error), JT_ERROR_ARGUMENT, "bytes");
    expect_error(jt_model_load_memory(bytes, length, NULL, NULL, &error), JT_ERROR_ARGUMENT, "model");
    expect_error(jt_model_load_memory(bytes, 0, NULL, &model, &error), JT_ERROR_FORMAT, "");
    assert_null(model);

    jt_model_options options = {0};
    expect_error(jt_model_load_memory(bytes, length, &options, &model, &error), JT_ERROR_ARGUMENT, "size");
    options.size = sizeof options;
    options.backend = "none such";
    expect_error(jt_model_load_memory(bytes, length, &options, &model, &error), JT_ERROR_BACKEND, "none such");
    assert_null(model);
    jt_allocator lacking = {NULL, NULL, NULL};
    options = (jt_model_options){.size = sizeof options, .allocator = &lacking};
    expect_error(jt_model_load_memory(bytes, length, &options, &model, &error), JT_ERROR_ARGUMENT, "allocator");
    /* Without an error struct it is the status that tells. */
    assert_int_equal(jt_model_load_memory(bytes, length / 2, NULL, &model, NULL), JT_ERROR_FORMAT);
    free(bytes);
    jt_model_free(NULL);
    jt_context_free(NULL);
}

static void test_context(void **state)
{
    (void)state;
    jt_model *model = toy_model("reference");
    jt_context *context = NULL;
    jt_context_options options = {0};
    expect_error(jt_context_create(NULL, NULL, &context, &error), JT_ERROR_ARGUMENT, "model");
    expect_error(jt_context_create(model, NULL, NULL, &error), JT_ERROR_ARGUMENT, "context");
    expect_error(jt_context_create(model, &options, &context, &error), JT_ERROR_ARGUMENT, "size");
    const int32_t bad_batches[] = {-1, 65537, INT32_MIN};
    for (int i = 0; i < 3; i++) {
        options = (jt_context_options){.size = sizeof options, .max_batch = bad_batches[i]};
        expect_error(jt_context_create(model, &options, &context, &error), JT_ERROR_ARGUMENT, "max_batch");
    }
    options = (jt_context_options){.size = sizeof options, .max_batch = 1, .max_constituents = 3};
    expect_error(jt_context_create(model, &options, &context, &error), JT_ERROR_ARGUMENT, "max_constituents");
    options = (jt_context_options){.size = sizeof options, .inputs = (jt_memory)2};
    expect_error(jt_context_create(model, &options, &context, &error), JT_ERROR_ARGUMENT, "inputs is 2");
    options.inputs = JT_ON_DEVICE;
    expect_error(jt_context_create(model, &options, &context, &error), JT_ERROR_UNSUPPORTED, "reference has no device");
    assert_null(context);
    assert_string_equal(jt_context_error(NULL), "");
    jt_model_free(model);
}

static void expect_refused(jt_context *context, jt_status status, jt_status expected, const char *word)
{
    assert_int_equal(status, expected);
    if (!strstr(jt_context_error(context), word))
        fail_msg("\"%s\" does not speak of %s", jt_context_error(context), word);
}

static void test_tag(void **state)
{
    (void)state;
    jt_model *model = toy_model("reference");
    jt_context *context = NULL;
    assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
    assert_string_equal(jt_context_error(context), "");
    toy_jets jets = toy_jets_make(4, 1, 0);
    jt_jets view = toy_view(&jets, 0, 4);
    float scores[4] = {7, 7, 7, 7};
    jt_output output = {.size = sizeof output, .scores = scores}, unset = {0};
    assert_int_equal(jt_tag_jets(NULL, &view, &output), JT_ERROR_ARGUMENT);
    expect_refused(context, jt_tag_jets(context, NULL, &output), JT_ERROR_ARGUMENT, "jets");
    expect_refused(context, jt_tag_jets(context, &view, NULL), JT_ERROR_ARGUMENT, "output");
    expect_refused(context, jt_tag_jets(context, &view, &unset), JT_ERROR_ARGUMENT, "output");
    jets.offsets[2] = 0;
    expect_refused(context, jt_tag_jets(context, &view, &output), JT_ERROR_ARGUMENT, "offsets fall");
    assert_int_equal(jt_network_inputs(NULL, &view, NULL, NULL, NULL), JT_ERROR_ARGUMENT);
    expect_refused(context, jt_network_inputs(context, &view, NULL, NULL, NULL), JT_ERROR_ARGUMENT, "offsets fall");
    for (int i = 0; i < 4; i++)
        assert_true(scores[i] == 7);

    const float pixels[64] = {0}, features[2] = {0};
    assert_int_equal(jt_tag_images(NULL, pixels, features, 1, &output), JT_ERROR_ARGUMENT);
    expect_refused(context, jt_tag_images(context, pixels, features, -1, &output), JT_ERROR_ARGUMENT, "n is negative");
    expect_refused(context, jt_tag_images(context, NULL, features, 1, &output), JT_ERROR_ARGUMENT, "images");
    expect_refused(context, jt_tag_images(context, pixels, NULL, 1, &output), JT_ERROR_ARGUMENT, "features");
    expect_refused(context, jt_tag_images(context, pixels, features, 1, NULL), JT_ERROR_ARGUMENT, "output");
    assert_int_equal(jt_tag_images(context, NULL, NULL, 0, &output), JT_OK);
    assert_int_equal(jt_tag_images(context, pixels, features, 1, &output), JT_OK);
    toy_jets_free(&jets);
    jt_context_free(context);
    jt_model_free(model);
}

static void test_colour_needs_classes(void **state)
{
    (void)state;
    static const char *const edits[] = {"\"channels\":[\"pt\"]", "\"channels\":[\"muon_count\"]",
                                        "\"offsets\":[0,2,4,6,8,10,12,14,16],",
                                        "\"offsets\":[0,2,4,6,8,10,12,14,16],"
                                        "\"constituent_classes\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],",
                                        NULL};
    jt_model *model = toy_model_edited("reference", edits);
    jt_model_info info = {.size = sizeof info};
    assert_int_equal(jt_model_info_get(model, &info), JT_OK);
    assert_int_equal(info.needs_classes, 1);
    jt_context *context = NULL;
    assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
    toy_jets jets = toy_jets_make(4, 1, 0);
    jt_jets view = toy_view(&jets, 0, 4);
    uint8_t statuses[4];
    jt_output output = {.size = sizeof output, .statuses = statuses};
    jets.classes[jets.offsets[2]] = 3;
    assert_int_equal(jt_tag_jets(context, &view, &output), JT_OK);
    const uint8_t expected[4] = {JT_JET_OK, JT_JET_OK, JT_JET_BAD_CLASS, JT_JET_OK};
    assert_memory_equal(statuses, expected, sizeof expected);
    view.classes = NULL;
    expect_refused(context, jt_tag_jets(context, &view, &output), JT_ERROR_CLASSES, "class");
    toy_jets_free(&jets);
    jt_context_free(context);
    jt_model_free(model);
}

static void test_standalone(void **state)
{
    (void)state;
    toy_jets jets = toy_jets_make(2, 1, 0);
    jt_jets view = toy_view(&jets, 0, 2);
    float *images = calloc(2 * 4 * 40 * 40, sizeof *images);
    double *features = calloc(2 * 53, sizeof *features);
    expect_error(jt_jet_images(&view, NULL, images, NULL, &error), JT_ERROR_ARGUMENT, "recipe");
    expect_error(jt_jet_images(&view, "none", images, NULL, &error), JT_ERROR_ARGUMENT, "'none'");
    expect_error(jt_jet_images(&view, "A35", NULL, NULL, &error), JT_ERROR_ARGUMENT, "images");
    expect_error(jt_jet_images(NULL, "A35", images, NULL, &error), JT_ERROR_ARGUMENT, "jets");
    expect_error(jt_jet_features(&view, NULL, NULL, NULL, &error), JT_ERROR_ARGUMENT, "features");
    expect_error(jt_jet_features(NULL, NULL, features, NULL, &error), JT_ERROR_ARGUMENT, "jets");
    view.classes = NULL;
    expect_error(jt_jet_images(&view, "B37-colour", images, NULL, &error), JT_ERROR_CLASSES, "class");
    uint8_t statuses[2] = {9, 9};
    assert_int_equal(jt_jet_images(&view, "A35", images, statuses, &error), JT_OK);
    assert_int_equal(statuses[0] + statuses[1], 0);
    statuses[0] = 9;
    assert_int_equal(jt_jet_features(&view, NULL, features, statuses, &error), JT_OK);
    assert_int_equal(statuses[0] + statuses[1], 0);
    free(images);
    free(features);
    toy_jets_free(&jets);
}

static void test_feature_options(void **state)
{
    (void)state;
    toy_jets jets = toy_jets_make(2, 1, 0);
    jt_jets view = toy_view(&jets, 0, 2);
    double features[4];
    jt_feature_options options = {0};
    expect_error(jt_jet_features(&view, &options, features, NULL, &error), JT_ERROR_ARGUMENT, "size");
    options = (jt_feature_options){.size = sizeof options, .axes = (jt_axes)2};
    expect_error(jt_jet_features(&view, &options, features, NULL, &error), JT_ERROR_ARGUMENT, "axes is 2");
    const int32_t bad_limits[] = {-1, 1, 3};
    for (int i = 0; i < 3; i++) {
        options = (jt_feature_options){.size = sizeof options, .four_point_constituents = bad_limits[i]};
        expect_error(jt_jet_features(&view, &options, features, NULL, &error), JT_ERROR_ARGUMENT, "four_point");
    }
    const int32_t indices[2] = {4, 53}, negative[2] = {-1, 0};
    options = (jt_feature_options){.size = sizeof options, .indices = indices, .n_indices = 2};
    expect_error(jt_jet_features(&view, &options, features, NULL, &error), JT_ERROR_ARGUMENT, "indices[1] is 53");
    options.indices = negative;
    expect_error(jt_jet_features(&view, &options, features, NULL, &error), JT_ERROR_ARGUMENT, "indices[0] is -1");
    options.n_indices = 0;
    expect_error(jt_jet_features(&view, &options, features, NULL, &error), JT_ERROR_ARGUMENT, "n_indices is 0");
    options.indices = indices;
    options.n_indices = 1;
    assert_int_equal(jt_jet_features(&view, &options, features, NULL, &error), JT_OK);
    assert_true(features[0] == (double)(jets.offsets[1] - jets.offsets[0]));
    toy_jets_free(&jets);
}

static void test_lists_end(void **state)
{
    (void)state;
    jt_recipe_info recipe = {.size = sizeof recipe};
    jt_feature_info feature = {.size = sizeof feature};
    jt_backend_info backend = {.size = sizeof backend};
    int32_t n = 0;
    while (jt_recipe_info_get(n, &recipe) == JT_OK)
        n++;
    assert_int_equal(n, 7);
    assert_int_equal(jt_recipe_info_get(-1, &recipe), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_recipe_info_get(0, NULL), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_feature_count(), 53);
    assert_int_equal(jt_feature_info_get(52, &feature), JT_OK);
    assert_int_equal(jt_feature_info_get(53, &feature), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_feature_info_get(-1, &feature), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_feature_info_get(0, NULL), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_backend_info_get(0, NULL, NULL), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_backend_info_get(-1, NULL, &backend), JT_ERROR_ARGUMENT);
    assert_int_equal(jt_backend_info_get(99, NULL, &backend), JT_ERROR_ARGUMENT);
}

static void test_texts(void **state)
{
    (void)state;
    for (int i = JT_OK; i <= JT_ERROR_LIMIT; i++)
        for (int k = JT_OK; k < i; k++)
            assert_string_not_equal(jt_status_text((jt_status)i), jt_status_text((jt_status)k));
    for (int i = JT_JET_OK; i <= JT_JET_CUT; i++)
        for (int k = JT_JET_OK; k < i; k++)
            assert_string_not_equal(jt_jet_status_text((jt_jet_status)i), jt_jet_status_text((jt_jet_status)k));
    assert_true(strlen(jt_status_text((jt_status)77)) > 5);
    assert_true(strlen(jt_jet_status_text((jt_jet_status)77)) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),       cmocka_unit_test(test_context),
        cmocka_unit_test(test_tag),        cmocka_unit_test(test_colour_needs_classes),
        cmocka_unit_test(test_standalone), cmocka_unit_test(test_lists_end),
        cmocka_unit_test(test_texts),      cmocka_unit_test(test_feature_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
