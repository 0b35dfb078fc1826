/* What comes out of every layer: rows, columns, channels, image or vector. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "toy_network.h"

/* One axis: size, kernel, stride, and what TensorFlow's SAME makes of it: outputs, padding before and after. */
typedef struct axis {
    int32_t size, kernel, stride, outputs, before, after;
} axis;

/* Worked out by hand. */
static const axis same[] = {
    {5, 3, 1, 5, 1, 1},       /* total (5 - 1) 1 + 3 - 5 = 2 */
    {5, 3, 2, 3, 1, 1},       /* (3 - 1) 2 + 3 - 5 = 2 */
    {6, 3, 2, 3, 0, 1},       /* (3 - 1) 2 + 3 - 6 = 1: the smaller half, 0, goes before */
    {36, 3, 2, 18, 0, 1},     /* 17 x 2 + 3 - 36 = 1 */
    {18, 5, 2, 9, 1, 2},      /* 8 x 2 + 5 - 18 = 3 */
    {9, 5, 2, 5, 2, 2},       /* 4 x 2 + 5 - 9 = 4 */
    {37, 4, 1, 37, 1, 2},     /* 3 */
    {40, 4, 1, 40, 1, 2},     /* 3 */
    {7, 2, 2, 4, 0, 1},       /* 3 x 2 + 2 - 7 = 1 */
    {8, 2, 2, 4, 0, 0},       /* 0 */
    {8, 1, 2, 4, 0, 0},       /* 6 + 1 - 8 = -1: no padding, the last column is not read */
    {10, 2, 5, 2, 0, 0},      /* 5 + 2 - 10 = -3 */
    {11, 2, 5, 3, 0, 1},      /* 10 + 2 - 11 = 1 */
    {1, 7, 1, 1, 3, 3},       /* 6 */
    {1, 64, 16, 1, 31, 32},   /* 63 */
    {256, 64, 16, 16, 24, 24} /* 240 + 64 - 256 = 48 */
};

/* An op that slides over rows x columns; NULL with the key that was refused. */
static const jt_op *slide_op(toy *t, const char *kind, axis rows, axis columns, jt_padding padding)
{
    t->network.n_layers = 0;
    t->network.image = (jt_shape){2, rows.size, columns.size};
    jt_layer_spec *layer = toy_layer(t, kind, "l", "image");
    layer->parameters.channels = 2;
    layer->parameters.kernel[0] = rows.kernel;
    layer->parameters.kernel[1] = columns.kernel;
    layer->parameters.stride[0] = rows.stride;
    layer->parameters.stride[1] = columns.stride;
    layer->parameters.padding = padding;
    toy_layer(t, "global_average", "a", "l");
    return toy_build(t) == JT_OK ? &t->graph.ops[0] : NULL;
}

static void check_axes(const jt_op *op, axis rows, axis columns)
{
    assert_non_null(op);
    assert_int_equal(op->out.c, 2);
    assert_int_equal(op->out.h, rows.outputs);
    assert_int_equal(op->out.w, columns.outputs);
    assert_int_equal(op->pad[0], rows.before);
    assert_int_equal(op->pad[1], rows.after);
    assert_int_equal(op->pad[2], columns.before);
    assert_int_equal(op->pad[3], columns.after);
    assert_int_equal(op->kernel[0], rows.kernel);
    assert_int_equal(op->kernel[1], columns.kernel);
    assert_int_equal(op->stride[0], rows.stride);
    assert_int_equal(op->stride[1], columns.stride);
}

static void same_padding_by_hand(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){2, 8, 8}, 0, 2);
    const jt_padding padding = {.mode = JT_PADDING_SAME};
    size_t n = sizeof same / sizeof *same;
    for (size_t i = 0; i < n; i++) {
        /* Rows and columns by different cases, so that they cannot be mixed up. */
        axis columns = same[(i + 5) % n];
        check_axes(slide_op(t, "max_pool", same[i], columns, padding), same[i], columns);
    }
    toy_free(t);
}

/* The formula of FORMAT.md, in real numbers. */
static axis by_formula(int32_t n, int32_t k, int32_t s)
{
    double outputs = ceil((double)n / s);
    double total = fmax((outputs - 1) * s + k - n, 0);
    return (axis){n, k, s, (int32_t)outputs, (int32_t)floor(total / 2), (int32_t)ceil(total / 2)};
}

static void same_padding_by_formula(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){2, 8, 8}, 0, 2);
    const jt_padding padding = {.mode = JT_PADDING_SAME};
    const axis plain = {5, 3, 1, 5, 1, 1};
    for (int32_t n = 1; n <= 41; n++)
        for (int32_t k = 1; k <= 9; k++)
            for (int32_t s = 1; s <= 6; s++) {
                axis a = by_formula(n, k, s);
                check_axes(slide_op(t, "max_pool", a, plain, padding), a, plain);
                check_axes(slide_op(t, "max_pool", plain, a, padding), plain, a);
            }
    toy_free(t);
}

