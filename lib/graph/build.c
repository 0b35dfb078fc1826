#include "build.h"

#include <stdio.h>
#include <string.h>

#include "builder.h"

static jt_status fail_memory(jt_error *error)
{
    return jt_fail(error, JT_ERROR_MEMORY, -1, NULL, "no memory for the graph");
}

static jt_status make_room(jt_builder *builder)
{
    const jt_network *network = builder->network;
    size_t max_ops = 0;
    for (int32_t i = 0; i < network->n_layers; i++)
        max_ops += (size_t)network->layers[i].rule->max_ops;
    size_t max_values = JT_FIRST_OUTPUT + max_ops;
    builder->layers = jt_arena_take(builder->arena, (size_t)network->n_layers, sizeof *builder->layers);
    builder->ops = jt_arena_take(builder->arena, max_ops, sizeof *builder->ops);
    builder->values = jt_arena_take(builder->arena, max_values, sizeof *builder->values);
    builder->is_vector = jt_arena_take(builder->arena, max_values, 1);
    if (!builder->layers || !builder->ops || !builder->values || !builder->is_vector)
        return fail_memory(builder->error);

    const int32_t one = network->n_features > 0;
    const jt_shape shapes[JT_FIRST_OUTPUT] = {[JT_VALUE_IMAGES] = network->image,
                                              [JT_VALUE_FEATURES] = {network->n_features, one, one},
                                              [JT_VALUE_SINGLES] = network->singles,
                                              [JT_VALUE_PAIRS] = network->pairs};
    for (int32_t v = 0; v < JT_FIRST_OUTPUT; v++) {
        const size_t floats = (size_t)shapes[v].c * (size_t)shapes[v].h * (size_t)shapes[v].w;
        builder->values[v] = (jt_value){.shape = shapes[v], .floats = floats, .last_use = -1};
        if (jt_is_in_row(v)) {
            builder->values[v].offset = builder->row_floats;
            builder->row_floats += floats;
        }
    }
    builder->is_vector[JT_VALUE_FEATURES] = 1;
    return JT_OK;
}

/* In the order of the values. */
static const char *const given_names[JT_FIRST_OUTPUT] = {"image", "features", "constituents", "pairs"};

/* Value of the layer's input `i`, which has to exist already: `names` holds what came before, what is given first. */
static jt_status find_input(jt_builder *builder, const jt_names *names, int32_t i, int32_t *value)
{
    const jt_layer_spec *spec = &builder->network->layers[builder->layer];
    char suffix[32];
    snprintf(suffix, sizeof suffix, ".inputs[%d]", (int)i);
    int32_t found = jt_names_find(names, spec->inputs[i]);
    if (found < 0)
        return jt_builder_fail(builder, JT_ERROR_GRAPH, suffix, "reads \"%s\", which is no layer before it",
                               spec->inputs[i]);
    if (found < JT_FIRST_OUTPUT && builder->values[found].floats == 0)
        return jt_builder_fail(builder, JT_ERROR_GRAPH, suffix, "reads the %s, which this model does not have",
                               given_names[found]);
    *value = found;
    if (found >= JT_FIRST_OUTPUT) {
        const jt_layer *layer = &builder->layers[found - JT_FIRST_OUTPUT];
        *value = JT_FIRST_OUTPUT + layer->first_op + layer->n_ops - 1;
    }
    jt_sort sort = spec->rule->sort;
    if (sort != JT_SORT_ANY && builder->is_vector[*value] != (sort == JT_SORT_VECTOR))
        return jt_builder_fail(builder, JT_ERROR_GRAPH, suffix, "%s needs %s, and \"%s\" is %s", spec->rule->name,
                               sort == JT_SORT_VECTOR ? "vectors" : "an image", spec->inputs[i],
                               builder->is_vector[*value] ? "a vector" : "an image");
    return JT_OK;
}

