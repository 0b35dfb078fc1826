/* Backends in modules: missing, broken, foreign or of another interface, each costs a reason and nothing else. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "toys.h"

/* Directory with modules made for this test, by name of what is wrong with them; set by the build. */
static const char *module_directory(const char *name, char *path, size_t capacity)
{
    snprintf(path, capacity, "%s/%s", getenv("JETTAG_TEST_MODULES"), name);
    return path;
}

static void expect_unavailable(const char *directory, const char *word)
{
    jt_backend_info info = {.size = sizeof info};
    assert_int_equal(jt_backend_info_get(1, directory, &info), JT_OK);
    assert_string_equal(info.name, "onednn");
    assert_int_equal(info.available, 0);
    if (!strstr(info.reason, word))
        fail_msg("\"%s\" does not speak of %s", info.reason, word);

    size_t length = 0;
    void *bytes = toy_file(NULL, &length);
    jt_model *model = NULL;
    jt_error error = {.size = sizeof error};
    jt_model_options options = {.size = sizeof options, .backend = "onednn", .module_directory = directory};
    assert_int_equal(jt_model_load_memory(bytes, length, &options, &model, &error), JT_ERROR_BACKEND);
    assert_non_null(strstr(error.text, word));
    assert_null(model);
    /* Left to choose, it does not come that far. */
    options.backend = NULL;
    assert_int_equal(jt_model_load_memory(bytes, length, &options, &model, &error), JT_OK);
    jt_model_info chosen = {.size = sizeof chosen};
    assert_int_equal(jt_model_info_get(model, &chosen), JT_OK);
    assert_string_equal(chosen.backend, "native");
    assert_non_null(strstr(chosen.backend_reason, "first"));
    jt_model_free(model);
    free(bytes);
}

static void test_missing(void **state)
{
    (void)state;
    expect_unavailable("/nonexistent", "/nonexistent");
}

static void test_not_a_library(void **state)
{
    (void)state;
    char directory[] = "/tmp/jettag-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/jettag-onednn.so", directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("this is no library", file);
    fclose(file);
    expect_unavailable(directory, "jettag-onednn.so");
    unlink(path);
    rmdir(directory);
}

static void test_strange_modules(void **state)
{
    (void)state;
    char path[512];
    expect_unavailable(module_directory("foreign", path, sizeof path), "no jettag backend");
    expect_unavailable(module_directory("other_abi", path, sizeof path), "interface 999");
    expect_unavailable(module_directory("unwilling", path, sizeof path), "the stars are wrong");
}

static void test_own_backends_are_always_there(void **state)
{
    (void)state;
    static const struct {
        int32_t index;
        const char *name;
    } own[] = {{0, "native"}, {2, "reference"}};
    jt_backend_info info = {.size = sizeof info};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(jt_backend_info_get(own[i].index, "/nonexistent", &info), JT_OK);
        assert_string_equal(info.name, own[i].name);
        assert_int_equal(info.available, 1);
        assert_string_equal(info.reason, "");
    }
}

/* A GPU is asked for by name: where nothing else could be used, auto would still have stopped before it. */
static void test_the_gpu_comes_last(void **state)
{
    (void)state;
    jt_backend_info info = {.size = sizeof info};
    assert_int_equal(jt_backend_info_get(3, "/nonexistent", &info), JT_OK);
    assert_string_equal(info.name, "cuda");
    assert_int_equal(info.available, 0);
    assert_non_null(strstr(info.reason, "jettag-cuda.so"));
    assert_int_equal(jt_backend_info_get(4, NULL, &info), JT_ERROR_ARGUMENT);
}

typedef struct lines {
    int n;
    char last[256];
} lines;

static void note(void *user, jt_log_level level, const char *text)
{
    lines *l = user;
    assert_true(level >= JT_LOG_ERROR && level <= JT_LOG_INFO);
    l->n++;
    snprintf(l->last, sizeof l->last, "%s", text);
}

static void test_log(void **state)
{
    (void)state;
    size_t length = 0;
    void *bytes = toy_file(NULL, &length);
    jt_model *model = NULL;
    lines l = {0, ""};
    jt_model_options options = {.size = sizeof options, .backend = "reference", .log = note, .log_user = &l};
    assert_int_equal(jt_model_load_memory(bytes, length, &options, &model, NULL), JT_OK);
    assert_true(l.n >= 1);
    assert_non_null(strstr(l.last, "sample-net"));
    assert_null(strchr(l.last, '\n'));
    jt_model_free(model);
    free(bytes);
}

