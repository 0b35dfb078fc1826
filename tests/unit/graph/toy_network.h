/*
 * Networks as a model file describes them, for tests of lib/graph: layers, and tensors with pseudo-random values whose
 * shapes follow the table of models/FORMAT.md, written here a second time.
 */
#ifndef JT_TESTS_TOY_NETWORK_H
#define JT_TESTS_TOY_NETWORK_H

#include "lib/graph/build.h"

enum { TOY_LAYERS = 128, TOY_TENSORS = 1024 };

typedef struct toy {
    jt_layer_spec layers[TOY_LAYERS];
    jt_tensor rows[TOY_TENSORS];
    float *values[TOY_TENSORS]; /* of the rows, which toy_build gives them as bytes */
    jt_tensors tensors;
    jt_network network;
    jt_arena own;   /* names and values */
    jt_arena arena; /* what jt_graph_build takes */
    uint32_t random;
    jt_graph graph; /* after toy_build */
    jt_error error;
} toy;

toy *toy_new(jt_shape image, int32_t n_features, int32_t n_classes);
void toy_free(toy *t);

/*
 * Add a layer and return it, with the defaults of FORMAT.md, and kernel 1 x 1 and padding valid where it has none; the
 * newest layer is the output. `inputs` are names with a blank between.
 */
jt_layer_spec *toy_layer(toy *t, const char *kind, const char *name, const char *inputs);

/* Add a tensor and return its values, within -1 .. 1, to be changed at will. */
float *toy_tensor(toy *t, const char *name, int32_t n_dimensions, const int32_t *shape);

/* Add all tensors of a layer that reads `in` channels. Variances are in 0.5 .. 1.5. */
void toy_tensors(toy *t, const jt_layer_spec *layer, int32_t in);

/* Values of a tensor by name; fails the test when there is none. */
float *toy_values(const toy *t, const char *name);
/* Its place among the tensors. */
int32_t toy_place(const toy *t, const char *name);

/* Build; what an earlier call built is gone. */
jt_status toy_build(toy *t);

/* Build, and fail the test with its words unless that succeeds. */
const jt_graph *toy_graph(toy *t);

/* Build, and fail the test unless that fails with this status and key. */
void toy_refused(toy *t, jt_status status, const char *key);

/* 0 .. n - 1 */
int32_t toy_choose(toy *t, int32_t n);

#endif /* JT_TESTS_TOY_NETWORK_H */
