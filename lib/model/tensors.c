#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reading.h"

enum { MAX_TENSORS = 4096 };

static const char *const tensor_keys[] = {"name", "dtype", "shape", "offset", "bytes"};
static const char *const dtypes[] = {"f32"};

void *jt_reading_take(jt_reading *reading, size_t count, size_t bytes)
{
    if (reading->json.status != JT_OK)
        return NULL;
    void *memory = jt_arena_take(&reading->arena, count, bytes);
    if (!memory)
        jt_json_refuse(&reading->json, NULL, JT_ERROR_MEMORY, "no memory for %zu x %zu bytes of the model", count,
                       bytes);
    return memory;
}

void jt_reading_refuse_byte(jt_reading *reading, const char *key, size_t offset, const char *format, ...)
{
    if (reading->json.status != JT_OK)
        return;
    char text[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reading->json.status = jt_fail(reading->json.error, JT_ERROR_FORMAT, (int64_t)offset, key, "%s", text);
}

/* Sides and their product, which is refused before it can overflow. */
static void read_shape(jt_reading *reading, const jt_json *value, jt_tensor *tensor)
{
    jt_json_reader *json = &reading->json;
    tensor->n_dimensions = jt_json_array(json, value, 1, JT_MAX_DIMENSIONS);
    tensor->floats = 1;
    int32_t i = 0;
    for (jt_json element = jt_json_first(value); element.item && json->status == JT_OK;
         element = jt_json_next(&element)) {
        int64_t side = jt_json_integer(json, &element, 1, JT_JSON_MAX_INTEGER);
        if ((uint64_t)side > JT_MAX_FLOATS / tensor->floats) {
            jt_json_refuse(json, value, JT_ERROR_LIMIT, "the shape has more than %d elements", (int)JT_MAX_FLOATS);
            return;
        }
        tensor->shape[i++] = (int32_t)side;
        tensor->floats *= (size_t)side;
    }
}

/* The tensor's bytes: in the blob, all finite, and zeros behind them up to the next multiple of 64. */
static void check_bytes(jt_reading *reading, int32_t index, const jt_tensor *tensor, size_t offset, size_t end,
                        size_t padded)
{
    size_t base = reading->container.blob_offset;
    char key[32];
    snprintf(key, sizeof key, "tensors[%d]", (int)index);
    const size_t finite = jt_tensor_finite_until(tensor);
    if (finite < tensor->floats) {
        jt_reading_refuse_byte(reading, key, base + offset + 4 * finite, "value %zu of tensor \"%s\" is not finite",
                               finite, tensor->name);
        return;
    }
    for (size_t i = end; i < padded; i++)
        if (reading->container.blob[i] != 0) {
            jt_reading_refuse_byte(reading, key, base + i, "padding after tensor \"%s\" is 0x%02X, not 0", tensor->name,
                                   reading->container.blob[i]);
            return;
        }
}

/* One row; *place is where it has to begin, and moves on to where the next one has to. */
static void read_tensor(jt_reading *reading, const jt_json *value, size_t *place)
{
    jt_json_reader *json = &reading->json;
    size_t blob_length = reading->container.blob_length;
    jt_tensor *tensor = &reading->tensors.all[value->index];
    jt_json_object(json, value, tensor_keys, sizeof tensor_keys / sizeof *tensor_keys);
    jt_json name = jt_json_need(json, value, "name");
    jt_json dtype = jt_json_need(json, value, "dtype");
    jt_json shape = jt_json_need(json, value, "shape");
    jt_json offset_value = jt_json_need(json, value, "offset");
    jt_json bytes_value = jt_json_need(json, value, "bytes");
    tensor->name = jt_json_name(json, &name);
    jt_json_choice(json, &dtype, dtypes, 1);
    read_shape(reading, &shape, tensor);
    int64_t offset = jt_json_integer(json, &offset_value, 0, JT_JSON_MAX_INTEGER);
    int64_t bytes = jt_json_integer(json, &bytes_value, 0, JT_JSON_MAX_INTEGER);
    if (json->status != JT_OK)
        return;

    if (offset != (int64_t)*place) {
        jt_json_refuse(json, &offset_value, JT_ERROR_FORMAT, "%s: offset %" PRId64 " where %zu is due",
                       offset < (int64_t)*place ? "tensors overlap" : "a hole between tensors", offset, *place);
        return;
    }
    if (bytes != (int64_t)(4 * tensor->floats)) {
        jt_json_refuse(json, &bytes_value, JT_ERROR_FORMAT, "%" PRId64 " bytes for a shape of %zu floats", bytes,
                       tensor->floats);
        return;
    }
    if (*place > blob_length || (size_t)bytes > blob_length - *place) {
        jt_json_refuse(json, value, JT_ERROR_FORMAT, "%" PRId64 " bytes at %" PRId64 " in a blob of %zu", bytes, offset,
                       blob_length);
        return;
    }
    if (jt_names_add(&reading->tensors.names, tensor->name) < 0) {
        jt_json_refuse(json, &name, JT_ERROR_FORMAT, "tensor \"%s\" is there twice", tensor->name);
        return;
    }
    /* The blob's length is a multiple of 64, so the padding is within it too. */
    size_t end = *place + (size_t)bytes;
    size_t padded = (end + JT_BLOB_ALIGNMENT - 1) / JT_BLOB_ALIGNMENT * JT_BLOB_ALIGNMENT;
    tensor->bytes = reading->container.blob + *place;
    check_bytes(reading, value->index, tensor, *place, end, padded);
    *place = padded;
}

void jt_read_tensors(jt_reading *reading, const jt_json *value)
{
    jt_json_reader *json = &reading->json;
    jt_tensors *tensors = &reading->tensors;
    tensors->n = jt_json_array(json, value, 0, MAX_TENSORS);
    tensors->all = jt_reading_take(reading, (size_t)tensors->n, sizeof *tensors->all);
    if (!tensors->all)
        return;
    if (!jt_names_init(&tensors->names, &reading->arena, tensors->n)) {
        jt_json_refuse(json, value, JT_ERROR_MEMORY, "no memory for the names of tensors");
        return;
    }
    size_t place = 0;
    for (jt_json element = jt_json_first(value); element.item && json->status == JT_OK;
         element = jt_json_next(&element))
        read_tensor(reading, &element, &place);
    if (json->status == JT_OK && place != reading->container.blob_length)
        jt_reading_refuse_byte(reading, "tensors", reading->container.blob_offset + place,
                               "the tensors end at %zu, in a blob of %zu bytes", place, reading->container.blob_length);
}

/* The tensor that `value` names, if it has this shape; NULL after a refusal. */
static jt_tensor *find_tensor(jt_reading *reading, const jt_json *value, const int32_t *shape, int32_t n_dimensions)
{
    jt_json_reader *json = &reading->json;
    const char *name = jt_json_name(json, value);
    if (json->status != JT_OK || !value->item)
        return NULL;
    int32_t found = jt_tensor_find(&reading->tensors, name);
    if (found < 0) {
        jt_json_refuse(json, value, JT_ERROR_FORMAT, "there is no tensor \"%s\"", name);
        return NULL;
    }
    jt_tensor *tensor = &reading->tensors.all[found];
    if (!jt_tensor_has_shape(tensor, shape, n_dimensions)) {
        char is[JT_SHAPE_TEXT], needs[JT_SHAPE_TEXT];
        jt_shape_text(tensor->shape, tensor->n_dimensions, is);
        jt_shape_text(shape, n_dimensions, needs);
        jt_json_refuse(json, value, JT_ERROR_GRAPH, "tensor \"%s\" has the shape %s where %s is due", name, is, needs);
        return NULL;
    }
    tensor->used = 1;
    return tensor;
}

const float *jt_read_named_tensor(jt_reading *reading, const jt_json *value, const int32_t *shape, int32_t n_dimensions)
{
    const jt_tensor *tensor = find_tensor(reading, value, shape, n_dimensions);
    if (!tensor)
        return NULL;
    const float *copy = jt_tensor_copy(tensor, &reading->arena);
    if (!copy)
        jt_json_refuse(&reading->json, value, JT_ERROR_MEMORY, "no memory for tensor \"%s\"", tensor->name);
    return copy;
}

const float *jt_read_deviation(jt_reading *reading, const jt_json *value, const int32_t *shape, int32_t n_dimensions)
{
    const jt_tensor *tensor = find_tensor(reading, value, shape, n_dimensions);
    for (size_t i = 0; tensor && i < tensor->floats; i++) {
        float deviation = jt_tensor_at(tensor, i);
        if (deviation > 0)
            continue;
        jt_json_refuse(&reading->json, value, JT_ERROR_FORMAT, "deviation %zu of tensor \"%s\" is %g, not above 0", i,
                       tensor->name, (double)deviation);
        return NULL;
    }
    return tensor ? jt_read_named_tensor(reading, value, shape, n_dimensions) : NULL;
}

void jt_refuse_unused_tensors(jt_reading *reading)
{
    for (int32_t i = 0; i < reading->tensors.n && reading->json.status == JT_OK; i++) {
        if (reading->tensors.all[i].used)
            continue;
        char key[32];
        snprintf(key, sizeof key, "tensors[%d]", (int)i);
        reading->json.status = jt_fail(reading->json.error, JT_ERROR_FORMAT, -1, key, "nothing uses tensor \"%s\"",
                                       reading->tensors.all[i].name);
    }
}