/* A backend that fails at a jet: what came before the failing batch is written, what comes after is not, with words. */
static void test_a_backend_that_breaks(void **state)
{
    (void)state;
    enum { N = 200, BATCH = 4, BAD = 102 };
    char path[512];
    size_t length = 0;
    void *bytes = toy_file(NULL, &length);
    jt_model *model = NULL;
    jt_model_options options = {.size = sizeof options, .backend = "onednn"};
    options.module_directory = module_directory("breaking", path, sizeof path);
    assert_int_equal(jt_model_load_memory(bytes, length, &options, &model, NULL), JT_OK);
    toy_jets jets = toy_jets_make(N, 6, 0);
    for (int64_t k = 4 * jets.offsets[BAD]; k < 4 * jets.offsets[BAD + 1]; k++)
        jets.momenta[k] *= 1e12;
    jt_jets view = toy_view(&jets, 0, N);
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        jt_context *context = NULL;
        jt_context_options wanted = {.size = sizeof wanted, .max_batch = BATCH, .threads = threads};
        assert_int_equal(jt_context_create(model, &wanted, &context, NULL), JT_OK);
        float scores[N];
        for (int i = 0; i < N; i++)
            scores[i] = 7;
        jt_output output = {.size = sizeof output, .scores = scores};
        for (int round = 0; round < 20; round++) {
            assert_int_equal(jt_tag_jets(context, &view, &output), JT_ERROR_BACKEND);
            assert_string_equal(jt_context_error(context), "a plan came apart");
        }
        /* With one thread in order; with more, whoever is quicker: but never in the failing batch. */
        for (int i = 0; i < N; i++) {
            const int failing = i / BATCH == BAD / BATCH;
            if (failing || threads == 1)
                assert_true(scores[i] == (i / BATCH < BAD / BATCH ? 0.5f : 7.0f));
            else
                assert_true(scores[i] == 0.5f || scores[i] == 7.0f);
        }
        /* It works again with jets that do not break it. */
        jt_jets good = toy_view(&jets, 0, BAD);
        assert_int_equal(jt_tag_jets(context, &good, &output), JT_OK);
        jt_context_free(context);
    }
    toy_jets_free(&jets);
    jt_model_free(model);
    free(bytes);
}

static jt_model *load_late(void)
{
    char path[512];
    size_t length = 0;
    void *bytes = toy_file(NULL, &length);
    jt_model *model = NULL;
    jt_model_options options = {.size = sizeof options, .backend = "onednn"};
    options.module_directory = module_directory("late", path, sizeof path);
    assert_int_equal(jt_model_load_memory(bytes, length, &options, &model, NULL), JT_OK);
    free(bytes);
    return model;
}

enum { LATE = 50, LATE_PIECE = 3 };

/* What the module makes of the inputs that the library says it makes of these jets; 0 and status where one is bad. */
static void late_logits(const jt_model *model, const toy_jets *jets, float (*logits)[2], uint8_t *statuses)
{
    jt_model_info info = {.size = sizeof info};
    jt_model_info_get(model, &info);
    const size_t floats = (size_t)info.image_shape[0] * (size_t)info.image_shape[1] * (size_t)info.image_shape[2];
    const size_t values = (size_t)info.n_values;
    float *images = calloc(LATE * floats, sizeof *images), *features = calloc(LATE * values, sizeof *features);
    jt_context *context = NULL;
    const jt_jets view = toy_view(jets, 0, LATE);
    assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
    assert_int_equal(jt_network_inputs(context, &view, images, features, statuses), JT_OK);
    for (size_t jet = 0; jet < LATE; jet++) {
        double sum = 0;
        for (size_t i = 0; i < floats; i++)
            sum += (double)images[jet * floats + i] * (double)(1 + i % 31);
        logits[jet][0] = (float)sum;
        logits[jet][1] = features[jet * values];
    }
    /* The same inputs as if they were on a device: the module is told so. */
    jt_context *there = NULL;
    const jt_context_options options = {.size = sizeof options, .inputs = JT_ON_DEVICE};
    assert_int_equal(jt_context_create(model, &options, &there, NULL), JT_OK);
    float found[LATE][2];
    const jt_output output = {.size = sizeof output, .logits = found[0]};
    assert_int_equal(jt_tag_images(there, images, features, LATE, &output), JT_OK);
    for (size_t jet = 0; jet < LATE; jet++)
        if (statuses[jet] == JT_JET_OK)
            assert_true(found[jet][0] == logits[jet][0] && found[jet][1] == logits[jet][1] + 1000.0f);
    jt_context_free(there);
    jt_context_free(context);
    free(images);
    free(features);
}

