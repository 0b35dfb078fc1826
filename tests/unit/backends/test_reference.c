/* The reference backend: each op against numbers from elsewhere (expected.h) or worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/reference/reference.h"
#include "expected.h"
#include "graphs.h"
#include "running.h"

enum { IMAGE = 7, WEIGHT = 3, BIAS = 11, MOST = 1024 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The numbers of make_expected.py. */
static const float *grid(float *values, size_t n, int32_t step)
{
    assert_true(n <= MOST);
    for (size_t i = 0; i < n; i++)
        values[i] = (float)((int32_t)((i * (size_t)step + 5) % 19) - 9) / 8.0f;
    return values;
}

/* How far from the expected a result may be: the sum of both. */
typedef struct tolerance {
    double relative, absolute;
} tolerance;

static const tolerance exact = {0.0, 0.0};
/* Rounding to float: half a unit, also of the smallest number, and a little. */
static const tolerance rounded = {5.97e-8, 7.1e-46};

/* Run the net, whose output is `value`, on one image. */
static void check(net *n, int32_t value, const float *image, const double *expected, size_t count, tolerance within)
{
    const jt_graph *graph = net_finish(n, value);
    float outputs[MOST];
    assert_int_equal(n_classes(graph), count);
    run_once(&jt_reference_backend, graph, image, NULL, 1, outputs);
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)outputs[i] - expected[i]) <= within.relative * fabs(expected[i]) + within.absolute))
            fail_msg("output %zu is %.9g, not %.17g", i, (double)outputs[i], expected[i]);
    net_free(n);
}

static void check_conv(jt_shape in, int32_t channels, window slide, int32_t groups, const double *expected,
                       size_t count)
{
    float image[MOST], weight[MOST], bias[MOST];
    size_t taps = (size_t)(in.c / groups * slide.kernel[0] * slide.kernel[1]);
    net *n = net_new(in, 0, 1);
    int32_t v = net_conv(n, JT_VALUE_IMAGES, channels, slide, groups, JT_ACTIVATION_NONE,
                         grid(weight, taps * (size_t)channels, WEIGHT), grid(bias, (size_t)channels, BIAS));
    grid(image, floats_of_image(net_finish(n, v)), IMAGE);
    check(n, v, image, expected, count, exact);
}

static const jt_shape image_shape = {2, 6, 8}, pairs_shape = {4, 5, 5};

static void test_conv_valid(void **state)
{
    (void)state;
    check_conv(image_shape, 3, window_valid(3, 3, 1), 1, expected_conv_valid, COUNT(expected_conv_valid));
}

/* An even size and stride 2: SAME pads nothing before and one after. */
static void test_conv_same_stride_2(void **state)
{
    (void)state;
    window slide = {{3, 3}, {2, 2}, {0, 1, 0, 1}};
    check_conv(image_shape, 3, slide, 1, expected_conv_same_stride_2, COUNT(expected_conv_same_stride_2));
}

/* SAME for 4 x 4: one before and two after. */
static void test_conv_same_4x4(void **state)
{
    (void)state;
    window slide = {{4, 4}, {1, 1}, {1, 2, 1, 2}};
    check_conv(image_shape, 2, slide, 1, expected_conv_same_4x4, COUNT(expected_conv_same_4x4));
}

static void test_conv_groups(void **state)
{
    (void)state;
    window slide = {{3, 2}, {2, 1}, {1, 0, 0, 1}};
    check_conv(pairs_shape, 6, slide, 2, expected_conv_groups, COUNT(expected_conv_groups));
}

static void test_conv_depthwise(void **state)
{
    (void)state;
    window slide = {{5, 5}, {2, 2}, {2, 2, 2, 2}};
    check_conv(pairs_shape, 4, slide, 4, expected_conv_depthwise, COUNT(expected_conv_depthwise));
    slide = (window){{3, 3}, {1, 1}, {0, 0, 2, 2}};
    check_conv(pairs_shape, 8, slide, 4, expected_conv_depthwise_twice, COUNT(expected_conv_depthwise_twice));
}

