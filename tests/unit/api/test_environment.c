/* The caller's rounding mode, flush-to-zero, exception flags, errno and locale neither matter nor change. */
#include <errno.h>
#include <fenv.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#include <cmocka.h>

#include "toys.h"

enum { N = 40 };

typedef struct results {
    float logits[2 * N];
    double features[53 * N];
    float images[N * 3 * 35 * 35];
} results;

typedef struct file {
    void *bytes;
    size_t length;
} file;

/* The whole way: reading the file, too, has to be right in any state. */
static void calculate(const file *file, const toy_jets *jets, results *r)
{
    jt_model *model = NULL;
    jt_context *context = NULL;
    jt_model_options options = {.size = sizeof options, .backend = "reference"};
    assert_int_equal(jt_model_load_memory(file->bytes, file->length, &options, &model, NULL), JT_OK);
    assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
    jt_jets view = toy_view(jets, 0, N);
    jt_output output = {.size = sizeof output, .logits = r->logits};
    assert_int_equal(jt_tag_jets(context, &view, &output), JT_OK);
    assert_int_equal(jt_jet_features(&view, NULL, r->features, NULL, NULL), JT_OK);
    assert_int_equal(jt_jet_images(&view, "A35", r->images, NULL, NULL), JT_OK);
    jt_context_free(context);
    jt_model_free(model);
}

static void test_floating_point_state(void **state)
{
    (void)state;
    toy_jets jets = toy_jets_make(N, 2, 0);
    file file = {NULL, 0};
    file.bytes = toy_file(NULL, &file.length);
    results *expected = malloc(sizeof *expected), *r = malloc(sizeof *r);
    calculate(&file, &jets, expected);

    const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fesetround(modes[i]), 0);
        memset(r, 0xff, sizeof *r);
        calculate(&file, &jets, r);
        int after = fegetround();
        fesetround(FE_TONEAREST);
        assert_int_equal(after, modes[i]);
        assert_memory_equal(r, expected, sizeof *r);
    }
#ifdef __SSE2__
    const unsigned flush = 0x8040;
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | flush);
    calculate(&file, &jets, r);
    unsigned during = _mm_getcsr();
    _mm_setcsr(before);
    assert_int_equal(during & flush, flush);
    assert_memory_equal(r, expected, sizeof *r);
#endif
    free(file.bytes);
    free(expected);
    free(r);
    toy_jets_free(&jets);
}

static void test_flags_and_errno_stay(void **state)
{
    (void)state;
    toy_jets jets = toy_jets_make(N, 2, 1);
    jt_model *model = toy_model("reference");
    jt_context *context = NULL;
    assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
    jt_jets view = toy_view(&jets, 0, N);
    float scores[N];
    jt_output output = {.size = sizeof output, .scores = scores};
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(FE_UNDERFLOW);
    errno = 4711;
    assert_int_equal(jt_tag_jets(context, &view, &output), JT_OK);
    int error = errno, flags = fetestexcept(FE_ALL_EXCEPT & ~FE_INEXACT);
    assert_int_equal(error, 4711);
    assert_int_equal(flags, FE_UNDERFLOW);
    jt_context_free(context);
    jt_model_free(model);
    toy_jets_free(&jets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floating_point_state),
        cmocka_unit_test(test_flags_and_errno_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
