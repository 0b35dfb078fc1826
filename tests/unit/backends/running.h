/* Backends as the library drives them, and an allocator that counts and can fail. */
#ifndef JT_TESTS_BACKENDS_RUNNING_H
#define JT_TESTS_BACKENDS_RUNNING_H

#include "backends/backend.h"
#include "graphs.h"

typedef struct counting {
    long allocations; /* ever made */
    long live;        /* not released yet */
    long fail_at;     /* this one gives NULL, counted from 1; 0: none */
} counting;

/* A host whose memory is only as aligned as it must be: odd multiples of 16. */
jt_host counting_host(counting *counts);

/* A compiled graph and one context. */
typedef struct running {
    const jt_backend *backend;
    const jt_graph *graph;
    jt_plan *plan;
    jt_plan_context *context;
} running;

/* Fails the test when the backend refuses. */
running run_open(const jt_backend *backend, const jt_graph *graph, const jt_host *host, int32_t max_batch);
void run_close(running *r);
void run(running *r, const float *images, const float *features, int32_t n, float *outputs);

/* All at once, with a batch of n. */
void run_once(const jt_backend *backend, const jt_graph *graph, const float *images, const float *features, int32_t n,
              float *outputs);

/* n jets' inputs from a seed. features is not NULL even without features. Freed by the caller. */
typedef struct inputs {
    float *images, *features;
} inputs;
inputs inputs_make(const jt_graph *graph, int32_t n, uint64_t seed);
void inputs_free(inputs *in);

/* How many of `all` drawn networks to test: an eighth on a processor that is emulated (JETTAG_TEST_EMULATED), which
   takes a hundred times as long. */
uint64_t draws_of(uint64_t all);

size_t floats_of_image(const jt_graph *graph);
size_t floats_of_row(const jt_graph *graph);
size_t n_classes(const jt_graph *graph);

/* What the reference makes of 7 jets of a network, for another backend to be held against. The network goes with it. */
typedef struct expectation {
    net *network;
    inputs in;
    float *logits;
    size_t n_logits;
    double largest; /* absolute value among the logits */
} expectation;
expectation expectation_make(net *network);
void expectation_free(expectation *e);

/*
 * Logits of the same jets on a backend; fails the test where one is not within 1e-5 of the reference's, relative to the
 * largest of the batch. Freed by the caller, who may compare the bits of several.
 */
float *check_expectation(const expectation *e, const jt_backend *backend, const char *name);

/* How a backend is held against the reference: by `check`, which frees the network; on so many drawn networks. */
typedef struct agreement {
    void (*check)(net *network, const char *name);
    uint64_t draws;
} agreement;

/* Tests of CMocka whose initial state is an agreement: on networks drawn from seeds 0, 1, ..., and on the papers'. */
void test_agrees_on_drawn_networks(void **state);
void test_agrees_on_networks(void **state);

/* Logits of 7 jets: alone, in every batch, at every place and however memory is aligned the same bits. */
void check_batches(const jt_backend *backend, const jt_graph *graph);

/* Compile and make a context with the k-th allocation failing, for every k: an error with words, and nothing left. */
void check_failing_allocations(const jt_backend *backend, const jt_graph *graph);

/* Eight threads with a context each over one plan: the same bits as one thread. */
void check_threads(const jt_backend *backend, const jt_graph *graph);

/* Instruction sets of the native backend, from 0 = portable on. */
const char *name_of_level(int level);

/* Its kernels of another one from the next compile on; 0 where this processor lacks it. */
int use_level(int level);

#endif /* JT_TESTS_BACKENDS_RUNNING_H */
