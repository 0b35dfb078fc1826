#include "json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Append the path of a value to `path`, which has `room` bytes; returns the length it would have. */
static size_t write_path(const jt_json *value, char *path, size_t room)
{
    if (!value || !value->parent)
        return 0;
    size_t used = write_path(value->parent, path, room);
    char *rest = used < room ? path + used : NULL;
    size_t left = used < room ? room - used : 0;
    if (!value->key)
        return used + (size_t)snprintf(rest, left, "[%d]", (int)value->index);
    return used + (size_t)snprintf(rest, left, "%s%s", used > 0 ? "." : "", value->key);
}

void jt_json_refuse(jt_json_reader *reader, const jt_json *at, jt_status status, const char *format, ...)
{
    if (reader->status != JT_OK)
        return;
    char path[sizeof reader->error->key] = "";
    char text[300];
    write_path(at, path, sizeof path);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reader->status = jt_fail(reader->error, status, -1, path, "%s%s%s", path, path[0] ? ": " : "", text);
}

static const char *type_name(const cJSON *item)
{
    switch (item->type & 0xFF) {
    case cJSON_NULL:
        return "null";
    case cJSON_Number:
        return "a number";
    case cJSON_String:
        return "a text";
    case cJSON_Array:
        return "an array";
    case cJSON_Object:
        return "an object";
    default:
        return "true or false";
    }
}

/* 1 when there is a value of this type; refuses those of another. */
static int has_type(jt_json_reader *reader, const jt_json *value, int type, const char *wanted)
{
    if (reader->status != JT_OK || !value->item)
        return 0;
    if ((value->item->type & type) != 0)
        return 1;
    jt_json_refuse(reader, value, JT_ERROR_FORMAT, "%s where %s is due", type_name(value->item), wanted);
    return 0;
}

