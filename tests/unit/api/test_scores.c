/* A jet's bits do not depend on company, place, layout or context size; bad jets get their own status. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "toys.h"

enum { N = 100, CLASSES = 2 };

typedef struct results {
    float scores[N];
    float logits[N * CLASSES];
    uint8_t statuses[N];
} results;

static void tag(jt_context *context, const jt_jets *jets, results *r, int64_t at)
{
    jt_output output = {.size = sizeof output,
                        .scores = r->scores + at,
                        .logits = r->logits + CLASSES * at,
                        .statuses = r->statuses + at};
    if (jt_tag_jets(context, jets, &output) != JT_OK)
        fail_msg("%s", jt_context_error(context));
}

static jt_context *make_context(jt_model *model, int32_t max_batch)
{
    jt_context *context = NULL;
    jt_context_options options = {.size = sizeof options, .max_batch = max_batch};
    assert_int_equal(jt_context_create(model, &options, &context, NULL), JT_OK);
    return context;
}

static results reference_results(jt_model *model, const toy_jets *jets)
{
    results r;
    memset(&r, 0xff, sizeof r);
    jt_context *context = make_context(model, 0);
    jt_jets view = toy_view(jets, 0, N);
    tag(context, &view, &r, 0);
    jt_context_free(context);
    return r;
}

static void check_backend(const char *backend)
{
    jt_model *model = toy_model(backend);
    toy_jets jets = toy_jets_make(N, 3, 1);
    results expected = reference_results(model, &jets), r;

    int n_good = 0, n_distinct = 0;
    for (int i = 0; i < N; i++) {
        n_good += expected.statuses[i] == JT_JET_OK;
        assert_true((expected.statuses[i] == JT_JET_OK) == !isnan(expected.scores[i]));
        n_distinct += i > 0 && expected.logits[2 * i] != expected.logits[2 * i - 2];
    }
    assert_true(n_good > N / 2 && n_good < N);
    assert_true(n_distinct > N / 2);

    /* Batches of every size: contexts of 1 .. 17, so that a jet is at every place. */
    for (int32_t batch = 1; batch <= 17; batch++) {
        jt_context *context = make_context(model, batch);
        jt_jets view = toy_view(&jets, 0, N);
        memset(&r, 0xff, sizeof r);
        tag(context, &view, &r, 0);
        assert_memory_equal(&r, &expected, sizeof r);
        jt_context_free(context);
    }
    /* Alone, in one context. */
    jt_context *context = make_context(model, 16);
    memset(&r, 0xff, sizeof r);
    for (int64_t i = N - 1; i >= 0; i--) {
        jt_jets view = toy_view(&jets, i, 1);
        tag(context, &view, &r, i);
    }
    assert_memory_equal(&r, &expected, sizeof r);
    /* In runs of 7 that begin anywhere. */
    for (int64_t i = 0; i + 7 <= N; i++) {
        jt_jets view = toy_view(&jets, i, 7);
        memset(&r, 0xff, sizeof r);
        tag(context, &view, &r, i);
        assert_memory_equal(r.scores + i, expected.scores + i, 7 * sizeof(float));
        assert_memory_equal(r.logits + CLASSES * i, expected.logits + CLASSES * i, 7 * CLASSES * sizeof(float));
    }
    jt_context_free(context);
    toy_jets_free(&jets);
    jt_model_free(model);
}

static void test_reference(void **state)
{
    (void)state;
    check_backend("reference");
}

static void test_auto(void **state)
{
    (void)state;
    check_backend("auto");
}

static void test_statuses(void **state)
{
    (void)state;
    jt_model *model = toy_model("reference");
    toy_jets jets = toy_jets_make(N, 3, 1);
    results r = reference_results(model, &jets);
    int seen[6] = {0};
    for (int i = 0; i < N; i++) {
        int64_t n = jets.offsets[i + 1] - jets.offsets[i];
        const double *p = jets.momenta + 4 * jets.offsets[i];
        int expected = JT_JET_OK;
        if (n < 4)
            expected = JT_JET_TOO_FEW;
        for (int64_t k = 0; k < n; k++)
            if (p[4 * k + 3] < 0)
                expected = JT_JET_NEGATIVE_ENERGY;
        for (int64_t k = 0; k < 4 * n; k++)
            if (isnan(p[k]))
                expected = JT_JET_NOT_FINITE;
        assert_int_equal(r.statuses[i], expected);
        seen[expected]++;
    }
    assert_true(seen[JT_JET_TOO_FEW] && seen[JT_JET_NEGATIVE_ENERGY] && seen[JT_JET_NOT_FINITE]);
    toy_jets_free(&jets);
    jt_model_free(model);
}

