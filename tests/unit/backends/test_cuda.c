/*
 * The CUDA module on a machine without a GPU: its plans, memory, order and errors, and its kernels' arithmetic, over a
 * runtime and a cuDNN that run on the processor (cuda/fake.h). What a GPU itself makes of it is another test's matter.
 *
 * The module's path is in JETTAG_TEST_CUDA; without one nothing is tested and the program says so. An argument is a
 * setting of the false libraries, VARIABLE=VALUE, and a second one what the module has to say to it.
 */
#include <dlfcn.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuda/loaded.h"
#include "graphs.h"
#include "running.h"

enum { JETS = 7 };

/* A sanitizer makes all of it ten times slower: there a part has to do. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { DRAWS = 6, STEP = 9 };
#else
enum { DRAWS = 40, STEP = 1 };
#endif

static const jt_backend *cuda;
static loaded_cuda fake;

/* Networks go in steps, or whole ones through a block each jet. */
static int in_steps(void **state)
{
    (void)state;
    return setenv("JETTAG_CUDA_STEPS", "1", 1);
}

static int resident(void **state)
{
    (void)state;
    return unsetenv("JETTAG_CUDA_STEPS");
}

static void check_agrees(net *n, const char *name)
{
    expectation e = expectation_make(n);
    free(check_expectation(&e, cuda, name));
    expectation_free(&e);
    assert_int_equal(fake.live(), 0);
}

static agreement agrees = {check_agrees, DRAWS};

static void test_table(void **state)
{
    (void)state;
    assert_int_equal(cuda->abi, JT_BACKEND_ABI);
    assert_string_equal(cuda->name, "cuda");
    assert_non_null(strstr(cuda->version(), "cuDNN 9."));
    assert_non_null(strstr(cuda->notes, "same kind of GPU"));
}

static void test_exports(void **state)
{
    (void)state;
    assert_non_null(dlsym(fake.module, "jt_backend_module"));
    assert_null(dlsym(fake.module, "jt_cuda_compile"));
    assert_null(dlsym(fake.module, "jt_cuda_image"));
}

/* Each op through a kernel and, where it is large enough, through cuDNN. */
static void test_products_are_made_where_they_pay(void **state)
{
    (void)state;
    const long before = fake.products();
    net *n = net_new((jt_shape){3, 6, 6}, 0, 1);
    int32_t v = net_conv(n, JT_VALUE_IMAGES, 4, window_same(3, 3, 1, 6, 6), 1, JT_ACTIVATION_SWISH, NULL, NULL);
    net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "small");
    assert_int_equal(fake.products(), before);

    n = net_new((jt_shape){8, 12, 12}, 0, 1);
    v = net_conv(n, JT_VALUE_IMAGES, 16, window_same(3, 3, 1, 12, 12), 1, JT_ACTIVATION_SWISH, NULL, NULL);
    v = net_dense(n, net_flatten(n, v), 40, JT_ACTIVATION_RELU, NULL, NULL);
    net_finish(n, net_dense(n, v, 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "large");
    /* Two products; for the buckets of 1 and 8 jets once each to warm up, and once in the run. */
    assert_int_equal(fake.products(), before + 2 * 3);
}

