#include "tensor.h"

#include <stdio.h>
#include <string.h>

int32_t jt_tensor_find(const jt_tensors *tensors, const char *name)
{
    return jt_names_find(&tensors->names, name);
}

int jt_tensor_has_shape(const jt_tensor *tensor, const int32_t *shape, int32_t n_dimensions)
{
    return tensor->n_dimensions == n_dimensions &&
           memcmp(tensor->shape, shape, (size_t)n_dimensions * sizeof *shape) == 0;
}

void jt_shape_text(const int32_t *shape, int32_t n_dimensions, char text[JT_SHAPE_TEXT])
{
    size_t used = 0;
    for (int32_t i = 0; i < n_dimensions; i++)
        used += (size_t)snprintf(text + used, JT_SHAPE_TEXT - used, "%s%d", i == 0 ? "[" : ", ", (int)shape[i]);
    snprintf(text + used, JT_SHAPE_TEXT - used, "]");
}

float jt_tensor_at(const jt_tensor *tensor, size_t index)
{
    const unsigned char *at = tensor->bytes + 4 * index;
    uint32_t bits = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float *jt_tensor_copy(const jt_tensor *tensor, jt_arena *arena)
{
    float *copy = jt_arena_take(arena, tensor->floats, sizeof *copy);
    if (!copy)
        return NULL;
    for (size_t i = 0; i < tensor->floats; i++)
        copy[i] = jt_tensor_at(tensor, i);
    return copy;
}
