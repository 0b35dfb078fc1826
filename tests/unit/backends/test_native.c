/* The native backend, against the reference and against what it promises, with the kernels of every instruction set. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/native/kernel.h"
#include "backends/native/native.h"
#include "graphs.h"
#include "lib/core/processor.h"
#include "running.h"

enum { DRAWS = 300, FEW_DRAWS = 60 };

static void test_table(void **state)
{
    (void)state;
    jt_why why = {""};
    assert_int_equal(jt_native_backend.abi, JT_BACKEND_ABI);
    assert_string_equal(jt_native_backend.name, "native");
    assert_string_equal(jt_native_backend.notes, "");
    assert_string_equal(jt_native_backend.version(), jt_version());
    assert_true(jt_native_backend.probe(&why));
}

static void test_a_kernel_per_level(void **state)
{
    (void)state;
    assert_string_equal(jt_native_kernel_for(JT_PROCESSOR_PORTABLE)->name, "portable");
#if defined(__x86_64__)
    assert_string_equal(jt_native_kernel_for(JT_PROCESSOR_AVX2)->name, "avx2");
    assert_string_equal(jt_native_kernel_for(JT_PROCESSOR_AVX512)->name, "avx512");
#endif
}

/* Logits within 1e-5 of the reference's, relative to the largest of the batch; the same bits at every level. */
static void check_agrees(net *n, const char *name)
{
    expectation e = expectation_make(n);
    float *first = NULL;
    for (int level = 0; level < 3; level++) {
        if (!use_level(level))
            continue;
        char who[96];
        snprintf(who, sizeof who, "%s, %s", name, name_of_level(level));
        float *found = check_expectation(&e, &jt_native_backend, who);
        if (!first) {
            first = found;
            continue;
        }
        if (memcmp(first, found, e.n_logits * sizeof *first) != 0)
            fail_msg("%s has other bits than portable", who);
        free(found);
    }
    free(first);
    expectation_free(&e);
}

static agreement agrees = {check_agrees, DRAWS};

