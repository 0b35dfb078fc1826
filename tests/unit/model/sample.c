#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../little_endian.h"
#include "lib/features/features.h"

enum { TENSOR_TEXT = 16384, HEADER_TEXT = 32768, BLOB = 65536 };

/* What each tensor holds; two sides suffice but for convolutions. */
typedef struct row {
    const char *name;
    int n_dimensions;
    int shape[4];
    int positive; /* deviations and variances */
} row;

static const row rows[] = {
    {"image.mean", 3, {1, 8, 8}, 0},
    {"image.deviation", 3, {1, 8, 8}, 1},
    {"features.mean", 1, {2}, 0},
    {"features.deviation", 1, {2}, 1},
    {"stem.weight", 4, {4, 1, 3, 3}, 0},
    {"stem.gamma", 1, {4}, 0},
    {"stem.beta", 1, {4}, 0},
    {"stem.mean", 1, {4}, 0},
    {"stem.variance", 1, {4}, 1},
    {"block.expand.weight", 4, {8, 4, 1, 1}, 0},
    {"block.expand.gamma", 1, {8}, 0},
    {"block.expand.beta", 1, {8}, 0},
    {"block.expand.mean", 1, {8}, 0},
    {"block.expand.variance", 1, {8}, 1},
    {"block.depthwise.weight", 4, {8, 1, 3, 3}, 0},
    {"block.depthwise.gamma", 1, {8}, 0},
    {"block.depthwise.beta", 1, {8}, 0},
    {"block.depthwise.mean", 1, {8}, 0},
    {"block.depthwise.variance", 1, {8}, 1},
    {"block.reduce.weight", 2, {1, 8}, 0},
    {"block.reduce.bias", 1, {1}, 0},
    {"block.excite.weight", 2, {8, 1}, 0},
    {"block.excite.bias", 1, {8}, 0},
    {"block.project.weight", 4, {4, 8, 1, 1}, 0},
    {"block.project.gamma", 1, {4}, 0},
    {"block.project.beta", 1, {4}, 0},
    {"block.project.mean", 1, {4}, 0},
    {"block.project.variance", 1, {4}, 1},
    {"depth.weight", 4, {4, 1, 3, 3}, 0},
    {"depth.bias", 1, {4}, 0},
    {"gate.reduce.weight", 2, {2, 4}, 0},
    {"gate.reduce.bias", 1, {2}, 0},
    {"gate.expand.weight", 2, {4, 2}, 0},
    {"gate.expand.bias", 1, {4}, 0},
    {"logits.weight", 2, {2, 22}, 0},
    {"logits.bias", 1, {2}, 0},
    {"golden.momenta", 2, {16, 4}, 0},
};

