/* The native backend where images are dark almost everywhere: what it does not calculate is what it would have been. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/native/native.h"
#include "graphs.h"
#include "running.h"

enum { DRAWS = 300 };

/* Light one pixel of a channel. */
static void light(float *image, jt_shape shape, int32_t c, int32_t y, int32_t x)
{
    image[((size_t)c * (size_t)shape.h + (size_t)y) * (size_t)shape.w + (size_t)x] += 3.0f;
}

/* Seven images that differ from a dark one nowhere, in corners, in a row, a column, scattered, everywhere. */
static float *images_with_light(const float *dark, jt_shape shape)
{
    const size_t n = (size_t)shape.c * (size_t)shape.h * (size_t)shape.w;
    float *images = calloc(7 * n, sizeof *images);
    for (size_t jet = 0; jet < 7; jet++)
        memcpy(images + jet * n, dark, n * sizeof *images);
    light(images + n, shape, 0, 0, 0);
    light(images + n, shape, shape.c - 1, shape.h - 1, shape.w - 1);
    for (int32_t x = 0; x < shape.w; x++)
        light(images + 2 * n, shape, 0, shape.h / 2, x);
    for (int32_t y = 0; y < shape.h; y++)
        light(images + 3 * n, shape, shape.c - 1, y, shape.w - 1);
    uint64_t random = 5;
    for (int i = 0; i < 12; i++) {
        const int32_t c = net_choose(&random, shape.c), y = net_choose(&random, shape.h);
        light(images + 4 * n, shape, c, y, net_choose(&random, shape.w));
    }
    light(images + 5 * n, shape, 0, shape.h / 2, shape.w / 2);
    for (size_t i = 0; i < n; i++)
        images[6 * n + i] += 1.0f;
    return images;
}

/* With and without knowing what a dark image is: the same bits. */
static void check_light(net *n)
{
    jt_graph *graph = &n->graph;
    const jt_shape shape = graph->values[JT_VALUE_IMAGES].shape;
    inputs dark = inputs_make(graph, 1, 17);
    inputs others = inputs_make(graph, 7, 18);
    float *images = images_with_light(dark.images, shape);
    const size_t n_logits = 7 * n_classes(graph);
    float *whole = calloc(n_logits, sizeof *whole), *lit = calloc(n_logits, sizeof *lit);
    graph->dark = NULL;
    run_once(&jt_native_backend, graph, images, others.features, 7, whole);
    graph->dark = dark.images;
    run_once(&jt_native_backend, graph, images, others.features, 7, lit);
    assert_memory_equal(lit, whole, n_logits * sizeof *lit);
    graph->dark = NULL;
    free(lit);
    free(whole);
    free(images);
    inputs_free(&others);
    inputs_free(&dark);
    net_free(n);
}

/* What looks like an mbconv after the images' convolution, with a depthwise that has more rows than its input. */
static net *padded_depthwise(void)
{
    const window wide = {{5, 5}, {1, 1}, {4, 4, 4, 4}};
    net *n = net_new((jt_shape){2, 16, 16}, 0, 9);
    int32_t v = net_conv(n, JT_VALUE_IMAGES, 20, window_same(3, 3, 1, 16, 16), 1, JT_ACTIVATION_SWISH, NULL, NULL);
    const int32_t x = net_conv(n, v, 20, wide, 20, JT_ACTIVATION_SWISH, NULL, NULL);
    int32_t gate = net_dense(n, net_average(n, x), 5, JT_ACTIVATION_SWISH, NULL, NULL);
    gate = net_dense(n, gate, 20, JT_ACTIVATION_SIGMOID, NULL, NULL);
    v = net_conv(n, net_scale(n, x, gate), 7, window_valid(1, 1, 1), 1, JT_ACTIVATION_NONE, NULL, NULL);
    net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

/* Light followed through convolutions by Winograd's way, with a pool between them; rows and columns of any length. */
static net *winograd_after_winograd(int32_t size)
{
    net *n = net_new((jt_shape){2, size + 3, size}, 0, (uint64_t)size);
    int32_t v =
        net_conv(n, JT_VALUE_IMAGES, 33, window_same(4, 4, 1, size + 3, size), 1, JT_ACTIVATION_RELU, NULL, NULL);
    v = net_conv(n, v, 40, window_same(4, 4, 1, size + 3, size), 1, JT_ACTIVATION_SWISH, NULL, NULL);
    v = net_max_pool(n, v, window_valid(2, 2, 2));
    v = net_conv(n, v, 35, (window){{4, 4}, {1, 1}, {1, 2, 2, 1}}, 1, JT_ACTIVATION_RELU, NULL, NULL);
    net_finish(n, net_dense(n, net_flatten(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

/* The same through planes. */
static net *planes_after_planes(int32_t width)
{
    net *n = net_new((jt_shape){1 + width % 2, 12, width}, 0, (uint64_t)width);
    int32_t v = net_conv(n, JT_VALUE_IMAGES, 7, window_same(3, 4, 1, 12, width), 1, JT_ACTIVATION_SWISH, NULL, NULL);
    v = net_conv(n, v, 9, window_valid(2, 3, 1), 1, JT_ACTIVATION_RELU, NULL, NULL);
    v = net_max_pool(n, v, window_valid(2, 2, 2));
    v = net_conv(n, v, 3, window_valid(2, 2, 1), 1, JT_ACTIVATION_RELU, NULL, NULL);
    net_finish(n, net_dense(n, net_flatten(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

static void test_light(void **state)
{
    (void)state;
    const uint64_t draws = draws_of(DRAWS);
    for (int level = 0; level < 3; level++) {
        if (!use_level(level))
            continue;
        for (uint64_t seed = 0; seed < draws; seed++)
            check_light(net_draw(seed + 3000));
        check_light(net_effnet_s0(1));
        check_light(padded_depthwise());
        check_light(net_lenet());
        check_light(net_deeptop());
        for (int32_t size = 16; size < 27; size++) {
            check_light(winograd_after_winograd(size));
            check_light(planes_after_planes(size));
        }
    }
}

/* Memory that runs out while it is found what a dark image gives. */
static void test_failing_allocations_with_light(void **state)
{
    (void)state;
    net *nets[] = {net_effnet_s0(0), winograd_after_winograd(16), planes_after_planes(16)};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        inputs dark = inputs_make(&nets[i]->graph, 1, 17);
        nets[i]->graph.dark = dark.images;
        check_failing_allocations(&jt_native_backend, &nets[i]->graph);
        inputs_free(&dark);
        net_free(nets[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_light),
        cmocka_unit_test(test_failing_allocations_with_light),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
