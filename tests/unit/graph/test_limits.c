/*
 * 1 GiB and 1e12 operations for one op, 1 GiB for all that is alive.
 *
 * Sizes just within a limit and just beyond; nothing of that size is allocated. Where weights would be too large to
 * make, "there is no such tensor" says that the limits were passed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "toy_network.h"

enum { FLOATS = 1 << 28 }; /* 1 GiB */

static void refused_by(toy *t, int32_t layer, int limit)
{
    char key[32];
    snprintf(key, sizeof key, "layers[%d]", (int)layer);
    toy_refused(t, limit ? JT_ERROR_LIMIT : JT_ERROR_GRAPH, key);
    if (!limit)
        assert_non_null(strstr(t->error.text, "there is no tensor"));
}

/* Input and output of ops without weights: 2^27 floats each are allowed, one column more is not. */
static void memory_of_plain_ops(void **state)
{
    (void)state;
    const char *const kinds[] = {"activation", "max_pool", "flatten"};
    for (int i = 0; i < 3; i++)
        for (int over = 0; over < 2; over++) {
            toy *t = toy_new((jt_shape){2, 1, FLOATS / 4 + over}, 0, 2);
            toy_layer(t, kinds[i], "l", "image");
            if (i < 2) {
                toy_layer(t, "global_average", "mean", "l");
            } else {
                t->network.n_classes = FLOATS / 2 + 2 * over;
                t->network.output = "l";
            }
            if (over)
                toy_refused(t, JT_ERROR_LIMIT, "layers[0]");
            else
                toy_graph(t);
            toy_free(t);
        }
}

static void memory_of_sums(void **state)
{
    (void)state;
    /* Two inputs and the output. */
    for (int over = 0; over < 2; over++) {
        int32_t columns = FLOATS / 3 + over;
        toy *t = toy_new((jt_shape){1, 1, columns}, 0, 1);
        toy_layer(t, "add", "l", "image image");
        toy_layer(t, "global_average", "mean", "l");
        if (over)
            toy_refused(t, JT_ERROR_LIMIT, "layers[0]");
        else
            toy_graph(t);
        toy_free(t);
    }
    /* Eight inputs of 2^24 floats each and their concatenation are 2^28. */
    for (int32_t over = 0; over < 2; over++) {
        toy *t = toy_new((jt_shape){1, 1, 1}, (1 << 24) + over, 8 * ((1 << 24) + over));
        const char *f = "features features features features features features features features";
        toy_layer(t, "concat", "l", f);
        if (over)
            toy_refused(t, JT_ERROR_LIMIT, "layers[0]");
        else
            toy_graph(t);
        toy_free(t);
    }
}

static void memory_of_weights(void **state)
{
    (void)state;
    /* dense: n in, u out, u n weights, u biases: (u + 1) (n + 2) - 2 = 2^28 for u = 5, as 2^28 + 2 = 6 x 44739243. */
    for (int32_t over = 0; over < 2; over++) {
        toy *t = toy_new((jt_shape){1, 1, 1}, 44739241 + over, 5);
        jt_layer_spec *l = toy_layer(t, "dense", "l", "features");
        l->parameters.units = 5;
        refused_by(t, 0, over);
        toy_free(t);
    }
    /* Convolution of one pixel: c in, u out, 9 c u weights with a 3 x 3 kernel, u biases. */
    for (int32_t over = 0; over < 2; over++) {
        /* (9 u + 1) c + 2 u = 91 c + 20 = 2^28 - 87 for c = 2949839 */
        toy *t = toy_new((jt_shape){2949839 + over, 1, 1}, 0, 10);
        jt_layer_spec *l = toy_layer(t, "conv2d", "l", "image");
        l->parameters.channels = 10;
        l->parameters.kernel[0] = l->parameters.kernel[1] = 3;
        l->parameters.padding.mode = JT_PADDING_SAME;
        refused_by(t, 0, over);
        toy_free(t);
    }
    /* In groups the weights are fewer. */
    toy *t = toy_new((jt_shape){65536, 1, 1}, 0, 10);
    jt_layer_spec *l = toy_layer(t, "conv2d", "l", "image");
    l->parameters.channels = 65536;
    l->parameters.kernel[0] = l->parameters.kernel[1] = 3;
    l->parameters.padding.mode = JT_PADDING_SAME;
    refused_by(t, 0, 1);
    l->parameters.groups = 65536;
    refused_by(t, 0, 0);
    toy_free(t);
}