static const char header_format[] =
    "{\"name\":\"sample-net\",\n"
    "\"version\":\"1.0\",\n"
    "\"created\":\"2026-01-31\",\n"
    "\"licence\":\"Apache-2.0\",\n"
    "\"description\":\"a sample, \\u00e9\\ud83d\\ude00 \xC3\xA9\",\n"
    "\"classes\":[\"qcd\",\"top\"],\n"
    "\"image\":{\"recipe\":\"T8\",\"frame\":\"hardest\",\"channels\":[\"pt\"],\"bins\":[8,8],\"width\":[1.6,1.5],"
    "\"normalise\":\"none\",\"max_constituents\":200,\"min_constituents\":4,"
    "\"mean\":\"image.mean\",\"deviation\":\"image.deviation\",\"crop\":[1,2,6,5],\"resize\":[8,8]},\n"
    "\"features\":{\"names\":[\"%s\",\"%s\"],\"mean\":\"features.mean\",\"deviation\":\"features.deviation\"},\n"
    "\"layers\":[\n"
    "{\"name\":\"stem\",\"kind\":\"conv2d\",\"inputs\":[\"image\"],\"channels\":4,\"kernel\":[3,3],\"stride\":[2,2],"
    "\"padding\":\"same\",\"batch_norm\":true,\"activation\":\"swish\"},\n"
    "{\"name\":\"block\",\"kind\":\"mbconv\",\"inputs\":[\"stem\"],\"channels\":4,\"kernel\":[3,3],\"expansion\":2,"
    "\"squeeze\":1},\n"
    "{\"name\":\"depth\",\"kind\":\"depthwise_conv2d\",\"inputs\":[\"block\"],\"kernel\":[3,3],"
    "\"padding\":[1,1,1,1],\"bias\":true,\"activation\":\"relu\"},\n"
    "{\"name\":\"gate\",\"kind\":\"squeeze_excite\",\"inputs\":[\"depth\"],\"squeeze\":2},\n"
    "{\"name\":\"sum\",\"kind\":\"add\",\"inputs\":[\"gate\",\"block\"],\"activation\":\"relu\"},\n"
    "{\"name\":\"squash\",\"kind\":\"activation\",\"inputs\":[\"sum\"],\"function\":\"sigmoid\"},\n"
    "{\"name\":\"pool\",\"kind\":\"max_pool\",\"inputs\":[\"squash\"],\"kernel\":[2,2],\"stride\":[2,2]},\n"
    "{\"name\":\"flat\",\"kind\":\"flatten\",\"inputs\":[\"pool\"]},\n"
    "{\"name\":\"average\",\"kind\":\"global_average\",\"inputs\":[\"squash\"]},\n"
    "{\"name\":\"joined\",\"kind\":\"concat\",\"inputs\":[\"flat\",\"average\",\"features\"]},\n"
    "{\"name\":\"logits\",\"kind\":\"dense\",\"inputs\":[\"joined\"],\"units\":2}],\n"
    "\"output\":\"logits\",\n"
    "\"tensors\":[\n%s],\n"
    "\"working_points\":{\"sample\":\"test\",\"points\":[\n"
    "{\"signal_efficiency\":0.3,\"threshold\":0.9,\"background_efficiency\":0.001,\"background_error\":1e-4},\n"
    "{\"signal_efficiency\":0.5,\"threshold\":0.7,\"background_efficiency\":0.01,\"background_error\":5e-4}]},\n"
    "\"card\":{\"architecture\":\"EffNet\",\"sample\":\"public\",\"limits\":\"none\",\"citation\":\"paper\","
    "\"jets\":1200000,\"epochs\":7.5,\"seed\":1,\"accuracy\":0.93,\"accuracy_error\":0.01,\"auc\":0.98,"
    "\"rejection_50\":240},\n"
    "\"golden\":{\"momenta\":\"golden.momenta\",\"offsets\":[0,2,4,6,8,10,12,14,16],"
    "\"scores\":[0,1,0.5,0.25,0.125,0.1,0.2,1e-3]},\n"
    "\"notes\":{\"anything\":[1,{\"goes\":null}],\"big\":-1.5E+300}}";

sample sample_make(void)
{
    sample s = {malloc(HEADER_TEXT), calloc(1, BLOB), 0};
    char *tensors = malloc(TENSOR_TEXT);
    size_t used = 0;
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t floats = 1;
        char shape[64] = "";
        for (int k = 0; k < rows[i].n_dimensions; k++) {
            size_t length = strlen(shape);
            snprintf(shape + length, sizeof shape - length, "%s%d", k ? "," : "", rows[i].shape[k]);
            floats *= (size_t)rows[i].shape[k];
        }
        used += (size_t)snprintf(tensors + used, TENSOR_TEXT - used,
                                 "%s{\"name\":\"%s\",\"dtype\":\"f32\",\"shape\":[%s],\"offset\":%zu,\"bytes\":%zu}",
                                 i ? ",\n" : "", rows[i].name, shape, s.blob_length, 4 * floats);
        for (size_t k = 0; k < floats; k++) {
            state = state * 1664525u + 1013904223u;
            float value = (float)(state >> 8) / 16777216.0f;
            value = rows[i].positive ? value + 0.5f : 2 * value - 1;
            little_endian_put(s.blob + s.blob_length + 4 * k, &value, 1);
        }
        s.blob_length += (4 * floats + 63) / 64 * 64;
    }
    snprintf(s.header, HEADER_TEXT, header_format, jt_feature_table[0].name, jt_feature_table[1].name, tensors);
    free(tensors);
    return s;
}

