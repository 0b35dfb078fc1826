/* Where values live: no two that are alive at once share a float, found by brute force on networks drawn at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "toy_network.h"

/* Last op that reads a value, n_ops for the output, looked for among all ops; -1: none. */
static int32_t last_reader(const jt_graph *graph, int32_t value)
{
    if (value == graph->output)
        return graph->n_ops;
    for (int32_t i = graph->n_ops; i-- > 0;)
        for (int32_t k = 0; k < graph->ops[i].n_inputs; k++)
            if (graph->ops[i].inputs[k] == value)
                return i;
    return -1;
}

static void check_places(const jt_graph *graph)
{
    size_t end = 0;
    for (int32_t a = JT_FIRST_OUTPUT; a < graph->n_values; a++) {
        const jt_value *first = &graph->values[a];
        assert_int_equal(first->offset % 16, 0);
        assert_int_equal(first->last_use, last_reader(graph, a));
        assert_int_equal(first->floats, (size_t)first->shape.c * (size_t)first->shape.h * (size_t)first->shape.w);
        if (first->offset + first->floats > end)
            end = first->offset + first->floats;
        /* Value a is alive from op a - JT_FIRST_OUTPUT, which writes it, to its last reader, both included: so an op
           never writes over what it reads. */
        int32_t a_born = a - JT_FIRST_OUTPUT;
        assert_true(first->last_use > a_born);
        for (int32_t b = a + 1; b < graph->n_values; b++) {
            const jt_value *second = &graph->values[b];
            int32_t b_born = b - JT_FIRST_OUTPUT;
            if (b_born > first->last_use)
                continue;
            if (first->offset < second->offset + second->floats && second->offset < first->offset + first->floats)
                fail_msg("values %d and %d overlap", (int)a, (int)b);
        }
    }
    assert_true(graph->working_floats >= end);
    assert_true(graph->working_floats < end + 16);
    for (int32_t v = 0; v < JT_FIRST_OUTPUT; v++)
        assert_int_equal(graph->values[v].last_use, last_reader(graph, v));
}

/* Images of one shape and vectors in any order, each reading what is there; in the end all is joined. */
static void draw_network(toy *t, int n_layers)
{
    char names[TOY_LAYERS][16];
    int32_t sides[TOY_LAYERS]; /* of a vector its length, of an image 0 */
    int unread[TOY_LAYERS] = {0};
    int n = 0;
    snprintf(names[n], sizeof names[n], "image");
    sides[n++] = 0;
    snprintf(names[n], sizeof names[n], "features");
    sides[n++] = t->network.n_features;
    while (n < n_layers) {
        snprintf(names[n], sizeof names[n], "v%d", n);
        /* Rather the newest than any: chains, with long bridges over them. */
        int a = toy_choose(t, 3) ? n - 1 - toy_choose(t, n < 4 ? n : 4) : toy_choose(t, n);
        int b = toy_choose(t, n);
        char inputs[64];
        snprintf(inputs, sizeof inputs, "%s %s", names[a], names[b]);
        jt_layer_spec *l = NULL;
        int two = 0;
        if (sides[a] == 0 && sides[b] == 0 && toy_choose(t, 3) == 0) {
            l = toy_layer(t, "add", names[n], inputs);
            two = 1;
            sides[n] = 0;
        } else if (sides[a] > 0 && sides[b] > 0 && sides[a] + sides[b] < 500 && toy_choose(t, 2) == 0) {
            l = toy_layer(t, "concat", names[n], inputs);
            two = 1;
            sides[n] = sides[a] + sides[b];
        } else if (sides[a] == 0) {
            const char *const kinds[] = {"activation", "squeeze_excite", "mbconv", "global_average", "flatten"};
            int kind = toy_choose(t, 5);
            l = toy_layer(t, kinds[kind], names[n], names[a]);
            l->parameters.channels = 3;
            l->parameters.squeeze = 1 + toy_choose(t, 4);
            if (kind == 2)
                l->parameters.expansion = 1 + toy_choose(t, 3);
            toy_tensors(t, l, 3);
            sides[n] = kind == 3 ? 3 : kind == 4 ? 3 * t->network.image.h * t->network.image.w : 0;
        } else {
            l = toy_layer(t, "dense", names[n], names[a]);
            l->parameters.units = 1 + toy_choose(t, 60);
            toy_tensors(t, l, sides[a]);
            sides[n] = l->parameters.units;
        }
        unread[n] = 1;
        unread[a] = 0;
        if (two)
            unread[b] = 0;
        n++;
    }
    /* Averages of the images that nobody read, then everything into one vector. */
    char before[16] = "features";
    int32_t length = t->network.n_features;
    for (int i = 2; i < n; i++) {
        if (!unread[i])
            continue;
        char name[16], inputs[48];
        if (sides[i] == 0) {
            snprintf(name, sizeof name, "a%d", i);
            toy_layer(t, "global_average", name, names[i]);
            snprintf(inputs, sizeof inputs, "%s %s", before, name);
        } else {
            snprintf(inputs, sizeof inputs, "%s %s", before, names[i]);
        }
        snprintf(before, sizeof before, "j%d", i);
        toy_layer(t, "concat", before, inputs);
        length += sides[i] == 0 ? 3 : sides[i];
    }
    jt_layer_spec *l = toy_layer(t, "dense", "logits", before);
    l->parameters.units = 2;
    toy_tensors(t, l, length);
}

