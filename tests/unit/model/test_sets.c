/* "constituents" and "pairs" of the header: what is read, and what is refused with the key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../little_endian.h"
#include "sample.h"

enum { HEADER = 40000 };

static const char singles[] = "\"constituents\":{\"most\":5,\"columns\":[\"log_z\",\"deta\"],\"mean\":\"s.mean\","
                              "\"deviation\":\"s.deviation\"},\n";
static const char pairs[] = "\"pairs\":{\"most\":4,\"columns\":[\"log_m\",\"log_dr\"],\"mean\":\"s.mean\","
                            "\"deviation\":\"s.deviation\"},\n";

/* The sample, whose network reads constituents or pairs as well; mean and deviation are tensors of two numbers. */
static char *with_sets(sample *s, const char *sections, const char *layers, const char *joined)
{
    char *header = malloc(HEADER), rows[256];
    snprintf(rows, sizeof rows,
             ",\n{\"name\":\"s.mean\",\"dtype\":\"f32\",\"shape\":[2],\"offset\":%zu,\"bytes\":8}"
             ",\n{\"name\":\"s.deviation\",\"dtype\":\"f32\",\"shape\":[2],\"offset\":%zu,\"bytes\":8}],\n"
             "\"working_points\"",
             s->blob_length, s->blob_length + 64);
    char *a = sample_edit(s->header, "],\n\"working_points\"", rows);
    char *b = sample_edit(a, "\"layers\":[\n", layers);
    char *c = sample_edit(b, "\"inputs\":[\"flat\",\"average\",\"features\"]", joined);
    snprintf(header, HEADER, "{%s%s", sections, c + 1);
    free(a);
    free(b);
    free(c);
    const float numbers[32] = {1.5f, -2, [16] = 0.25f, 8};
    s->blob = realloc(s->blob, s->blob_length + sizeof numbers);
    little_endian_put(s->blob + s->blob_length, numbers, sizeof numbers / sizeof *numbers);
    s->blob_length += sizeof numbers;
    return header;
}

/* Each set averaged to 3 numbers a set; the last layer is let shrink to its own inputs: flat and one set. */
static const char both_layers[] =
    "\"layers\":[\n{\"name\":\"sc\",\"kind\":\"global_average\",\"inputs\":[\"constituents\"]},\n"
    "{\"name\":\"sp\",\"kind\":\"global_average\",\"inputs\":[\"pairs\"]},\n";
/* flat 16 + 3 + 3 = 22, as before with average and features. */
static const char both_joined[] = "\"inputs\":[\"flat\",\"sc\",\"sp\"]";

/* The sample with both sets in place of average and features. */
static char *whole(sample *s)
{
    char both[1024];
    snprintf(both, sizeof both, "%s%s", singles, pairs);
    char *header = with_sets(s, both, both_layers, both_joined);
    /* What nobody reads any more goes, and 22 inputs remain 22. */
    char *a = sample_edit(header, "{\"name\":\"average\",\"kind\":\"global_average\",\"inputs\":[\"squash\"]},\n", "");
    free(header);
    return a;
}

static void test_both_are_read(void **state)
{
    (void)state;
    sample s = sample_make();
    char *header = whole(&s);
    jt_model_file file;
    jt_error error = {.size = sizeof error};
    if (sample_read(header, &s, &jt_default_host, &file, &error) != JT_OK)
        fail_msg("%s: %s", error.key, error.text);
    const jt_set *one = &file.sets.singles, *two = &file.sets.pairs;
    assert_true(one->most == 5 && one->n_columns == 2 && two->most == 4 && two->n_columns == 2);
    assert_true(one->columns[0] == JT_SINGLE_LOG_Z && one->columns[1] == JT_SINGLE_DETA);
    assert_true(two->columns[0] == JT_PAIR_LOG_M && two->columns[1] == JT_PAIR_LOG_DR);
    assert_true(one->mean[0] == 1.5f && one->mean[1] == -2 && one->deviation[0] == 0.25f && one->deviation[1] == 8);
    assert_true(two->mean[0] == 1.5f && two->deviation[1] == 8);
    const jt_shape shape = file.graph.values[JT_VALUE_SINGLES].shape, other = file.graph.values[JT_VALUE_PAIRS].shape;
    assert_true(shape.c == 3 && shape.h == 1 && shape.w == 5 && other.c == 3 && other.h == 1 && other.w == 6);
    jt_model_file_free(&file);
    free(header);
    sample_free(&s);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *find, *replace, *key;
        jt_status status;
    } cases[] = {
        {"\"most\":5", "\"most\":0", "constituents.most", JT_ERROR_FORMAT},
        {"\"most\":5", "\"most\":257", "constituents.most", JT_ERROR_FORMAT},
        {"\"most\":5", "\"most\":5.0", "constituents.most", JT_ERROR_FORMAT},
        {"\"most\":4", "\"most\":1", "pairs.most", JT_ERROR_FORMAT},
        {"\"most\":4", "\"most\":65", "pairs.most", JT_ERROR_FORMAT},
        {"\"most\":5,", "", "constituents.most", JT_ERROR_FORMAT},
        {"[\"log_z\",\"deta\"]", "[]", "constituents.columns", JT_ERROR_FORMAT},
        {"[\"log_z\",\"deta\"]", "[\"log_z\"]", "constituents.mean", JT_ERROR_GRAPH},
        {"[\"log_z\",\"deta\"]", "[\"log_z\",\"log_z\"]", "constituents.columns[1]", JT_ERROR_FORMAT},
        {"[\"log_z\",\"deta\"]", "[\"log_m\",\"deta\"]", "constituents.columns[0]", JT_ERROR_FORMAT},
        {"[\"log_z\",\"deta\"]", "[\"log_z\",\"deta\",\"dr\"]", "constituents.mean", JT_ERROR_GRAPH},
        {"[\"log_m\",\"log_dr\"]", "[\"log_m\",\"deta\"]", "pairs.columns[1]", JT_ERROR_FORMAT},
        {"[\"log_m\",\"log_dr\"]", "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]", "pairs.columns",
         JT_ERROR_LIMIT},
        {"\"most\":5", "\"More\":1,\"most\":5", "constituents.More", JT_ERROR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample s = sample_make();
        char *header = whole(&s), *edited = sample_edit(header, cases[i].find, cases[i].replace);
        sample_expect(edited, &s, cases[i].status, cases[i].key);
        free(edited);
        free(header);
        sample_free(&s);
    }
    /* A deviation that something is divided by. */
    sample s = sample_make();
    char *header = whole(&s);
    memset(s.blob + s.blob_length - 60, 0, sizeof(float));
    sample_expect(header, &s, JT_ERROR_FORMAT, "constituents.deviation");
    free(header);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_are_read), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