/* Values with a halo that others read too, and memory that could be given away too early. */
static void test_agrees_where_values_are_read_twice(void **state)
{
    (void)state;
    const window three = window_same(3, 3, 1, 6, 6);

    /* The image itself, as planes and as blocks. */
    net *n = net_new((jt_shape){3, 6, 6}, 0, 1);
    int32_t v = net_conv(n, JT_VALUE_IMAGES, 3, three, 1, JT_ACTIVATION_NONE, NULL, NULL);
    v = net_add(n, v, JT_VALUE_IMAGES, JT_ACTIVATION_RELU);
    v = net_add(n, v, net_conv(n, JT_VALUE_IMAGES, 3, three, 3, JT_ACTIVATION_SWISH, NULL, NULL), JT_ACTIVATION_NONE);
    const int32_t both[] = {net_flatten(n, v), net_flatten(n, JT_VALUE_IMAGES)};
    net_finish(n, net_dense(n, net_concat(n, both, 2), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "image read in all ways");

    /* The summand and the sum are needed later on, within a halo. */
    check_agrees(net_summand_again(40), "summand read again");
    check_agrees(net_sum_between(40), "sum of others next");

    /* What looks like an mbconv, but its depthwise or its gate is needed elsewhere. */
    n = net_new((jt_shape){20, 6, 6}, 0, 3);
    int32_t x = net_conv(n, JT_VALUE_IMAGES, 20, three, 20, JT_ACTIVATION_SWISH, NULL, NULL);
    int32_t gate = net_dense(n, net_average(n, x), 5, JT_ACTIVATION_SWISH, NULL, NULL);
    gate = net_dense(n, gate, 20, JT_ACTIVATION_SIGMOID, NULL, NULL);
    v = net_conv(n, net_scale(n, x, gate), 7, window_valid(1, 1, 1), 1, JT_ACTIVATION_NONE, NULL, NULL);
    const int32_t parts[] = {net_flatten(n, v), net_flatten(n, x), gate};
    net_finish(n, net_dense(n, net_concat(n, parts, 3), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "not an mbconv");

    /* One pixel, as a vector and padded. */
    n = net_new((jt_shape){18, 1, 1}, 0, 4);
    x = net_activation(n, JT_VALUE_IMAGES, JT_ACTIVATION_SWISH);
    v = net_conv(n, x, 18, window_same(3, 3, 1, 1, 1), 1, JT_ACTIVATION_NONE, NULL, NULL);
    v = net_conv(n, v, 18, window_same(3, 5, 1, 1, 1), 18, JT_ACTIVATION_NONE, NULL, NULL);
    const int32_t vectors[] = {x, v, net_dense(n, JT_VALUE_IMAGES, 3, JT_ACTIVATION_NONE, NULL, NULL)};
    net_finish(n, net_dense(n, net_concat(n, vectors, 3), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "one pixel");

    /* A stride along an axis of one pixel, which it leaves as it is. */
    n = net_new((jt_shape){18, 4, 1}, 0, 4);
    window apart = window_valid(1, 1, 1);
    apart.stride[1] = 2;
    v = net_conv(n, JT_VALUE_IMAGES, 18, window_same(3, 1, 1, 4, 1), 1, JT_ACTIVATION_NONE, NULL, NULL);
    v = net_conv(n, v, 9, apart, 1, JT_ACTIVATION_SWISH, NULL, NULL);
    net_finish(n, net_dense(n, net_flatten(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "stride across one pixel");

    n = net_new((jt_shape){2, 1, 1}, 0, 5);
    net_finish(n, net_flatten(n, JT_VALUE_IMAGES));
    check_agrees(n, "the image itself");
    n = net_new((jt_shape){2, 3, 1}, 0, 5);
    net_finish(n, net_activation(n, net_flatten(n, JT_VALUE_IMAGES), JT_ACTIVATION_SIGMOID));
    check_agrees(n, "the image, activated");
}

/* Two convolutions with swish, each for an average alone, before either average. */
static void test_agrees_on_two_averages(void **state)
{
    (void)state;
    const window three = window_same(3, 3, 1, 6, 6);
    net *n = net_new((jt_shape){3, 6, 6}, 0, 6);
    const int32_t v = net_conv(n, JT_VALUE_IMAGES, 20, three, 1, JT_ACTIVATION_RELU, NULL, NULL);
    const int32_t first = net_conv(n, v, 20, three, 1, JT_ACTIVATION_SWISH, NULL, NULL);
    const int32_t second = net_conv(n, v, 24, three, 1, JT_ACTIVATION_SWISH, NULL, NULL);
    const int32_t averages[] = {net_average(n, first), net_average(n, second)};
    net_finish(n, net_dense(n, net_concat(n, averages, 2), 2, JT_ACTIVATION_NONE, NULL, NULL));
    check_agrees(n, "two averages");
}

/* Gates of few and of many blocks, squeezed to less than a block and to more. */
static void test_agrees_on_gates(void **state)
{
    (void)state;
    static const int32_t channels[] = {4, 12, 16, 28, 36, 64, 68, 100, 132, 164};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        char name[64];
        snprintf(name, sizeof name, "gate: %d channels", (int)channels[i]);
        net *n = net_new((jt_shape){3, 4, 4}, 0, i);
        int32_t v =
            net_conv(n, JT_VALUE_IMAGES, channels[i], window_valid(1, 1, 1), 1, JT_ACTIVATION_SWISH, NULL, NULL);
        v = net_mbconv(n, v, 20, 3, 1, 2);
        net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
        check_agrees(n, name);
    }
}

/* Groups of channels of all sizes, in lanes and not. */
static void test_agrees_on_groups(void **state)
{
    (void)state;
    static const int32_t channels[][3] = {{32, 32, 16}, {32, 32, 8},  {64, 64, 8},  {32, 32, 2}, {24, 24, 6},
                                          {48, 48, 16}, {12, 36, 12}, {36, 12, 12}, {40, 8, 4},  {8, 40, 4}};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        for (int32_t stride = 1; stride <= 3; stride++) {
            char name[64];
            snprintf(name, sizeof name, "groups: row %zu, stride %d", i, (int)stride);
            net *n = net_new((jt_shape){3, 9, 10}, 0, i);
            int32_t v =
                net_conv(n, JT_VALUE_IMAGES, channels[i][0], window_valid(1, 1, 1), 1, JT_ACTIVATION_NONE, NULL, NULL);
            v = net_conv(n, v, channels[i][1], window_same(3, 4, stride, 9, 10), channels[i][2], JT_ACTIVATION_SWISH,
                         NULL, NULL);
            net_finish(n, net_dense(n, net_flatten(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
            check_agrees(n, name);
        }
}

/* Widths and blocks for which there are different tiles. */
static void test_agrees_on_tiles(void **state)
{
    (void)state;
    for (int32_t width = 1; width <= 31; width += width < 16 ? 1 : 3)
        for (int32_t channels = 16; channels <= 112; channels += 16) {
            char name[64];
            snprintf(name, sizeof name, "%d pixels, %d channels", (int)width, (int)channels);
            net *n = net_new((jt_shape){2, 3, width}, 0, (uint64_t)channels);
            int32_t v = net_conv(n, JT_VALUE_IMAGES, channels, window_same(3, 3, 1, 3, width), 1, JT_ACTIVATION_RELU,
                                 NULL, NULL);
            v = net_conv(n, v, 17, window_same(3, 3, 1 + channels / 16 % 2, 3, width), 1, JT_ACTIVATION_SWISH, NULL,
                         NULL);
            net_finish(n, net_dense(n, net_flatten(n, v), channels, JT_ACTIVATION_NONE, NULL, NULL));
            check_agrees(n, name);
        }
}

/* Images of all widths through planes: few channels, so that lanes of channels would be idle. */
static void test_agrees_on_planes(void **state)
{
    (void)state;
    for (int32_t width = 2; width <= 27; width++)
        for (int32_t channels = 1; channels <= 9; channels += 2) {
            char name[64];
            snprintf(name, sizeof name, "planes: %d pixels, %d channels", (int)width, (int)channels);
            net *n = net_new((jt_shape){1 + channels % 3, 6, width}, 0, (uint64_t)width);
            int32_t v = net_conv(n, JT_VALUE_IMAGES, channels, window_same(3, 4, 1, 6, width), 1, JT_ACTIVATION_SWISH,
                                 NULL, NULL);
            v = net_max_pool(n, v, window_valid(2, 2, 1 + width % 2));
            v = net_conv(n, v, channels + 1, window_valid(2, 1, 1), 1, JT_ACTIVATION_RELU, NULL, NULL);
            v = net_max_pool(n, v, window_valid(1, 1 + channels % net_shape(n, v).w, 1));
            net_finish(n, net_dense(n, net_flatten(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
            check_agrees(n, name);
        }
}

/* 4 x 4 convolutions of many channels, where tiles of 3 x 3 outputs fit and where they do not, padded or not. */
static void test_agrees_on_winograd(void **state)
{
    (void)state;
    static const jt_activation activations[] = {JT_ACTIVATION_RELU, JT_ACTIVATION_NONE, JT_ACTIVATION_SWISH};
    for (int32_t size = 6; size <= 21; size++) {
        char name[64];
        snprintf(name, sizeof name, "winograd: %d pixels", (int)size);
        net *n = net_new((jt_shape){2, size, size + 2}, 0, (uint64_t)size);
        int32_t v =
            net_conv(n, JT_VALUE_IMAGES, 16 + size * 3, window_valid(1, 1, 1), 1, JT_ACTIVATION_RELU, NULL, NULL);
        const window slide =
            size % 2 ? window_same(4, 4, 1, size, size + 2) : (window){{4, 4}, {1, 1}, {3, size % 3, 1, 3}};
        v = net_conv(n, v, 100 - size * 3, slide, 1, activations[size % 3], NULL, NULL);
        net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
        check_agrees(n, name);
    }
}

/* Each activation from the smallest to far beyond where it is flat; in double, where exp does not overflow. */
static double activated(int function, double x)
{
    const double sigmoid = x < -700.0 ? 0.0 : 1.0 / (1.0 + exp(-x));
    return function == 0 ? x * sigmoid : function == 1 ? sigmoid : fmax(0.0, x);
}

static void test_activations(void **state)
{
    (void)state;
    enum { N = 40001 };
    static float x[N], found[N], first[N];
    for (int i = 0; i < N; i++)
        x[i] = (float)(i - N / 2) * 0.01f;
    x[0] = 0x1p-140f;
    x[1] = -0x1p-126f;
    x[2] = 3e38f;
    x[3] = -3e38f;
    x[4] = INFINITY;
    x[5] = -0x1p-60f;
    static const jt_activation functions[] = {JT_ACTIVATION_SWISH, JT_ACTIVATION_SIGMOID, JT_ACTIVATION_RELU};
    for (int f = 0; f < 3; f++) {
        net *n = net_new((jt_shape){N, 1, 1}, 0, 1);
        net_finish(n, net_activation(n, JT_VALUE_IMAGES, functions[f]));
        for (int level = 0; level < 3; level++) {
            if (!use_level(level))
                continue;
            run_once(&jt_native_backend, &n->graph, x, NULL, 1, found);
            if (level == 0)
                memcpy(first, found, sizeof first);
            assert_memory_equal(first, found, sizeof first);
            for (int i = 0; i < N; i++) {
                const double expected = activated(f, (double)x[i]);
                /* Where the exponential is large: its exponent's rounding; it may overflow, too. */
                const double relative = x[i] < 0.0f ? 3e-7 - 8e-8 * (double)x[i] : 3e-7;
                const double within = f == 2 ? 0.0 : relative * fabs(expected) + (x[i] < -80.0f ? 1e-32 : 0.0);
                if (i != 4 && !(fabs((double)found[i] - expected) <= within))
                    fail_msg("function %d of %.9g is %.9g, not %.17g", f, (double)x[i], (double)found[i], expected);
            }
            assert_true(f == 1 ? found[4] == 1.0f : isinf(found[4]));
        }
        net_free(n);
    }
}

/* One NaN among the pixels, and only that jet is spoilt. */
static void test_nan_stays(void **state)
{
    (void)state;
    static const jt_activation functions[] = {JT_ACTIVATION_NONE, JT_ACTIVATION_RELU, JT_ACTIVATION_SWISH,
                                              JT_ACTIVATION_SIGMOID};
    for (int f = 0; f < 4; f++)
        for (int level = 0; level < 3; level++) {
            if (!use_level(level))
                continue;
            net *n = net_new((jt_shape){1, 4, 4}, 0, 1);
            int32_t v = net_conv(n, JT_VALUE_IMAGES, 3, window_same(3, 3, 1, 4, 4), 1, functions[f], NULL, NULL);
            v = net_conv(n, v, 3, window_same(3, 3, 1, 4, 4), 3, functions[f], NULL, NULL);
            net_finish(n, net_dense(n, net_flatten(n, v), 2, functions[f], NULL, NULL));
            float images[48] = {0.0f}, outputs[6];
            images[21] = NAN;
            run_once(&jt_native_backend, &n->graph, images, NULL, 3, outputs);
            for (int i = 0; i < 6; i++)
                assert_int_equal(isnan(outputs[i]) != 0, i / 2 == 1);
            net_free(n);
        }
}

static void test_batches(void **state)
{
    (void)state;
    const uint64_t draws = draws_of(FEW_DRAWS);
    for (int level = 0; level < 3; level++) {
        if (!use_level(level))
            continue;
        for (uint64_t seed = 0; seed < draws; seed++) {
            net *n = net_draw(seed + 1000);
            check_batches(&jt_native_backend, &n->graph);
            net_free(n);
        }
        net *nets[] = {net_effnet_s0(1), net_lenet(), net_deeptop(), net_resnext()};
        for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
            if (level > 0)
                check_batches(&jt_native_backend, &nets[i]->graph);
            net_free(nets[i]);
        }
    }
}

/* More jets than a group holds, and a context that has room for more. */
static void test_large_batches(void **state)
{
    (void)state;
    enum { MANY = 61 };
    use_level(2);
    net *n = net_lenet();
    const jt_graph *graph = &n->graph;
    inputs in = inputs_make(graph, MANY, 3);
    float alone[2 * MANY], together[2 * MANY];
    counting counts = {0};
    jt_host host = counting_host(&counts);
    running r = run_open(&jt_native_backend, graph, &host, MANY + 9);
    const long allocations = counts.allocations;
    for (size_t jet = 0; jet < MANY; jet++)
        run(&r, in.images + jet * floats_of_image(graph), NULL, 1, alone + 2 * jet);
    run(&r, in.images, NULL, MANY, together);
    assert_memory_equal(alone, together, sizeof alone);
    assert_int_equal(counts.allocations, allocations);
    run_close(&r);
    assert_int_equal(counts.live, 0);
    inputs_free(&in);
    net_free(n);
}

static void test_failing_allocations(void **state)
{
    (void)state;
    use_level(2);
    net *nets[] = {net_effnet_s0(1), net_resnext(), net_draw(3), net_draw(8)};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        check_failing_allocations(&jt_native_backend, &nets[i]->graph);
        net_free(nets[i]);
    }
}

static void test_threads(void **state)
{
    (void)state;
    use_level(2);
    net *n = net_effnet_s0(1);
    check_threads(&jt_native_backend, &n->graph);
    net_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_a_kernel_per_level),
        cmocka_unit_test_prestate(test_agrees_on_drawn_networks, &agrees),
        cmocka_unit_test_prestate(test_agrees_on_networks, &agrees),
        cmocka_unit_test(test_agrees_where_values_are_read_twice),
        cmocka_unit_test(test_agrees_on_two_averages),
        cmocka_unit_test(test_agrees_on_gates),
        cmocka_unit_test(test_agrees_on_groups),
        cmocka_unit_test(test_agrees_on_tiles),
        cmocka_unit_test(test_agrees_on_planes),
        cmocka_unit_test(test_agrees_on_winograd),
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_nan_stays),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_large_batches),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
