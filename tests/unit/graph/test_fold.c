/*
 * Weights as the ops get them: batch norm gamma (x - mean) / sqrt(variance + epsilon) + beta folded in.
 *
 * Expected numbers are worked out in long double; what is folded has to be the float next to them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "toy_network.h"

/* The nearest float, or one that is so to a millionth of its last place. */
static void check_nearest(float got, long double exact)
{
    float nearest = (float)exact;
    long double unit = (long double)(nextafterf(fabsf(nearest), INFINITY) - fabsf(nearest));
    if (!(fabsl((long double)got - exact) <= 0.500001L * unit))
        fail_msg("%.9g, not %.12Lg", (double)got, exact);
}

typedef struct norm_values {
    const float *gamma, *beta, *mean, *variance;
} norm_values;

/* Weights and biases of one op from those of the file; bias NULL: none there. */
static void check_folded(const jt_op *op, const float *weight, const float *bias, const norm_values *n, double epsilon)
{
    int32_t per_channel = op->in.c / op->groups * op->kernel[0] * op->kernel[1];
    for (int32_t c = 0; c < op->out.c; c++) {
        long double scale = (long double)n->gamma[c] / sqrtl((long double)n->variance[c] + (long double)epsilon);
        for (int32_t k = 0; k < per_channel; k++)
            check_nearest(op->weight[c * per_channel + k], (long double)weight[c * per_channel + k] * scale);
        long double shift = ((bias ? (long double)bias[c] : 0.0L) - (long double)n->mean[c]) * scale;
        check_nearest(op->bias[c], shift + (long double)n->beta[c]);
    }
}

static norm_values norm_of(const toy *t, const char *gamma, const char *beta, const char *mean, const char *variance)
{
    return (norm_values){toy_values(t, gamma), toy_values(t, beta), toy_values(t, mean), toy_values(t, variance)};
}

/* A case that can be done in the head. */
static void by_hand(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){1, 2, 2}, 0, 2);
    jt_layer_spec *l = toy_layer(t, "conv2d", "c", "image");
    l->parameters.channels = 2;
    l->parameters.bias = l->parameters.batch_norm = 1;
    l->parameters.epsilon = 0.25;
    toy_tensors(t, l, 1);
    toy_layer(t, "global_average", "a", "c");
    memcpy(toy_values(t, "c.weight"), (float[2]){3, -5}, sizeof(float[2]));
    memcpy(toy_values(t, "c.bias"), (float[2]){1, 2}, sizeof(float[2]));
    memcpy(toy_values(t, "c.gamma"), (float[2]){2, -1}, sizeof(float[2]));
    memcpy(toy_values(t, "c.beta"), (float[2]){10, 20}, sizeof(float[2]));
    memcpy(toy_values(t, "c.mean"), (float[2]){4, -6}, sizeof(float[2]));
    memcpy(toy_values(t, "c.variance"), (float[2]){0, 3.75f}, sizeof(float[2]));
    const jt_op *op = &toy_graph(t)->ops[0];
    /* Channel 0: scale 2 / sqrt(0.25) = 4; weight 12; bias (1 - 4) 4 + 10. Channel 1: -1 / sqrt(4); 2.5; 8 (-0.5) + 20.
     */
    assert_true(op->weight[0] == 12.0f && op->bias[0] == -2.0f);
    assert_true(op->weight[1] == 2.5f && op->bias[1] == 16.0f);
    toy_free(t);
}

static void convolutions(void **state)
{
    (void)state;
    for (int depthwise = 0; depthwise < 2; depthwise++)
        for (int bias = 0; bias < 2; bias++)
            for (int32_t groups = 1; groups <= 2; groups++) {
                toy *t = toy_new((jt_shape){6, 7, 7}, 0, depthwise ? 6 : 10);
                jt_layer_spec *l = toy_layer(t, depthwise ? "depthwise_conv2d" : "conv2d", "c", "image");
                l->parameters.channels = 10;
                l->parameters.groups = depthwise ? 1 : groups;
                l->parameters.kernel[0] = 3;
                l->parameters.kernel[1] = 2;
                l->parameters.bias = bias;
                l->parameters.batch_norm = 1;
                l->parameters.epsilon = 0.01;
                toy_tensors(t, l, 6);
                toy_layer(t, "global_average", "a", "c");
                const jt_op *op = &toy_graph(t)->ops[0];
                norm_values n = norm_of(t, "c.gamma", "c.beta", "c.mean", "c.variance");
                check_folded(op, toy_values(t, "c.weight"), bias ? toy_values(t, "c.bias") : NULL, &n, 0.01);
                toy_free(t);
            }
}

static void without_batch_norm(void **state)
{
    (void)state;
    for (int bias = 0; bias < 2; bias++) {
        toy *t = toy_new((jt_shape){3, 4, 4}, 5, 4);
        jt_layer_spec *l = toy_layer(t, "conv2d", "c", "image");
        l->parameters.channels = 4;
        l->parameters.bias = bias;
        toy_tensors(t, l, 3);
        toy_layer(t, "global_average", "a", "c");
        toy_layer(t, "concat", "all", "a features");
        l = toy_layer(t, "dense", "d", "all");
        l->parameters.units = 4;
        l->parameters.bias = bias;
        toy_tensors(t, l, 9);
        const jt_graph *graph = toy_graph(t);
        const float zeros[4] = {0, 0, 0, 0};
        assert_memory_equal(graph->ops[0].weight, toy_values(t, "c.weight"), 12 * sizeof(float));
        assert_memory_equal(graph->ops[0].bias, bias ? toy_values(t, "c.bias") : zeros, sizeof zeros);
        assert_memory_equal(graph->ops[3].weight, toy_values(t, "d.weight"), 36 * sizeof(float));
        assert_memory_equal(graph->ops[3].bias, bias ? toy_values(t, "d.bias") : zeros, sizeof zeros);
        toy_free(t);
    }
}

