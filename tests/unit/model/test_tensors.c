/* The table of tensors and the bytes behind it: rows that contradict the blob or each other, values that cannot be. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

/* Number of a tensor's row in the sample, for keys. */
static int row_of(const sample *s, const char *name)
{
    char find[128];
    snprintf(find, sizeof find, "{\"name\":\"%s\",\"dtype\"", name);
    const char *row = strstr(s->header, find);
    assert_non_null(row);
    int n = 0;
    for (const char *at = strstr(s->header, "\"tensors\":["); (at = strstr(at, "{\"name\":")) != row; at++)
        n++;
    return n;
}

static void expect_row(const char *header, const sample *s, jt_status status, const char *name, const char *key)
{
    char full[64];
    snprintf(full, sizeof full, "tensors[%d]%s", row_of(s, name), key);
    sample_expect(header, s, status, full);
}

/* One place of a tensor's row replaced: `find` is what follows its name. */
static void spoil_row(const char *name, const char *find, const char *replace, jt_status status, const char *key)
{
    sample s = sample_make();
    char from[256], to[256];
    snprintf(from, sizeof from, "{\"name\":\"%s\",%s", name, find);
    snprintf(to, sizeof to, "{\"name\":\"%s\",%s", name, replace);
    char *header = sample_edit(s.header, from, to);
    expect_row(header, &s, status, name, key);
    free(header);
    sample_free(&s);
}

/* gate.reduce.weight is [2, 4], 32 bytes. */
static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *find, *replace;
        jt_status status;
        const char *key;
    } cases[] = {
        {"\"dtype\":\"f32\",", "", JT_ERROR_FORMAT, ".dtype"},
        {"\"dtype\":\"f32\"", "\"dtype\":\"f64\"", JT_ERROR_FORMAT, ".dtype"},
        {"\"dtype\":\"f32\"", "\"dtype\":\"F32\"", JT_ERROR_FORMAT, ".dtype"},
        {"\"dtype\":\"f32\"", "\"dtype\":32", JT_ERROR_FORMAT, ".dtype"},
        {"\"dtype\":\"f32\"", "\"dtype\":\"f32\",\"device\":0", JT_ERROR_FORMAT, ".device"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\"", JT_ERROR_FORMAT, ".shape"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":8", JT_ERROR_FORMAT, ".shape"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[]", JT_ERROR_FORMAT, ".shape"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[2,0]", JT_ERROR_FORMAT, ".shape[1]"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[0,4]", JT_ERROR_FORMAT, ".shape[0]"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[2,-4]", JT_ERROR_FORMAT, ".shape[1]"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[2,4.0]", JT_ERROR_FORMAT, ".shape[1]"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[2,\"4\"]", JT_ERROR_FORMAT, ".shape[1]"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[1,1,1,1,1,1,1,1,8]", JT_ERROR_LIMIT,
         ".shape"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[2,5]", JT_ERROR_FORMAT, ".bytes"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[7]", JT_ERROR_FORMAT, ".bytes"},
        /* As many floats in another shape are for the layer to refuse. */
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[4,2]", JT_ERROR_GRAPH, ".shape"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[8]", JT_ERROR_GRAPH, ".shape"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[2,4,1]", JT_ERROR_GRAPH, ".shape"},
        {"\"dtype\":\"f32\",\"shape\":[2,4]", "\"dtype\":\"f32\",\"shape\":[1,1,1,1,1,1,2,4]", JT_ERROR_GRAPH,
         ".shape"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        spoil_row("gate.reduce.weight", cases[i].find, cases[i].replace, cases[i].status, cases[i].key);
}

/* Sides whose product is too large, or would be small again once it has wrapped. */
static void test_overflow(void **state)
{
    (void)state;
    static const char *const shapes[] = {
        "268435457",                       /* 1 GiB and a float */
        "16384,16385",                     /* just beyond */
        "65536,65536",                     /* 2^32: 0 in 32 bits */
        "65536,65537",                     /* 65536 in 32 bits */
        "4294967296,4294967296",           /* 2^64: 0 in 64 bits */
        "4294967296,4294967297",           /* 2^32 in 64 bits */
        "2,2147483652",                    /* 8 in 32 bits */
        "9007199254740992",                /* 2^53 */
        "9007199254740992,2048",           /* 2^64 */
        "2048,9007199254740992",           /* 2^64 */
        "268435456,68719476736",           /* 2^64 */
        "2147483648,2147483648,4",         /* 2^64 */
        "256,256,256,256,256,256,256,256", /* 2^64 */
        "4611686018427387905,4",           /* 4 in 64 bits, but no integer of a header */
        "1,1,1,1,1,1,1,4294967304",        /* 8 in 32 bits */
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        sample s = sample_make();
        char to[128];
        snprintf(to, sizeof to, "{\"name\":\"gate.reduce.weight\",\"dtype\":\"f32\",\"shape\":[%s]", shapes[i]);
        char *header = sample_edit(s.header, "{\"name\":\"gate.reduce.weight\",\"dtype\":\"f32\",\"shape\":[2,4]", to);
        if (strncmp(shapes[i], "46116", 5) == 0)
            expect_row(header, &s, JT_ERROR_FORMAT, "gate.reduce.weight", ".shape[0]");
        else
            expect_row(header, &s, JT_ERROR_LIMIT, "gate.reduce.weight", ".shape");
        free(header);
        sample_free(&s);
    }
}

/* "offset":<place of the tensor>,"bytes":<n> replaced by the same with other numbers. */
static void spoil_place(const char *name, int64_t shift, int64_t more, jt_status status, const char *key)
{
    sample s = sample_make();
    char from[128], to[128], find[128];
    snprintf(find, sizeof find, "{\"name\":\"%s\",\"dtype\"", name);
    size_t offset = sample_tensor(&s, name);
    int64_t bytes = strtoll(strstr(strstr(s.header, find), "\"bytes\":") + strlen("\"bytes\":"), NULL, 10);
    snprintf(from, sizeof from, "\"offset\":%zu,\"bytes\":%lld", offset, (long long)bytes);
    snprintf(to, sizeof to, "\"offset\":%lld,\"bytes\":%lld", (long long)((int64_t)offset + shift),
             (long long)(bytes + more));
    char *header = sample_edit(s.header, from, to);
    expect_row(header, &s, status, name, key);
    free(header);
    sample_free(&s);
}

static void test_places(void **state)
{
    (void)state;
    static const int64_t shifts[] = {
        -64, 64, -1, 1, -4, 4, -32, 32, -4096, 1 << 20, (int64_t)1 << 32, (int64_t)1 << 52};
    for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++)
        spoil_place("stem.gamma", shifts[i], 0, JT_ERROR_FORMAT, ".offset");
    static const int64_t lengths[] = {-1, 1, -4, 4, -16, 48, 64, (int64_t)1 << 32, (int64_t)1 << 52};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        spoil_place("stem.gamma", 0, lengths[i], JT_ERROR_FORMAT, ".bytes");
    spoil_place("image.mean", 64, 0, JT_ERROR_FORMAT, ".offset");
    spoil_place("golden.momenta", 64, 0, JT_ERROR_FORMAT, ".offset");
}