/* A backend that works by itself is given images as their lit pixels, in pieces of its own size, two at a time. */
static void test_a_backend_that_works_by_itself(void **state)
{
    (void)state;
    jt_model *model = load_late();
    toy_jets jets = toy_jets_make(LATE, 8, 1);
    const jt_jets view = toy_view(&jets, 0, LATE);
    float expected[LATE][2];
    uint8_t right[LATE];
    late_logits(model, &jets, expected, right);
    for (int32_t threads = 1; threads <= 3; threads += 2)
        for (int32_t max_batch = 0; max_batch <= 5; max_batch++) {
            jt_context *context = NULL;
            const jt_context_options options = {.size = sizeof options, .max_batch = max_batch, .threads = threads};
            assert_int_equal(jt_context_create(model, &options, &context, NULL), JT_OK);
            float logits[LATE][2];
            uint8_t statuses[LATE];
            const jt_output output = {.size = sizeof output, .logits = logits[0], .statuses = statuses};
            assert_int_equal(jt_tag_jets(context, &view, &output), JT_OK);
            assert_memory_equal(statuses, right, sizeof right);
            for (size_t i = 0; i < LATE; i++)
                if (right[i] == JT_JET_OK)
                    assert_memory_equal(logits[i], expected[i], sizeof expected[i]);
            jt_context_free(context);
        }
    toy_jets_free(&jets);
    jt_model_free(model);
}

static void test_it_breaks_with_another_piece_on_its_way(void **state)
{
    (void)state;
    enum { BAD = 20 };
    /* Where, what is said, and the first piece that is lost: of two failures the first is told. */
    static const struct {
        const char *where, *words;
        int32_t lost;
    } cases[] = {{"begin", "it cannot begin", 6}, {"finish", "it cannot finish", 6}, {"both", "it cannot begin", 5}};
    jt_model *model = load_late();
    toy_jets jets = toy_jets_make(LATE, 6, 0);
    for (int64_t k = 4 * jets.offsets[BAD]; k < 4 * jets.offsets[BAD + 1]; k++)
        jets.momenta[k] *= 1e12;
    jets.momenta[4 * jets.offsets[BAD + 2]] = (double)NAN;
    const jt_jets view = toy_view(&jets, 0, LATE), good = toy_view(&jets, 0, BAD);
    for (int i = 0; i < 3; i++) {
        jt_context *context = NULL;
        float logits[LATE][2];
        uint8_t statuses[LATE];
        assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
        for (int k = 0; k < LATE; k++)
            logits[k][0] = 7;
        memset(statuses, 0x55, sizeof statuses);
        const jt_output output = {.size = sizeof output, .logits = logits[0], .statuses = statuses};
        setenv("LATE_BREAKS", cases[i].where, 1);
        assert_int_equal(jt_tag_jets(context, &view, &output), JT_ERROR_BACKEND);
        assert_string_equal(jt_context_error(context), cases[i].words);
        /* Nothing of what comes after, be it bad as it may: jet 22 is. */
        for (int k = 0; k < LATE; k++) {
            assert_true((logits[k][0] == 7.0f) == (k >= cases[i].lost * LATE_PIECE));
            assert_true((statuses[k] == 0x55) == (k >= cases[i].lost * LATE_PIECE));
        }
        assert_int_equal(jt_tag_jets(context, &good, &output), JT_OK);
        unsetenv("LATE_BREAKS");
        jt_context_free(context);
    }
    toy_jets_free(&jets);
    jt_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_not_a_library),
        cmocka_unit_test(test_strange_modules),
        cmocka_unit_test(test_a_backend_that_breaks),
        cmocka_unit_test(test_a_backend_that_works_by_itself),
        cmocka_unit_test(test_it_breaks_with_another_piece_on_its_way),
        cmocka_unit_test(test_own_backends_are_always_there),
        cmocka_unit_test(test_the_gpu_comes_last),
        cmocka_unit_test(test_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
