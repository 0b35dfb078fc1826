/*
 * Jets through the public interface on a backend with a device of its own: the CUDA module over the false runtime of
 * tests/unit/backends/cuda, which works late and on the processor. Its images are sent as their lit pixels, and jets
 * are prepared while others are worked on.
 */
#include <cuda_runtime_api.h>
#include <libgen.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../backends/cuda/loaded.h"
#include "toys.h"

enum { N = 2500, PIECE = 1024 };

static loaded_cuda fake;
static char directory[512];

static jt_model *load(const char *path, const char *backend)
{
    jt_model *model = NULL;
    jt_error error = {.size = sizeof error};
    jt_model_options options = {.size = sizeof options, .backend = backend, .module_directory = directory};
    size_t length = 0;
    void *bytes = path ? NULL : toy_file(NULL, &length);
    const jt_status status = path ? jt_model_load(path, &options, &model, &error)
                                  : jt_model_load_memory(bytes, length, &options, &model, &error);
    if (status != JT_OK)
        fail_msg("%s", error.text);
    free(bytes);
    return model;
}

static jt_context *context_of(const jt_model *model, int32_t max_batch, jt_memory inputs)
{
    jt_context *context = NULL;
    jt_error error = {.size = sizeof error};
    jt_context_options options = {.size = sizeof options, .max_batch = max_batch, .inputs = inputs};
    if (jt_context_create(model, &options, &context, &error) != JT_OK)
        fail_msg("%s", error.text);
    return context;
}

/* What comes of jets: logits and statuses, freed with free. */
typedef struct outcome {
    float *logits;
    uint8_t *statuses;
} outcome;

static outcome tag(jt_context *context, const toy_jets *jets)
{
    outcome result = {calloc((size_t)jets->n_jets, 2 * sizeof(float)), calloc((size_t)jets->n_jets, 1)};
    const jt_jets view = toy_view(jets, 0, jets->n_jets);
    const jt_output output = {.size = sizeof output, .logits = result.logits, .statuses = result.statuses};
    if (jt_tag_jets(context, &view, &output) != JT_OK)
        fail_msg("%s", jt_context_error(context));
    return result;
}

static void outcome_free(outcome o)
{
    free(o.logits);
    free(o.statuses);
}

/* In pieces, in another order of pieces, one by one; beside another backend. */
static void test_bits_do_not_hang_on_pieces(void **state)
{
    (void)state;
    toy_jets jets = toy_jets_make(N, 5, 1);
    jt_model *model = load(NULL, "cuda"), *native = load(NULL, "native");
    /* As the backend likes it: 1024 at a time. */
    jt_context *context = context_of(model, 0, JT_ON_HOST);
    fake.most_marks();
    long kernels = fake.kernels();
    const outcome whole = tag(context, &jets);
    kernels = fake.kernels() - kernels;
    assert_int_equal(fake.most_marks(), 4);
    jt_context_free(context);
    context = context_of(model, PIECE, JT_ON_HOST);
    const long before = fake.kernels();
    outcome_free(tag(context, &jets));
    assert_int_equal(fake.kernels() - before, kernels);
    jt_context_free(context);
    static const int32_t batches[] = {1, 8, 700, 5000};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        context = context_of(model, batches[i], JT_ON_HOST);
        const outcome other = tag(context, &jets);
        assert_memory_equal(other.logits, whole.logits, N * 2 * sizeof(float));
        assert_memory_equal(other.statuses, whole.statuses, N);
        outcome_free(other);
        jt_context_free(context);
    }
    context = context_of(native, 0, JT_ON_HOST);
    const outcome beside = tag(context, &jets);
    assert_memory_equal(beside.statuses, whole.statuses, N);
    for (size_t i = 0; i < 2 * N; i++)
        if (!(fabsf(beside.logits[i] - whole.logits[i]) <= 1e-5f * fmaxf(1.0f, fabsf(beside.logits[i])) ||
              isnan(beside.logits[i])))
            fail_msg("logit %zu is %.9g, not %.9g", i, (double)whole.logits[i], (double)beside.logits[i]);
    jt_context_free(context);
    outcome_free(beside);
    outcome_free(whole);
    jt_model_free(native);
    jt_model_free(model);
    toy_jets_free(&jets);
}

/* Images made on the device of lit pixels are those that the library makes: the same bits come of them. */
static void check_images(const char *path, int32_t n)
{
    toy_jets jets = toy_jets_make(n, 11, 1);
    jt_model *model = load(path, "cuda");
    jt_model_info info = {.size = sizeof info};
    jt_model_info_get(model, &info);
    const int32_t *shape = info.image_shape;
    const size_t pixels = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2], rows = (size_t)info.n_values;
    float *images = calloc((size_t)n * pixels, sizeof *images);
    float *values = rows ? calloc((size_t)n * rows, sizeof *values) : NULL;
    jt_context *context = context_of(model, n, JT_ON_HOST);
    long sent = fake.sent();
    const outcome tagged = tag(context, &jets);
    sent = fake.sent() - sent;
    const jt_jets view = toy_view(&jets, 0, n);
    assert_int_equal(jt_network_inputs(context, &view, images, values, NULL), JT_OK);
    float *logits = calloc((size_t)n, 2 * sizeof *logits);
    const jt_output output = {.size = sizeof output, .logits = logits};
    assert_int_equal(jt_tag_images(context, images, values, n, &output), JT_OK);
    for (int32_t i = 0; i < n; i++)
        if (tagged.statuses[i] == JT_JET_OK)
            assert_memory_equal(logits + 2 * i, tagged.logits + 2 * i, 2 * sizeof *logits);
    if (info.reads_image && pixels > 500)
        assert_true(sent < (long)((size_t)n * (pixels / 4 + rows) * sizeof(float)));
    free(logits);
    free(images);
    free(values);
    outcome_free(tagged);
    jt_context_free(context);
    jt_model_free(model);
    toy_jets_free(&jets);
}