/* A kernel larger than the image, and a stride that steps over padding: worked out by hand. */
static void test_conv_mostly_padding(void **state)
{
    (void)state;
    const float image[] = {1, 2}, weight[] = {1, 10, 100, 1000, 10000}, bias[] = {0.5f};
    const double expected[] = {21000.5, 210.5}; /* taps 3, 4 on columns 0, 1; then taps 1, 2 */
    net *n = net_new((jt_shape){1, 1, 2}, 0, 1);
    window slide = {{1, 5}, {1, 2}, {0, 0, 3, 2}};
    check(n, net_conv(n, JT_VALUE_IMAGES, 1, slide, 1, JT_ACTIVATION_NONE, weight, bias), image, expected, 2, exact);
}

static void check_dense(jt_shape in, int32_t units, const double *expected, size_t count)
{
    float image[MOST], weight[MOST], bias[MOST];
    size_t n_in = (size_t)(in.c * in.h * in.w);
    net *n = net_new(in, 0, 1);
    int32_t v = net_dense(n, net_flatten(n, JT_VALUE_IMAGES), units, JT_ACTIVATION_NONE,
                          grid(weight, n_in * (size_t)units, WEIGHT), grid(bias, (size_t)units, BIAS));
    check(n, v, grid(image, n_in, IMAGE), expected, count, exact);
}

static void test_dense(void **state)
{
    (void)state;
    check_dense((jt_shape){13, 1, 1}, 5, expected_dense_13, COUNT(expected_dense_13));
    check_dense(image_shape, 3, expected_dense_96, COUNT(expected_dense_96));
}

/* Sums are wider than float: 1 is not lost beside 2^30. */
static void test_sums_are_wide(void **state)
{
    (void)state;
    const float image[] = {1073741824.0f, 1.0f, -1073741824.0f}, ones[] = {1, 1, 1}, zero[] = {0};
    const double expected[] = {1.0};
    net *n = net_new((jt_shape){3, 1, 1}, 0, 1);
    check(n, net_dense(n, JT_VALUE_IMAGES, 1, JT_ACTIVATION_NONE, ones, zero), image, expected, 1, exact);
    n = net_new((jt_shape){3, 1, 1}, 0, 1);
    check(n, net_conv(n, JT_VALUE_IMAGES, 1, window_valid(1, 1, 1), 1, JT_ACTIVATION_NONE, ones, zero), image, expected,
          1, exact);
}

/* Padding never wins, also where all values are negative. */
static void test_pool_negative(void **state)
{
    (void)state;
    float image[50];
    grid(image, 50, IMAGE);
    for (int i = 0; i < 50; i++)
        image[i] = -2.0f - fabsf(image[i]);
    net *n = net_new((jt_shape){2, 5, 5}, 0, 1);
    window slide = {{3, 3}, {2, 2}, {1, 1, 1, 1}};
    check(n, net_max_pool(n, JT_VALUE_IMAGES, slide), image, expected_pool_negative, COUNT(expected_pool_negative),
          exact);
}

/* An odd last row and column are dropped. */
static void test_pool_odd(void **state)
{
    (void)state;
    float image[100];
    net *n = net_new(pairs_shape, 0, 1);
    int32_t v = net_max_pool(n, JT_VALUE_IMAGES, window_valid(2, 2, 2));
    check(n, v, grid(image, 100, IMAGE), expected_pool_odd, COUNT(expected_pool_odd), exact);
}

static void test_pool_oblong(void **state)
{
    (void)state;
    float image[96];
    window slide = {{4, 2}, {1, 3}, {3, 1, 1, 0}};
    net *n = net_new(image_shape, 0, 1);
    int32_t v = net_max_pool(n, JT_VALUE_IMAGES, slide);
    check(n, v, grid(image, 96, IMAGE), expected_pool_oblong, COUNT(expected_pool_oblong), exact);
}

static void test_average(void **state)
{
    (void)state;
    float image[100];
    net *n = net_new(pairs_shape, 0, 1);
    int32_t v = net_average(n, JT_VALUE_IMAGES);
    check(n, v, grid(image, 100, IMAGE), expected_average, COUNT(expected_average), rounded);
}