static void blocks(void **state)
{
    (void)state;
    for (int32_t expansion = 1; expansion <= 3; expansion += 2) {
        toy *t = toy_new((jt_shape){4, 6, 6}, 0, 5);
        jt_layer_spec *l = toy_layer(t, "mbconv", "b", "image");
        l->parameters.channels = 5;
        l->parameters.kernel[0] = l->parameters.kernel[1] = 3;
        l->parameters.expansion = expansion;
        l->parameters.squeeze = 2;
        l->parameters.epsilon = 0.003;
        toy_tensors(t, l, 4);
        toy_layer(t, "global_average", "a", "b");
        const jt_graph *graph = toy_graph(t);
        const jt_op *op = graph->ops;
        if (expansion > 1) {
            norm_values n = norm_of(t, "b.expand.gamma", "b.expand.beta", "b.expand.mean", "b.expand.variance");
            check_folded(op++, toy_values(t, "b.expand.weight"), NULL, &n, 0.003);
        }
        norm_values n = norm_of(t, "b.depthwise.gamma", "b.depthwise.beta", "b.depthwise.mean", "b.depthwise.variance");
        check_folded(op++, toy_values(t, "b.depthwise.weight"), NULL, &n, 0.003);
        op++; /* the average */
        size_t wide = (size_t)(4 * expansion);
        assert_memory_equal(op->weight, toy_values(t, "b.reduce.weight"), 2 * wide * sizeof(float));
        assert_memory_equal(op->bias, toy_values(t, "b.reduce.bias"), 2 * sizeof(float));
        op++;
        assert_memory_equal(op->weight, toy_values(t, "b.excite.weight"), 2 * wide * sizeof(float));
        assert_memory_equal(op->bias, toy_values(t, "b.excite.bias"), wide * sizeof(float));
        op += 2; /* and the product */
        n = norm_of(t, "b.project.gamma", "b.project.beta", "b.project.mean", "b.project.variance");
        check_folded(op, toy_values(t, "b.project.weight"), NULL, &n, 0.003);
        toy_free(t);
    }
}

static void gates(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){4, 3, 3}, 0, 4);
    jt_layer_spec *l = toy_layer(t, "squeeze_excite", "g", "image");
    l->parameters.squeeze = 3;
    toy_tensors(t, l, 4);
    toy_layer(t, "global_average", "a", "g");
    const jt_op *ops = toy_graph(t)->ops;
    assert_memory_equal(ops[1].weight, toy_values(t, "g.reduce.weight"), 12 * sizeof(float));
    assert_memory_equal(ops[1].bias, toy_values(t, "g.reduce.bias"), 3 * sizeof(float));
    assert_memory_equal(ops[2].weight, toy_values(t, "g.expand.weight"), 12 * sizeof(float));
    assert_memory_equal(ops[2].bias, toy_values(t, "g.expand.bias"), 4 * sizeof(float));
    toy_free(t);
}

/* Tensors as they lie in a file: little-endian, at any address. */
static void tensor_bytes(void **state)
{
    (void)state;
    const unsigned char bytes[] = {0xff, 0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x20, 0xc1, 0x01, 0x00, 0x00, 0x00};
    jt_tensor tensor = {.name = "t", .n_dimensions = 2, .shape = {3, 1}, .floats = 3, .bytes = bytes + 1};
    assert_true(jt_tensor_at(&tensor, 0) == 1.0f);
    assert_true(jt_tensor_at(&tensor, 1) == -10.0f);
    assert_true(jt_tensor_at(&tensor, 2) == 1.40129846e-45f);
    jt_arena arena;
    jt_arena_init(&arena, &jt_default_host);
    const float *copy = jt_tensor_copy(&tensor, &arena);
    assert_true(copy[0] == 1.0f && copy[1] == -10.0f && copy[2] == 1.40129846e-45f);
    jt_arena_free(&arena.host, arena.blocks);

    assert_true(jt_tensor_has_shape(&tensor, (int32_t[2]){3, 1}, 2));
    assert_false(jt_tensor_has_shape(&tensor, (int32_t[2]){1, 3}, 2));
    assert_false(jt_tensor_has_shape(&tensor, (int32_t[3]){3, 1, 1}, 3));
    assert_false(jt_tensor_has_shape(&tensor, (int32_t[1]){3}, 1));
    char text[JT_SHAPE_TEXT];
    jt_shape_text((int32_t[4]){20, 1, 5, 5}, 4, text);
    assert_string_equal(text, "[20, 1, 5, 5]");
    int32_t most[JT_MAX_DIMENSIONS];
    for (int i = 0; i < JT_MAX_DIMENSIONS; i++)
        most[i] = INT32_MAX;
    jt_shape_text(most, JT_MAX_DIMENSIONS, text);
    assert_int_equal(strlen(text), 8 * 10 + 7 * 2 + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand), cmocka_unit_test(convolutions), cmocka_unit_test(without_batch_norm),
        cmocka_unit_test(blocks),  cmocka_unit_test(gates),        cmocka_unit_test(tensor_bytes),
    };
    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
