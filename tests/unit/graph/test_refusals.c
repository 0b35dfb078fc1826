/* Layers that do not fit together: which status and which key each mistake gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "toy_network.h"

/* conv - pool - mean - all (with the features) - logits. */
static toy *plain_network(void)
{
    toy *t = toy_new((jt_shape){4, 6, 6}, 3, 2);
    jt_layer_spec *l = toy_layer(t, "conv2d", "conv", "image");
    l->parameters.channels = 4;
    l->parameters.batch_norm = l->parameters.bias = 1;
    toy_tensors(t, l, 4);
    toy_layer(t, "max_pool", "pool", "conv");
    toy_layer(t, "global_average", "mean", "pool");
    toy_layer(t, "concat", "all", "mean features");
    l = toy_layer(t, "dense", "logits", "all");
    l->parameters.units = 2;
    toy_tensors(t, l, 7);
    toy_graph(t);
    return t;
}

typedef struct input_case {
    int32_t layer, input;
    const char *name;
    const char *key;
} input_case;

static const input_case input_cases[] = {
    {0, 0, "nothing", "layers[0].inputs[0]"},  {0, 0, "conv", "layers[0].inputs[0]"}, /* itself */
    {0, 0, "pool", "layers[0].inputs[0]"}, /* a cycle: only what came before may be read */
    {1, 0, "logits", "layers[1].inputs[0]"},   {0, 0, "Image", "layers[0].inputs[0]"},
    {0, 0, "", "layers[0].inputs[0]"},         {0, 0, "conv.weight", "layers[0].inputs[0]"},
    {0, 0, "features", "layers[0].inputs[0]"}, /* a vector where an image is due */
    {2, 0, "features", "layers[2].inputs[0]"}, {3, 0, "pool", "layers[3].inputs[0]"}, /* and the other way round */
    {3, 1, "image", "layers[3].inputs[1]"},    {3, 1, "nothing", "layers[3].inputs[1]"},
    {4, 0, "pool", "layers[4].inputs[0]"},     {1, 0, "image", "layers[0]"}, /* conv is not read any more */
};

static void inputs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof input_cases / sizeof *input_cases; i++) {
        const input_case *c = &input_cases[i];
        toy *t = plain_network();
        t->layers[c->layer].inputs[c->input] = c->name;
        toy_refused(t, JT_ERROR_GRAPH, c->key);
        toy_free(t);
    }
}

static void layers_that_nobody_reads(void **state)
{
    (void)state;
    toy *t = plain_network();
    toy_layer(t, "activation", "extra", "features");
    t->network.output = "logits";
    toy_refused(t, JT_ERROR_GRAPH, "layers[5]");
    t->network.output = "extra"; /* the logits are not read now */
    toy_refused(t, JT_ERROR_GRAPH, "layers[4]");
    toy_free(t);

    /* Reading a value twice, in one layer, is allowed. */
    t = plain_network();
    jt_layer_spec *l = toy_layer(t, "add", "twice", "logits logits");
    toy_graph(t);
    l->inputs[1] = "mean";
    toy_refused(t, JT_ERROR_GRAPH, "layers[5].inputs");
    toy_free(t);
}

static void names(void **state)
{
    (void)state;
    const char *const taken[] = {"image", "features", "conv"};
    for (int i = 0; i < 3; i++) {
        toy *t = plain_network();
        t->layers[1].name = taken[i];
        toy_refused(t, JT_ERROR_GRAPH, "layers[1].name");
        toy_free(t);
    }
    /* "features" is taken also where there are none. */
    toy *t = toy_new((jt_shape){2, 3, 3}, 0, 2);
    toy_layer(t, "global_average", "features", "image");
    toy_refused(t, JT_ERROR_GRAPH, "layers[0].name");
    toy_free(t);
}

static void features_that_are_not_there(void **state)
{
    (void)state;
    toy *t = plain_network();
    t->network.n_features = 0;
    toy_refused(t, JT_ERROR_GRAPH, "layers[3].inputs[1]");
    toy_free(t);
}

static void numbers_of_inputs(void **state)
{
    (void)state;
    const struct {
        const char *kind;
        int least, most;
    } kinds[] = {{"conv2d", 1, 1},         {"depthwise_conv2d", 1, 1}, {"dense", 1, 1},  {"max_pool", 1, 1},
                 {"global_average", 1, 1}, {"flatten", 1, 1},          {"concat", 2, 8}, {"add", 2, 2},
                 {"activation", 1, 1},     {"squeeze_excite", 1, 1},   {"mbconv", 1, 1}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int n = 1; n <= 8; n++) {
            char inputs[128] = "";
            for (int k = 0; k < n; k++)
                strcat(inputs, "vector ");
            toy *t = toy_new((jt_shape){2, 3, 3}, 0, 2);
            toy_layer(t, "global_average", "vector", "image");
            toy_layer(t, kinds[i].kind, "l", inputs);
            jt_status status = toy_build(t);
            int refused = status != JT_OK && strcmp(t->error.key, "layers[1].inputs") == 0;
            assert_int_equal(refused, n < kinds[i].least || n > kinds[i].most);
            toy_free(t);
        }
}

