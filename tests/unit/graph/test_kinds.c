/* The table of layer kinds against the one in models/FORMAT.md, written out here as people read it there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/graph/kinds.h"

typedef struct key {
    const char *kind, *key;
    jt_key_type type;
    int needed;
    double low, high, standard;
} key;

static const double count = 65536, none = JT_ACTIVATION_NONE;

/* low and high of padding are those of its numbers, and say nothing of "same" and "valid". */
static void check_keys(const key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const jt_layer_rule *rule = jt_layer_rule_find(keys[i].kind);
        assert_non_null(rule);
        const jt_key_rule *found = NULL;
        for (int32_t k = 0; k < rule->n_keys; k++)
            if (strcmp(rule->keys[k].key, keys[i].key) == 0)
                found = &rule->keys[k];
        if (!found)
            fail_msg("%s has no key %s", keys[i].kind, keys[i].key);
        assert_int_equal(found->type, keys[i].type);
        assert_int_equal(found->needed, keys[i].needed);
        if (keys[i].type != JT_KEY_ACTIVATION && keys[i].type != JT_KEY_FLAG)
            assert_true(found->low == keys[i].low && found->high == keys[i].high);
        if (!keys[i].needed)
            assert_true(found->standard == keys[i].standard);
    }
}

static void keys_and_defaults(void **state)
{
    (void)state;
    const key keys[] = {
        {"conv2d", "channels", JT_KEY_INTEGER, 1, 1, count, 0},
        {"conv2d", "kernel", JT_KEY_PAIR, 1, 1, 64, 0},
        {"conv2d", "stride", JT_KEY_PAIR, 0, 1, 16, 1},
        {"conv2d", "padding", JT_KEY_PADDING, 1, 0, 63, 0},
        {"conv2d", "groups", JT_KEY_INTEGER, 0, 1, count, 1},
        {"conv2d", "bias", JT_KEY_FLAG, 0, 0, 1, 0},
        {"conv2d", "batch_norm", JT_KEY_FLAG, 0, 0, 1, 0},
        {"conv2d", "epsilon", JT_KEY_NUMBER, 0, 1e-12, 1, 0.001},
        {"conv2d", "activation", JT_KEY_ACTIVATION, 0, 0, 0, none},
        {"depthwise_conv2d", "kernel", JT_KEY_PAIR, 1, 1, 64, 0},
        {"depthwise_conv2d", "stride", JT_KEY_PAIR, 0, 1, 16, 1},
        {"depthwise_conv2d", "padding", JT_KEY_PADDING, 1, 0, 63, 0},
        {"depthwise_conv2d", "bias", JT_KEY_FLAG, 0, 0, 1, 0},
        {"depthwise_conv2d", "batch_norm", JT_KEY_FLAG, 0, 0, 1, 0},
        {"depthwise_conv2d", "epsilon", JT_KEY_NUMBER, 0, 1e-12, 1, 0.001},
        {"depthwise_conv2d", "activation", JT_KEY_ACTIVATION, 0, 0, 0, none},
        {"dense", "units", JT_KEY_INTEGER, 1, 1, count, 0},
        {"dense", "bias", JT_KEY_FLAG, 0, 0, 1, 1},
        {"dense", "activation", JT_KEY_ACTIVATION, 0, 0, 0, none},
        {"max_pool", "kernel", JT_KEY_PAIR, 1, 1, 64, 0},
        {"max_pool", "stride", JT_KEY_PAIR, 1, 1, 16, 0},
        {"max_pool", "padding", JT_KEY_PADDING, 0, 0, 63, JT_PADDING_VALID},
        {"add", "activation", JT_KEY_ACTIVATION, 0, 0, 0, none},
        {"activation", "function", JT_KEY_ACTIVATION, 1, 0, 0, 0},
        {"squeeze_excite", "squeeze", JT_KEY_INTEGER, 1, 1, count, 0},
        {"squeeze_excite", "activation", JT_KEY_ACTIVATION, 0, 0, 0, JT_ACTIVATION_SWISH},
        {"mbconv", "channels", JT_KEY_INTEGER, 1, 1, count, 0},
        {"mbconv", "kernel", JT_KEY_PAIR, 1, 1, 64, 0},
        {"mbconv", "stride", JT_KEY_PAIR, 0, 1, 16, 1},
        {"mbconv", "expansion", JT_KEY_INTEGER, 1, 1, 64, 0},
        {"mbconv", "squeeze", JT_KEY_INTEGER, 1, 1, count, 0},
        {"mbconv", "epsilon", JT_KEY_NUMBER, 0, 1e-12, 1, 0.001},
    };
    const size_t n = sizeof keys / sizeof *keys;
    check_keys(keys, n);
    size_t n_keys = 0;
    for (int i = 0; i < JT_LAYER_KINDS; i++)
        n_keys += (size_t)jt_layer_rules[i].n_keys;
    assert_int_equal(n_keys, n); /* and no others */
}

static void rows_and_names(void **state)
{
    (void)state;
    const char *const names[] = {"conv2d",         "depthwise_conv2d", "dense",  "max_pool",
                                 "global_average", "flatten",          "concat", "add",
                                 "activation",     "squeeze_excite",   "mbconv"};
    assert_int_equal(sizeof names / sizeof *names, JT_LAYER_KINDS);
    for (int i = 0; i < JT_LAYER_KINDS; i++) {
        assert_ptr_equal(jt_layer_rule_find(names[i]), &jt_layer_rules[i]);
        /* A backend that indexes by kind finds its row. */
        assert_int_equal(jt_layer_rules[i].kind, i);
        assert_non_null(jt_layer_rules[i].lower);
    }
    assert_null(jt_layer_rule_find(""));
    assert_null(jt_layer_rule_find("Dense"));
    assert_null(jt_layer_rule_find("dense "));
    const char *const activations[] = {"none", "relu", "swish", "sigmoid"};
    assert_int_equal(sizeof activations / sizeof *activations, JT_ACTIVATIONS);
    for (int i = 0; i < JT_ACTIVATIONS; i++)
        assert_string_equal(jt_activation_names[i], activations[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_defaults),
        cmocka_unit_test(rows_and_names),
    };
    return cmocka_run_group_tests_name("kinds", tests, NULL, NULL);
}
