/* Eight threads, each with a context of its own, over one model: the same bits as one thread. Run under
 * ThreadSanitizer. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "toys.h"

enum { N = 60, THREADS = 8, ROUNDS = 5 };

typedef struct worker {
    jt_model *model;
    const toy_jets *jets;
    float logits[2 * N];
    jt_status status;
} worker;

static void *work(void *argument)
{
    worker *w = argument;
    jt_context *context = NULL;
    for (int round = 0; round < ROUNDS && w->status == JT_OK; round++) {
        w->status = jt_context_create(w->model, NULL, &context, NULL);
        if (w->status != JT_OK)
            break;
        jt_jets view = toy_view(w->jets, 0, N);
        jt_output output = {.size = sizeof output, .logits = w->logits};
        w->status = jt_tag_jets(context, &view, &output);
        jt_context_free(context);
    }
    return NULL;
}

static void check_backend(const char *backend)
{
    static worker workers[THREADS + 1];
    memset(workers, 0, sizeof workers);
    jt_model *model = toy_model(backend);
    toy_jets jets = toy_jets_make(N, 9, 1);
    pthread_t threads[THREADS];
    for (int i = 0; i <= THREADS; i++)
        workers[i] = (worker){.model = model, .jets = &jets};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    work(&workers[THREADS]);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(workers[i].status, JT_OK);
        assert_memory_equal(workers[i].logits, workers[THREADS].logits, sizeof workers[i].logits);
    }
    toy_jets_free(&jets);
    jt_model_free(model);
}

static void test_reference(void **state)
{
    (void)state;
    check_backend("reference");
}

/* The model is freed by its owner while contexts still use it. */
static void *outlive(void *argument)
{
    jt_context *context = argument;
    toy_jets jets = toy_jets_make(N, 9, 0);
    jt_jets view = toy_view(&jets, 0, N);
    float scores[N];
    jt_output output = {.size = sizeof output, .scores = scores};
    jt_status status = jt_tag_jets(context, &view, &output);
    jt_context_free(context);
    toy_jets_free(&jets);
    return status == JT_OK ? argument : NULL;
}

static void test_contexts_outlive_the_model(void **state)
{
    (void)state;
    jt_model *model = toy_model("reference");
    jt_context *contexts[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(jt_context_create(model, NULL, &contexts[i], NULL), JT_OK);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, outlive, contexts[i]), 0);
    jt_model_free(model);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_contexts_outlive_the_model),
    };
    return argc > 1 ? 2 : cmocka_run_group_tests(tests, NULL, NULL);
}
