/*
 * The oneDNN module, against the reference and against what it promises. The module's path is in JETTAG_TEST_ONEDNN;
 * without one nothing is tested and the program says so. An argument is the processor that oneDNN is told to think it
 * is on, such as AVX2.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graphs.h"
#include "running.h"

enum { SKIPPED = 77, JETS = 7, DRAWS = 150 };

static void *module;
static const jt_backend *onednn;

/* The OpenMP that the module was linked with, found through it; NULL for a oneDNN without threads. */
static int (*get_max_threads)(void);
static void (*set_num_threads)(int);

static void find(const char *name, void *function, size_t bytes)
{
    void *symbol = dlsym(module, name);
    memcpy(function, &symbol, bytes);
}

static void test_table(void **state)
{
    (void)state;
    jt_why why = {""};
    assert_int_equal(onednn->abi, JT_BACKEND_ABI);
    assert_string_equal(onednn->name, "onednn");
    assert_memory_equal(onednn->version(), "3.", 2);
    assert_non_null(strstr(onednn->notes, "allocates"));
    if (!onednn->probe(&why))
        fail_msg("%s", why.text);
}

/* Only the entry is exported. */
static void test_exports(void **state)
{
    (void)state;
    assert_non_null(dlsym(module, "jt_backend_module"));
    assert_null(dlsym(module, "jt_onednn_compile"));
}

/* Logits within 1e-5 of the reference's, relative to the largest of the batch. */
static void check_agrees(net *n, const char *name)
{
    expectation e = expectation_make(n);
    free(check_expectation(&e, onednn, name));
    expectation_free(&e);
}

static agreement agrees = {check_agrees, DRAWS};

/* Values whose memory could be given away too early, one after the other. */
static void test_agrees_where_values_are_read_twice(void **state)
{
    (void)state;
    const window three = window_same(3, 3, 1, 6, 6);

    /* A convolution of what is then added to it. */
    net *n = net_new((jt_shape){16, 6, 6}, 0, 1);
    int32_t x = net_activation(n, JT_VALUE_IMAGES, JT_ACTIVATION_SWISH);
    int32_t v =
        net_add(n, x, net_conv(n, x, 16, window_valid(1, 1, 1), 1, JT_ACTIVATION_NONE, NULL, NULL), JT_ACTIVATION_RELU);
    net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "convolution of the summand");

    /* The summand and the sum are needed later on. */
    check_agrees(net_summand_again(16), "summand read again");
    check_agrees(net_sum_between(16), "sum of others next");

    /* The convolution's own output is needed beside the sum. */
    n = net_new((jt_shape){3, 6, 6}, 0, 3);
    x = net_conv(n, JT_VALUE_IMAGES, 8, three, 1, JT_ACTIVATION_NONE, NULL, NULL);
    v = net_conv(n, x, 8, three, 1, JT_ACTIVATION_NONE, NULL, NULL);
    const int32_t both[] = {net_average(n, net_add(n, x, v, JT_ACTIVATION_NONE)), net_average(n, v)};
    net_finish(n, net_dense(n, net_concat(n, both, 2), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "output read beside the sum");

    /* A flattened image, which is the image's memory, and the image changed in between. */
    n = net_new((jt_shape){5, 4, 6}, 0, 4);
    x = net_conv(n, JT_VALUE_IMAGES, 20, window_valid(3, 3, 1), 1, JT_ACTIVATION_NONE, NULL, NULL);
    const int32_t flat = net_flatten(n, x);
    const int32_t sums[] = {flat, net_flatten(n, net_activation(n, x, JT_ACTIVATION_SWISH)),
                            net_add(n, flat, flat, JT_ACTIVATION_NONE), net_activation(n, flat, JT_ACTIVATION_SIGMOID)};
    net_finish(n, net_dense(n, net_concat(n, sums, 4), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "flattened and changed");

    /* The output is an input's memory. */
    n = net_new((jt_shape){2, 1, 1}, 0, 5);
    net_finish(n, net_flatten(n, JT_VALUE_IMAGES));
    check_agrees(n, "the image itself");
}

/* Images of one pixel, whose layouts differ in the zeros behind the channels alone, read by ops of all kinds. */
static void test_agrees_on_one_pixel(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 8; seed++) {
        const int32_t channels = 5 + (int32_t)seed * 5;
        net *n = net_new((jt_shape){channels, 1, 1}, 9, seed);
        const window one = window_valid(1, 1, 1), three = window_same(3, 3, 1, 1, 1);
        int32_t v = net_activation(n, JT_VALUE_IMAGES, JT_ACTIVATION_SWISH);
        int32_t gate = net_dense(n, net_flatten(n, v), channels, JT_ACTIVATION_SIGMOID, NULL, NULL);
        v = net_scale(n, v, gate);
        v = net_add(n, net_conv(n, v, channels, one, 1, JT_ACTIVATION_SWISH, NULL, NULL), v, JT_ACTIVATION_NONE);
        v = net_mbconv(n, v, channels, 3, 1, 2);
        v = net_max_pool(n, net_conv(n, v, channels, three, channels, JT_ACTIVATION_NONE, NULL, NULL), three);
        const int32_t parts[] = {net_average(n, v), JT_VALUE_FEATURES, net_flatten(n, v)};
        net_finish(n, net_dense(n, net_concat(n, parts, 3), 2, JT_ACTIVATION_NONE, NULL, NULL));
        check_agrees(n, "one pixel");
    }
}