/* (2, 2, 2) flattened runs channel, row, column; two jets, so that features are taken from the right one. */
static void test_flatten_and_concat(void **state)
{
    (void)state;
    const float images[] = {1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8};
    const float features[] = {10, 20, 30, 40, 50, 60};
    const float expected[] = {10, 20, 30, 1,  2,  3,  4,  5,  6,  7,  8,  2.5f,  6.5f,
                              40, 50, 60, -1, -2, -3, -4, -5, -6, -7, -8, -2.5f, -6.5f};
    float outputs[COUNT(expected)];
    net *n = net_new((jt_shape){2, 2, 2}, 3, 1);
    const int32_t parts[] = {JT_VALUE_FEATURES, net_flatten(n, JT_VALUE_IMAGES), net_average(n, JT_VALUE_IMAGES)};
    const jt_graph *graph = net_finish(n, net_concat(n, parts, 3));
    run_once(&jt_reference_backend, graph, images, features, 2, outputs);
    assert_memory_equal(outputs, expected, sizeof expected);
    net_free(n);
}

static void test_add(void **state)
{
    (void)state;
    const float image[] = {1, -2, 3, -4};
    const double expected[] = {2, 0, 6, 0}; /* max(0, x + x) */
    net *n = net_new((jt_shape){1, 2, 2}, 0, 1);
    int32_t same = net_activation(n, JT_VALUE_IMAGES, JT_ACTIVATION_NONE);
    check(n, net_add(n, same, JT_VALUE_IMAGES, JT_ACTIVATION_RELU), image, expected, 4, exact);
}

static void test_scale(void **state)
{
    (void)state;
    const float image[] = {1, 3, 5, 7, 2, 4, 6, 8};
    const double expected[] = {4, 12, 20, 28, 10, 20, 30, 40}; /* times the averages, 4 and 5 */
    net *n = net_new((jt_shape){2, 2, 2}, 0, 1);
    check(n, net_scale(n, JT_VALUE_IMAGES, net_average(n, JT_VALUE_IMAGES)), image, expected, 8, exact);
}

static const float points[] = {-100, -20, -3.5f, -1, -0.125f, 0, 0.125f, 1, 3.5f, 20, 100};

static void check_activation(jt_activation activation, const double *expected, tolerance within)
{
    net *n = net_new((jt_shape){1, 1, COUNT(points)}, 0, 1);
    check(n, net_activation(n, JT_VALUE_IMAGES, activation), points, expected, COUNT(points), within);
}

static void test_activations(void **state)
{
    (void)state;
    const double relu[] = {0, 0, 0, 0, 0, 0, 0.125, 1, 3.5, 20, 100};
    check_activation(JT_ACTIVATION_RELU, relu, exact);
    check_activation(JT_ACTIVATION_SWISH, expected_swish_points, rounded);
    check_activation(JT_ACTIVATION_SIGMOID, expected_sigmoid_points, rounded);
}

/* Far out in the tails nothing overflows, and what is not a number stays so. */
static void test_activation_tails(void **state)
{
    (void)state;
    const float image[] = {-1000, 1000, -3e38f, 3e38f, NAN};
    const struct {
        jt_activation activation;
        float expected[4];
    } cases[] = {{JT_ACTIVATION_RELU, {0, 1000, 0, 3e38f}},
                 {JT_ACTIVATION_SWISH, {0, 1000, 0, 3e38f}},
                 {JT_ACTIVATION_SIGMOID, {0, 1, 0, 1}}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        float outputs[5];
        net *n = net_new((jt_shape){1, 1, 5}, 0, 1);
        const jt_graph *graph = net_finish(n, net_activation(n, JT_VALUE_IMAGES, cases[i].activation));
        run_once(&jt_reference_backend, graph, image, NULL, 1, outputs);
        for (int k = 0; k < 4; k++)
            assert_true(outputs[k] == cases[i].expected[k]);
        assert_true(isnan(outputs[4]));
        net_free(n);
    }
}

static int32_t grid_conv(net *n, int32_t input, int32_t channels, window slide, int32_t groups,
                         jt_activation activation, int32_t step)
{
    float weight[MOST], bias[MOST];
    size_t taps = (size_t)(net_shape(n, input).c / groups * slide.kernel[0] * slide.kernel[1]);
    return net_conv(n, input, channels, slide, groups, activation, grid(weight, taps * (size_t)channels, step),
                    grid(bias, (size_t)channels, step + 1));
}