/* Two rows that are each right, in the wrong order; and the same place twice. */
static void test_order(void **state)
{
    (void)state;
    sample s = sample_make();
    char gamma[256], beta[256], both[800], swapped[800];
    snprintf(gamma, sizeof gamma,
             "{\"name\":\"stem.gamma\",\"dtype\":\"f32\",\"shape\":[4],\"offset\":%zu,\"bytes\":16}",
             sample_tensor(&s, "stem.gamma"));
    snprintf(beta, sizeof beta, "{\"name\":\"stem.beta\",\"dtype\":\"f32\",\"shape\":[4],\"offset\":%zu,\"bytes\":16}",
             sample_tensor(&s, "stem.beta"));
    snprintf(both, sizeof both, "%s,\n%s", gamma, beta);
    snprintf(swapped, sizeof swapped, "%s,\n%s", beta, gamma);
    int row = row_of(&s, "stem.gamma");
    char key[64];

    char *header = sample_edit(s.header, both, swapped);
    snprintf(key, sizeof key, "tensors[%d].offset", row);
    sample_expect(header, &s, JT_ERROR_FORMAT, key);
    free(header);

    snprintf(swapped, sizeof swapped, "%s,\n%s,\n%s", gamma, gamma, beta);
    header = sample_edit(s.header, both, swapped);
    snprintf(key, sizeof key, "tensors[%d].offset", row + 1);
    sample_expect(header, &s, JT_ERROR_FORMAT, key);
    free(header);

    header = sample_edit(s.header, "{\"name\":\"stem.beta\",\"dtype\"", "{\"name\":\"stem.gamma\",\"dtype\"");
    snprintf(key, sizeof key, "tensors[%d].name", row + 1);
    sample_expect(header, &s, JT_ERROR_FORMAT, key);
    free(header);
    sample_free(&s);
}

