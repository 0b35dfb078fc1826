#include "toy_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../little_endian.h"
#include "lib/graph/kinds.h"

toy *toy_new(jt_shape image, int32_t n_features, int32_t n_classes)
{
    toy *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->random = 1;
    jt_arena_init(&t->own, &jt_default_host);
    jt_arena_init(&t->arena, &jt_default_host);
    t->tensors.all = t->rows;
    assert_true(jt_names_init(&t->tensors.names, &t->own, TOY_TENSORS));
    t->network = (jt_network){.image = image,
                              .n_features = n_features,
                              .n_classes = n_classes,
                              .layers = t->layers,
                              .output = "",
                              .tensors = &t->tensors};
    return t;
}

void toy_free(toy *t)
{
    jt_arena_free(&t->arena.host, t->arena.blocks);
    jt_arena_free(&t->own.host, t->own.blocks);
    free(t);
}

static uint32_t next(toy *t)
{
    t->random = t->random * 1664525u + 1013904223u;
    return t->random >> 8;
}

int32_t toy_choose(toy *t, int32_t n)
{
    return (int32_t)(next(t) % (uint32_t)n);
}

static char *keep(toy *t, const char *text, size_t length)
{
    char *copy = jt_arena_text(&t->own, text, length);
    assert_non_null(copy);
    return copy;
}

jt_layer_spec *toy_layer(toy *t, const char *kind, const char *name, const char *inputs)
{
    assert_in_range(t->network.n_layers, 0, TOY_LAYERS - 1);
    jt_layer_spec *layer = &t->layers[t->network.n_layers++];
    *layer = (jt_layer_spec){.rule = jt_layer_rule_find(kind)};
    assert_non_null(layer->rule);
    layer->name = keep(t, name, strlen(name));
    for (const char *at = inputs; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        layer->inputs[layer->n_inputs++] = keep(t, at, length);
        at += length;
    }
    layer->parameters =
        (jt_layer_parameters){.groups = 1, .expansion = 1, .kernel = {1, 1}, .stride = {1, 1}, .epsilon = 0.001};
    layer->parameters.bias = strcmp(kind, "dense") == 0;
    if (strcmp(kind, "squeeze_excite") == 0)
        layer->parameters.activation = JT_ACTIVATION_SWISH;
    t->network.output = layer->name;
    return layer;
}

float *toy_tensor(toy *t, const char *name, int32_t n_dimensions, const int32_t *shape)
{
    assert_in_range(t->tensors.n, 0, TOY_TENSORS - 1);
    jt_tensor *row = &t->rows[t->tensors.n++];
    row->name = keep(t, name, strlen(name));
    row->n_dimensions = n_dimensions;
    row->floats = 1;
    for (int32_t i = 0; i < n_dimensions; i++) {
        row->shape[i] = shape[i];
        row->floats *= (size_t)shape[i];
    }
    float *values = jt_arena_take(&t->own, row->floats, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < row->floats; i++)
        values[i] = (float)next(t) / 8388608.0f - 1.0f;
    row->bytes = jt_arena_take(&t->own, row->floats, sizeof *values);
    assert_non_null(row->bytes);
    t->values[t->tensors.n - 1] = values;
    assert_int_equal(jt_names_add(&t->tensors.names, row->name), t->tensors.n - 1);
    return values;
}

/* A role's tensor; sides that are 0 do not count. */
static float *role(toy *t, const jt_layer_spec *layer, const char *prefix, const char *name, int32_t a, int32_t b,
                   int32_t c, int32_t d)
{
    const int32_t sides[4] = {a, b, c, d};
    char full[256];
    int32_t n = 0;
    snprintf(full, sizeof full, "%s.%s%s", layer->name, prefix, name);
    while (n < 4 && sides[n] != 0)
        n++;
    return toy_tensor(t, full, n, sides);
}

static void norm(toy *t, const jt_layer_spec *layer, const char *prefix, int32_t channels)
{
    role(t, layer, prefix, "gamma", channels, 0, 0, 0);
    role(t, layer, prefix, "beta", channels, 0, 0, 0);
    role(t, layer, prefix, "mean", channels, 0, 0, 0);
    float *variance = role(t, layer, prefix, "variance", channels, 0, 0, 0);
    for (int32_t i = 0; i < channels; i++)
        variance[i] = 1.0f + variance[i] / 2.0f;
}

