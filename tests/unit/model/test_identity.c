/* Dates that are dates, and recipes and features that are the library's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"
#include "lib/features/features.h"

static void test_dates(void **state)
{
    (void)state;
    static const char *const right[] = {
        "2026-01-31",
        "2024-02-29",
        "2000-02-29",
        "0000-12-31",
        "9999-12-31",
        "2026-11-30T00:00",
        "2026-01-31T23:59",
        "2026-01-31T10:00:00",
        "2026-01-31T10:00:60",
        "2026-01-31T10:00:00Z",
        "2026-01-31T10:00Z",
        "2026-01-31T10:00:00.5",
        "2026-01-31T10:00:00+02:00",
        "2026-01-31T10:00:00-23:59",
        "2026-01-31T10:00:00.123456+00:00",
    };
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-01",
        "2026-1-31",
        "26-01-31",
        "2026-01-3",
        "2026-13-01",
        "2026-00-01",
        "2026-01-32",
        "2026-01-00",
        "2026-04-31",
        "2026-02-29",
        "1900-02-29",
        "2026-02-30",
        "20260131",
        "2026/01/31",
        " 2026-01-31",
        "2026-01-31 ",
        "2026-01-31 10:00",
        "2026-01-31T",
        "2026-01-31T10",
        "2026-01-31T24:00",
        "2026-01-31T10:60",
        "2026-01-31T10:00:61",
        "2026-01-31T10:00:0",
        "2026-01-31T10:00:00.",
        "2026-01-31T10:00:00z",
        "2026-01-31T10:00:00ZZ",
        "2026-01-31T10:00:00+2",
        "2026-01-31T10:00:00+0200",
        "2026-01-31T10:00:00+24:00",
        "2026-01-31t10:00",
        "2026-01-31T10:00:00Z+01:00",
        "2026-01-31TZ",
        "2026-0a-31",
        "-026-01-31",
        "\xD9\xA2\xD9\xA0\xD9\xA2\xD9\xA6-01-31", /* digits of another script */
    };
    char created[96];
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        snprintf(created, sizeof created, "\"created\":\"%s\"", right[i]);
        sample_expect_edit("\"created\":\"2026-01-31\"", created, JT_OK, NULL);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(created, sizeof created, "\"created\":\"%s\"", wrong[i]);
        sample_expect_edit("\"created\":\"2026-01-31\"", created, JT_ERROR_FORMAT, "created");
    }
}

/* Recipe A35 of arXiv:2512.05031 as a file has it, without standardising, on a network that takes any image. */
static const char with_recipe[] =
    "{\"name\":\"n\",\"version\":\"1\",\"created\":\"2026-01-31\",\"licence\":\"MIT\",\"description\":\"\","
    "\"classes\":[\"top\",\"b\",\"c\"],"
    "\"image\":{\"recipe\":\"A35\",\"frame\":\"hardest\",\"channels\":[\"pt\",\"mass\",\"energy\"],\"bins\":[35,35],"
    "\"width\":[2.4,2.4],\"normalise\":\"none\",\"max_constituents\":200,\"min_constituents\":4},"
    "\"layers\":[{\"name\":\"o\",\"kind\":\"global_average\",\"inputs\":[\"image\"]}],\"output\":\"o\","
    "\"tensors\":[]}";

static jt_status read_text(const char *header, jt_error *error)
{
    const sample nothing = {NULL, NULL, 0};
    jt_model_file file;
    *error = (jt_error){.size = sizeof *error};
    jt_status status = sample_read(header, &nothing, &jt_default_host, &file, error);
    if (status == JT_OK)
        jt_model_file_free(&file);
    return status;
}

static void test_recipes_of_the_library(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"\"frame\":\"hardest\"", "\"frame\":\"principal\""},
        {"\"pt\",\"mass\",\"energy\"", "\"pt\",\"energy\",\"mass\""},
        {"\"pt\",\"mass\",\"energy\"", "\"pt\",\"mass\",\"pt\""},
        {"[35,35]", "[36,35]"},
        {"[35,35]", "[35,34]"},
        {"[2.4,2.4]", "[2.4,2.400001]"},
        {"[2.4,2.4]", "[2.399999,2.4]"},
        {"\"normalise\":\"none\"", "\"normalise\":\"peak\""},
    };
    jt_error error;
    if (read_text(with_recipe, &error) != JT_OK)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char *header = sample_edit(with_recipe, changes[i][0], changes[i][1]);
        assert_int_equal(read_text(header, &error), JT_ERROR_FORMAT);
        assert_string_equal(error.key, "image");
        /* Under a name of its own it may be. */
        char *renamed = sample_edit(header, "\"A35\"", "\"A35-like\"");
        if (read_text(renamed, &error) != JT_OK)
            fail_msg("%s", error.text);
        free(renamed);
        free(header);
    }
    /* A width that went through decimal text, and numbers that are no part of the image. */
    static const char *const same[][2] = {{"[2.4,2.4]", "[2.4000000000000001,2.39999999999999999]"},
                                          {"\"max_constituents\":200", "\"max_constituents\":100"},
                                          {"\"min_constituents\":4", "\"min_constituents\":1"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char *header = sample_edit(with_recipe, same[i][0], same[i][1]);
        assert_int_equal(read_text(header, &error), JT_OK);
        free(header);
    }
}

static void test_features_of_the_library(void **state)
{
    (void)state;
    char names[256], twice[256];
    snprintf(names, sizeof names, "\"names\":[\"%s\",\"%s\"]", jt_feature_table[0].name, jt_feature_table[1].name);
    snprintf(twice, sizeof twice, "\"names\":[\"%s\",\"%s\"]", jt_feature_table[5].name, jt_feature_table[5].name);
    sample_expect_edit(names, twice, JT_ERROR_FORMAT, "features.names[1]");
    snprintf(twice, sizeof twice, "\"names\":[\"%s\",\"%s\"]", jt_feature_table[52].name, jt_feature_table[7].name);
    sample_expect_edit(names, twice, JT_OK, NULL);
    sample_expect_edit(names, "\"names\":[\"pt\",\"PT\"]", JT_ERROR_FORMAT, "features.names[1]");
    sample_expect_edit(names, "\"names\":[\"pt\"]", JT_ERROR_GRAPH, "features.mean");
}

/* The last day of every month, and the day after. */
static void test_months(void **unused)
{
    (void)unused;
    const int last[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; month++)
        for (int after = 0; after < 2; after++) {
            char created[64];
            snprintf(created, sizeof created, "\"created\":\"2026-%02d-%02d\"", month, last[month - 1] + after);
            sample_expect_edit("\"created\":\"2026-01-31\"", created, after ? JT_ERROR_FORMAT : JT_OK,
                               after ? "created" : NULL);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {

        cmocka_unit_test(test_months),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_recipes_of_the_library),
        cmocka_unit_test(test_features_of_the_library),
    };
    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
