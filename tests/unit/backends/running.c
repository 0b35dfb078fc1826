#include "running.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/reference/reference.h"
#include "lib/core/processor.h"

static void *counting_allocate(void *user, size_t bytes)
{
    counting *counts = user;
    counts->allocations++;
    if (counts->allocations == counts->fail_at)
        return NULL;
    char *memory = aligned_alloc(32, (bytes + 16 + 31) / 32 * 32);
    assert_non_null(memory);
    counts->live++;
    return memory + 16;
}

static void counting_release(void *user, void *memory)
{
    counting *counts = user;
    assert_non_null(memory);
    counts->live--;
    free((char *)memory - 16);
}

jt_host counting_host(counting *counts)
{
    return (jt_host){counting_allocate, counting_release, counts, NULL, NULL};
}

running run_open(const jt_backend *backend, const jt_graph *graph, const jt_host *host, int32_t max_batch)
{
    jt_why why = {""};
    running r = {.backend = backend, .graph = graph};
    if (backend->compile(graph, host, &r.plan, &why) != JT_OK ||
        backend->context_create(r.plan, max_batch, &r.context, &why) != JT_OK)
        fail_msg("%s: %s", backend->name, why.text);
    return r;
}

void run_close(running *r)
{
    r->backend->context_free(r->context);
    r->backend->plan_free(r->plan);
}

void run(running *r, const float *images, const float *features, int32_t n, float *outputs)
{
    jt_why why = {""};
    if (r->backend->run(r->context, images, features, n, outputs, &why) != JT_OK)
        fail_msg("%s: %s", r->backend->name, why.text);
}

void run_once(const jt_backend *backend, const jt_graph *graph, const float *images, const float *features, int32_t n,
              float *outputs)
{
    counting counts = {0};
    jt_host host = counting_host(&counts);
    running r = run_open(backend, graph, &host, n);
    run(&r, images, features, n, outputs);
    run_close(&r);
    assert_int_equal(counts.live, 0);
}

uint64_t draws_of(uint64_t all)
{
    return getenv("JETTAG_TEST_EMULATED") ? (all + 7) / 8 : all;
}

size_t floats_of_image(const jt_graph *graph)
{
    return graph->values[JT_VALUE_IMAGES].floats;
}

size_t floats_of_row(const jt_graph *graph)
{
    return graph->row_floats;
}

size_t n_classes(const jt_graph *graph)
{
    return graph->values[graph->output].floats;
}

inputs inputs_make(const jt_graph *graph, int32_t n, uint64_t seed)
{
    size_t pixels = (size_t)n * floats_of_image(graph);
    size_t features = (size_t)n * floats_of_row(graph);
    inputs in = {malloc(pixels * sizeof(float)), malloc((features + 1) * sizeof(float))};
    assert_non_null(in.images);
    assert_non_null(in.features);
    net_fill(&seed, in.images, pixels);
    net_fill(&seed, in.features, features);
    return in;
}

void inputs_free(inputs *in)
{
    free(in->images);
    free(in->features);
}

enum { JETS = 7 };

expectation expectation_make(net *network)
{
    const jt_graph *graph = &network->graph;
    expectation e = {.network = network, .in = inputs_make(graph, JETS, 7), .n_logits = JETS * n_classes(graph)};
    e.logits = calloc(e.n_logits, sizeof *e.logits);
    run_once(&jt_reference_backend, graph, e.in.images, e.in.features, JETS, e.logits);
    for (size_t i = 0; i < e.n_logits; i++)
        e.largest = fmax(e.largest, fabs((double)e.logits[i]));
    return e;
}

void expectation_free(expectation *e)
{
    free(e->logits);
    inputs_free(&e->in);
    net_free(e->network);
}

float *check_expectation(const expectation *e, const jt_backend *backend, const char *name)
{
    float *found = calloc(e->n_logits, sizeof *found);
    run_once(backend, &e->network->graph, e->in.images, e->in.features, JETS, found);
    for (size_t i = 0; i < e->n_logits; i++)
        if (!(fabs((double)found[i] - (double)e->logits[i]) <= 1e-5 * e->largest))
            fail_msg("%s: logit %zu is %.9g, not %.9g", name, i, (double)found[i], (double)e->logits[i]);
    return found;
}

void test_agrees_on_drawn_networks(void **state)
{
    const agreement *a = *state;
    const uint64_t draws = draws_of(a->draws);
    for (uint64_t seed = 0; seed < draws; seed++) {
        char name[32];
        snprintf(name, sizeof name, "seed %d", (int)seed);
        a->check(net_draw(seed), name);
    }
}

void test_agrees_on_networks(void **state)
{
    const agreement *a = *state;
    a->check(net_effnet_s0(0), "EffNet-S0");
    a->check(net_effnet_s0(1), "EffNet-S0 with features");
    a->check(net_lenet(), "LeNet");
    a->check(net_deeptop(), "DeepTop");
    a->check(net_resnext(), "ResNeXt");
}