void sample_free(sample *s)
{
    free(s->header);
    free(s->blob);
    *s = (sample){0};
}

size_t sample_tensor(const sample *s, const char *name)
{
    char find[128];
    snprintf(find, sizeof find, "{\"name\":\"%s\",\"dtype\"", name);
    const char *row = strstr(s->header, find);
    assert_non_null(row);
    return strtoul(strstr(row, "\"offset\":") + strlen("\"offset\":"), NULL, 10);
}

void sample_floats(const sample *s, const char *name, float *values, size_t n)
{
    little_endian_get(values, s->blob + sample_tensor(s, name), n);
}

void sample_set(sample *s, const char *name, size_t index, float value)
{
    little_endian_put(s->blob + sample_tensor(s, name) + 4 * index, &value, 1);
}

char *sample_edit(const char *header, const char *find, const char *replace)
{
    const char *at = strstr(header, find);
    if (!at || strstr(at + 1, find))
        fail_msg("the header has %s: %s", at ? "more than one" : "no", find);
    size_t before = (size_t)(at - header);
    char *edited = malloc(strlen(header) + strlen(replace) + 1);
    memcpy(edited, header, before);
    strcpy(edited + before, replace);
    strcat(edited + before, at + strlen(find));
    return edited;
}

jt_status sample_read(const char *header, const sample *s, const jt_host *host, jt_model_file *file, jt_error *error)
{
    jtm packed = jtm_pack(header, strlen(header), s->blob, s->blob_length);
    jt_status status = jt_model_file_read(packed.bytes, packed.length, host, file, error);
    jtm_free(&packed);
    return status;
}

void sample_expect_bytes(const jtm *bytes, jt_status status, int64_t offset, const char *key)
{
    counting state = {0};
    jt_host host = counting_host(&state);
    jt_model_file file;
    jt_model_file zero;
    memset(&file, 0xA5, sizeof file);
    memset(&zero, 0, sizeof zero);
    jt_error error = {.size = sizeof error};
    jt_status got = jt_model_file_read(bytes->bytes, bytes->length, &host, &file, &error);
    if (got != status || (key && strcmp(error.key, key) != 0))
        fail_msg("status %d and key \"%s\", not %d and \"%s\": %s", (int)got, error.key, (int)status, key ? key : "any",
                 error.text);
    if (offset != ANY_OFFSET && error.offset != offset)
        fail_msg("offset %lld, not %lld: %s", (long long)error.offset, (long long)offset, error.text);
    assert_int_equal(error.status, status);
    assert_true(strlen(error.text) > 10);
    assert_memory_equal(&file, &zero, sizeof file);
    assert_int_equal(state.live, 0);
}

void sample_expect(const char *header, const sample *s, jt_status status, const char *key)
{
    jtm packed = jtm_pack(header, strlen(header), s->blob, s->blob_length);
    sample_expect_bytes(&packed, status, ANY_OFFSET, key);
    jtm_free(&packed);
}

void sample_expect_edit(const char *find, const char *replace, jt_status status, const char *key)
{
    sample s = sample_make();
    char *header = sample_edit(s.header, find, replace);
    if (key) {
        sample_expect(header, &s, status, key);
    } else {
        jt_model_file file;
        jt_error error = {.size = sizeof error};
        if (sample_read(header, &s, &jt_default_host, &file, &error) != JT_OK)
            fail_msg("%.60s: %s", replace, error.text);
        jt_model_file_free(&file);
    }
    free(header);
    sample_free(&s);
}

static void *counted_allocate(void *user, size_t bytes)
{
    counting *state = user;
    if (++state->taken == state->fail_at)
        return NULL;
    state->live++;
    return malloc(bytes);
}

static void counted_release(void *user, void *memory)
{
    counting *state = user;
    state->live--;
    free(memory);
}

jt_host counting_host(counting *state)
{
    return (jt_host){counted_allocate, counted_release, state, NULL, NULL};
}
