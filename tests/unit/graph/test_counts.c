/* Which ops a layer becomes, and what they cost: parameters and multiply-adds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "toy_network.h"

static void check_op(const jt_op *op, jt_op_kind kind, jt_activation activation, jt_shape out)
{
    assert_int_equal(op->kind, kind);
    assert_int_equal(op->activation, activation);
    assert_int_equal(op->out.c, out.c);
    assert_int_equal(op->out.h, out.h);
    assert_int_equal(op->out.w, out.w);
    int linear = kind == JT_OP_CONV2D || kind == JT_OP_DENSE;
    assert_int_equal(op->weight != NULL, linear);
    assert_int_equal(op->bias != NULL, linear);
}

static toy *block_network(int32_t in, int32_t size, int32_t channels, int32_t kernel, int32_t stride, int32_t expansion,
                          int32_t squeeze)
{
    toy *t = toy_new((jt_shape){in, size, size}, 0, channels);
    jt_layer_spec *l = toy_layer(t, "mbconv", "b", "image");
    l->parameters.channels = channels;
    l->parameters.kernel[0] = l->parameters.kernel[1] = kernel;
    l->parameters.stride[0] = l->parameters.stride[1] = stride;
    l->parameters.expansion = expansion;
    l->parameters.squeeze = squeeze;
    toy_tensors(t, l, in);
    toy_layer(t, "global_average", "a", "b");
    toy_graph(t);
    return t;
}

/*
 * Blocks of EfficientNet-B0 (arXiv:1905.11946), parameters summed by hand; four per channel of a batch norm.
 *   1a  32 -> 16, 3 x 3, expansion 1, squeeze 8: depthwise 288 + 128, reduce 264, excite 288, project 512 + 64
 *   2a  16 -> 24, 3 x 3 / 2, expansion 6, squeeze 4: expand 1536 + 384, depthwise 864 + 384, reduce 388, excite 480,
 *       project 2304 + 96
 *   2b  24 -> 24, 3 x 3, expansion 6, squeeze 6: expand 3456 + 576, depthwise 1296 + 576, reduce 870, excite 1008,
 *       project 3456 + 96
 */
static void blocks_of_efficientnet_b0(void **state)
{
    (void)state;
    toy *t = block_network(32, 112, 16, 3, 1, 1, 8);
    assert_int_equal(t->graph.n_parameters, 1544);
    toy_free(t);
    t = block_network(16, 112, 24, 3, 2, 6, 4);
    assert_int_equal(t->graph.n_parameters, 6436);
    /* 96 x 112^2 x 16, 96 x 56^2 x 9, 2 x 96 x 4, 24 x 56^2 x 96 */
    assert_int_equal(t->graph.multiply_adds, 19267584 + 2709504 + 768 + 7225344);
    toy_free(t);
    t = block_network(24, 56, 24, 3, 1, 6, 6);
    assert_int_equal(t->graph.n_parameters, 11334);
    toy_free(t);
}

static void ops_of_a_block(void **state)
{
    (void)state;
    const jt_shape wide = {12, 7, 7}, narrow = {12, 1, 1}, out = {4, 7, 7};
    toy *t = block_network(4, 7, 4, 5, 1, 3, 2);
    const jt_op *ops = t->graph.ops;
    assert_int_equal(t->graph.layers[0].kind, JT_LAYER_MBCONV);
    assert_string_equal(t->graph.layers[0].name, "b");
    assert_int_equal(t->graph.layers[0].first_op, 0);
    assert_int_equal(t->graph.layers[0].n_ops, 8);
    assert_int_equal(t->graph.layers[1].first_op, 8);
    assert_int_equal(t->graph.layers[1].n_ops, 1);
    check_op(&ops[JT_MBCONV_EXPAND], JT_OP_CONV2D, JT_ACTIVATION_SWISH, wide);
    check_op(&ops[JT_MBCONV_DEPTHWISE], JT_OP_CONV2D, JT_ACTIVATION_SWISH, wide);
    check_op(&ops[JT_MBCONV_AVERAGE], JT_OP_GLOBAL_AVERAGE, JT_ACTIVATION_NONE, narrow);
    check_op(&ops[JT_MBCONV_SQUEEZE], JT_OP_DENSE, JT_ACTIVATION_SWISH, (jt_shape){2, 1, 1});
    check_op(&ops[JT_MBCONV_EXCITE], JT_OP_DENSE, JT_ACTIVATION_SIGMOID, narrow);
    check_op(&ops[JT_MBCONV_SCALE], JT_OP_SCALE, JT_ACTIVATION_NONE, wide);
    check_op(&ops[JT_MBCONV_PROJECT], JT_OP_CONV2D, JT_ACTIVATION_NONE, out);
    check_op(&ops[JT_MBCONV_ADD], JT_OP_ADD, JT_ACTIVATION_NONE, out);
    assert_int_equal(ops[JT_MBCONV_EXPAND].groups, 1);
    assert_int_equal(ops[JT_MBCONV_DEPTHWISE].groups, 12);
    assert_int_equal(ops[JT_MBCONV_PROJECT].groups, 1);
    assert_int_equal(ops[JT_MBCONV_PROJECT].kernel[0], 1);
    /* Who reads whom: the output of op i is value JT_FIRST_OUTPUT + i. */
    assert_int_equal(ops[JT_MBCONV_EXPAND].inputs[0], JT_VALUE_IMAGES);
    assert_int_equal(ops[JT_MBCONV_DEPTHWISE].inputs[0], JT_FIRST_OUTPUT + 0);
    assert_int_equal(ops[JT_MBCONV_AVERAGE].inputs[0], JT_FIRST_OUTPUT + 1);
    assert_int_equal(ops[JT_MBCONV_SQUEEZE].inputs[0], JT_FIRST_OUTPUT + 2);
    assert_int_equal(ops[JT_MBCONV_EXCITE].inputs[0], JT_FIRST_OUTPUT + 3);
    assert_int_equal(ops[JT_MBCONV_SCALE].n_inputs, 2);
    assert_int_equal(ops[JT_MBCONV_SCALE].inputs[0], JT_FIRST_OUTPUT + 1);
    assert_int_equal(ops[JT_MBCONV_SCALE].inputs[1], JT_FIRST_OUTPUT + 4);
    assert_int_equal(ops[JT_MBCONV_PROJECT].inputs[0], JT_FIRST_OUTPUT + 5);
    assert_int_equal(ops[JT_MBCONV_ADD].n_inputs, 2);
    assert_int_equal(ops[JT_MBCONV_ADD].inputs[0], JT_FIRST_OUTPUT + 6);
    assert_int_equal(ops[JT_MBCONV_ADD].inputs[1], JT_VALUE_IMAGES);
    toy_free(t);
}

