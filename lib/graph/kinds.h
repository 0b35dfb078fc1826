/*
 * The layer kinds, as one table: what a layer is called, what it reads, which keys and tensors it has, and the function
 * that lowers it to ops. A new kind is a new row.
 */
#ifndef JT_GRAPH_KINDS_H
#define JT_GRAPH_KINDS_H

#include "graph.h"

#include <jettag/jettag.h>

enum { JT_MAX_COUNT = 65536, JT_MAX_EXPANSION = 64, JT_MAX_KERNEL = 64, JT_MAX_STRIDE = 16 };

typedef enum jt_padding_mode { JT_PADDING_VALID = 0, JT_PADDING_SAME, JT_PADDING_NUMBERS } jt_padding_mode;

typedef struct jt_padding {
    jt_padding_mode mode;
    int32_t pad[4]; /* top, bottom, left, right; with JT_PADDING_NUMBERS */
} jt_padding;

/* Everything a layer's keys can say; which of it counts is up to the kind. */
typedef struct jt_layer_parameters {
    int32_t channels, units, groups, squeeze, expansion;
    int32_t kernel[2], stride[2]; /* rows, columns */
    jt_padding padding;
    int32_t bias, batch_norm; /* 0 or 1 */
    double epsilon;
    jt_activation activation;
} jt_layer_parameters;

typedef struct jt_layer_rule jt_layer_rule;

/* A layer as the file describes it. Texts outlive the graph. */
typedef struct jt_layer_spec {
    const jt_layer_rule *rule;
    const char *name;
    int32_t n_inputs;
    const char *inputs[JT_MAX_INPUTS];
    jt_layer_parameters parameters;
} jt_layer_spec;

typedef enum jt_key_type {
    JT_KEY_INTEGER = 0, /* int32_t */
    JT_KEY_PAIR,        /* int32_t [2], written as an array of two */
    JT_KEY_NUMBER,      /* double */
    JT_KEY_FLAG,        /* int32_t, written as true or false */
    JT_KEY_ACTIVATION,  /* jt_activation, written as one of jt_activation_names */
    JT_KEY_PADDING      /* jt_padding, written as "same", "valid" or an array of four */
} jt_key_type;

typedef struct jt_key_rule {
    const char *key;
    jt_key_type type;
    size_t place;     /* in jt_layer_parameters */
    int needed;       /* 0: `standard` when it is not there */
    double low, high; /* of a number, or of each number of a pair */
    double standard;
} jt_key_rule;

/* A side of a tensor, in terms of the layer's input and parameters. */
typedef enum jt_side {
    JT_SIDE_END = 0,
    JT_SIDE_ONE,
    JT_SIDE_IN,
    JT_SIDE_IN_PER_GROUP,
    JT_SIDE_CHANNELS,
    JT_SIDE_UNITS,
    JT_SIDE_SQUEEZE,
    JT_SIDE_EXPANDED, /* expansion x in */
    JT_SIDE_KERNEL_ROWS,
    JT_SIDE_KERNEL_COLUMNS
} jt_side;

typedef struct jt_role_rule {
    const char *role;
    jt_side sides[5]; /* ended by JT_SIDE_END */
} jt_role_rule;

/* What a layer's inputs have to be. */
typedef enum jt_sort { JT_SORT_ANY = 0, JT_SORT_IMAGE, JT_SORT_VECTOR } jt_sort;

struct jt_builder;

struct jt_layer_rule {
    const char *name;
    jt_layer_kind kind;
    int32_t min_inputs, max_inputs;
    jt_sort sort;
    int32_t n_keys;
    const jt_key_rule *keys;
    int32_t n_roles; /* of all tensors that it can have */
    const jt_role_rule *roles;
    int32_t max_ops;
    jt_status (*lower)(struct jt_builder *builder, const jt_layer_spec *spec);
};

extern const jt_layer_rule jt_layer_rules[JT_LAYER_KINDS];
extern const char *const jt_activation_names[JT_ACTIVATIONS];

/* Row of a kind by name, NULL when there is none. */
const jt_layer_rule *jt_layer_rule_find(const char *name);

#endif /* JT_GRAPH_KINDS_H */