/* Results may be left out one by one. */
static void test_outputs_are_optional(void **state)
{
    (void)state;
    jt_model *model = toy_model("reference");
    toy_jets jets = toy_jets_make(N, 3, 1);
    results expected = reference_results(model, &jets), r;
    jt_context *context = make_context(model, 5);
    jt_jets view = toy_view(&jets, 0, N);
    memset(&r, 0, sizeof r);
    jt_output nothing = {.size = sizeof nothing};
    assert_int_equal(jt_tag_jets(context, &view, &nothing), JT_OK);
    jt_output scores = {.size = sizeof scores, .scores = r.scores};
    assert_int_equal(jt_tag_jets(context, &view, &scores), JT_OK);
    assert_memory_equal(r.scores, expected.scores, sizeof r.scores);
    jt_output statuses = {.size = sizeof statuses, .statuses = r.statuses};
    assert_int_equal(jt_tag_jets(context, &view, &statuses), JT_OK);
    assert_memory_equal(r.statuses, expected.statuses, sizeof r.statuses);
    jt_context_free(context);
    toy_jets_free(&jets);
    jt_model_free(model);
}

/* jt_network_inputs and then jt_tag_images is jt_tag_jets. */
static void test_inputs_then_images(void **state)
{
    (void)state;
    enum { PIXELS = 64, FEATURES = 2 };
    jt_model *model = toy_model("reference");
    toy_jets jets = toy_jets_make(N, 4, 0);
    results expected = reference_results(model, &jets), r;
    jt_context *context = make_context(model, 3);
    jt_jets view = toy_view(&jets, 0, N);
    float *images = malloc(N * PIXELS * sizeof *images), *features = malloc(N * FEATURES * sizeof *features);
    memset(&r, 0xff, sizeof r);
    assert_int_equal(jt_network_inputs(context, &view, images, features, r.statuses), JT_OK);
    jt_output output = {.size = sizeof output, .scores = r.scores, .logits = r.logits, .statuses = r.statuses};
    assert_int_equal(jt_tag_images(context, images, features, N, &output), JT_OK);
    assert_memory_equal(&r, &expected, sizeof r);
    free(images);
    free(features);
    jt_context_free(context);
    toy_jets_free(&jets);
    jt_model_free(model);
}

static void test_too_many_constituents(void **state)
{
    (void)state;
    jt_model *model = toy_model("reference");
    toy_jets jets = toy_jets_make(N, 5, 0);
    results expected = reference_results(model, &jets), r;
    jt_context *context = NULL;
    jt_context_options options = {.size = sizeof options, .max_constituents = 20};
    assert_int_equal(jt_context_create(model, &options, &context, NULL), JT_OK);
    jt_jets view = toy_view(&jets, 0, N);
    tag(context, &view, &r, 0);
    int n_many = 0;
    for (int i = 0; i < N; i++) {
        int many = jets.offsets[i + 1] - jets.offsets[i] > 20;
        assert_int_equal(r.statuses[i], many ? JT_JET_TOO_MANY : JT_JET_OK);
        n_many += many;
        if (!many)
            assert_memory_equal(r.scores + i, expected.scores + i, sizeof(float));
    }
    assert_true(n_many > 0 && n_many < N);
    jt_context_free(context);
    toy_jets_free(&jets);
    jt_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),          cmocka_unit_test(test_auto),
        cmocka_unit_test(test_statuses),           cmocka_unit_test(test_outputs_are_optional),
        cmocka_unit_test(test_inputs_then_images), cmocka_unit_test(test_too_many_constituents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