/* Convolutions and mbconv slide like pools do. */
static void same_padding_of_convolutions(void **state)
{
    (void)state;
    const axis rows = {6, 3, 2, 3, 0, 1}, columns = {9, 5, 2, 5, 2, 2};
    for (int kind = 0; kind < 3; kind++) {
        const char *const kinds[] = {"conv2d", "depthwise_conv2d", "mbconv"};
        toy *t = toy_new((jt_shape){2, rows.size, columns.size}, 0, 2);
        jt_layer_spec *layer = toy_layer(t, kinds[kind], "l", "image");
        layer->parameters.channels = layer->parameters.squeeze = 2;
        memcpy(layer->parameters.kernel, (int32_t[2]){3, 5}, sizeof(int32_t[2]));
        memcpy(layer->parameters.stride, (int32_t[2]){2, 2}, sizeof(int32_t[2]));
        /* An mbconv pads SAME whatever a key that it does not have would say. */
        if (kind < 2)
            layer->parameters.padding.mode = JT_PADDING_SAME;
        toy_tensors(t, layer, 2);
        toy_layer(t, "global_average", "a", "l");
        check_axes(&toy_graph(t)->ops[0], rows, columns);
        toy_free(t);
    }
}

static void valid_padding(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){2, 8, 8}, 0, 2);
    const jt_padding padding = {.mode = JT_PADDING_VALID};
    const axis plain = {5, 3, 1, 3, 0, 0};
    for (int32_t n = 1; n <= 20; n++)
        for (int32_t k = 1; k <= 7; k++)
            for (int32_t s = 1; s <= 5; s++) {
                int32_t outputs = 0; /* counted: places where the kernel lies inside */
                for (int32_t at = 0; at + k <= n; at += s)
                    outputs++;
                axis a = {n, k, s, outputs, 0, 0};
                const jt_op *op = slide_op(t, "max_pool", a, plain, padding);
                if (outputs > 0) {
                    check_axes(op, a, plain);
                    continue;
                }
                assert_null(op);
                assert_int_equal(t->error.status, JT_ERROR_GRAPH);
                assert_string_equal(t->error.key, "layers[0].kernel");
            }
    toy_free(t);
}

static void padding_in_numbers(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){2, 8, 8}, 0, 2);
    const axis plain = {5, 3, 1, 3, 0, 0};
    for (int32_t n = 1; n <= 9; n++)
        for (int32_t before = 0; before <= 4; before++)
            for (int32_t after = 0; after <= 4; after++)
                for (int32_t k = 1; k <= 4; k++) {
                    int32_t outputs = 0;
                    for (int32_t at = -before; at + k <= n + after; at += 2)
                        outputs++;
                    axis a = {n, k, 2, outputs, before, after};
                    jt_padding columns = {JT_PADDING_NUMBERS, {0, 0, before, after}};
                    jt_padding rows = {JT_PADDING_NUMBERS, {before, after, 0, 0}};
                    int fits = before < k && after < k && outputs > 0;
                    const char *key = before < k && after < k ? "layers[0].kernel" : "layers[0].padding";
                    const jt_op *op = slide_op(t, "max_pool", plain, a, columns);
                    if (fits)
                        check_axes(op, plain, a);
                    else
                        assert_true(!op && strcmp(t->error.key, key) == 0 && t->error.status == JT_ERROR_GRAPH);
                    op = slide_op(t, "max_pool", a, plain, rows);
                    if (fits)
                        check_axes(op, a, plain);
                    else
                        assert_true(!op && strcmp(t->error.key, key) == 0 && t->error.status == JT_ERROR_GRAPH);
                }
    toy_free(t);
}

static void check_shape(const jt_graph *graph, int32_t layer, int32_t c, int32_t h, int32_t w)
{
    const jt_layer *l = &graph->layers[layer];
    const jt_value *value = &graph->values[JT_FIRST_OUTPUT + l->first_op + l->n_ops - 1];
    assert_int_equal(value->shape.c, c);
    assert_int_equal(value->shape.h, h);
    assert_int_equal(value->shape.w, w);
    assert_int_equal(value->floats, c * h * w);
    assert_int_equal(graph->ops[l->first_op + l->n_ops - 1].out.c, c);
}

