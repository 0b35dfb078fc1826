/*
 * Memory runs out at the k-th allocation of the whole process, for every k, once and from then on, while a model is
 * loaded, a context made, jets are tagged and all is freed: JT_ERROR_MEMORY, no crash, nothing left.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "interpose.h"
#include "toys.h"

enum { N = 20 };

typedef struct given {
    const char *backend;
    void *bytes;
    size_t length;
    jt_jets jets;
    int32_t threads;
} given;

/* What is printed and asserted inside would allocate, too: only calls of the library. */
static jt_status go_through(const given *g, float *scores)
{
    jt_error error = {.size = sizeof error};
    jt_model *model = NULL;
    jt_context *context = NULL;
    const jt_model_options options = {.size = sizeof options, .backend = g->backend};
    const jt_context_options wanted = {.size = sizeof wanted, .max_batch = 4, .threads = g->threads};
    const jt_output output = {.size = sizeof output, .scores = scores};
    jt_status status = jt_model_load_memory(g->bytes, g->length, &options, &model, &error);
    if (status == JT_OK)
        status = jt_context_create(model, &wanted, &context, &error);
    if (status == JT_OK)
        status = jt_tag_jets(context, &g->jets, &output);
    else if (error.status != status || error.text[0] == '\0')
        status = (jt_status)-1;
    jt_context_free(context);
    jt_model_free(model);
    return status;
}

static long live(void)
{
    const interposed now = interposed_now();
    return now.allocations - now.releases;
}

static void check(const char *backend, int32_t threads)
{
    toy_jets jets = toy_jets_make(N, 3, 1);
    given g = {.backend = backend, .jets = toy_view(&jets, 0, N), .threads = threads};
    g.bytes = toy_file(NULL, &g.length);
    float expected[N], scores[N];
    assert_int_equal(go_through(&g, expected), JT_OK); /* what the C library keeps, it takes now */
    interposed_fail_at(0, 0);
    const long before = live();
    assert_int_equal(go_through(&g, expected), JT_OK);
    const long n = interposed_fail_at(0, 0);
    assert_true(n > 20);
    assert_true(threads > 1 || live() == before);

    long n_refused = 0;
    for (int forever = 0; forever < 2; forever++)
        for (long k = 1; k <= n; k++) {
            memset(scores, 0xff, sizeof scores);
            const long taken = interposed_now().allocations, released = interposed_now().releases;
            interposed_fail_at(k, forever);
            const jt_status status = go_through(&g, scores);
            const interposed after = interposed_now();
            const long asked = interposed_fail_at(0, 0);
            const long n_failed = asked < k ? 0 : forever ? asked - k + 1 : 1;
            assert_true(n_failed > 0 || threads > 1);
            if (status == JT_OK)
                assert_memory_equal(scores, expected, sizeof scores);
            else if (status != JT_ERROR_MEMORY)
                fail_msg("allocation %ld fails, forever %d: status %d", k, forever, (int)status);
            n_refused += status == JT_ERROR_MEMORY;
            /* A thread's stack stays with the C library for the next thread. */
            if (threads == 1)
                assert_int_equal(after.allocations - taken - n_failed, after.releases - released);
        }
    /* The few that nobody needs are no reason to give up. */
    assert_true(n_refused > 2 * n - n / 4);
    print_message("figure: allocations failed on %s with %d threads, once and from then on: 2 x %ld\n", backend,
                  (int)threads, n);
    free(g.bytes);
    toy_jets_free(&jets);
}

/* Otherwise all this would be blind. */
static void test_other_libraries_are_seen(void **state)
{
    (void)state;
    interposed_fail_at(1, 0);
    cJSON *none = cJSON_CreateNull();
    interposed_fail_at(0, 0);
    assert_null(none);
}

/* The published attacks, each refused at another place: nothing of any library is left. */
static void test_refused_files_leave_nothing(void **state)
{
    (void)state;
    DIR *directory = opendir(getenv("JETTAG_TEST_ATTACKS"));
    assert_non_null(directory);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", getenv("JETTAG_TEST_ATTACKS"), entry->d_name);
        jt_model *model = NULL;
        const long before = live();
        if (jt_model_load(path, NULL, &model, NULL) == JT_OK)
            jt_model_free(model);
        if (live() != before)
            fail_msg("%s leaves %ld allocations", path, live() - before);
        n++;
    }
    closedir(directory);
    assert_true(n > 100);
}

static void test_reference(void **state)
{
    (void)state;
    check("reference", 1);
}

static void test_native(void **state)
{
    (void)state;
    check("native", 1);
}

static void test_native_with_threads(void **state)
{
    (void)state;
    check("native", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_libraries_are_seen),
        cmocka_unit_test(test_refused_files_leave_nothing),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_native),
        cmocka_unit_test(test_native_with_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
