/* From the layers of a file to a graph: everything checked, batch norm folded, memory laid out. */
#ifndef JT_GRAPH_BUILD_H
#define JT_GRAPH_BUILD_H

#include "kinds.h"
#include "tensor.h"

enum { JT_MAX_LAYERS = 4096 };

/* What no op, and no network in its working memory, may exceed for one jet. */
enum { JT_MAX_FLOATS = 1 << 28 }; /* 1 GiB */
static const int64_t JT_MAX_OPERATIONS = 1000000000000;

typedef struct jt_network {
    jt_shape image;          /* of the network's input */
    int32_t n_features;      /* 0: there is no value "features" */
    jt_shape singles, pairs; /* all 0: there are none */
    int32_t n_classes;       /* what the output has to have */
    int32_t n_layers;
    const jt_layer_spec *layers;
    const char *output;
    jt_tensors *tensors; /* those that the layers ask for become `used` */
} jt_network;

/*
 * Build the graph, in memory of the arena (which the caller frees, also on failure).
 * Errors: JT_ERROR_GRAPH, LIMIT, FORMAT (a value that cannot be, such as a negative variance), MEMORY; keys are those
 * of the file, such as "layers[3].inputs[0]".
 */
jt_status jt_graph_build(const jt_network *network, jt_arena *arena, jt_arena *weights, jt_graph *graph,
                         jt_error *error);

#endif /* JT_GRAPH_BUILD_H */