void toy_tensors(toy *t, const jt_layer_spec *layer, int32_t in)
{
    const jt_layer_parameters *p = &layer->parameters;
    int32_t rows = p->kernel[0], columns = p->kernel[1];
    int32_t wide = p->expansion * in;
    switch (layer->rule->kind) {
    case JT_LAYER_CONV2D:
        role(t, layer, "", "weight", p->channels, in / p->groups, rows, columns);
        if (p->bias)
            role(t, layer, "", "bias", p->channels, 0, 0, 0);
        if (p->batch_norm)
            norm(t, layer, "", p->channels);
        break;
    case JT_LAYER_DEPTHWISE_CONV2D:
        role(t, layer, "", "weight", in, 1, rows, columns);
        if (p->bias)
            role(t, layer, "", "bias", in, 0, 0, 0);
        if (p->batch_norm)
            norm(t, layer, "", in);
        break;
    case JT_LAYER_DENSE:
        role(t, layer, "", "weight", p->units, in, 0, 0);
        if (p->bias)
            role(t, layer, "", "bias", p->units, 0, 0, 0);
        break;
    case JT_LAYER_SQUEEZE_EXCITE:
        role(t, layer, "reduce.", "weight", p->squeeze, in, 0, 0);
        role(t, layer, "reduce.", "bias", p->squeeze, 0, 0, 0);
        role(t, layer, "expand.", "weight", in, p->squeeze, 0, 0);
        role(t, layer, "expand.", "bias", in, 0, 0, 0);
        break;
    case JT_LAYER_MBCONV:
        if (p->expansion > 1) {
            role(t, layer, "expand.", "weight", wide, in, 1, 1);
            norm(t, layer, "expand.", wide);
        }
        role(t, layer, "depthwise.", "weight", wide, 1, rows, columns);
        norm(t, layer, "depthwise.", wide);
        role(t, layer, "reduce.", "weight", p->squeeze, wide, 0, 0);
        role(t, layer, "reduce.", "bias", p->squeeze, 0, 0, 0);
        role(t, layer, "excite.", "weight", wide, p->squeeze, 0, 0);
        role(t, layer, "excite.", "bias", wide, 0, 0, 0);
        role(t, layer, "project.", "weight", p->channels, wide, 1, 1);
        norm(t, layer, "project.", p->channels);
        break;
    default:
        break;
    }
}

int32_t toy_place(const toy *t, const char *name)
{
    for (int32_t i = 0; i < t->tensors.n; i++)
        if (strcmp(t->rows[i].name, name) == 0)
            return i;
    fail_msg("there is no tensor %s", name);
    return -1;
}

float *toy_values(const toy *t, const char *name)
{
    return t->values[toy_place(t, name)];
}

jt_status toy_build(toy *t)
{
    jt_arena_free(&t->arena.host, t->arena.blocks);
    jt_arena_init(&t->arena, &t->arena.host);
    for (int32_t i = 0; i < t->tensors.n; i++) {
        t->rows[i].used = 0;
        little_endian_put((unsigned char *)(uintptr_t)t->rows[i].bytes, t->values[i], t->rows[i].floats);
    }
    t->error = (jt_error){.size = sizeof t->error, .offset = -2};
    memset(&t->graph, 0, sizeof t->graph);
    return jt_graph_build(&t->network, &t->arena, &t->arena, &t->graph, &t->error);
}

const jt_graph *toy_graph(toy *t)
{
    if (toy_build(t) != JT_OK)
        fail_msg("%s: %s", t->error.key, t->error.text);
    return &t->graph;
}

void toy_refused(toy *t, jt_status status, const char *key)
{
    jt_status got = toy_build(t);
    if (got != status || t->error.status != status || strcmp(t->error.key, key) != 0)
        fail_msg("status %d and key \"%s\", not %d and \"%s\": %s", (int)got, t->error.key, (int)status, key,
                 got == JT_OK ? "" : t->error.text);
    assert_int_equal(t->error.offset, -1);
    assert_true(strlen(t->error.text) > 10);
}
