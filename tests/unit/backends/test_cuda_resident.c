/*
 * Networks that one block does for a jet (backends/cuda/resident.h), over the false runtime: which do, that what does
 * not fit goes in steps, and that both say the same. Agreement with the reference and the bits of batches are in
 * test_cuda.c, for both ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cuda/loaded.h"
#include "graphs.h"
#include "running.h"

/* What a block of an H100 may share, of an A100, and of the oldest GPU that is taken. */
enum { H100 = 227 * 1024, A100 = 163 * 1024, TURING = 64 * 1024 };

static const jt_backend *cuda;
static loaded_cuda fake;

static void may_share(int bytes)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%d", bytes);
    assert_int_equal(setenv("FAKE_CUDA_SHARED", text, 1), 0);
}

/* Kernels of a run of 7 jets where blocks may share so much: it agrees with the reference. The buckets of 1 and 8 jets
   ran once each before, to warm up. */
static long kernels_of(const expectation *e, int bytes, const char *name)
{
    may_share(bytes);
    const long before = fake.kernels();
    free(check_expectation(e, cuda, name));
    const long all = fake.kernels() - before;
    assert_int_equal(all % 3, 0);
    return all / 3;
}

static void check_is_resident(net *n, int bytes, const char *name)
{
    const long before = fake.products();
    expectation e = expectation_make(n);
    assert_int_equal(kernels_of(&e, bytes, name), 1);
    assert_int_equal(fake.products(), before);
    expectation_free(&e);
    assert_int_equal(fake.live(), 0);
}

static void test_a_network_is_one_kernel(void **state)
{
    (void)state;
    check_is_resident(net_effnet_s0(0), TURING, "EffNet-S0");
    check_is_resident(net_effnet_s0(1), TURING, "EffNet-S0 with features");
    check_is_resident(net_lenet(), A100, "LeNet");
    check_is_resident(net_deeptop(), A100, "DeepTop");
    check_is_resident(net_resnext(), A100, "ResNeXt");
}

/* To the byte: what it takes is enough, one less is not. */
static void test_what_does_not_fit_goes_in_steps(void **state)
{
    (void)state;
    expectation e = expectation_make(net_effnet_s0(0));
    int too_few = 1024, enough = TURING;
    while (enough - too_few > 1) {
        const int middle = (enough + too_few) / 2;
        jt_why why = {""};
        counting counts = {0};
        jt_host host = counting_host(&counts);
        jt_plan *plan = NULL;
        may_share(middle);
        /* Steps try each of their products with cuDNN, which takes many calls. */
        fake.fail_at(0, 0);
        assert_int_equal(cuda->compile(&e.network->graph, &host, &plan, &why), JT_OK);
        *(fake.calls() < 60 ? &enough : &too_few) = middle;
        cuda->plan_free(plan);
    }
    assert_true(enough > 48 * 1024); /* so that more has to be asked for */
    assert_int_equal(kernels_of(&e, enough, "just fits"), 1);
    assert_true(kernels_of(&e, enough - 1, "a byte too much") > 20);
    expectation_free(&e);
    assert_int_equal(fake.live(), 0);
}

/* Sixfold channels of 40 x 40 points would be 300 KB. */
static net *net_expanded(int is_read_again)
{
    net *n = net_new((jt_shape){8, 40, 40}, 0, 5);
    const int32_t wide = net_conv(n, JT_VALUE_IMAGES, 48, window_valid(1, 1, 1), 1, JT_ACTIVATION_SWISH, NULL, NULL);
    int32_t v = net_conv(n, wide, 48, window_same(5, 5, 2, 40, 40), 48, JT_ACTIVATION_SWISH, NULL, NULL);
    v = net_average(n, v);
    if (is_read_again)
        v = net_concat(n, (const int32_t[]){v, net_average(n, wide)}, 2);
    net_finish(n, net_dense(n, v, 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

static void test_expansions_come_in_chunks(void **state)
{
    (void)state;
    check_is_resident(net_expanded(0), A100, "an expansion");
    expectation e = expectation_make(net_expanded(1));
    assert_true(kernels_of(&e, H100, "read again") > 1);
    expectation_free(&e);
    /* Channels that no chunk divides, and no four. */
    net *n = net_new((jt_shape){3, 30, 31}, 0, 6);
    const int32_t wide = net_conv(n, JT_VALUE_IMAGES, 22, window_valid(1, 1, 1), 1, JT_ACTIVATION_RELU, NULL, NULL);
    const int32_t v = net_conv(n, wide, 22, window_same(3, 3, 2, 30, 31), 22, JT_ACTIVATION_NONE, NULL, NULL);
    net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_is_resident(n, A100, "uneven chunks");
}

/* Dense layers whose sums are cut into parts, with units that no four divides. */
static void test_dense_layers(void **state)
{
    (void)state;
    for (int32_t units = 1; units < 6; units++)
        for (int32_t inputs = 63; inputs < 66; inputs++) {
            net *n = net_new((jt_shape){1, 1, 1}, inputs, (uint64_t)units);
            const int32_t v = net_dense(n, JT_VALUE_FEATURES, units, JT_ACTIVATION_RELU, NULL, NULL);
            net_finish(n, net_dense(n, v, 3, JT_ACTIVATION_NONE, NULL, NULL));
            check_is_resident(n, A100, "dense");
        }
}

/* Where an output may lie in its input's place, and where somebody still reads that. */
static void test_in_place(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        net *n = net_new((jt_shape){6, 5, 5}, 0, 7);
        const int32_t a =
            net_conv(n, JT_VALUE_IMAGES, 6, window_same(3, 3, 1, 5, 5), 1, JT_ACTIVATION_SWISH, NULL, NULL);
        int32_t v = which == 0   ? net_add(n, a, a, JT_ACTIVATION_RELU)
                    : which == 1 ? net_add(n, a, net_activation(n, a, JT_ACTIVATION_SIGMOID), JT_ACTIVATION_NONE)
                    : which == 2 ? net_scale(n, a, net_average(n, a))
                                 : net_add(n, net_scale(n, a, net_average(n, a)), a, JT_ACTIVATION_NONE);
        v = net_activation(n, net_flatten(n, v), JT_ACTIVATION_SWISH);
        net_finish(n, net_dense(n, v, 2, JT_ACTIVATION_NONE, NULL, NULL));
        check_is_resident(n, A100, "in place");
    }
}

/* A network of so many multiply-adds is left to cuDNN, however much a block may share. */
static void test_heavy_networks_go_in_steps(void **state)
{
    (void)state;
    net *n = net_effnet_s0(0);
    n->graph.multiply_adds = (int64_t)1 << 25;
    expectation e = expectation_make(n);
    assert_true(kernels_of(&e, H100, "heavy") > 20);
    expectation_free(&e);
}

int main(void)
{
    const int result = load_cuda(&fake);
    if (result != 0)
        return result;
    cuda = fake.backend;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_network_is_one_kernel),
        cmocka_unit_test(test_what_does_not_fit_goes_in_steps),
        cmocka_unit_test(test_expansions_come_in_chunks),
        cmocka_unit_test(test_dense_layers),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_heavy_networks_go_in_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
