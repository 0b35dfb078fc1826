#include "kinds.h"

#include <string.h>

#include "lower.h"

#define PLACE(field) offsetof(jt_layer_parameters, field)

const char *const jt_activation_names[JT_ACTIVATIONS] = {"none", "relu", "swish", "sigmoid"};

static const jt_key_rule conv2d_keys[] = {
    {"channels", JT_KEY_INTEGER, PLACE(channels), 1, 1, JT_MAX_COUNT, 0},
    {"kernel", JT_KEY_PAIR, PLACE(kernel), 1, 1, JT_MAX_KERNEL, 0},
    {"stride", JT_KEY_PAIR, PLACE(stride), 0, 1, JT_MAX_STRIDE, 1},
    {"padding", JT_KEY_PADDING, PLACE(padding), 1, 0, JT_MAX_KERNEL - 1, 0},
    {"groups", JT_KEY_INTEGER, PLACE(groups), 0, 1, JT_MAX_COUNT, 1},
    {"bias", JT_KEY_FLAG, PLACE(bias), 0, 0, 1, 0},
    {"batch_norm", JT_KEY_FLAG, PLACE(batch_norm), 0, 0, 1, 0},
    {"epsilon", JT_KEY_NUMBER, PLACE(epsilon), 0, 1e-12, 1, 0.001},
    {"activation", JT_KEY_ACTIVATION, PLACE(activation), 0, 0, 0, JT_ACTIVATION_NONE},
};

static const jt_role_rule conv2d_roles[] = {
    {"weight", {JT_SIDE_CHANNELS, JT_SIDE_IN_PER_GROUP, JT_SIDE_KERNEL_ROWS, JT_SIDE_KERNEL_COLUMNS}},
    {"bias", {JT_SIDE_CHANNELS}},
    {"gamma", {JT_SIDE_CHANNELS}},
    {"beta", {JT_SIDE_CHANNELS}},
    {"mean", {JT_SIDE_CHANNELS}},
    {"variance", {JT_SIDE_CHANNELS}},
};

static const jt_key_rule depthwise_keys[] = {
    {"kernel", JT_KEY_PAIR, PLACE(kernel), 1, 1, JT_MAX_KERNEL, 0},
    {"stride", JT_KEY_PAIR, PLACE(stride), 0, 1, JT_MAX_STRIDE, 1},
    {"padding", JT_KEY_PADDING, PLACE(padding), 1, 0, JT_MAX_KERNEL - 1, 0},
    {"bias", JT_KEY_FLAG, PLACE(bias), 0, 0, 1, 0},
    {"batch_norm", JT_KEY_FLAG, PLACE(batch_norm), 0, 0, 1, 0},
    {"epsilon", JT_KEY_NUMBER, PLACE(epsilon), 0, 1e-12, 1, 0.001},
    {"activation", JT_KEY_ACTIVATION, PLACE(activation), 0, 0, 0, JT_ACTIVATION_NONE},
};

static const jt_role_rule depthwise_roles[] = {
    {"weight", {JT_SIDE_IN, JT_SIDE_ONE, JT_SIDE_KERNEL_ROWS, JT_SIDE_KERNEL_COLUMNS}},
    {"bias", {JT_SIDE_IN}},
    {"gamma", {JT_SIDE_IN}},
    {"beta", {JT_SIDE_IN}},
    {"mean", {JT_SIDE_IN}},
    {"variance", {JT_SIDE_IN}},
};

static const jt_key_rule dense_keys[] = {
    {"units", JT_KEY_INTEGER, PLACE(units), 1, 1, JT_MAX_COUNT, 0},
    {"bias", JT_KEY_FLAG, PLACE(bias), 0, 0, 1, 1},
    {"activation", JT_KEY_ACTIVATION, PLACE(activation), 0, 0, 0, JT_ACTIVATION_NONE},
};

static const jt_role_rule dense_roles[] = {
    {"weight", {JT_SIDE_UNITS, JT_SIDE_IN}},
    {"bias", {JT_SIDE_UNITS}},
};

static const jt_key_rule max_pool_keys[] = {
    {"kernel", JT_KEY_PAIR, PLACE(kernel), 1, 1, JT_MAX_KERNEL, 0},
    {"stride", JT_KEY_PAIR, PLACE(stride), 1, 1, JT_MAX_STRIDE, 0},
    {"padding", JT_KEY_PADDING, PLACE(padding), 0, 0, JT_MAX_KERNEL - 1, JT_PADDING_VALID},
};

static const jt_key_rule add_keys[] = {
    {"activation", JT_KEY_ACTIVATION, PLACE(activation), 0, 0, 0, JT_ACTIVATION_NONE},
};

static const jt_key_rule activation_keys[] = {
    {"function", JT_KEY_ACTIVATION, PLACE(activation), 1, 0, 0, 0},
};

static const jt_key_rule squeeze_excite_keys[] = {
    {"squeeze", JT_KEY_INTEGER, PLACE(squeeze), 1, 1, JT_MAX_COUNT, 0},
    {"activation", JT_KEY_ACTIVATION, PLACE(activation), 0, 0, 0, JT_ACTIVATION_SWISH},
};

static const jt_role_rule squeeze_excite_roles[] = {
    {"reduce.weight", {JT_SIDE_SQUEEZE, JT_SIDE_IN}},
    {"reduce.bias", {JT_SIDE_SQUEEZE}},
    {"expand.weight", {JT_SIDE_IN, JT_SIDE_SQUEEZE}},
    {"expand.bias", {JT_SIDE_IN}},
};

