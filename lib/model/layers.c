/* "layers" and "output": by the rules of the table in lib/graph/kinds.c. */
#include <string.h>

#include "reading.h"

enum { COMMON_KEYS = 3, MAX_KEYS = 16 };

static const char *const padding_names[] = {[JT_PADDING_VALID] = "valid", [JT_PADDING_SAME] = "same"};

static void read_padding(jt_json_reader *json, const jt_json *value, const jt_key_rule *rule, jt_padding *padding)
{
    *padding = (jt_padding){.mode = (jt_padding_mode)rule->standard};
    if (!value->item)
        return;
    if (cJSON_IsArray(value->item)) {
        padding->mode = JT_PADDING_NUMBERS;
        jt_json_integers(json, value, (int64_t)rule->low, (int64_t)rule->high, 4, padding->pad);
        return;
    }
    padding->mode = (jt_padding_mode)jt_json_choice(json, value, padding_names, 2);
}

/* One key of a layer into its place in the parameters, or its default when it is absent. */
static void read_key(jt_json_reader *json, const jt_json *layer, const jt_key_rule *rule, jt_layer_parameters *into)
{
    jt_json value = rule->needed ? jt_json_need(json, layer, rule->key) : jt_json_find(layer, rule->key);
    void *place = (char *)into + rule->place;
    int32_t *integers = place;
    switch (rule->type) {
    case JT_KEY_INTEGER:
        integers[0] = value.item ? (int32_t)jt_json_integer(json, &value, (int64_t)rule->low, (int64_t)rule->high)
                                 : (int32_t)rule->standard;
        break;
    case JT_KEY_PAIR:
        integers[0] = integers[1] = (int32_t)rule->standard;
        jt_json_integers(json, &value, (int64_t)rule->low, (int64_t)rule->high, 2, integers);
        break;
    case JT_KEY_NUMBER:
        *(double *)place = value.item ? jt_json_number(json, &value, rule->low, rule->high) : rule->standard;
        break;
    case JT_KEY_FLAG:
        integers[0] = value.item ? jt_json_flag(json, &value) : (int32_t)rule->standard;
        break;
    case JT_KEY_ACTIVATION:
        *(jt_activation *)place = value.item
                                      ? (jt_activation)jt_json_choice(json, &value, jt_activation_names, JT_ACTIVATIONS)
                                      : (jt_activation)rule->standard;
        break;
    case JT_KEY_PADDING:
        read_padding(json, &value, rule, place);
        break;
    }
}

static void read_inputs(jt_json_reader *json, const jt_json *value, jt_layer_spec *spec)
{
    spec->n_inputs = jt_json_array(json, value, 1, JT_MAX_INPUTS);
    for (jt_json element = jt_json_first(value); element.item && json->status == JT_OK;
         element = jt_json_next(&element))
        spec->inputs[element.index] = jt_json_name(json, &element);
}

static void read_layer(jt_reading *reading, const jt_json *value, jt_layer_spec *spec)
{
    jt_json_reader *json = &reading->json;
    const char *keys[MAX_KEYS] = {"name", "kind", "inputs"};
    jt_json name = jt_json_need(json, value, "name");
    jt_json kind = jt_json_need(json, value, "kind");
    jt_json inputs = jt_json_need(json, value, "inputs");
    spec->name = jt_json_name(json, &name);
    const char *kind_name = jt_json_name(json, &kind);
    if (json->status != JT_OK)
        return;
    spec->rule = jt_layer_rule_find(kind_name);
    if (!spec->rule) {
        jt_json_refuse(json, &kind, JT_ERROR_FORMAT, "there is no layer kind \"%s\"", kind_name);
        return;
    }
    size_t n_keys = COMMON_KEYS;
    for (int32_t i = 0; i < spec->rule->n_keys; i++)
        keys[n_keys++] = spec->rule->keys[i].key;
    jt_json_object(json, value, keys, n_keys);
    read_inputs(json, &inputs, spec);
    /* What a kind has no key for is neutral. */
    spec->parameters = (jt_layer_parameters){.groups = 1, .expansion = 1, .kernel = {1, 1}, .stride = {1, 1}};
    for (int32_t i = 0; i < spec->rule->n_keys; i++)
        read_key(json, value, &spec->rule->keys[i], &spec->parameters);
}

void jt_read_layers(jt_reading *reading, const jt_json *top)
{
    jt_json_reader *json = &reading->json;
    const jt_model_file *file = reading->file;
    jt_json layers = jt_json_need(json, top, "layers");
    jt_json output = jt_json_need(json, top, "output");
    int32_t n = jt_json_array(json, &layers, 1, JT_MAX_LAYERS);
    const char *output_name = jt_json_name(json, &output);
    if (json->status != JT_OK)
        return;
    jt_layer_spec *specs = jt_allocate(&reading->arena.host, (size_t)n, sizeof *specs);
    if (!specs) {
        jt_json_refuse(json, &layers, JT_ERROR_MEMORY, "no memory for %d layers", (int)n);
        return;
    }
    for (jt_json element = jt_json_first(&layers); element.item && json->status == JT_OK;
         element = jt_json_next(&element))
        read_layer(reading, &element, &specs[element.index]);
    if (json->status == JT_OK) {
        int32_t singles[3], pairs[3];
        jt_singles_shape(&file->sets.singles, singles);
        jt_pairs_shape(&file->sets.pairs, pairs);
        jt_network network = {.image = {file->map.channels, file->map.out[0], file->map.out[1]},
                              .n_features = file->n_features,
                              .singles = {singles[0], singles[1], singles[2]},
                              .pairs = {pairs[0], pairs[1], pairs[2]},
                              .n_classes = file->n_classes,
                              .n_layers = n,
                              .layers = specs,
                              .output = output_name,
                              .tensors = &reading->tensors};
        json->status = jt_graph_build(&network, &reading->arena, &reading->weights, &reading->file->graph, json->error);
    }
    jt_release(&reading->arena.host, specs);
}