/* A blob with 64 bytes more than the tensors take, or less. */
static void test_blob_end(void **state)
{
    (void)state;
    sample s = sample_make();
    char key[64];
    s.blob_length += 64;
    jtm file = jtm_pack(s.header, strlen(s.header), s.blob, s.blob_length);
    sample_expect_bytes(&file, JT_ERROR_FORMAT, (int64_t)file.length - 64, "tensors");
    jtm_free(&file);
    s.blob_length -= 128;
    snprintf(key, sizeof key, "tensors[%d]", row_of(&s, "golden.momenta"));
    sample_expect(s.header, &s, JT_ERROR_FORMAT, key);
    s.blob_length = 0;
    sample_expect(s.header, &s, JT_ERROR_FORMAT, "tensors[0]");
    sample_free(&s);
}

/* Every byte of padding behind a tensor is zero. image.mean has none, stem.gamma has 48. */
static void test_padding(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t bytes, end;
    } tensors[] = {{"features.mean", 8, 64}, {"stem.gamma", 16, 64}, {"stem.weight", 144, 192}, {"logits.bias", 8, 64}};
    for (size_t t = 0; t < sizeof tensors / sizeof *tensors; t++)
        for (size_t i = tensors[t].bytes; i < tensors[t].end; i++) {
            sample s = sample_make();
            char key[64];
            size_t at = sample_tensor(&s, tensors[t].name) + i;
            assert_int_equal(s.blob[at], 0);
            s.blob[at] = i % 2 ? 0x80 : 1;
            jtm file = jtm_pack(s.header, strlen(s.header), s.blob, s.blob_length);
            snprintf(key, sizeof key, "tensors[%d]", row_of(&s, tensors[t].name));
            sample_expect_bytes(&file, JT_ERROR_FORMAT, (int64_t)(jtm_get(&file, 24, 8) + at), key);
            jtm_free(&file);
            sample_free(&s);
        }
}

static void test_unused(void **state)
{
    (void)state;
    sample s = sample_make();
    char *header = sample_edit(s.header, "{\"name\":\"stem.gamma\",\"dtype\"", "{\"name\":\"stem.Gamma\",\"dtype\"");
    sample_expect(header, &s, JT_ERROR_GRAPH, "layers[0]");
    free(header);

    /* One more row at the end that nothing asks for. */
    char row[128];
    snprintf(row, sizeof row, "],\n\"working_points\"");
    char more[256];
    snprintf(more, sizeof more,
             ",{\"name\":\"spare\",\"dtype\":\"f32\",\"shape\":[16],\"offset\":%zu,\"bytes\":64}],\n\"working_points\"",
             s.blob_length);
    header = sample_edit(s.header, row, more);
    s.blob_length += 64;
    char key[64];
    snprintf(key, sizeof key, "tensors[%d]", row_of(&s, "golden.momenta") + 1);
    sample_expect(header, &s, JT_ERROR_FORMAT, key);
    free(header);
    s.blob_length -= 64;

    /* Without what uses it. */
    const char *golden = strstr(s.header, "\"golden\":{");
    char whole[256] = "";
    memcpy(whole, golden, (size_t)(strstr(golden, "},") + 2 - golden));
    header = sample_edit(s.header, whole, "");
    expect_row(header, &s, JT_ERROR_FORMAT, "golden.momenta", "");
    free(header);
    sample_free(&s);
}

/* `value` as one float of a tensor: refused with this key at this float (offset), or with a key alone. */
static void spoil_value(const char *name, size_t index, float value, jt_status status, const char *key, int with_offset)
{
    sample s = sample_make();
    sample_set(&s, name, index, value);
    jtm file = jtm_pack(s.header, strlen(s.header), s.blob, s.blob_length);
    int64_t at = (int64_t)(jtm_get(&file, 24, 8) + sample_tensor(&s, name) + 4 * index);
    sample_expect_bytes(&file, status, with_offset ? at : -1, key);
    jtm_free(&file);
    sample_free(&s);
}