static jt_status add_layer(jt_builder *builder, jt_names *names)
{
    const jt_layer_spec *spec = &builder->network->layers[builder->layer];
    const jt_layer_rule *rule = spec->rule;
    if (spec->n_inputs < rule->min_inputs || spec->n_inputs > rule->max_inputs)
        return jt_builder_fail(builder, JT_ERROR_GRAPH, ".inputs", "%s reads %d to %d values, not %d", rule->name,
                               (int)rule->min_inputs, (int)rule->max_inputs, (int)spec->n_inputs);
    for (int32_t i = 0; i < spec->n_inputs; i++) {
        jt_status status = find_input(builder, names, i, &builder->inputs[i]);
        if (status != JT_OK)
            return status;
    }

    jt_layer *layer = &builder->layers[builder->layer];
    *layer = (jt_layer){.kind = rule->kind, .name = spec->name, .first_op = builder->n_ops};
    jt_status status = rule->lower(builder, spec);
    if (status != JT_OK)
        return status;
    layer->n_ops = builder->n_ops - layer->first_op;
    if (jt_names_add(names, spec->name) < 0)
        return jt_builder_fail(builder, JT_ERROR_GRAPH, ".name", "its name is taken");
    return JT_OK;
}

/* The output, and that everything is there for it. */
static jt_status finish(jt_builder *builder, const jt_names *names, int32_t *output)
{
    const jt_network *network = builder->network;
    int32_t found = jt_names_find(names, network->output);
    if (found < JT_FIRST_OUTPUT)
        return jt_fail(builder->error, JT_ERROR_GRAPH, -1, "output", "there is no layer \"%s\"", network->output);
    found -= JT_FIRST_OUTPUT;
    for (int32_t i = 0; i < network->n_layers; i++) {
        int32_t value = JT_FIRST_OUTPUT + builder->layers[i].first_op + builder->layers[i].n_ops - 1;
        builder->layer = i;
        if (i == found)
            *output = value;
        else if (builder->values[value].last_use < 0)
            return jt_builder_fail(builder, JT_ERROR_GRAPH, "", "no later layer reads it");
    }
    jt_value *value = &builder->values[*output];
    if (!builder->is_vector[*output] || value->shape.c != network->n_classes)
        return jt_fail(builder->error, JT_ERROR_GRAPH, -1, "output",
                       "\"%s\" is %s [%d, %d, %d], the output must be a vector of %d, one per class", network->output,
                       builder->is_vector[*output] ? "a vector" : "an image", (int)value->shape.c, (int)value->shape.h,
                       (int)value->shape.w, (int)network->n_classes);
    value->last_use = builder->n_ops;
    return JT_OK;
}

jt_status jt_graph_build(const jt_network *network, jt_arena *arena, jt_arena *weights, jt_graph *graph,
                         jt_error *error)
{
    jt_builder builder = {.network = network, .arena = arena, .weights = weights, .error = error};
    jt_names names;
    if (!jt_names_init(&names, arena, JT_FIRST_OUTPUT + network->n_layers))
        return fail_memory(error);
    for (int32_t v = 0; v < JT_FIRST_OUTPUT; v++)
        jt_names_add(&names, given_names[v]);
    jt_status status = make_room(&builder);
    for (int32_t i = 0; status == JT_OK && i < network->n_layers; i++) {
        builder.layer = i;
        status = add_layer(&builder, &names);
    }
    int32_t output = 0;
    if (status == JT_OK)
        status = finish(&builder, &names, &output);
    if (status != JT_OK)
        return status;

    size_t working_floats;
    if (jt_place_values(builder.values, builder.n_ops, arena, &working_floats) != JT_OK)
        return fail_memory(error);
    if (working_floats > JT_MAX_FLOATS)
        return jt_fail(error, JT_ERROR_LIMIT, -1, "layers",
                       "the network needs %zu bytes of working memory for one jet, the limit is %zu",
                       4 * working_floats, 4 * (size_t)JT_MAX_FLOATS);
    *graph = (jt_graph){.n_layers = network->n_layers,
                        .layers = builder.layers,
                        .n_ops = builder.n_ops,
                        .ops = builder.ops,
                        .n_values = JT_FIRST_OUTPUT + builder.n_ops,
                        .row_floats = builder.row_floats,
                        .values = builder.values,
                        .output = output,
                        .working_floats = working_floats,
                        .n_parameters = builder.n_parameters,
                        .multiply_adds = builder.multiply_adds};
    return JT_OK;
}