/* Numbers of outputs and expansions beyond 32 bits, and beyond 64. */
static void sides_that_overflow(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){65536, 256, 256}, 0, 2);
    jt_layer_spec *l = toy_layer(t, "mbconv", "l", "image");
    l->parameters.channels = l->parameters.squeeze = 65536;
    l->parameters.expansion = 64; /* 2^22 channels, 2^38 floats */
    refused_by(t, 0, 1);
    t->network.image = (jt_shape){INT32_MAX, 1, 1};
    refused_by(t, 0, 1);
    t->network.image = (jt_shape){INT32_MAX, INT32_MAX, INT32_MAX};
    refused_by(t, 0, 1);
    toy_free(t);

    t = toy_new((jt_shape){1, 256, 256}, 0, 2);
    l = toy_layer(t, "conv2d", "l", "image");
    l->parameters.channels = 65536; /* 2^32 floats */
    refused_by(t, 0, 1);
    toy_free(t);
}

/* Each op of a layer counts on its own: a gate's average of 2^28 - 2 floats to 2 is allowed, of two more it is not. */
static void ops_inside_layers(void **state)
{
    (void)state;
    for (int32_t over = 0; over < 2; over++) {
        toy *t = toy_new((jt_shape){2, 1, FLOATS / 2 - 1 + over}, 0, 2);
        toy_layer(t, "squeeze_excite", "l", "image")->parameters.squeeze = 1;
        refused_by(t, 0, over);
        toy_free(t);
    }
    /* The product needs twice the image: it is refused although average and dense ops are small. */
    toy *t = toy_new((jt_shape){2, 1, FLOATS / 4}, 0, 2);
    jt_layer_spec *l = toy_layer(t, "squeeze_excite", "l", "image");
    l->parameters.squeeze = 1;
    toy_tensors(t, l, 2);
    refused_by(t, 0, 1);
    toy_free(t);
}

static void operations(void **state)
{
    (void)state;
    /* 1000 x (100 x columns) outputs of 1000 x 10 x 10 products each: 1e12 at 100 columns. */
    for (int32_t over = 0; over < 2; over++) {
        toy *t = toy_new((jt_shape){1000, 109, 109 + over}, 0, 2);
        jt_layer_spec *l = toy_layer(t, "conv2d", "l", "image");
        l->parameters.channels = 1000;
        l->parameters.kernel[0] = l->parameters.kernel[1] = 10;
        refused_by(t, 0, over);
        toy_free(t);
    }
    /* Comparisons of a pool: 2^27 outputs of 64 x 64 are 5.5e11, of twice as many columns too much memory; so a
       depthwise convolution cannot exceed 1e12 either, but one with few channels in and many out can: */
    toy *t = toy_new((jt_shape){64, 128, 128}, 0, 2);
    jt_layer_spec *l = toy_layer(t, "conv2d", "l", "image");
    l->parameters.kernel[0] = l->parameters.kernel[1] = 64;
    l->parameters.padding.mode = JT_PADDING_SAME;
    l->parameters.channels = 232; /* 232 x 16384 x 64 x 4096 = 9.96e11 */
    refused_by(t, 0, 0);
    l->parameters.channels = 233; /* 1.0007e12 */
    refused_by(t, 0, 1);
    toy_free(t);
}

/* `n` values of 2^24 floats each, all alive while the first sum is made, which is one more. */
static toy *wide_network(int n)
{
    toy *t = toy_new((jt_shape){2, 1, 1 << 23}, 0, 2);
    char name[16], inputs[32];
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "v%d", i);
        toy_layer(t, "activation", name, "image");
    }
    for (int i = 1; i < n; i++) {
        snprintf(name, sizeof name, "s%d", i);
        snprintf(inputs, sizeof inputs, "%s%d v%d", i == 1 ? "v" : "s", i - 1, i);
        toy_layer(t, "add", name, inputs);
    }
    snprintf(inputs, sizeof inputs, "s%d", n - 1);
    toy_layer(t, "global_average", "mean", inputs);
    return t;
}

static void all_that_is_alive(void **state)
{
    (void)state;
    toy *t = wide_network(15);
    assert_int_equal(toy_graph(t)->working_floats, FLOATS);
    toy_free(t);
    t = wide_network(16);
    toy_refused(t, JT_ERROR_LIMIT, "layers");
    toy_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_plain_ops), cmocka_unit_test(memory_of_sums), cmocka_unit_test(memory_of_weights),
        cmocka_unit_test(sides_that_overflow), cmocka_unit_test(operations),     cmocka_unit_test(ops_inside_layers),
        cmocka_unit_test(all_that_is_alive),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