static void random_networks(void **state)
{
    (void)state;
    size_t together = 0, apart = 0;
    for (uint32_t seed = 1; seed <= 300; seed++) {
        toy *t = toy_new((jt_shape){3, 2 + (int32_t)(seed % 5), 3 + (int32_t)(seed % 4)}, 1 + (int32_t)(seed % 7), 2);
        t->random = seed;
        draw_network(t, 4 + (int)(seed % 40));
        const jt_graph *graph = toy_graph(t);
        check_places(graph);
        together += graph->working_floats;
        for (int32_t v = JT_FIRST_OUTPUT; v < graph->n_values; v++)
            apart += graph->values[v].floats;
        toy_free(t);
    }
    print_message("%zu floats in place of %zu\n", together, apart);
    assert_true(together < apart / 2);
}

/* A chain needs room for two values, whatever its length. */
static void chains(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){3, 5, 5}, 0, 3);
    char name[16], before[16] = "image";
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "v%d", i);
        toy_layer(t, "activation", name, before);
        strcpy(before, name);
    }
    toy_layer(t, "global_average", "mean", before);
    const jt_graph *graph = toy_graph(t);
    check_places(graph);
    assert_int_equal(graph->working_floats, 2 * 80); /* 75 floats, rounded up to 16 */
    toy_free(t);
}

/* What is read late keeps its place under all that comes between. */
static void bridges(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){3, 5, 5}, 0, 3);
    toy_layer(t, "activation", "kept", "image");
    char name[16], before[16] = "kept";
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "v%d", i);
        toy_layer(t, "activation", name, before);
        strcpy(before, name);
    }
    toy_layer(t, "add", "sum", "v19 kept");
    toy_layer(t, "global_average", "mean", "sum");
    const jt_graph *graph = toy_graph(t);
    check_places(graph);
    assert_int_equal(graph->values[JT_FIRST_OUTPUT].last_use, 21);
    assert_int_equal(graph->working_floats, 3 * 80);
    toy_free(t);
}

static void add_dense(toy *t, const char *name, const char *input, int32_t in, int32_t units)
{
    jt_layer_spec *l = toy_layer(t, "dense", name, input);
    l->parameters.units = units;
    toy_tensors(t, l, in);
}

/* What is placed takes the smallest gap that holds it, be there larger ones before and after. */
static void gaps(void **state)
{
    (void)state;
    toy *t = toy_new((jt_shape){1, 1, 1}, 16, 2);
    add_dense(t, "first", "features", 16, 160); /* at 0 */
    add_dense(t, "a", "features", 16, 32);      /* 160 */
    add_dense(t, "middle", "features", 16, 96); /* 192 */
    add_dense(t, "b", "features", 16, 48);      /* 288 */
    add_dense(t, "last", "features", 16, 128);  /* 336 */
    add_dense(t, "c", "features", 16, 16);      /* 464 */
    /* The three large ones are read once more, and while they are, they keep their places. */
    add_dense(t, "r1", "first", 160, 16);
    add_dense(t, "r2", "middle", 96, 16);
    add_dense(t, "r3", "last", 128, 16);
    add_dense(t, "small", "features", 16, 64);
    toy_layer(t, "concat", "all", "a b c r1 r2 r3 small");
    add_dense(t, "logits", "all", 32 + 48 + 16 + 3 * 16 + 64, 2);
    const jt_graph *graph = toy_graph(t);
    check_places(graph);
    const jt_value *values = graph->values + JT_FIRST_OUTPUT;
    const size_t offsets[] = {0, 160, 192, 288, 336, 464, 480, 0, 192};
    for (int i = 0; i < 9; i++)
        assert_int_equal(values[i].offset, offsets[i]);
    /* Gaps: 144 floats from 16, where first was; 80 from 208, where middle was; 128 from 336, where last was. */
    assert_int_equal(values[9].offset, 208);
    toy_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_networks),
        cmocka_unit_test(chains),
        cmocka_unit_test(bridges),
        cmocka_unit_test(gaps),
    };
    return cmocka_run_group_tests_name("liveness", tests, NULL, NULL);
}