/* A convolution that is large enough for cuDNN. */
static net *net_of_one_product(void)
{
    net *n = net_new((jt_shape){8, 12, 12}, 0, 1);
    const int32_t v =
        net_conv(n, JT_VALUE_IMAGES, 16, window_same(3, 3, 1, 12, 12), 1, JT_ACTIVATION_SWISH, NULL, NULL);
    net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

/* Where cuDNN has no engine the kernel does it. */
static void test_without_an_engine(void **state)
{
    (void)state;
    setenv("FAKE_CUDNN_REFUSES", "3", 1);
    const long before = fake.products();
    net *n = net_of_one_product();
    check_agrees(n, "refused");
    assert_int_equal(fake.products(), before);
    unsetenv("FAKE_CUDNN_REFUSES");
}

/* Kernels of one run of 7 jets, which agree with the reference; the network is freed. */
static long kernels_of(net *n, const char *name)
{
    const long before = fake.kernels();
    check_agrees(n, name);
    /* The buckets of 1 and 8 jets ran once each to warm up. */
    const long all = fake.kernels() - before;
    assert_int_equal(all % 3, 0);
    return all / 3;
}

/* Average, dense, dense, scale; the factors are read by nobody else unless `again`. */
static net *net_squeezed(int32_t channels, int32_t units, int32_t again)
{
    net *n = net_new((jt_shape){channels, 5, 3}, 0, (uint64_t)channels);
    const int32_t average = net_average(n, JT_VALUE_IMAGES);
    const int32_t small = net_dense(n, average, units, JT_ACTIVATION_SWISH, NULL, NULL);
    const int32_t factors = net_dense(n, small, channels, JT_ACTIVATION_SIGMOID, NULL, NULL);
    int32_t v = net_average(n, net_scale(n, JT_VALUE_IMAGES, factors));
    const int32_t read[] = {average, small, factors};
    if (again > 0)
        v = net_concat(n, (const int32_t[]){v, read[again - 1]}, 2);
    net_finish(n, net_dense(n, v, 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

static void test_squeeze_excite_is_one_kernel(void **state)
{
    (void)state;
    /* Then the average of what is scaled, and the last dense layer. */
    assert_int_equal(kernels_of(net_squeezed(3, 1, 0), "few"), 3);
    assert_int_equal(kernels_of(net_squeezed(24, 6, 0), "some"), 3);
    assert_int_equal(kernels_of(net_squeezed(300, 40, 0), "many"), 3);
    assert_int_equal(kernels_of(net_squeezed(9, 200, 0), "more units than channels"), 3);
    /* More than a block may share. */
    assert_int_equal(kernels_of(net_squeezed(1400, 4, 0), "too many"), 6);
    /* Something between is read by somebody else: also two parts of a concatenation. */
    for (int32_t again = 1; again <= 3; again++)
        assert_int_equal(kernels_of(net_squeezed(24, 6, again), "read again"), 3 + 3 + 2);
}

static void test_mbconv_is_few_kernels(void **state)
{
    (void)state;
    /* Expansion, depthwise, squeeze-excite, projection, sum; then average and dense. */
    net *n = net_new((jt_shape){4, 9, 7}, 0, 1);
    int32_t v = net_mbconv(n, JT_VALUE_IMAGES, 4, 5, 1, 4);
    net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    assert_int_equal(kernels_of(n, "mbconv"), 5 + 2);

    /* As cuDNN's the projection takes the sum along. */
    const long before = fake.products();
    n = net_new((jt_shape){24, 9, 7}, 0, 1);
    v = net_mbconv(n, JT_VALUE_IMAGES, 24, 3, 1, 4);
    net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    assert_int_equal(kernels_of(n, "large mbconv"), 4 + 2);
    assert_int_equal(fake.products() - before, 2 * 3);

    /* What the depthwise makes is read by somebody else. */
    n = net_new((jt_shape){6, 7, 7}, 0, 1);
    v = net_conv(n, JT_VALUE_IMAGES, 6, window_same(3, 3, 2, 7, 7), 6, JT_ACTIVATION_SWISH, NULL, NULL);
    int32_t factors = net_dense(n, net_average(n, v), 3, JT_ACTIVATION_SWISH, NULL, NULL);
    factors = net_dense(n, factors, 6, JT_ACTIVATION_SIGMOID, NULL, NULL);
    v = net_add(n, net_scale(n, v, factors), v, JT_ACTIVATION_NONE);
    net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    assert_int_equal(kernels_of(n, "depthwise read again"), 2 + 3);
}

static void test_sums(void **state)
{
    (void)state;
    check_agrees(net_summand_again(40), "summand read again");
    check_agrees(net_sum_between(40), "sum of others next");
}

/* Constituents and pairs come in a row with the features. */
static void test_agrees_on_sets(void **state)
{
    (void)state;
    net *n = net_new((jt_shape){1, 4, 4}, 5, 3);
    net_give(n, JT_VALUE_SINGLES, (jt_shape){7, 1, 64});
    net_give(n, JT_VALUE_PAIRS, (jt_shape){5, 1, 28});
    const window one = window_valid(1, 1, 1);
    int32_t singles = net_conv(n, JT_VALUE_SINGLES, 48, one, 1, JT_ACTIVATION_RELU, NULL, NULL);
    singles = net_conv(n, singles, 48, one, 1, JT_ACTIVATION_RELU, NULL, NULL);
    const int32_t pairs = net_conv(n, JT_VALUE_PAIRS, 16, one, 1, JT_ACTIVATION_RELU, NULL, NULL);
    const int32_t parts[] = {net_average(n, singles), net_average(n, pairs), JT_VALUE_FEATURES};
    net_finish(n, net_dense(n, net_concat(n, parts, 3), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "sets");
}

static void test_batches(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 6; seed++) {
        net *n = net_draw(seed);
        check_batches(cuda, &n->graph);
        net_free(n);
    }
    net *n = net_of_one_product();
    check_batches(cuda, &n->graph);
    net_free(n);
    n = net_new((jt_shape){4, 9, 7}, 0, 1);
    const int32_t v = net_mbconv(n, net_mbconv(n, JT_VALUE_IMAGES, 6, 5, 2, 3), 6, 3, 1, 2);
    net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_batches(cuda, &n->graph);
    net_free(n);
}

/* A convolution so small that thousands of jets are quickly done: more than fit the largest bucket. */
static net *small_net(void)
{
    net *n = net_new((jt_shape){2, 3, 3}, 3, 9);
    const int32_t v = net_conv(n, JT_VALUE_IMAGES, 3, window_same(3, 3, 1, 3, 3), 1, JT_ACTIVATION_SWISH, NULL, NULL);
    const int32_t parts[] = {net_average(n, v), JT_VALUE_FEATURES};
    net_finish(n, net_dense(n, net_concat(n, parts, 2), 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

static void test_large_batches_come_in_pieces(void **state)
{
    (void)state;
    enum { MANY = 2100 };
    net *n = small_net();
    inputs in = inputs_make(&n->graph, MANY, 1);
    float *whole = malloc(2 * MANY * sizeof *whole), *alone = malloc(2 * MANY * sizeof *alone);
    counting counts = {0};
    jt_host host = counting_host(&counts);
    running r = run_open(cuda, &n->graph, &host, MANY);
    run(&r, in.images, in.features, MANY, whole);
    run_close(&r);
    r = run_open(cuda, &n->graph, &host, 1);
    for (size_t i = 0; i < MANY; i++)
        run(&r, in.images + i * floats_of_image(&n->graph), in.features + i * floats_of_row(&n->graph), 1,
            alone + 2 * i);
    run_close(&r);
    assert_memory_equal(whole, alone, 2 * MANY * sizeof *whole);
    free(whole);
    free(alone);
    inputs_free(&in);
    net_free(n);
}

/* What fills up a bucket is what the batch before left there; nobody's logits may know. */
static void test_jets_before_leave_no_trace(void **state)
{
    (void)state;
    net *n = small_net();
    inputs in = inputs_make(&n->graph, 8, 1);
    float clean[6], after[16];
    counting counts = {0};
    jt_host host = counting_host(&counts);
    running r = run_open(cuda, &n->graph, &host, 8);
    run(&r, in.images, in.features, 3, clean);
    float *bad = calloc(8 * floats_of_image(&n->graph), sizeof *bad);
    for (size_t i = 0; i < 8 * floats_of_image(&n->graph); i++)
        bad[i] = NAN;
    run(&r, bad, in.features, 8, after);
    assert_true(isnan(after[0]) && isnan(after[15]));
    run(&r, in.images, in.features, 3, after);
    assert_memory_equal(after, clean, sizeof clean);
    run_close(&r);
    free(bad);
    inputs_free(&in);
    net_free(n);
}

static void test_threads(void **state)
{
    (void)state;
    net *n = net_draw(3);
    check_threads(cuda, &n->graph);
    net_free(n);
    assert_int_equal(fake.live(), 0);
}

static void test_failing_allocations(void **state)
{
    (void)state;
    net *n = net_draw(5);
    check_failing_allocations(cuda, &n->graph);
    net_free(n);
    assert_int_equal(fake.live(), 0);
}

/* The whole way with one call of CUDA's or cuDNN's failing. JT_OK when none did. */
static jt_status try_all(const net *n, const inputs *in, const float *expected, jt_why *why)
{
    counting counts = {0};
    jt_host host = counting_host(&counts);
    jt_plan *plan = NULL;
    jt_plan_context *context = NULL;
    float outputs[2 * JETS];
    jt_status status = cuda->compile(&n->graph, &host, &plan, why);
    if (status == JT_OK)
        status = cuda->context_create(plan, JETS, &context, why);
    if (status == JT_OK)
        status = cuda->run(context, in->images, in->features, JETS, outputs, why);
    if (status == JT_OK)
        assert_memory_equal(outputs, expected, sizeof outputs);
    if (context)
        cuda->context_free(context);
    if (plan)
        cuda->plan_free(plan);
    assert_int_equal(counts.live, 0);
    assert_int_equal(fake.live(), 0);
    assert_int_equal(fake.device(), 0);
    return status;
}

static void test_each_call_failing(void **state)
{
    (void)state;
    net *n = net_of_one_product();
    inputs in = inputs_make(&n->graph, JETS, 1);
    float expected[2 * JETS];
    run_once(cuda, &n->graph, in.images, in.features, JETS, expected);
    jt_why why = {""};
    fake.fail_at(0, 0);
    assert_int_equal(try_all(n, &in, expected, &why), JT_OK);
    const long all = fake.calls();
    assert_true(all > 60);
    long went_on = 0;
    for (int memory = 0; memory < 2; memory++)
        for (long k = 1; k <= all; k += STEP) {
            why.text[0] = '\0';
            fake.fail_at(k, memory);
            const jt_status status = try_all(n, &in, expected, &why);
            went_on += status == JT_OK;
            if (status == JT_OK)
                continue;
            assert_true(status == JT_ERROR_BACKEND || status == JT_ERROR_MEMORY);
            assert_non_null(strstr(why.text, " says '"));
        }
    fake.fail_at(0, 0);
    /* The caller's device given back three times, and two things freed with three calls each around it. */
    if (STEP == 1)
        assert_int_equal(went_on, 2 * (3 + 2 * 3));
    inputs_free(&in);
    net_free(n);
}

static void test_unknown_ops_name_their_layer(void **state)
{
    (void)state;
    net *n = net_lenet();
    n->ops[2].kind = JT_OP_KINDS;
    counting counts = {0};
    jt_host host = counting_host(&counts);
    jt_why why = {""};
    jt_plan *plan = NULL;
    assert_int_equal(cuda->compile(&n->graph, &host, &plan, &why), JT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(why.text, "layer2"));
    assert_null(plan);
    assert_int_equal(counts.live, 0);
    assert_int_equal(fake.live(), 0);
    net_free(n);
}

/* What the module says of libraries and devices that it cannot use. */
static int check_words(char *setting, const char *words)
{
    jt_why why = {""};
    putenv(setting);
    if (cuda->probe(&why)) {
        printf("%s: available\n", setting);
        return 1;
    }
    if (!strstr(why.text, words)) {
        printf("%s: '%s' and not '%s'\n", setting, why.text, words);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const int result = argc > 2 ? load_cuda_module(&fake) : load_cuda(&fake);
    if (result != 0)
        return result;
    cuda = fake.backend;
    if (argc > 2)
        return check_words(argv[1], argv[2]);
    const struct CMUnitTest of_the_module[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_exports),
    };
    const struct CMUnitTest of_steps[] = {
        cmocka_unit_test(test_products_are_made_where_they_pay),
        cmocka_unit_test(test_without_an_engine),
        cmocka_unit_test(test_squeeze_excite_is_one_kernel),
        cmocka_unit_test(test_mbconv_is_few_kernels),
    };
    const struct CMUnitTest of_both[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_agrees_on_sets),
        cmocka_unit_test_prestate(test_agrees_on_drawn_networks, &agrees),
        cmocka_unit_test_prestate(test_agrees_on_networks, &agrees),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_large_batches_come_in_pieces),
        cmocka_unit_test(test_jets_before_leave_no_trace),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_each_call_failing),
        cmocka_unit_test(test_unknown_ops_name_their_layer),
    };
    int failed = cmocka_run_group_tests(of_the_module, NULL, NULL);
    failed += cmocka_run_group_tests(of_steps, in_steps, NULL);
    failed += cmocka_run_group_tests_name("in steps", of_both, in_steps, NULL);
    failed += cmocka_run_group_tests_name("resident", of_both, resident, NULL);
    return failed;
}
