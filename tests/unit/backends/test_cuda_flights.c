/*
 * Pieces of jets on their way through the CUDA module, over the false runtime (cuda/fake.h): sparse images, the
 * device's memory, two pieces at a time, things happening as late and as early as they may, and each call failing.
 */
#include <cuda_runtime_api.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuda/loaded.h"
#include "graphs.h"
#include "running.h"

enum { CHANNELS = 2, ROWS = 3, COLUMNS = 4, PIXELS = ROWS * COLUMNS, FLOATS = CHANNELS * PIXELS, FEATURES = 3 };
enum { LIT = 5, CLASSES = 2, MANY = 2100, MOST = 1024 };

static loaded_cuda fake;
static const jt_backend *cuda;

/* A network so small that thousands of jets are quickly done, what it is given of MANY jets, and what comes out. */
typedef struct flown {
    net *network;
    float dark[FLOATS];
    inputs in; /* images in full */
    int32_t *starts, *places;
    float *values;
    float *expected;
    counting counts;
    jt_host host;
} flown;

static net *small_net(void)
{
    net *n = net_new((jt_shape){CHANNELS, ROWS, COLUMNS}, FEATURES, 9);
    const window slide = window_same(3, 3, 1, ROWS, COLUMNS);
    const int32_t v = net_conv(n, JT_VALUE_IMAGES, 3, slide, 1, JT_ACTIVATION_SWISH, NULL, NULL);
    const int32_t parts[] = {net_average(n, v), JT_VALUE_FEATURES};
    net_finish(n, net_dense(n, net_concat(n, parts, 2), CLASSES, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

/* Jet i has i % 6 lit pixels, from a place that moves. */
static void light_up(flown *f)
{
    uint64_t state = 4;
    int32_t n = 0;
    f->starts[0] = 0;
    for (int32_t jet = 0; jet < MANY; jet++) {
        float *image = f->in.images + jet * FLOATS;
        memcpy(image, f->dark, sizeof f->dark);
        for (int32_t k = 0; k < jet % (LIT + 1); k++, n++) {
            f->places[n] = (jet + 5 * k) % PIXELS;
            net_fill(&state, f->values + n * CHANNELS, CHANNELS);
            for (int32_t c = 0; c < CHANNELS; c++)
                image[c * PIXELS + f->places[n]] = f->values[n * CHANNELS + c];
        }
        f->starts[jet + 1] = n;
    }
}

static int set_up(void **state)
{
    flown *f = calloc(1, sizeof *f);
    uint64_t seed = 3;
    *state = f;
    f->network = small_net();
    f->in = inputs_make(&f->network->graph, MANY, 1);
    f->starts = malloc((MANY + 1) * sizeof *f->starts);
    f->places = malloc(MANY * LIT * sizeof *f->places);
    f->values = malloc(MANY * LIT * CHANNELS * sizeof *f->values);
    f->expected = malloc(MANY * CLASSES * sizeof *f->expected);
    net_fill(&seed, f->dark, FLOATS);
    light_up(f);
    f->network->graph.dark = f->dark;
    f->network->graph.most_lit = LIT;
    f->host = counting_host(&f->counts);
    /* Alone, one jet after the other. */
    running r = run_open(cuda, &f->network->graph, &f->host, 1);
    for (size_t i = 0; i < MANY; i++)
        run(&r, f->in.images + i * FLOATS, f->in.features + i * FEATURES, 1, f->expected + i * CLASSES);
    run_close(&r);
    return 0;
}

static int tear_down(void **state)
{
    flown *f = *state;
    const int clean = f->counts.live == 0 && fake.live() == 0;
    inputs_free(&f->in);
    free(f->starts);
    free(f->places);
    free(f->values);
    free(f->expected);
    net_free(f->network);
    free(f);
    return clean ? 0 : -1;
}

/* Sparse images of jets first .. first + n - 1, in memory of their own: *starts and what is in sparse is freed. */
static jt_sparse_images sparse_of(const flown *f, int32_t first, int32_t n)
{
    const size_t entries = (size_t)(f->starts[first + n] - f->starts[first]);
    int32_t *starts = malloc(((size_t)n + 1) * sizeof *starts), *places = malloc((entries + 1) * sizeof *places);
    float *values = malloc((entries + 1) * CHANNELS * sizeof *values);
    for (int32_t i = 0; i <= n; i++)
        starts[i] = f->starts[first + i] - f->starts[first];
    memcpy(places, f->places + f->starts[first], entries * sizeof *places);
    memcpy(values, f->values + f->starts[first] * CHANNELS, entries * CHANNELS * sizeof *values);
    return (jt_sparse_images){starts, places, values};
}

static void sparse_free(jt_sparse_images sparse)
{
    free((void *)(uintptr_t)sparse.starts);
    free((void *)(uintptr_t)sparse.places);
    free((void *)(uintptr_t)sparse.values);
}

/* Begin with inputs that are gone when it is done. */
static jt_status begin_sparse(const flown *f, jt_plan_context *context, int32_t first, int32_t n, jt_why *why)
{
    const jt_sparse_images sparse = sparse_of(f, first, n);
    float *rows = malloc((size_t)n * FEATURES * sizeof *rows);
    memcpy(rows, f->in.features + first * FEATURES, (size_t)n * FEATURES * sizeof *rows);
    const jt_status status = cuda->begin(context, &(jt_inputs){.sparse = &sparse, .rows = rows}, n, why);
    memset(rows, 0xff, (size_t)n * FEATURES * sizeof *rows);
    free(rows);
    sparse_free(sparse);
    return status;
}

static void finish(const flown *f, jt_plan_context *context, int32_t first, int32_t n)
{
    float *outputs = calloc((size_t)n, CLASSES * sizeof *outputs);
    jt_why why = {""};
    if (cuda->finish(context, outputs, &why) != JT_OK)
        fail_msg("%s", why.text);
    assert_memory_equal(outputs, f->expected + first * CLASSES, (size_t)n * CLASSES * sizeof *outputs);
    free(outputs);
}

static void test_sparse_images_give_the_same_bits(void **state)
{
    flown *f = *state;
    static const int32_t batches[] = {1, 2, 6, 8, 9, 64, 100, 256, 257, MOST};
    running r = run_open(cuda, &f->network->graph, &f->host, MANY);
    jt_why why = {""};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        for (int32_t first = 0; first < 40; first += 13) {
            assert_int_equal(begin_sparse(f, r.context, first, batches[i], &why), JT_OK);
            finish(f, r.context, first, batches[i]);
        }
    run_close(&r);
}

/* Features, where each jet's lit pixels begin, and for each a place and what each channel has there. */
static void test_less_is_sent(void **state)
{
    flown *f = *state;
    running r = run_open(cuda, &f->network->graph, &f->host, MOST);
    jt_why why = {""};
    const long before = fake.sent();
    assert_int_equal(begin_sparse(f, r.context, 0, MOST, &why), JT_OK);
    finish(f, r.context, 0, MOST);
    const long entries = f->starts[MOST];
    assert_int_equal(fake.sent() - before,
                     (long)sizeof(float) * (MOST * FEATURES + MOST + 1 + entries * (1 + CHANNELS)));
    run_close(&r);
}

static void test_two_at_a_time(void **state)
{
    flown *f = *state;
    running r = run_open(cuda, &f->network->graph, &f->host, 64);
    jt_why why = {""};
    float outputs[CLASSES * 64];
    assert_int_equal(cuda->finish(r.context, outputs, &why), JT_ERROR_BACKEND);
    assert_non_null(strstr(why.text, "nothing was begun"));
    fake.most_marks();
    for (int turn = 0; turn < 3; turn++) {
        assert_int_equal(begin_sparse(f, r.context, 0, 7, &why), JT_OK);
        assert_int_equal(begin_sparse(f, r.context, 100, 64, &why), JT_OK);
        assert_int_equal(begin_sparse(f, r.context, 0, 1, &why), JT_ERROR_BACKEND);
        assert_non_null(strstr(why.text, "cannot be begun now"));
        finish(f, r.context, 0, 7);
        assert_int_equal(begin_sparse(f, r.context, 300, 20, &why), JT_OK);
        finish(f, r.context, 100, 64);
        finish(f, r.context, 300, 20);
    }
    /* Of both pieces that they are through and that their inputs are there. */
    assert_int_equal(fake.most_marks(), 4);
    /* More than the context was made for, and none. */
    assert_int_equal(begin_sparse(f, r.context, 0, 65, &why), JT_ERROR_BACKEND);
    assert_int_equal(cuda->begin(r.context, &(jt_inputs){.images = f->in.images}, 0, &why), JT_ERROR_BACKEND);
    run_close(&r);
}

/* The same in another order of things. */
static void check_order(void **state, const char *eager)
{
    flown *f = *state;
    setenv("FAKE_CUDA_EAGER", eager, 1);
    test_sparse_images_give_the_same_bits(state);
    running r = run_open(cuda, &f->network->graph, &f->host, MANY);
    float *whole = malloc(MANY * CLASSES * sizeof *whole);
    run(&r, f->in.images, f->in.features, MANY, whole);
    assert_memory_equal(whole, f->expected, MANY * CLASSES * sizeof *whole);
    free(whole);
    jt_why why = {""};
    for (int turn = 0; turn < 3; turn++) {
        assert_int_equal(begin_sparse(f, r.context, 10 * turn, 9, &why), JT_OK);
        assert_int_equal(begin_sparse(f, r.context, 100, 64, &why), JT_OK);
        finish(f, r.context, 10 * turn, 9);
        finish(f, r.context, 100, 64);
    }
    run_close(&r);
    unsetenv("FAKE_CUDA_EAGER");
}

/* What is asked for happens at once: nothing may count on its being late. */
static void test_early(void **state)
{
    check_order(state, "all");
}

/* Inputs are copied while the piece before has not begun: they may not be where that one's are. */
static void test_copies_early(void **state)
{
    check_order(state, "copies");
}

static void test_run_overlaps_its_pieces(void **state)
{
    flown *f = *state;
    float *whole = malloc(MANY * CLASSES * sizeof *whole);
    running r = run_open(cuda, &f->network->graph, &f->host, MANY);
    fake.most_marks();
    run(&r, f->in.images, f->in.features, MANY, whole);
    assert_memory_equal(whole, f->expected, MANY * CLASSES * sizeof *whole);
    assert_int_equal(fake.most_marks(), 4);
    run(&r, f->in.images, f->in.features, MOST, whole);
    assert_int_equal(fake.most_marks(), 1);
    free(whole);
    run_close(&r);
}

static void test_more_light_than_there_is_room_for(void **state)
{
    flown *f = *state;
    running r = run_open(cuda, &f->network->graph, &f->host, 8);
    jt_why why = {""};
    int32_t starts[] = {0, 8 * LIT + 1}, places[8 * LIT + 1] = {0};
    float values[(8 * LIT + 1) * CHANNELS] = {0};
    const jt_sparse_images sparse = {starts, places, values};
    assert_int_equal(cuda->begin(r.context, &(jt_inputs){.sparse = &sparse, .rows = f->in.features}, 1, &why),
                     JT_ERROR_BACKEND);
    assert_non_null(strstr(why.text, "there is room for 40"));
    assert_int_equal(begin_sparse(f, r.context, 3, 8, &why), JT_OK);
    finish(f, r.context, 3, 8);
    run_close(&r);
}

static cudaError_t (*device_malloc)(void **, size_t);
static cudaError_t (*device_free)(void *);
static cudaError_t (*device_copy)(void *, const void *, size_t, enum cudaMemcpyKind);

static cudaError_t (*device_wait)(cudaStream_t);

/* A copy, that has ended. */
static float *on_device(const float *from, size_t n)
{
    void *memory = NULL;
    assert_int_equal(device_malloc(&memory, n * sizeof *from), cudaSuccess);
    assert_int_equal(device_copy(memory, from, n * sizeof *from, cudaMemcpyHostToDevice), cudaSuccess);
    assert_int_equal(device_wait(NULL), cudaSuccess);
    return memory;
}

static void test_memory_of_the_device(void **state)
{
    flown *f = *state;
    find_in_runtime("cudaMalloc", &device_malloc, sizeof device_malloc);
    find_in_runtime("cudaFree", &device_free, sizeof device_free);
    find_in_runtime("cudaStreamSynchronize", &device_wait, sizeof device_wait);
    find_in_runtime("cudaMemcpy", &device_copy, sizeof device_copy);
    running r = run_open(cuda, &f->network->graph, &f->host, 100);
    float *images = on_device(f->in.images, 100 * FLOATS), *rows = on_device(f->in.features, 100 * FEATURES);
    jt_why why = {""};
    const long before = fake.sent();
    jt_inputs in = {.images = images, .rows = rows, .on_device = 1};
    for (int32_t n = 1; n <= 100; n += 33) {
        assert_int_equal(cuda->begin(r.context, &in, n, &why), JT_OK);
        finish(f, r.context, 0, n);
    }
    assert_int_equal(fake.sent(), before);
    const char *const words[] = {"images are not in a GPU's memory", "features are not in a GPU's memory"};
    for (int which = 0; which < 2; which++) {
        jt_inputs wrong = in;
        *(which ? &wrong.rows : &wrong.images) = f->in.images;
        assert_int_equal(cuda->begin(r.context, &wrong, 1, &why), JT_ERROR_ARGUMENT);
        assert_string_equal(why.text, words[which]);
    }
    setenv("FAKE_CUDA_POINTERS_ON", "1", 1);
    assert_int_equal(cuda->begin(r.context, &in, 1, &why), JT_ERROR_ARGUMENT);
    assert_string_equal(why.text, "images are on GPU 1, the model is on 0");
    unsetenv("FAKE_CUDA_POINTERS_ON");
    assert_int_equal(cuda->begin(r.context, &in, 5, &why), JT_OK);
    finish(f, r.context, 0, 5);
    device_free(images);
    device_free(rows);
    run_close(&r);
}

/* Three pieces, two at a time, with one call failing. JT_OK when none did; then the context does its work again. */
static jt_status try_flight(const flown *f, const running *r, long fail_at, jt_why *why)
{
    float outputs[CLASSES * 8];
    jt_status status = JT_OK;
    int32_t begun = 0, finished = 0;
    fake.fail_at(fail_at, 0);
    while (finished < begun || (begun < 3 && status == JT_OK)) {
        if (begun < 3 && status == JT_OK && begun - finished < JT_MOST_BEGUN) {
            status = begin_sparse(f, r->context, 10 * begun, 8, why);
            begun += status == JT_OK;
            continue;
        }
        jt_why words = {""};
        const jt_status ended = cuda->finish(r->context, outputs, &words);
        if (ended == JT_OK)
            assert_memory_equal(outputs, f->expected + 10 * finished * CLASSES, sizeof outputs);
        if (status == JT_OK && ended != JT_OK) {
            status = ended;
            *why = words;
        }
        finished++;
    }
    const long calls = fake.calls();
    fake.fail_at(0, 0);
    /* Fewer jets: what is left of the others would be taken for something else. */
    assert_int_equal(begin_sparse(f, r->context, 50, 3, why), JT_OK);
    finish(f, r->context, 50, 3);
    assert_true(fail_at > 0 || calls > 20);
    return status;
}

static void test_each_call_of_a_flight_failing(void **state)
{
    flown *f = *state;
    running r = run_open(cuda, &f->network->graph, &f->host, 8);
    jt_why why = {""};
    assert_int_equal(try_flight(f, &r, 0, &why), JT_OK);
    long failed = 0;
    for (long k = 1; k <= 60; k++) {
        why.text[0] = '\0';
        const jt_status status = try_flight(f, &r, k, &why);
        failed += status != JT_OK;
        if (status != JT_OK)
            assert_int_equal(status, JT_ERROR_BACKEND);
    }
    /* Of each piece: which device, choosing it, a copy, two launches, a copy, a mark, waiting; giving back may fail. Of
       those that do not come alone: a mark that they are there, waiting for it, moving features. */
    assert_int_equal(failed, 3 * 8 + 2 * 3);
    run_close(&r);
}

int main(void)
{
    const int result = load_cuda(&fake);
    if (result != 0)
        return result;
    cuda = fake.backend;
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_sparse_images_give_the_same_bits),
        TEST(test_less_is_sent),
        TEST(test_two_at_a_time),
        TEST(test_early),
        TEST(test_copies_early),
        TEST(test_run_overlaps_its_pieces),
        TEST(test_more_light_than_there_is_room_for),
        TEST(test_memory_of_the_device),
        TEST(test_each_call_of_a_flight_failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
