/* Tensors as they lie in a model file: named, shaped, little-endian bytes that nothing but these functions reads. */
#ifndef JT_GRAPH_TENSOR_H
#define JT_GRAPH_TENSOR_H

#include "../core/names.h"

enum { JT_MAX_DIMENSIONS = 8, JT_SHAPE_TEXT = 128 };

typedef struct jt_tensor {
    const char *name;
    int32_t n_dimensions;
    int32_t shape[JT_MAX_DIMENSIONS];
    size_t floats;              /* product of the shape */
    const unsigned char *bytes; /* 4 per float, not aligned; borrowed while the file is read */
    int used;                   /* somebody asked for it */
} jt_tensor;

typedef struct jt_tensors {
    int32_t n;
    jt_tensor *all;
    jt_names names; /* by the same numbers */
} jt_tensors;

/* Number of a tensor, -1 when there is none. */
int32_t jt_tensor_find(const jt_tensors *tensors, const char *name);

/* 1 when the tensor has exactly this shape. */
int jt_tensor_has_shape(const jt_tensor *tensor, const int32_t *shape, int32_t n_dimensions);

/* "[20, 1, 5, 5]", for messages. */
void jt_shape_text(const int32_t *shape, int32_t n_dimensions, char text[JT_SHAPE_TEXT]);

/* Place of the first value that is not finite, or how many there are. */
size_t jt_tensor_finite_until(const jt_tensor *tensor);

/* One value. */
float jt_tensor_at(const jt_tensor *tensor, size_t index);

/* All values in memory of the arena, NULL when there is none left. */
float *jt_tensor_copy(const jt_tensor *tensor, jt_arena *arena);

#endif /* JT_GRAPH_TENSOR_H */