static int is_among(const char *key, const char *const *keys, size_t n_keys)
{
    for (size_t i = 0; i < n_keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return 1;
    return 0;
}

void jt_json_object(jt_json_reader *reader, const jt_json *value, const char *const *keys, size_t n_keys)
{
    if (!has_type(reader, value, cJSON_Object, "an object") || reader->newer)
        return;
    for (jt_json member = jt_json_first(value); member.item; member = jt_json_next(&member))
        if (!is_among(member.item->string, keys, n_keys))
            jt_json_refuse(reader, &member, JT_ERROR_FORMAT, "no such key in this version of the format");
}

jt_json jt_json_find(const jt_json *object, const char *key)
{
    if (object->item && cJSON_IsObject(object->item))
        for (const cJSON *child = object->item->child; child; child = child->next)
            if (strcmp(child->string, key) == 0)
                return (jt_json){child, object, key, 0};
    return (jt_json){NULL, object, key, 0};
}

jt_json jt_json_need(jt_json_reader *reader, const jt_json *object, const char *key)
{
    jt_json found = jt_json_find(object, key);
    if (!found.item && has_type(reader, object, cJSON_Object, "an object"))
        jt_json_refuse(reader, &found, JT_ERROR_FORMAT, "the key is missing");
    return found;
}

int32_t jt_json_array(jt_json_reader *reader, const jt_json *value, int32_t low, int32_t high)
{
    if (!has_type(reader, value, cJSON_Array, "an array"))
        return 0;
    int32_t n = 0;
    for (const cJSON *child = value->item->child; child; child = child->next)
        n++;
    if (n < low || n > high) {
        jt_json_refuse(reader, value, n > high && low < high ? JT_ERROR_LIMIT : JT_ERROR_FORMAT,
                       "%d elements where %d to %d are due", (int)n, (int)low, (int)high);
        return 0;
    }
    return n;
}

/* An element or, where it has a key, a member. */
static jt_json inside(const cJSON *item, const jt_json *parent, int32_t index)
{
    return (jt_json){item, parent, item && cJSON_IsObject(parent->item) ? item->string : NULL, index};
}

jt_json jt_json_first(const jt_json *array)
{
    return inside(array->item ? array->item->child : NULL, array, 0);
}

jt_json jt_json_next(const jt_json *element)
{
    return inside(element->item->next, element->parent, element->index + 1);
}

int64_t jt_json_integer(jt_json_reader *reader, const jt_json *value, int64_t low, int64_t high)
{
    if (!has_type(reader, value, cJSON_Number, "an integer"))
        return low;
    double number = value->item->valuedouble;
    jt_json_form form = (jt_json_form)value->item->valueint;
    if (form == JT_JSON_OTHER) {
        jt_json_refuse(reader, value, JT_ERROR_FORMAT, "%g where an integer, without fraction or exponent, is due",
                       number);
        return low;
    }
    if (form == JT_JSON_LARGE_INTEGER || number < (double)low || number > (double)high) {
        jt_json_refuse(reader, value, JT_ERROR_FORMAT, "%.0f is not in %" PRId64 " .. %" PRId64, number, low, high);
        return low;
    }
    return (int64_t)number;
}

double jt_json_number(jt_json_reader *reader, const jt_json *value, double low, double high)
{
    if (!has_type(reader, value, cJSON_Number, "a number"))
        return low;
    double number = value->item->valuedouble;
    if (number >= low && number <= high)
        return number;
    jt_json_refuse(reader, value, JT_ERROR_FORMAT, "%g is not in %g .. %g", number, low, high);
    return low;
}

int32_t jt_json_flag(jt_json_reader *reader, const jt_json *value)
{
    return has_type(reader, value, cJSON_True | cJSON_False, "true or false") && cJSON_IsTrue(value->item);
}

/* A text of low .. high bytes as it is in the tree. */
static const char *borrowed_text(jt_json_reader *reader, const jt_json *value, size_t low, size_t high)
{
    if (!has_type(reader, value, cJSON_String, "a text"))
        return NULL;
    size_t length = strlen(value->item->valuestring);
    if (length < low || length > high) {
        jt_json_refuse(reader, value, length < low ? JT_ERROR_FORMAT : JT_ERROR_LIMIT,
                       "a text of %zu bytes where %zu to %zu are allowed", length, low, high);
        return NULL;
    }
    return value->item->valuestring;
}

static const char *kept(jt_json_reader *reader, const char *text)
{
    const char *copy = text ? jt_arena_text(reader->arena, text, strlen(text)) : NULL;
    if (text && !copy)
        jt_json_refuse(reader, NULL, JT_ERROR_MEMORY, "no memory for the header's texts");
    return copy ? copy : "";
}

const char *jt_json_text(jt_json_reader *reader, const jt_json *value)
{
    return kept(reader, borrowed_text(reader, value, 0, JT_JSON_MAX_TEXT));
}

const char *jt_json_name(jt_json_reader *reader, const jt_json *value)
{
    const char *name = borrowed_text(reader, value, 1, JT_JSON_MAX_NAME);
    for (const char *at = name; at && *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\')
            continue;
        jt_json_refuse(reader, value, JT_ERROR_FORMAT, "byte 0x%02X in a name", byte);
        return "";
    }
    return kept(reader, name);
}

int32_t jt_json_choice(jt_json_reader *reader, const jt_json *value, const char *const *names, int32_t n)
{
    const char *name = borrowed_text(reader, value, 0, JT_JSON_MAX_TEXT);
    for (int32_t i = 0; name && i < n; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    if (name)
        jt_json_refuse(reader, value, JT_ERROR_FORMAT, "there is no \"%.*s\" here", (int)JT_JSON_MAX_NAME, name);
    return 0;
}

void jt_json_integers(jt_json_reader *reader, const jt_json *value, int64_t low, int64_t high, int32_t n,
                      int32_t *integers)
{
    if (jt_json_array(reader, value, n, n) != n)
        return;
    int32_t i = 0;
    for (jt_json element = jt_json_first(value); element.item; element = jt_json_next(&element))
        integers[i++] = (int32_t)jt_json_integer(reader, &element, low, high);
}