static void test_not_finite(void **state)
{
    (void)state;
    sample s = sample_make();
    static const char *const names[] = {"image.mean",  "features.deviation", "stem.weight",    "stem.variance",
                                        "logits.bias", "gate.expand.weight", "golden.momenta", "block.project.gamma"};
    static const size_t last[] = {63, 1, 35, 3, 1, 7, 63, 3};
    for (size_t t = 0; t < sizeof names / sizeof *names; t++) {
        char key[64];
        snprintf(key, sizeof key, "tensors[%d]", row_of(&s, names[t]));
        spoil_value(names[t], 0, NAN, JT_ERROR_FORMAT, key, 1);
        spoil_value(names[t], 0, -NAN, JT_ERROR_FORMAT, key, 1);
        spoil_value(names[t], last[t], INFINITY, JT_ERROR_FORMAT, key, 1);
        spoil_value(names[t], last[t] / 2, -INFINITY, JT_ERROR_FORMAT, key, 1);
    }
    sample_free(&s);
}

static void expect_read(const char *name, size_t index, float value)
{
    sample s = sample_make();
    sample_set(&s, name, index, value);
    jt_model_file file;
    jt_error error = {.size = sizeof error};
    if (sample_read(s.header, &s, &jt_default_host, &file, &error) != JT_OK)
        fail_msg("%s[%zu] = %g: %s", name, index, (double)value, error.text);
    jt_model_file_free(&file);
    sample_free(&s);
}

static void test_signs(void **state)
{
    (void)state;
    static const float not_above_zero[] = {0.0f, -0.0f, -1e-45f, -1.0f};
    for (size_t i = 0; i < sizeof not_above_zero / sizeof *not_above_zero; i++) {
        spoil_value("image.deviation", 63, not_above_zero[i], JT_ERROR_FORMAT, "image.deviation", 0);
        spoil_value("features.deviation", 1, not_above_zero[i], JT_ERROR_FORMAT, "features.deviation", 0);
    }
    expect_read("image.deviation", 63, 1e-45f);
    expect_read("features.deviation", 0, 3e38f);

    spoil_value("stem.variance", 3, -1e-45f, JT_ERROR_FORMAT, "layers[0]", 0);
    spoil_value("stem.variance", 0, -1e-3f, JT_ERROR_FORMAT, "layers[0]", 0);
    spoil_value("block.depthwise.variance", 7, -1, JT_ERROR_FORMAT, "layers[1]", 0);
    expect_read("stem.variance", 3, 0.0f);
    expect_read("stem.variance", 3, -0.0f);
    expect_read("image.mean", 5, -3e38f);
    expect_read("stem.weight", 5, -3e38f);
}

static void expect_values(const sample *s, const char *name, const float *values, size_t n)
{
    float written[64];
    assert_in_range(n, 1, sizeof written / sizeof *written);
    sample_floats(s, name, written, n);
    assert_memory_equal(values, written, n * sizeof *written);
}

/* What is read is what stands in the blob, wherever that lies in memory. */
static void test_values(void **state)
{
    (void)state;
    sample s = sample_make();
    sample_set(&s, "logits.weight", 43, -1.25f);
    jtm file = jtm_pack(s.header, strlen(s.header), s.blob, s.blob_length);
    for (size_t shift = 0; shift < 8; shift++) {
        unsigned char *moved = malloc(file.length + shift);
        memcpy(moved + shift, file.bytes, file.length);
        jt_model_file model;
        assert_int_equal(jt_model_file_read(moved + shift, file.length, &jt_default_host, &model, NULL), JT_OK);
        free(moved);
        const jt_op *logits = &model.graph.ops[model.graph.n_ops - 1];
        expect_values(&s, "logits.weight", logits->weight, 44);
        assert_true(logits->weight[43] == -1.25f);
        expect_values(&s, "logits.bias", logits->bias, 2);
        expect_values(&s, "image.mean", model.map.mean, 64);
        expect_values(&s, "image.deviation", model.map.deviation, 64);
        expect_values(&s, "features.mean", model.feature_mean, 2);
        expect_values(&s, "golden.momenta", model.golden.momenta, 64);
        jt_model_file_free(&model);
    }
    jtm_free(&file);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_overflow),   cmocka_unit_test(test_places),
        cmocka_unit_test(test_order),  cmocka_unit_test(test_blob_end),   cmocka_unit_test(test_padding),
        cmocka_unit_test(test_unused), cmocka_unit_test(test_not_finite), cmocka_unit_test(test_signs),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