/* Every kind's inputs: an image, a vector, or both. */
static void images_and_vectors(void **state)
{
    (void)state;
    const struct {
        const char *kind;
        int image, vector;
    } kinds[] = {{"conv2d", 1, 0},         {"depthwise_conv2d", 1, 0}, {"dense", 0, 1},  {"max_pool", 1, 0},
                 {"global_average", 1, 0}, {"flatten", 1, 0},          {"concat", 0, 1}, {"add", 1, 1},
                 {"activation", 1, 1},     {"squeeze_excite", 1, 0},   {"mbconv", 1, 0}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int vector = 0; vector < 2; vector++) {
            int two = strcmp(kinds[i].kind, "concat") == 0 || strcmp(kinds[i].kind, "add") == 0;
            toy *t = toy_new((jt_shape){2, 1, 1}, 2, 2);
            toy_layer(t, kinds[i].kind, "l",
                      vector ? (two ? "features features" : "features") : (two ? "image image" : "image"));
            toy_build(t);
            int refused = strcmp(t->error.key, "layers[0].inputs[0]") == 0;
            assert_int_equal(!refused, vector ? kinds[i].vector : kinds[i].image);
            toy_free(t);
        }
    /* An image of one row and column is an image still, and no sum of it with a vector can be. */
    toy *t = toy_new((jt_shape){2, 1, 1}, 2, 2);
    toy_layer(t, "add", "l", "image features");
    toy_refused(t, JT_ERROR_GRAPH, "layers[0].inputs");
    toy_free(t);
}

static void sums_of_two_shapes(void **state)
{
    (void)state;
    /* A pool changes rows, columns, or neither; a convolution channels. */
    const int32_t kernels[][2] = {{1, 1}, {2, 1}, {1, 2}};
    for (int i = 0; i < 3; i++)
        for (int32_t channels = 2; channels <= 3; channels++) {
            toy *t = toy_new((jt_shape){2, 5, 5}, 0, 2);
            jt_layer_spec *l = toy_layer(t, "conv2d", "conv", "image");
            l->parameters.channels = channels;
            toy_tensors(t, l, 2);
            l = toy_layer(t, "max_pool", "pool", "conv");
            l->parameters.kernel[0] = kernels[i][0];
            l->parameters.kernel[1] = kernels[i][1];
            toy_layer(t, "add", "sum", "pool image");
            toy_layer(t, "global_average", "mean", "sum");
            if (i == 0 && channels == 2)
                toy_graph(t);
            else
                toy_refused(t, JT_ERROR_GRAPH, "layers[2].inputs");
            toy_free(t);
        }
}

static void outputs(void **state)
{
    (void)state;
    toy *t = plain_network();
    const char *const none[] = {"nothing", "image", "features", "", "Logits"};
    for (int i = 0; i < 5; i++) {
        t->network.output = none[i];
        toy_refused(t, JT_ERROR_GRAPH, "output");
    }
    t->network.output = "logits";
    t->network.n_classes = 3;
    toy_refused(t, JT_ERROR_GRAPH, "output");
    toy_free(t);

    /* An image, also of one row and column with the right number of channels. */
    t = toy_new((jt_shape){2, 1, 1}, 0, 2);
    toy_layer(t, "activation", "a", "image");
    toy_refused(t, JT_ERROR_GRAPH, "output");
    t->network.n_layers = 0;
    toy_layer(t, "flatten", "f", "image");
    toy_graph(t);
    toy_free(t);
}