static void test_images(void **state)
{
    (void)state;
    check_images(NULL, 200);
    static const char *const names[] = {"effnet-s0-i35",   "lenet-28-i35-gf", "deeptop-minimal-deeptop",
                                        "constituents-gf", "hybrid-i35-gf",   "ensemble-gf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s.jtm", getenv("JETTAG_TEST_ZOO"), names[i]);
        check_images(path, 9);
    }
}

/* One call fails: what was written is whole pieces and right, the rest is untouched, and the next call works. */
static void test_a_call_fails_on_the_way(void **state)
{
    (void)state;
    enum { EACH = 8, FEW = 4 * EACH };
    toy_jets jets = toy_jets_make(FEW, 6, 0);
    jt_model *model = load(NULL, "cuda");
    jt_context *context = context_of(model, EACH, JT_ON_HOST);
    const outcome right = tag(context, &jets);
    const jt_jets view = toy_view(&jets, 0, FEW);
    int last = 0, seen[5] = {0};
    for (long k = 1; !last; k++) {
        float logits[2 * FEW];
        uint8_t statuses[FEW];
        memset(logits, 0x55, sizeof logits);
        memset(statuses, 0x55, sizeof statuses);
        const jt_output output = {.size = sizeof output, .logits = logits, .statuses = statuses};
        fake.fail_at(k, 0);
        const jt_status status = jt_tag_jets(context, &view, &output);
        last = fake.calls() < k;
        fake.fail_at(0, 0);
        int32_t written = 0;
        while (written < FEW && statuses[written] == JT_JET_OK)
            written++;
        assert_memory_equal(logits, right.logits, (size_t)written * 2 * sizeof *logits);
        for (int32_t i = written; i < FEW; i++)
            assert_int_equal(statuses[i], 0x55);
        assert_int_equal(written % EACH, 0);
        seen[written / EACH]++;
        if (status == JT_OK) {
            assert_int_equal(written, FEW);
            continue;
        }
        assert_int_equal(status, JT_ERROR_BACKEND);
        assert_non_null(strstr(jt_context_error(context), "CUDA says"));
        const outcome again = tag(context, &jets);
        assert_memory_equal(again.logits, right.logits, FEW * 2 * sizeof *logits);
        outcome_free(again);
    }
    for (int pieces = 0; pieces < 5; pieces++)
        assert_true(seen[pieces] > 0);
    outcome_free(right);
    jt_context_free(context);
    jt_model_free(model);
    toy_jets_free(&jets);
}

static void test_inputs_on_the_device(void **state)
{
    (void)state;
    enum { JETS = 40 };
    cudaError_t (*device_malloc)(void **, size_t), (*device_free)(void *), (*wait)(cudaStream_t);
    cudaError_t (*copy)(void *, const void *, size_t, enum cudaMemcpyKind);
    find_in_runtime("cudaMalloc", &device_malloc, sizeof device_malloc);
    find_in_runtime("cudaFree", &device_free, sizeof device_free);
    find_in_runtime("cudaMemcpy", &copy, sizeof copy);
    find_in_runtime("cudaStreamSynchronize", &wait, sizeof wait);
    toy_jets jets = toy_jets_make(JETS, 3, 0);
    const jt_jets view = toy_view(&jets, 0, JETS);
    jt_model *model = load(NULL, "cuda");
    jt_model_info info = {.size = sizeof info};
    jt_model_info_get(model, &info);
    const size_t pixels =
        JETS * (size_t)info.image_shape[0] * (size_t)info.image_shape[1] * (size_t)info.image_shape[2];
    const size_t rows = JETS * (size_t)info.n_values;
    float *images = calloc(pixels, sizeof *images), *values = calloc(rows, sizeof *values);
    jt_context *context = context_of(model, 16, JT_ON_DEVICE);
    /* Jets are the host's all the same. */
    const outcome right = tag(context, &jets);
    assert_int_equal(jt_network_inputs(context, &view, images, values, NULL), JT_OK);
    void *there[2];
    device_malloc(&there[0], pixels * sizeof *images);
    device_malloc(&there[1], rows * sizeof *values);
    copy(there[0], images, pixels * sizeof *images, cudaMemcpyHostToDevice);
    copy(there[1], values, rows * sizeof *values, cudaMemcpyHostToDevice);
    wait(NULL);
    float logits[2 * JETS];
    const jt_output output = {.size = sizeof output, .logits = logits};
    assert_int_equal(jt_tag_images(context, there[0], there[1], JETS, &output), JT_OK);
    assert_memory_equal(logits, right.logits, sizeof logits);
    /* What is the host's is found out. */
    assert_int_equal(jt_tag_images(context, images, values, JETS, &output), JT_ERROR_ARGUMENT);
    assert_string_equal(jt_context_error(context), "images are not in a GPU's memory");
    device_free(there[0]);
    device_free(there[1]);
    free(images);
    free(values);
    outcome_free(right);
    jt_context_free(context);
    jt_model_free(model);
    toy_jets_free(&jets);
}

int main(void)
{
    const int result = load_cuda(&fake);
    if (result != 0)
        return result;
    char path[512];
    snprintf(path, sizeof path, "%s", getenv("JETTAG_TEST_CUDA"));
    snprintf(directory, sizeof directory, "%s", dirname(path));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_do_not_hang_on_pieces),
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_a_call_fails_on_the_way),
        cmocka_unit_test(test_inputs_on_the_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