void check_batches(const jt_backend *backend, const jt_graph *graph)
{
    const size_t pixels = floats_of_image(graph), features = floats_of_row(graph), classes = n_classes(graph);
    counting counts = {0};
    jt_host host = counting_host(&counts);
    inputs in = inputs_make(graph, JETS, 99);
    inputs moved = inputs_make(graph, JETS + 1, 1);
    float *alone = calloc(JETS * classes, sizeof *alone);
    float *together = calloc(JETS * classes + 1, sizeof *together);
    running r = run_open(backend, graph, &host, JETS);
    for (size_t jet = 0; jet < JETS; jet++)
        run(&r, in.images + jet * pixels, in.features + jet * features, 1, alone + jet * classes);

    for (int32_t n = 0; n <= JETS; n++) {
        together[(size_t)n * classes] = 4321.0f;
        run(&r, in.images, in.features, n, together);
        assert_memory_equal(together, alone, (size_t)n * classes * sizeof *alone);
        assert_true(together[(size_t)n * classes] == 4321.0f);
    }
    /* Every jet at every place, its neighbours others each time, and a few bytes further on in memory. */
    for (size_t turn = 1; turn < JETS; turn++) {
        float *images = moved.images + turn % 5, *extra = moved.features + turn % 2;
        for (size_t place = 0; place < JETS; place++) {
            size_t jet = (place + turn) % JETS;
            memcpy(images + place * pixels, in.images + jet * pixels, pixels * sizeof *images);
            if (features > 0)
                memcpy(extra + place * features, in.features + jet * features, features * sizeof *extra);
        }
        run(&r, images, extra, JETS, together);
        for (size_t place = 0; place < JETS; place++)
            assert_memory_equal(together + place * classes, alone + (place + turn) % JETS * classes,
                                classes * sizeof *alone);
    }
    run_close(&r);
    assert_int_equal(counts.live, 0);
    free(together);
    free(alone);
    inputs_free(&moved);
    inputs_free(&in);
}

/* JT_OK once nothing failed. */
static jt_status try_with(const jt_backend *backend, const jt_graph *graph, const jt_host *host, jt_why *why)
{
    jt_plan *plan = NULL;
    jt_plan_context *context = NULL;
    jt_status status = backend->compile(graph, host, &plan, why);
    if (status != JT_OK)
        return status;
    status = backend->context_create(plan, 3, &context, why);
    if (status == JT_OK)
        backend->context_free(context);
    backend->plan_free(plan);
    return status;
}

void check_failing_allocations(const jt_backend *backend, const jt_graph *graph)
{
    counting counts = {0};
    jt_host host = counting_host(&counts);
    jt_why why = {""};
    assert_int_equal(try_with(backend, graph, &host, &why), JT_OK);
    assert_int_equal(counts.live, 0);
    const long all = counts.allocations;
    assert_true(all > 2);
    for (long k = 1; k <= all; k++) {
        counts = (counting){.fail_at = k};
        why.text[0] = '\0';
        assert_int_equal(try_with(backend, graph, &host, &why), JT_ERROR_MEMORY);
        assert_non_null(strstr(why.text, "memory"));
        assert_int_equal(counts.live, 0);
    }
}

/* malloc and free, which threads may call at once; `counting` is not made for that. */
static void *plain_allocate(void *user, size_t bytes)
{
    (void)user;
    return malloc(bytes);
}

static void plain_release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

static const jt_host plain_host = {plain_allocate, plain_release, NULL, NULL, NULL};

enum { THREADS = 8, ROUNDS = 20 };

typedef struct worker {
    const running *shared;
    const inputs *in;
    const float *expected;
    int compiles; /* a plan of its own, too */
    int wrong;
} worker;

static void *work(void *argument)
{
    worker *w = argument;
    const jt_backend *backend = w->shared->backend;
    const jt_graph *graph = w->shared->graph;
    const size_t classes = n_classes(graph);
    jt_why why = {""};
    jt_plan *own = NULL;
    jt_plan_context *context = NULL;
    float *outputs = calloc(JETS * classes, sizeof *outputs);
    if (w->compiles && backend->compile(graph, &plain_host, &own, &why) != JT_OK)
        w->wrong++;
    if (backend->context_create(own ? own : w->shared->plan, JETS, &context, &why) != JT_OK)
        w->wrong++;
    for (int round = 0; round < ROUNDS && !w->wrong; round++) {
        memset(outputs, 0, JETS * classes * sizeof *outputs);
        if (backend->run(context, w->in->images, w->in->features, JETS, outputs, &why) != JT_OK ||
            memcmp(outputs, w->expected, JETS * classes * sizeof *outputs) != 0)
            w->wrong++;
    }
    if (context)
        backend->context_free(context);
    if (own)
        backend->plan_free(own);
    free(outputs);
    return NULL;
}

void check_threads(const jt_backend *backend, const jt_graph *graph)
{
    inputs in = inputs_make(graph, JETS, 5);
    float *expected = calloc(JETS * n_classes(graph), sizeof *expected);
    running shared = run_open(backend, graph, &plain_host, JETS);
    run(&shared, in.images, in.features, JETS, expected);
    pthread_t threads[THREADS];
    worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.shared = &shared, .in = &in, .expected = expected, .compiles = i % 4 == 3};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
    }
    run_close(&shared);
    free(expected);
    inputs_free(&in);
}

const char *name_of_level(int level)
{
    static const char *const names[] = {"portable", "avx2", "avx512"};
    return names[level];
}

int use_level(int level)
{
    assert_int_equal(setenv("JETTAG_PROCESSOR", name_of_level(level), 1), 0);
    return jt_processor_level() == (jt_processor)level;
}