/* Every tensor of every kind, missing and with each side wrong. */
static void tensors(void **state)
{
    (void)state;
    const char *const kinds[] = {"conv2d", "depthwise_conv2d", "dense", "squeeze_excite", "mbconv"};
    const int32_t n_tensors[] = {6, 6, 2, 4, 19};
    for (int i = 0; i < 5; i++) {
        toy *t = toy_new((jt_shape){3, 4, 4}, 3, 3);
        jt_layer_spec *l = toy_layer(t, kinds[i], "l", i == 2 ? "features" : "image");
        l->parameters.channels = l->parameters.units = 3;
        l->parameters.squeeze = l->parameters.expansion = i == 4 ? 2 : 1;
        l->parameters.kernel[0] = i == 3 ? 1 : 2;
        l->parameters.bias = l->parameters.batch_norm = 1;
        toy_tensors(t, l, 3);
        if (i != 2)
            toy_layer(t, "global_average", "a", "l");
        toy_graph(t);
        assert_int_equal(t->tensors.n, n_tensors[i]);
        for (int32_t k = 0; k < t->tensors.n; k++)
            assert_true(t->rows[k].used);
        for (int32_t k = 0; k < t->tensors.n; k++) {
            char key[64];
            snprintf(key, sizeof key, "tensors[%d].shape", (int)k);
            const jt_tensor before = t->rows[k];
            for (int32_t side = 0; side < before.n_dimensions; side++) {
                t->rows[k].shape[side]++;
                toy_refused(t, JT_ERROR_GRAPH, key);
                t->rows[k] = before;
            }
            t->rows[k].n_dimensions++;
            t->rows[k].shape[before.n_dimensions] = 1;
            toy_refused(t, JT_ERROR_GRAPH, key);
            t->rows[k] = before;
            t->rows[k].n_dimensions--;
            toy_refused(t, JT_ERROR_GRAPH, key);
            t->rows[k] = before;
        }
        for (int32_t missing = 0; missing < t->tensors.n; missing++) {
            jt_arena arena;
            jt_arena_init(&arena, &jt_default_host);
            jt_names all = t->tensors.names;
            assert_true(jt_names_init(&t->tensors.names, &arena, t->tensors.n));
            for (int32_t k = 0; k < t->tensors.n; k++)
                jt_names_add(&t->tensors.names, k == missing ? "another" : t->rows[k].name);
            toy_refused(t, JT_ERROR_GRAPH, "layers[0]");
            assert_non_null(strstr(t->error.text, t->rows[missing].name));
            t->tensors.names = all;
            jt_arena_free(&arena.host, arena.blocks);
        }
        toy_free(t);
    }
}

/* Tensors that the layer's keys do not ask for stay unused, so that the file is refused for them. */
static void tensors_that_are_not_asked_for(void **state)
{
    (void)state;
    toy *t = plain_network();
    t->layers[0].parameters.bias = 0;
    toy_graph(t);
    assert_false(t->rows[toy_place(t, "conv.bias")].used);
    assert_true(t->rows[toy_place(t, "conv.gamma")].used);
    t->layers[0].parameters.batch_norm = 0;
    toy_graph(t);
    assert_false(t->rows[toy_place(t, "conv.gamma")].used);
    assert_true(t->rows[toy_place(t, "conv.weight")].used);
    toy_free(t);
}

static void values_that_cannot_be(void **state)
{
    (void)state;
    toy *t = plain_network();
    float *variance = toy_values(t, "conv.variance");
    variance[3] = -1e-30f;
    toy_refused(t, JT_ERROR_FORMAT, "layers[0]");
    variance[3] = -0.0f;
    toy_graph(t);
    variance[3] = 0.0f;
    toy_graph(t);
    /* 1e30 / sqrt(1e-12) = 1e36 is a float still; 1e41 is none, in a weight alone or in a bias alone. */
    float *gamma = toy_values(t, "conv.gamma"), *mean = toy_values(t, "conv.mean"), *bias = toy_values(t, "conv.bias");
    float *weight = toy_values(t, "conv.weight");
    t->layers[0].parameters.epsilon = 1e-12;
    mean[3] = bias[3] = 0.0f;
    weight[3 * 4 + 3] = 1.0f;
    gamma[3] = 1e30f;
    toy_graph(t);
    gamma[3] = 1e35f;
    toy_refused(t, JT_ERROR_FORMAT, "layers[0]");
    for (int i = 0; i < 4; i++)
        weight[3 * 4 + i] = 0.0f;
    toy_graph(t);
    mean[3] = 1.0f;
    toy_refused(t, JT_ERROR_FORMAT, "layers[0]");
    mean[3] = 0.0f;
    bias[3] = -1.0f;
    toy_refused(t, JT_ERROR_FORMAT, "layers[0]");
    toy_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs),
        cmocka_unit_test(layers_that_nobody_reads),
        cmocka_unit_test(names),
        cmocka_unit_test(features_that_are_not_there),
        cmocka_unit_test(numbers_of_inputs),
        cmocka_unit_test(images_and_vectors),
        cmocka_unit_test(sums_of_two_shapes),
        cmocka_unit_test(outputs),
        cmocka_unit_test(tensors),
        cmocka_unit_test(tensors_that_are_not_asked_for),
        cmocka_unit_test(values_that_cannot_be),
    };
    return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