/* A network with every kind; its shapes by hand. */
static void every_kind(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){3, 20, 15}, 7, 2);
    jt_layer_spec *l = toy_layer(t, "conv2d", "conv", "image");
    l->parameters.channels = 8;
    l->parameters.kernel[0] = 3;
    l->parameters.kernel[1] = 2;
    toy_tensors(t, l, 3);
    l = toy_layer(t, "depthwise_conv2d", "depth", "conv");
    l->parameters.kernel[0] = l->parameters.kernel[1] = 3;
    l->parameters.stride[0] = 2;
    l->parameters.padding.mode = JT_PADDING_SAME;
    toy_tensors(t, l, 8);
    l = toy_layer(t, "max_pool", "pool", "depth");
    l->parameters.kernel[0] = 2;
    l->parameters.kernel[1] = 3;
    l->parameters.stride[0] = l->parameters.stride[1] = 2;
    l = toy_layer(t, "mbconv", "block", "pool");
    l->parameters.channels = 8;
    l->parameters.kernel[0] = l->parameters.kernel[1] = 3;
    l->parameters.expansion = 4;
    l->parameters.squeeze = 2;
    toy_tensors(t, l, 8);
    l = toy_layer(t, "squeeze_excite", "gate", "block");
    l->parameters.squeeze = 3;
    toy_tensors(t, l, 8);
    toy_layer(t, "add", "sum", "gate pool");
    l = toy_layer(t, "activation", "act", "sum");
    l->parameters.activation = JT_ACTIVATION_RELU;
    toy_layer(t, "global_average", "mean", "act");
    toy_layer(t, "flatten", "flat", "act");
    l = toy_layer(t, "activation", "act2", "features");
    toy_layer(t, "concat", "all", "mean flat act2 features");
    l = toy_layer(t, "dense", "logits", "all");
    l->parameters.units = 2;
    toy_tensors(t, l, 8 + 8 * 4 * 6 + 7 + 7);

    const jt_graph *graph = toy_graph(t);
    check_shape(graph, 0, 8, 18, 14);
    check_shape(graph, 1, 8, 9, 14);
    check_shape(graph, 2, 8, 4, 6);
    check_shape(graph, 3, 8, 4, 6);
    check_shape(graph, 4, 8, 4, 6);
    check_shape(graph, 5, 8, 4, 6);
    check_shape(graph, 6, 8, 4, 6);
    check_shape(graph, 7, 8, 1, 1);
    check_shape(graph, 8, 192, 1, 1);
    check_shape(graph, 9, 7, 1, 1);
    check_shape(graph, 10, 8 + 192 + 7 + 7, 1, 1);
    check_shape(graph, 11, 2, 1, 1);
    assert_int_equal(graph->n_layers, 12);
    assert_int_equal(graph->n_values, JT_FIRST_OUTPUT + graph->n_ops);
    assert_int_equal(graph->output, graph->n_values - 1);
    assert_int_equal(graph->values[JT_VALUE_IMAGES].floats, 900);
    assert_int_equal(graph->values[JT_VALUE_FEATURES].floats, 7);
    for (int32_t i = 0; i < graph->n_ops; i++) {
        const jt_op *op = &graph->ops[i];
        const jt_value *in = &graph->values[op->inputs[0]];
        assert_memory_equal(&op->in, &in->shape, sizeof op->in);
        assert_true(op->layer >= 0 && op->layer < graph->n_layers);
        assert_in_range(i, graph->layers[op->layer].first_op,
                        graph->layers[op->layer].first_op + graph->layers[op->layer].n_ops - 1);
    }
    toy_free(t);
}

static void groups(void **state)
{
    (void)state;
    /* channels in, channels out, groups; whether both are divided */
    const int32_t cases[][4] = {{8, 8, 1, 1},  {8, 8, 2, 1},  {8, 8, 8, 1}, {8, 16, 8, 1}, {8, 4, 4, 1},
                                {8, 12, 4, 1}, {8, 6, 4, 0},  {6, 8, 4, 0}, {8, 4, 8, 0},  {1, 8, 2, 0},
                                {7, 7, 7, 1},  {8, 8, 16, 0}, {6, 6, 4, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        toy *t = toy_new((jt_shape){cases[i][0], 5, 5}, 0, cases[i][1]);
        jt_layer_spec *l = toy_layer(t, "conv2d", "c", "image");
        l->parameters.channels = cases[i][1];
        l->parameters.groups = cases[i][2];
        toy_tensors(t, l, cases[i][0]);
        toy_layer(t, "global_average", "a", "c");
        if (!cases[i][3]) {
            toy_refused(t, JT_ERROR_GRAPH, "layers[0].groups");
        } else {
            assert_int_equal(toy_graph(t)->ops[0].groups, cases[i][2]);
            assert_int_equal(t->graph.n_parameters, cases[i][1] * (cases[i][0] / cases[i][2]));
        }
        toy_free(t);
    }
    /* A depthwise convolution has one group per channel. */
    toy *t = toy_new((jt_shape){6, 5, 5}, 0, 6);
    toy_tensors(t, toy_layer(t, "depthwise_conv2d", "d", "image"), 6);
    toy_layer(t, "global_average", "a", "d");
    assert_int_equal(toy_graph(t)->ops[0].groups, 6);
    toy_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_padding_by_hand),
        cmocka_unit_test(same_padding_by_formula),
        cmocka_unit_test(same_padding_of_convolutions),
        cmocka_unit_test(valid_padding),
        cmocka_unit_test(padding_in_numbers),
        cmocka_unit_test(every_kind),
        cmocka_unit_test(groups),
    };
    return cmocka_run_group_tests_name("shapes", tests, NULL, NULL);
}
