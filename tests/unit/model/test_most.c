/* The largest and smallest numbers of things that the format allows, and one more or less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../little_endian.h"
#include "sample.h"
#include "lib/features/features.h"

static void test_constituents(void **state)
{
    (void)state;
    sample_expect_edit("\"max_constituents\":200", "\"max_constituents\":4096", JT_OK, NULL);
    sample_expect_edit("\"max_constituents\":200", "\"max_constituents\":4097", JT_ERROR_FORMAT,
                       "image.max_constituents");
    sample_expect_edit("\"max_constituents\":200", "\"max_constituents\":4", JT_OK, NULL);
    sample_expect_edit("\"max_constituents\":200", "\"max_constituents\":3", JT_ERROR_FORMAT, "image.max_constituents");
    sample_expect_edit("\"min_constituents\":4", "\"min_constituents\":64", JT_OK, NULL);
    sample_expect_edit("\"min_constituents\":4", "\"min_constituents\":65", JT_ERROR_FORMAT, "image.min_constituents");
    sample_expect_edit("\"min_constituents\":4", "\"min_constituents\":1", JT_OK, NULL);
    sample_expect_edit("\"min_constituents\":4", "\"min_constituents\":0", JT_ERROR_FORMAT, "image.min_constituents");
}

static void test_points(void **state)
{
    (void)state;
    for (int n = 1023; n <= 1025; n++) {
        char *points = malloc(200000), *at = points;
        at += sprintf(at, "\"points\":[");
        for (int i = 0; i < n; i++)
            at += sprintf(at,
                          "%s{\"signal_efficiency\":%.4f,\"threshold\":%.4f,\"background_efficiency\":0.5,"
                          "\"background_error\":0}",
                          i ? "," : "", (i + 1) / 2000.0, 1 - i / 2000.0);
        /* What the sample has follows, as notes do. */
        sprintf(at, "]},\"notes\":{\"old\":[");
        sample s = sample_make();
        char *bare = sample_edit(s.header, ",\n\"notes\":{\"anything\":[1,{\"goes\":null}],\"big\":-1.5E+300}", "");
        char *header = sample_edit(bare, "\"points\":[", points);
        if (n <= 1024) {
            jt_model_file file;
            jt_error error = {.size = sizeof error};
            if (sample_read(header, &s, &jt_default_host, &file, &error) != JT_OK)
                fail_msg("%s", error.text);
            assert_int_equal(file.n_points, n);
            assert_true(file.points[n - 1].signal_efficiency == n / 2000.0);
            jt_model_file_free(&file);
        } else {
            sample_expect(header, &s, JT_ERROR_LIMIT, "working_points.points");
        }
        free(header);
        free(bare);
        free(points);
        sample_free(&s);
    }
    sample s = sample_make();
    char *header = sample_edit(s.header, "\"points\":[", "\"points\":[],\"old\":[");
    sample_expect(header, &s, JT_ERROR_FORMAT, "working_points.old");
    free(header);
    sample_free(&s);
}

/* n jets with all 16 constituents of the sample in the last one. */
static void test_golden_jets(void **state)
{
    (void)state;
    const int numbers[] = {1, 7, 8, 31, 32, 33};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int n = numbers[i];
        char offsets[256] = "[", scores[256] = "\"scores\":[";
        for (int k = 0; k < n; k++) {
            strcat(offsets, "0,");
            strcat(scores, k + 1 < n ? "0.5," : "0.5]");
        }
        strcat(offsets, "16]");
        sample s = sample_make();
        char *with_offsets = sample_edit(s.header, "[0,2,4,6,8,10,12,14,16]", offsets);
        char *header = sample_edit(with_offsets, "\"scores\":[0,1,0.5,0.25,0.125,0.1,0.2,1e-3]", scores);
        if (n < 8 || n > 32) {
            sample_expect(header, &s, n < 8 ? JT_ERROR_FORMAT : JT_ERROR_LIMIT, "golden.offsets");
        } else {
            jt_model_file file;
            assert_int_equal(sample_read(header, &s, &jt_default_host, &file, NULL), JT_OK);
            assert_int_equal(file.golden.n_jets, n);
            assert_int_equal(file.golden.offsets[n - 1], 0);
            assert_int_equal(file.golden.offsets[n], 16);
            jt_model_file_free(&file);
        }
        free(header);
        free(with_offsets);
        sample_free(&s);
    }
}

