/* Sixteen threads, each with a context of its own, over one model: the same bits as one thread. Run under
 * ThreadSanitizer. */
#include <dirent.h>
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "toys.h"

enum { N = 60, THREADS = 16, ROUNDS = 3 };

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

static void test_native(void **state)
{
    (void)state;
    check_backend("native");
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

/* 0 under an emulator, which has threads of its own. */
static int n_tasks(void)
{
    if (getenv("JETTAG_TEST_EMULATED"))
        return 0;
    DIR *directory = opendir("/proc/self/task");
    int n = 0;
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

static void tag_all(jt_context *context, const toy_jets *jets, float *logits)
{
    jt_jets view = toy_view(jets, 0, jets->n_jets);
    jt_output output = {.size = sizeof output, .logits = logits};
    if (jt_tag_jets(context, &view, &output) != JT_OK)
        fail_msg("%s", jt_context_error(context));
}

enum { MANY = 1000 };

/* Threads of the library's own, asked for: the same bits, started with the context, gone with it. */
static void test_context_with_threads(void **state)
{
    (void)state;
    static float expected[2 * MANY], logits[2 * MANY];
    jt_model *model = toy_model("reference");
    toy_jets jets = toy_jets_make(MANY, 4, 1);
    jt_context *context = NULL;
    assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
    const int before = n_tasks();
    tag_all(context, &jets, expected);
    assert_int_equal(n_tasks(), before);
    jt_context_free(context);

    for (int32_t threads = 1; threads <= 5; threads += 2) {
        jt_context_options options = {.size = sizeof options, .max_batch = 3, .threads = threads};
        assert_int_equal(jt_context_create(model, &options, &context, NULL), JT_OK);
        assert_true(getenv("JETTAG_TEST_EMULATED") || n_tasks() == before + threads - 1);
        for (int round = 0; round < 3; round++) {
            memset(logits, 0xff, sizeof logits);
            fesetround(round == 1 ? FE_UPWARD : FE_TONEAREST);
            tag_all(context, &jets, logits);
            fesetround(FE_TONEAREST);
            assert_memory_equal(logits, expected, sizeof logits);
        }
        jt_context_free(context);
        assert_int_equal(n_tasks(), before);
    }
    toy_jets_free(&jets);
    jt_model_free(model);
}

static void test_wrong_numbers_of_threads(void **state)
{
    (void)state;
    jt_model *model = toy_model("reference");
    jt_context *context = NULL;
    const int32_t wrong[] = {-1, 1025, INT32_MAX};
    for (int i = 0; i < 3; i++) {
        jt_error error = {.size = sizeof error};
        jt_context_options options = {.size = sizeof options, .threads = wrong[i]};
        assert_int_equal(jt_context_create(model, &options, &context, &error), JT_ERROR_ARGUMENT);
        assert_non_null(strstr(error.text, "threads"));
        assert_null(context);
    }
    jt_model_free(model);
}

/* Threads stay behind in a fork; the child goes on alone, with the same bits. */
static void test_fork(void **state)
{
    (void)state;
    static float expected[2 * MANY], logits[2 * MANY];
    jt_model *model = toy_model("reference");
    toy_jets jets = toy_jets_make(MANY, 4, 1);
    jt_context *context = NULL;
    jt_context_options options = {.size = sizeof options, .threads = 3};
    assert_int_equal(jt_context_create(model, &options, &context, NULL), JT_OK);
    tag_all(context, &jets, expected);
    const pid_t child = fork();
    if (child == 0) {
        tag_all(context, &jets, logits);
        jt_context_free(context);
        jt_model_free(model);
        _exit(memcmp(logits, expected, sizeof logits) != 0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    jt_context_free(context);
    toy_jets_free(&jets);
    jt_model_free(model);
}

/* Tags until it is told to stop. */
typedef struct busy {
    jt_context *context;
    const toy_jets *jets;
    atomic_int stop, calls;
    float logits[2 * MANY];
} busy;

static void *tag_on(void *argument)
{
    busy *b = argument;
    while (!atomic_load(&b->stop)) {
        tag_all(b->context, b->jets, b->logits);
        atomic_fetch_add(&b->calls, 1);
    }
    return NULL;
}

/* A process forks while other threads are in jt_tag_jets: the child tags in a context that nobody was in, makes another
   one of the same model, and frees both; parent and child get the same bits. */
static void test_fork_while_others_tag(void **state)
{
    (void)state;
    enum { BUSY = 2, FORKS = 5 };
    static busy threads[BUSY];
    static float expected[2 * MANY], logits[2 * MANY];
    jt_model *model = toy_model("native");
    toy_jets jets = toy_jets_make(MANY, 4, 1);
    jt_context *context = NULL;
    pthread_t running[BUSY];
    assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
    tag_all(context, &jets, expected);
    for (int i = 0; i < BUSY; i++) {
        const jt_context_options options = {.size = sizeof options, .threads = 1 + i};
        threads[i].jets = &jets;
        assert_int_equal(jt_context_create(model, &options, &threads[i].context, NULL), JT_OK);
        assert_int_equal(pthread_create(&running[i], NULL, tag_on, &threads[i]), 0);
    }
    for (int n = 0; n < FORKS; n++) {
        while (atomic_load(&threads[0].calls) <= n || atomic_load(&threads[1].calls) <= n)
            sched_yield();
        const pid_t child = fork();
        if (child == 0) {
            alarm(60); /* a lock that nobody holds any more would be waited for without end */
            jt_context *own = NULL;
            jt_jets view = toy_view(&jets, 0, MANY);
            jt_output output = {.size = sizeof output, .logits = logits};
            int bad = jt_tag_jets(context, &view, &output) != JT_OK || memcmp(logits, expected, sizeof logits) != 0;
            memset(logits, 0xff, sizeof logits);
            bad |= jt_context_create(model, NULL, &own, NULL) != JT_OK || jt_tag_jets(own, &view, &output) != JT_OK;
            bad |= memcmp(logits, expected, sizeof logits) != 0;
            jt_context_free(own);
            jt_context_free(context);
            jt_model_free(model);
            _exit(bad);
        }
        memset(logits, 0xff, sizeof logits);
        tag_all(context, &jets, logits);
        assert_memory_equal(logits, expected, sizeof logits);
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < BUSY; i++) {
        atomic_store(&threads[i].stop, 1);
        pthread_join(running[i], NULL);
        assert_memory_equal(threads[i].logits, expected, sizeof expected);
        jt_context_free(threads[i].context);
    }
    jt_context_free(context);
    toy_jets_free(&jets);
    jt_model_free(model);
}

int main(int argc, char **argv)
{
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_native),
        cmocka_unit_test(test_contexts_outlive_the_model),
        cmocka_unit_test(test_context_with_threads),
        cmocka_unit_test(test_wrong_numbers_of_threads),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_fork_while_others_tag),
    };
    return argc > 1 ? 2 : cmocka_run_group_tests(tests, NULL, NULL);
}