/* The sum is there exactly where stride is 1 and the channels stay; the expansion where it is above 1. */
static void shapes_of_blocks(void **state)
{
    (void)state;
    for (int32_t stride = 1; stride <= 2; stride++)
        for (int32_t channels = 3; channels <= 4; channels++)
            for (int32_t expansion = 1; expansion <= 2; expansion++) {
                toy *t = block_network(4, 6, channels, 3, stride, expansion, 1);
                int sum = stride == 1 && channels == 4;
                assert_int_equal(t->graph.layers[0].n_ops, 6 + (expansion > 1) + sum);
                assert_int_equal(t->graph.ops[t->graph.layers[0].n_ops - 1].kind, sum ? JT_OP_ADD : JT_OP_CONV2D);
                assert_int_equal(t->graph.ops[expansion > 1 ? 1 : 0].groups, 4 * expansion);
                toy_free(t);
            }
    /* A stride along one axis alone is no stride of 1. */
    for (int axis = 0; axis < 2; axis++) {
        toy *t = toy_new((jt_shape){4, 1, 1}, 0, 4);
        jt_layer_spec *l = toy_layer(t, "mbconv", "b", "image");
        l->parameters.channels = 4;
        l->parameters.squeeze = 1;
        l->parameters.stride[axis] = 2;
        toy_tensors(t, l, 4);
        toy_layer(t, "global_average", "a", "b");
        assert_int_equal(toy_graph(t)->layers[0].n_ops, 6);
        toy_free(t);
    }
}

