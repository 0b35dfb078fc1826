#include "tensor.h"

#include <stdio.h>
#include <string.h>

#include "../core/little_endian.h"

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

static int is_little_endian(void)
{
    const uint32_t one = 1;
    unsigned char first;
    memcpy(&first, &one, sizeof first);
    return first == 1;
}

static int is_finite(uint32_t bits)
{
    return (bits & 0x7F800000u) != 0x7F800000u;
}

size_t jt_tensor_finite_until(const jt_tensor *tensor)
{
    /* All of them first, without a branch: hardly ever is any not. */
    int all = 1;
    for (size_t i = 0; i < tensor->floats; i++)
        all &= is_finite(jt_u32_at(tensor->bytes + 4 * i));
    size_t i = all ? tensor->floats : 0;
    while (i < tensor->floats && is_finite(jt_u32_at(tensor->bytes + 4 * i)))
        i++;
    return i;
}

float jt_tensor_at(const jt_tensor *tensor, size_t index)
{
    const uint32_t bits = jt_u32_at(tensor->bytes + 4 * index);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float *jt_tensor_copy(const jt_tensor *tensor, jt_arena *arena)
{
    float *copy = jt_arena_take(arena, tensor->floats, sizeof *copy);
    if (!copy)
        return NULL;
    if (is_little_endian()) {
        memcpy(copy, tensor->bytes, tensor->floats * sizeof *copy);
        return copy;
    }
    for (size_t i = 0; i < tensor->floats; i++)
        copy[i] = jt_tensor_at(tensor, i);
    return copy;
}