static const jt_key_rule mbconv_keys[] = {
    {"channels", JT_KEY_INTEGER, PLACE(channels), 1, 1, JT_MAX_COUNT, 0},
    {"kernel", JT_KEY_PAIR, PLACE(kernel), 1, 1, JT_MAX_KERNEL, 0},
    {"stride", JT_KEY_PAIR, PLACE(stride), 0, 1, JT_MAX_STRIDE, 1},
    {"expansion", JT_KEY_INTEGER, PLACE(expansion), 1, 1, JT_MAX_EXPANSION, 0},
    {"squeeze", JT_KEY_INTEGER, PLACE(squeeze), 1, 1, JT_MAX_COUNT, 0},
    {"epsilon", JT_KEY_NUMBER, PLACE(epsilon), 0, 1e-12, 1, 0.001},
};

static const jt_role_rule mbconv_roles[] = {
    {"expand.weight", {JT_SIDE_EXPANDED, JT_SIDE_IN, JT_SIDE_ONE, JT_SIDE_ONE}},
    {"expand.gamma", {JT_SIDE_EXPANDED}},
    {"expand.beta", {JT_SIDE_EXPANDED}},
    {"expand.mean", {JT_SIDE_EXPANDED}},
    {"expand.variance", {JT_SIDE_EXPANDED}},
    {"depthwise.weight", {JT_SIDE_EXPANDED, JT_SIDE_ONE, JT_SIDE_KERNEL_ROWS, JT_SIDE_KERNEL_COLUMNS}},
    {"depthwise.gamma", {JT_SIDE_EXPANDED}},
    {"depthwise.beta", {JT_SIDE_EXPANDED}},
    {"depthwise.mean", {JT_SIDE_EXPANDED}},
    {"depthwise.variance", {JT_SIDE_EXPANDED}},
    {"reduce.weight", {JT_SIDE_SQUEEZE, JT_SIDE_EXPANDED}},
    {"reduce.bias", {JT_SIDE_SQUEEZE}},
    {"excite.weight", {JT_SIDE_EXPANDED, JT_SIDE_SQUEEZE}},
    {"excite.bias", {JT_SIDE_EXPANDED}},
    {"project.weight", {JT_SIDE_CHANNELS, JT_SIDE_EXPANDED, JT_SIDE_ONE, JT_SIDE_ONE}},
    {"project.gamma", {JT_SIDE_CHANNELS}},
    {"project.beta", {JT_SIDE_CHANNELS}},
    {"project.mean", {JT_SIDE_CHANNELS}},
    {"project.variance", {JT_SIDE_CHANNELS}},
};

#define ROWS(table) (int32_t)(sizeof(table) / sizeof *(table)), (table)

const jt_layer_rule jt_layer_rules[JT_LAYER_KINDS] = {
    {"conv2d", JT_LAYER_CONV2D, 1, 1, JT_SORT_IMAGE, ROWS(conv2d_keys), ROWS(conv2d_roles), 1, jt_lower_conv2d},
    {"depthwise_conv2d", JT_LAYER_DEPTHWISE_CONV2D, 1, 1, JT_SORT_IMAGE, ROWS(depthwise_keys), ROWS(depthwise_roles), 1,
     jt_lower_depthwise},
    {"dense", JT_LAYER_DENSE, 1, 1, JT_SORT_VECTOR, ROWS(dense_keys), ROWS(dense_roles), 1, jt_lower_dense},
    {"max_pool", JT_LAYER_MAX_POOL, 1, 1, JT_SORT_IMAGE, ROWS(max_pool_keys), 0, NULL, 1, jt_lower_max_pool},
    {"global_average", JT_LAYER_GLOBAL_AVERAGE, 1, 1, JT_SORT_IMAGE, 0, NULL, 0, NULL, 1, jt_lower_global_average},
    {"flatten", JT_LAYER_FLATTEN, 1, 1, JT_SORT_IMAGE, 0, NULL, 0, NULL, 1, jt_lower_flatten},
    {"concat", JT_LAYER_CONCAT, 2, JT_MAX_INPUTS, JT_SORT_VECTOR, 0, NULL, 0, NULL, 1, jt_lower_concat},
    {"add", JT_LAYER_ADD, 2, 2, JT_SORT_ANY, ROWS(add_keys), 0, NULL, 1, jt_lower_add},
    {"activation", JT_LAYER_ACTIVATION, 1, 1, JT_SORT_ANY, ROWS(activation_keys), 0, NULL, 1, jt_lower_activation},
    {"squeeze_excite", JT_LAYER_SQUEEZE_EXCITE, 1, 1, JT_SORT_IMAGE, ROWS(squeeze_excite_keys),
     ROWS(squeeze_excite_roles), 4, jt_lower_squeeze_excite},
    {"mbconv", JT_LAYER_MBCONV, 1, 1, JT_SORT_IMAGE, ROWS(mbconv_keys), ROWS(mbconv_roles), 8, jt_lower_mbconv},
};

const jt_layer_rule *jt_layer_rule_find(const char *name)
{
    for (int32_t i = 0; i < JT_LAYER_KINDS; i++)
        if (strcmp(jt_layer_rules[i].name, name) == 0)
            return &jt_layer_rules[i];
    return NULL;
}