/* All of the library's features, of which a list cannot have more; and a list too long to be looked at. */
static void test_features(void **state)
{
    (void)state;
    static const char format[] =
        "{\"name\":\"n\",\"version\":\"1\",\"created\":\"2026-01-31\",\"licence\":\"MIT\",\"description\":\"\","
        "\"classes\":[\"top\",\"b\"],\"image\":{\"recipe\":\"T\",\"frame\":\"peak\",\"channels\":[\"pt\"],\"bins\":[1,"
        "1],"
        "\"width\":[1,1],\"normalise\":\"peak\",\"max_constituents\":10,\"min_constituents\":1},"
        "\"features\":{\"names\":[%s],\"mean\":\"m\",\"deviation\":\"d\"},"
        "\"layers\":[{\"name\":\"o\",\"kind\":\"dense\",\"inputs\":[\"features\"],\"units\":2,\"bias\":false}],"
        "\"output\":\"o\",\"tensors\":["
        "{\"name\":\"m\",\"dtype\":\"f32\",\"shape\":[53],\"offset\":0,\"bytes\":212},"
        "{\"name\":\"d\",\"dtype\":\"f32\",\"shape\":[53],\"offset\":256,\"bytes\":212},"
        "{\"name\":\"o.weight\",\"dtype\":\"f32\",\"shape\":[2,53],\"offset\":512,\"bytes\":424}]}";
    float floats[240] = {0};
    for (int i = 0; i < 53; i++) {
        floats[i] = (float)i;
        floats[64 + i] = 1.0f + (float)i;
    }
    unsigned char blob[sizeof floats];
    little_endian_put(blob, floats, sizeof floats / sizeof *floats);
    char names[2048] = "", header[16384], *many = malloc(16000);
    for (int i = JT_FEATURES; i-- > 0;)
        sprintf(names + strlen(names), "\"%s\"%s", jt_feature_table[i].name, i ? "," : "");
    snprintf(header, sizeof header, format, names);
    jtm file = jtm_pack(header, strlen(header), blob, sizeof blob);
    jt_model_file model;
    jt_error error = {.size = sizeof error};
    if (jt_model_file_read(file.bytes, file.length, &jt_default_host, &model, &error) != JT_OK)
        fail_msg("%s", error.text);
    assert_int_equal(model.n_features, 53);
    for (int i = 0; i < 53; i++) {
        assert_int_equal(model.feature_slots[i], 52 - i);
        assert_string_equal(model.feature_names[i], jt_feature_table[52 - i].name);
        assert_true(model.feature_mean[i] == (float)i && model.feature_deviation[i] == 1.0f + (float)i);
    }
    jt_model_file_free(&model);
    jtm_free(&file);
    for (int n = 1024; n <= 1025; n++) {
        many[0] = '\0';
        for (int i = 0; i < n; i++)
            strcat(many, i ? ",\"pt\"" : "\"pt\"");
        snprintf(header, sizeof header, format, many);
        file = jtm_pack(header, strlen(header), blob, sizeof blob);
        sample_expect_bytes(&file, n == 1024 ? JT_ERROR_FORMAT : JT_ERROR_LIMIT, -1,
                            n == 1024 ? "features.names[1]" : "features.names");
        jtm_free(&file);
    }
    free(many);
    snprintf(header, sizeof header, format, "");
    file = jtm_pack(header, strlen(header), blob, sizeof blob);
    sample_expect_bytes(&file, JT_ERROR_FORMAT, -1, "features.names");
    jtm_free(&file);
}

static void test_no_layers(void **state)
{
    (void)state;
    static const char header[] =
        "{\"name\":\"n\",\"version\":\"1\",\"created\":\"2026-01-31\",\"licence\":\"MIT\",\"description\":\"\","
        "\"classes\":[\"top\",\"b\"],\"image\":{\"recipe\":\"T\",\"frame\":\"peak\",\"channels\":[\"pt\"],\"bins\":[1,"
        "1],"
        "\"width\":[1,1],\"normalise\":\"peak\",\"max_constituents\":10,\"min_constituents\":1},"
        "\"layers\":[],\"output\":\"o\",\"tensors\":[]}";
    jtm file = jtm_pack(header, strlen(header), NULL, 0);
    sample_expect_bytes(&file, JT_ERROR_FORMAT, -1, "layers");
    jtm_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constituents), cmocka_unit_test(test_points),    cmocka_unit_test(test_golden_jets),
        cmocka_unit_test(test_features),     cmocka_unit_test(test_no_layers),
    };
    return cmocka_run_group_tests_name("most", tests, NULL, NULL);
}