static void every_other_kind(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){3, 8, 8}, 4, 5);
    jt_layer_spec *l = toy_layer(t, "conv2d", "conv", "image");
    l->parameters.channels = 6;
    l->parameters.groups = 3;
    l->parameters.kernel[0] = l->parameters.kernel[1] = 3;
    l->parameters.bias = l->parameters.batch_norm = 1;
    l->parameters.activation = JT_ACTIVATION_RELU;
    toy_tensors(t, l, 3);
    l = toy_layer(t, "depthwise_conv2d", "depth", "conv");
    l->parameters.kernel[0] = 2;
    l->parameters.activation = JT_ACTIVATION_SIGMOID;
    toy_tensors(t, l, 6);
    l = toy_layer(t, "squeeze_excite", "gate", "depth");
    l->parameters.squeeze = 2;
    l->parameters.activation = JT_ACTIVATION_RELU;
    toy_tensors(t, l, 6);
    l = toy_layer(t, "max_pool", "pool", "gate");
    l->parameters.kernel[0] = 5;
    l->parameters.kernel[1] = 2;
    l = toy_layer(t, "add", "sum", "pool pool");
    l->parameters.activation = JT_ACTIVATION_SWISH;
    l = toy_layer(t, "activation", "act", "sum");
    l->parameters.activation = JT_ACTIVATION_SIGMOID;
    toy_layer(t, "flatten", "flat", "act");
    toy_layer(t, "global_average", "mean", "act");
    toy_layer(t, "concat", "all", "features mean flat");
    l = toy_layer(t, "dense", "logits", "all");
    l->parameters.units = 5;
    l->parameters.activation = JT_ACTIVATION_RELU;
    toy_tensors(t, l, 40);
    const jt_graph *graph = toy_graph(t);
    const jt_op *ops = graph->ops;
    check_op(&ops[0], JT_OP_CONV2D, JT_ACTIVATION_RELU, (jt_shape){6, 6, 6});
    check_op(&ops[1], JT_OP_CONV2D, JT_ACTIVATION_SIGMOID, (jt_shape){6, 5, 6});
    check_op(&ops[2], JT_OP_GLOBAL_AVERAGE, JT_ACTIVATION_NONE, (jt_shape){6, 1, 1});
    check_op(&ops[3], JT_OP_DENSE, JT_ACTIVATION_RELU, (jt_shape){2, 1, 1});
    check_op(&ops[4], JT_OP_DENSE, JT_ACTIVATION_SIGMOID, (jt_shape){6, 1, 1});
    check_op(&ops[5], JT_OP_SCALE, JT_ACTIVATION_NONE, (jt_shape){6, 5, 6});
    check_op(&ops[6], JT_OP_MAX_POOL, JT_ACTIVATION_NONE, (jt_shape){6, 1, 5});
    check_op(&ops[7], JT_OP_ADD, JT_ACTIVATION_SWISH, (jt_shape){6, 1, 5});
    check_op(&ops[8], JT_OP_ACTIVATION, JT_ACTIVATION_SIGMOID, (jt_shape){6, 1, 5});
    check_op(&ops[9], JT_OP_FLATTEN, JT_ACTIVATION_NONE, (jt_shape){30, 1, 1});
    check_op(&ops[10], JT_OP_GLOBAL_AVERAGE, JT_ACTIVATION_NONE, (jt_shape){6, 1, 1});
    check_op(&ops[11], JT_OP_CONCAT, JT_ACTIVATION_NONE, (jt_shape){40, 1, 1});
    check_op(&ops[12], JT_OP_DENSE, JT_ACTIVATION_RELU, (jt_shape){5, 1, 1});
    assert_int_equal(graph->n_ops, 13);
    assert_int_equal(ops[11].n_inputs, 3);
    assert_int_equal(ops[11].inputs[0], JT_VALUE_FEATURES);
    assert_int_equal(ops[11].inputs[1], JT_FIRST_OUTPUT + 10);
    assert_int_equal(ops[11].inputs[2], JT_FIRST_OUTPUT + 9);
    /* conv 6 x 1 x 9 + 6 + 4 x 6; depth 6 x 2; gate 2 x 6 + 2 + 6 x 2 + 6; dense 5 x 40 + 5 */
    assert_int_equal(graph->n_parameters, 84 + 12 + 32 + 205);
    /* conv 216 outputs x 9; depth 180 x 2; gate 12 + 12; dense 200 */
    assert_int_equal(graph->multiply_adds, 1944 + 360 + 24 + 200);
    toy_free(t);
}

/* LeNet's two convolutions and two dense layers as Keras's documentation of the classic network counts them. */
static void parameters_of_lenet5(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){1, 28, 28}, 0, 10);
    jt_layer_spec *l = toy_layer(t, "conv2d", "c1", "image");
    l->parameters.channels = 6;
    l->parameters.kernel[0] = l->parameters.kernel[1] = 5;
    l->parameters.padding.mode = JT_PADDING_SAME;
    l->parameters.bias = 1;
    toy_tensors(t, l, 1);
    l = toy_layer(t, "max_pool", "s2", "c1");
    l->parameters.kernel[0] = l->parameters.kernel[1] = l->parameters.stride[0] = l->parameters.stride[1] = 2;
    l = toy_layer(t, "conv2d", "c3", "s2");
    l->parameters.channels = 16;
    l->parameters.kernel[0] = l->parameters.kernel[1] = 5;
    l->parameters.bias = 1;
    toy_tensors(t, l, 6);
    l = toy_layer(t, "max_pool", "s4", "c3");
    l->parameters.kernel[0] = l->parameters.kernel[1] = l->parameters.stride[0] = l->parameters.stride[1] = 2;
    toy_layer(t, "flatten", "flat", "s4");
    const char *const names[] = {"f5", "f6", "logits"};
    const int32_t units[] = {120, 84, 10};
    int32_t in = 400;
    for (int i = 0; i < 3; i++) {
        l = toy_layer(t, "dense", names[i], i == 0 ? "flat" : names[i - 1]);
        l->parameters.units = units[i];
        toy_tensors(t, l, in);
        in = units[i];
    }
    /* 156 + 2416 + 48120 + 10164 + 850 */
    assert_int_equal(toy_graph(t)->n_parameters, 61706);
    toy_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_efficientnet_b0), cmocka_unit_test(ops_of_a_block),
        cmocka_unit_test(shapes_of_blocks),          cmocka_unit_test(every_other_kind),
        cmocka_unit_test(parameters_of_lenet5),
    };
    return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
