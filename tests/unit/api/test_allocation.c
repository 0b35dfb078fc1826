/* jt_tag_jets allocates nothing; loading fails cleanly at whatever allocation fails; nothing leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/handle.h"
#include "toys.h"

static atomic_long n_calls;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void __real_free(void *memory);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void __wrap_free(void *memory);

void *__wrap_malloc(size_t bytes)
{
    atomic_fetch_add(&n_calls, 1);
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    atomic_fetch_add(&n_calls, 1);
    return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *memory, size_t bytes)
{
    atomic_fetch_add(&n_calls, 1);
    return __real_realloc(memory, bytes);
}

void __wrap_free(void *memory)
{
    atomic_fetch_add(&n_calls, 1);
    __real_free(memory);
}

static void test_tagging_allocates_nothing(void **state)
{
    (void)state;
    enum { N = 50 };
    jt_model *model = toy_model("reference");
    jt_context *context = NULL;
    assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
    toy_jets jets = toy_jets_make(N, 1, 1);
    float scores[N];
    jt_jets view = toy_view(&jets, 0, N);
    jt_output output = {.size = sizeof output, .scores = scores};
    long before = atomic_load(&n_calls);
    assert_true(before > 0);
    assert_int_equal(jt_tag_jets(context, &view, &output), JT_OK);
    assert_int_equal(atomic_load(&n_calls), before);
    jt_context_free(context);
    jt_model_free(model);
    toy_jets_free(&jets);
}

/* Counted from one thread: contexts are made by the caller. */
typedef struct heap {
    long taken, live, fail_at;
} heap;

static void *take(void *user, size_t bytes)
{
    heap *h = user;
    if (++h->taken == h->fail_at)
        return NULL;
    h->live++;
    return __real_malloc(bytes);
}

static void give(void *user, void *memory)
{
    ((heap *)user)->live--;
    __real_free(memory);
}

/* Load, make a context, tag; the first status that is not JT_OK. */
static jt_status go_through(const void *bytes, size_t length, heap *h)
{
    jt_allocator allocator = {take, give, h};
    jt_model_options options = {.size = sizeof options, .backend = "reference", .allocator = &allocator};
    jt_error error = {.size = sizeof error};
    jt_model *model = NULL;
    jt_context *context = NULL;
    jt_status status = jt_model_load_memory(bytes, length, &options, &model, &error);
    jt_context_options threads = {.size = sizeof threads, .threads = 3};
    if (status == JT_OK)
        status = jt_context_create(model, &threads, &context, &error);
    if (status != JT_OK)
        assert_int_equal(error.status, status);
    jt_context_free(context);
    jt_model_free(model);
    return status;
}

static void test_every_allocation_failing(void **state)
{
    (void)state;
    size_t length = 0;
    void *bytes = toy_file(NULL, &length);
    heap h = {0, 0, 0};
    assert_int_equal(go_through(bytes, length, &h), JT_OK);
    assert_int_equal(h.live, 0);
    const long n = h.taken;
    assert_true(n > 5);
    for (long k = 1; k <= n; k++) {
        h = (heap){0, 0, k};
        assert_int_equal(go_through(bytes, length, &h), JT_ERROR_MEMORY);
        assert_int_equal(h.live, 0);
    }
    __real_free(bytes);
}

/* A backend that has packed the weights for itself is not to sit on two copies of them. */
static void test_weights_that_nobody_reads_are_let_go(void **state)
{
    (void)state;
    enum { N = 20 };
    static const char *const names[] = {"reference", "native"};
    float scores[2][N];
    toy_jets jets = toy_jets_make(N, 1, 0);
    jt_jets view = toy_view(&jets, 0, N);
    for (int kept = 1; kept >= 0; kept--) {
        jt_model *model = toy_model(names[1 - kept]);
        const jt_graph *graph = &model->file.graph;
        assert_int_equal(model->file.weights != NULL, kept);
        int32_t n_weights = 0;
        for (int32_t i = 0; i < graph->n_ops; i++)
            n_weights += graph->ops[i].weight != NULL;
        assert_int_equal(n_weights > 0, kept);
        /* Before and after contexts: a second one finds all it needs, too. */
        for (int i = 0; i < 2; i++) {
            jt_context *context = NULL;
            assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
            jt_output output = {.size = sizeof output, .scores = scores[1 - kept]};
            assert_int_equal(jt_tag_jets(context, &view, &output), JT_OK);
            jt_context_free(context);
        }
        jt_model_free(model);
    }
    for (int i = 0; i < N; i++)
        assert_float_equal(scores[0][i], scores[1][i], 1e-5f);
    toy_jets_free(&jets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tagging_allocates_nothing),
        cmocka_unit_test(test_every_allocation_failing),
        cmocka_unit_test(test_weights_that_nobody_reads_are_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