static int32_t grid_dense(net *n, int32_t input, int32_t units, jt_activation activation, int32_t step)
{
    float weight[MOST], bias[MOST];
    return net_dense(n, input, units, activation, grid(weight, (size_t)(net_shape(n, input).c * units), step),
                     grid(bias, (size_t)units, step + 1));
}

static void check_mbconv(jt_shape in, int32_t channels, int32_t kernel, int32_t stride, const double *expected,
                         size_t count)
{
    float image[MOST];
    const int32_t wide = 2 * in.c;
    net *n = net_new(in, 0, 1);
    int32_t x = JT_VALUE_IMAGES;
    int32_t v = grid_conv(n, x, wide, window_valid(1, 1, 1), 1, JT_ACTIVATION_SWISH, 2);
    v = grid_conv(n, v, wide, window_same(kernel, kernel, stride, in.h, in.w), wide, JT_ACTIVATION_SWISH, 4);
    int32_t gate = grid_dense(n, net_average(n, v), 2, JT_ACTIVATION_SWISH, 6);
    gate = grid_dense(n, gate, wide, JT_ACTIVATION_SIGMOID, 8);
    v = grid_conv(n, net_scale(n, v, gate), channels, window_valid(1, 1, 1), 1, JT_ACTIVATION_NONE, 10);
    if (stride == 1)
        v = net_add(n, v, x, JT_ACTIVATION_NONE);
    /* Every op rounds values of a few units to float, and the projection lets them cancel. */
    check(n, v, grid(image, (size_t)(in.c * in.h * in.w), IMAGE), expected, count, (tolerance){0.0, 1e-6});
}

static void test_mbconv(void **state)
{
    (void)state;
    check_mbconv(pairs_shape, 4, 3, 1, expected_mbconv_residual, COUNT(expected_mbconv_residual));
    check_mbconv(image_shape, 3, 5, 2, expected_mbconv_stride_2, COUNT(expected_mbconv_stride_2));
}

static void test_batches(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        net *n = net_draw(seed);
        check_batches(&jt_reference_backend, &n->graph);
        net_free(n);
    }
}

static void test_threads(void **state)
{
    (void)state;
    net *n = net_draw(3);
    check_threads(&jt_reference_backend, &n->graph);
    net_free(n);
}

static void test_run_allocates_nothing(void **state)
{
    (void)state;
    net *n = net_draw(4);
    inputs in = inputs_make(&n->graph, 3, 1);
    float outputs[6];
    counting counts = {0};
    jt_host host = counting_host(&counts);
    running r = run_open(&jt_reference_backend, &n->graph, &host, 3);
    long before = counts.allocations;
    run(&r, in.images, in.features, 3, outputs);
    assert_int_equal(counts.allocations, before);
    run_close(&r);
    inputs_free(&in);
    net_free(n);
}

static void test_failing_allocations(void **state)
{
    (void)state;
    net *n = net_draw(5);
    check_failing_allocations(&jt_reference_backend, &n->graph);
    net_free(n);
}

static void test_table(void **state)
{
    (void)state;
    jt_why why = {""};
    assert_int_equal(jt_reference_backend.abi, JT_BACKEND_ABI);
    assert_string_equal(jt_reference_backend.name, "reference");
    assert_string_equal(jt_reference_backend.notes, "");
    assert_int_equal(jt_reference_backend.probe(&why), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv_valid),
        cmocka_unit_test(test_conv_same_stride_2),
        cmocka_unit_test(test_conv_same_4x4),
        cmocka_unit_test(test_conv_groups),
        cmocka_unit_test(test_conv_depthwise),
        cmocka_unit_test(test_conv_mostly_padding),
        cmocka_unit_test(test_dense),
        cmocka_unit_test(test_sums_are_wide),
        cmocka_unit_test(test_pool_negative),
        cmocka_unit_test(test_pool_odd),
        cmocka_unit_test(test_pool_oblong),
        cmocka_unit_test(test_average),
        cmocka_unit_test(test_flatten_and_concat),
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_activation_tails),
        cmocka_unit_test(test_mbconv),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_run_allocates_nothing),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