/* Padding never wins, and what lies beyond odd sizes and channels that fill no block is not read. */
static void test_agrees_on_odd_pools(void **state)
{
    (void)state;
    const window pools[] = {
        {{3, 3}, {2, 2}, {1, 1, 1, 1}}, {{2, 2}, {2, 2}, {0, 0, 0, 0}}, {{4, 2}, {1, 3}, {3, 2, 1, 0}}};
    for (int i = 0; i < 3; i++) {
        static const float minus_two[] = {-2, -2, -2, -2, -2}, none[5] = {0};
        net *n = net_new((jt_shape){5, 7, 9}, 0, 1);
        int32_t v = net_conv(n, JT_VALUE_IMAGES, 5, window_valid(1, 1, 1), 5, JT_ACTIVATION_NONE, none, minus_two);
        v = net_max_pool(n, v, pools[i]);
        net_finish(n, net_dense(n, net_flatten(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
        check_agrees(n, "pool");
    }
}

static void test_batches(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 25; seed++) {
        net *n = net_draw(seed);
        check_batches(onednn, &n->graph);
        net_free(n);
    }
    net *n = net_effnet_s0(1);
    check_batches(onednn, &n->graph);
    net_free(n);
    n = net_lenet();
    check_batches(onednn, &n->graph);
    net_free(n);
}

static void test_threads(void **state)
{
    (void)state;
    net *n = net_effnet_s0(1);
    check_threads(onednn, &n->graph);
    net_free(n);
    n = net_resnext();
    check_threads(onednn, &n->graph);
    net_free(n);
}

static int count_threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (struct dirent *entry = readdir(tasks); entry; entry = readdir(tasks))
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/*
 * The caller's OpenMP setting asks for three threads; none is started, and the setting stays. Networks are large enough
 * for oneDNN to split. What went wrong, in words, or NULL: it runs on other threads than the test's, too.
 */
static void *run_with_three(void *argument)
{
    (void)argument;
    const char *wrong = NULL;
    if (set_num_threads)
        set_num_threads(3);
    const int before = count_threads();
    net *networks[] = {net_lenet(), net_resnext()};
    for (int i = 0; i < 2; i++) {
        const jt_graph *graph = &networks[i]->graph;
        inputs in = inputs_make(graph, JETS, 1);
        float outputs[2 * JETS];
        jt_why why = {""};
        if (!onednn->probe(&why))
            wrong = "not available";
        run_once(onednn, graph, in.images, in.features, JETS, outputs);
        if (count_threads() != before)
            wrong = "a thread was started";
        if (get_max_threads && get_max_threads() != 3)
            wrong = "the OpenMP setting was changed";
        inputs_free(&in);
        net_free(networks[i]);
    }
    return (void *)(uintptr_t)wrong;
}

static void test_no_thread_is_started(void **state)
{
    (void)state;
    const char *wrong = run_with_three(NULL);
    if (wrong)
        fail_msg("%s", wrong);
}

/* The same seen from a thread that OpenMP has not met yet; this thread's setting is its own. */
static void test_other_threads_settings(void **state)
{
    (void)state;
    pthread_t thread;
    void *wrong;
    if (set_num_threads)
        set_num_threads(2);
    assert_int_equal(pthread_create(&thread, NULL, run_with_three, NULL), 0);
    assert_int_equal(pthread_join(thread, &wrong), 0);
    if (wrong)
        fail_msg("%s", (const char *)wrong);
    if (get_max_threads)
        assert_int_equal(get_max_threads(), 2);
}

/* From the host nothing at all; whatever oneDNN takes from malloc within a run is given back before the run ends. */
static void test_run_keeps_no_memory(void **state)
{
    (void)state;
    net *n = net_effnet_s0(1);
    inputs in = inputs_make(&n->graph, JETS, 1);
    float outputs[2 * JETS];
    counting counts = {0};
    jt_host host = counting_host(&counts);
    running r = run_open(onednn, &n->graph, &host, JETS);
    run(&r, in.images, in.features, JETS, outputs);
    const long allocations = counts.allocations;
    const size_t in_use = mallinfo2().uordblks;
    for (int i = 0; i < 20; i++)
        run(&r, in.images, in.features, JETS, outputs);
    assert_int_equal(mallinfo2().uordblks, in_use);
    assert_int_equal(counts.allocations, allocations);
    run_close(&r);
    inputs_free(&in);
    net_free(n);
}

static void test_failing_allocations(void **state)
{
    (void)state;
    net *n = net_draw(5);
    check_failing_allocations(onednn, &n->graph);
    net_free(n);
    n = net_effnet_s0(1);
    check_failing_allocations(onednn, &n->graph);
    net_free(n);
}

/* Errors name the layer. */
static void check_refused(net *n, jt_status expected, const char *words)
{
    counting counts = {0};
    jt_host host = counting_host(&counts);
    jt_why why = {""};
    jt_plan *plan = NULL;
    assert_int_equal(onednn->compile(&n->graph, &host, &plan, &why), expected);
    assert_non_null(strstr(why.text, words));
    assert_null(plan);
    assert_int_equal(counts.live, 0);
    net_free(n);
}

static void test_refusals(void **state)
{
    (void)state;
    net *n = net_lenet();
    n->ops[2].kind = JT_OP_KINDS;
    check_refused(n, JT_ERROR_UNSUPPORTED, "layer2");

    n = net_lenet(); /* oneDNN itself refuses: the shapes do not fit */
    n->ops[2].out.h += 1;
    check_refused(n, JT_ERROR_BACKEND, "layer layer2: convolution: oneDNN says 'invalid arguments'");
}

int main(int argc, char **argv)
{
    const char *path = getenv("JETTAG_TEST_ONEDNN");
    if (!path || !*path) {
        puts("the oneDNN module is not built: nothing to test");
        return SKIPPED;
    }
    if (argc > 1)
        setenv("ONEDNN_MAX_CPU_ISA", argv[1], 1);
    module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        puts(dlerror());
        return 1;
    }
    jt_backend_module_function entry;
    find("jt_backend_module", &entry, sizeof entry);
    if (!entry || !entry())
        return 1;
    onednn = entry();
    find("omp_get_max_threads", &get_max_threads, sizeof get_max_threads);
    find("omp_set_num_threads", &set_num_threads, sizeof set_num_threads);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_thread_is_started), /* first: before any other has started one */
        cmocka_unit_test(test_other_threads_settings),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_exports),
        cmocka_unit_test_prestate(test_agrees_on_drawn_networks, &agrees),
        cmocka_unit_test_prestate(test_agrees_on_networks, &agrees),
        cmocka_unit_test(test_agrees_where_values_are_read_twice),
        cmocka_unit_test(test_agrees_on_one_pixel),
        cmocka_unit_test(test_agrees_on_odd_pools),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_run_keeps_no_memory),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
