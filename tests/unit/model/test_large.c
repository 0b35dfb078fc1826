/*
 * Files at the limits of the format: accepted, and read in a time that grows as the file does.
 *
 * Processor time of a file 16 times as large is compared with that of the smaller one: 16 times as much where the
 * reader is linear, 256 times where some part of it is quadratic.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "sample.h"

enum { TIMES_LARGER = 16, FAR_BELOW_QUADRATIC = 96, TRIALS = 3 };

typedef struct text {
    char *bytes;
    size_t length, capacity;
} text;

static void append(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(text *t, const char *format, ...)
{
    if (t->capacity - t->length < 1024) {
        t->capacity = 2 * t->capacity + 4096;
        t->bytes = realloc(t->bytes, t->capacity);
        assert_non_null(t->bytes);
    }
    va_list arguments;
    va_start(arguments, format);
    t->length += (size_t)vsnprintf(t->bytes + t->length, t->capacity - t->length, format, arguments);
    va_end(arguments);
}

static text begin(void)
{
    text t = {NULL, 0, 0};
    append(&t, "{\"name\":\"n\",\"version\":\"1\",\"created\":\"2026-01-31\",\"licence\":\"MIT\",\"description\":\"\","
               "\"classes\":[\"top\",\"qcd\"],\"image\":{\"recipe\":\"T\",\"frame\":\"peak\",\"channels\":[\"pt\","
               "\"mass\"],\"bins\":[1,1],\"width\":[1,1],\"normalise\":\"peak\",\"max_constituents\":10,"
               "\"min_constituents\":1},");
    return t;
}

static jt_status read_sealed(const text *header, const void *blob, size_t blob_length, jt_error *error)
{
    jtm file = jtm_pack(header->bytes, header->length, blob, blob_length);
    jt_model_file model;
    *error = (jt_error){.size = sizeof *error};
    jt_status status = jt_model_file_read(file.bytes, file.length, &jt_default_host, &model, error);
    if (status == JT_OK)
        jt_model_file_free(&model);
    jtm_free(&file);
    return status;
}

/* Least processor time of some trials, of a file that must be accepted. */
static double time_of(const text *header, const void *blob, size_t blob_length)
{
    double least = 1e9;
    for (int i = 0; i < TRIALS; i++) {
        jt_error error;
        clock_t before = clock();
        if (read_sealed(header, blob, blob_length, &error) != JT_OK)
            fail_msg("%s", error.text);
        double taken = (double)(clock() - before);
        least = taken < least ? taken : least;
    }
    return least + 1; /* a tick that was not counted */
}

/* n dense layers of two units, one after the other: 2 n tensors. */
static text chain(int n)
{
    text t = begin();
    append(&t, "\"layers\":[{\"name\":\"flat\",\"kind\":\"flatten\",\"inputs\":[\"image\"]}");
    for (int i = 0; i < n; i++) {
        append(&t, ",{\"name\":\"layer%d\",\"kind\":\"dense\",\"inputs\":[\"", i);
        append(&t, i == 0 ? "flat" : "layer%d", i - 1);
        append(&t, "\"],\"units\":2}");
    }
    append(&t, "],\"output\":\"layer%d\",\"tensors\":[", n - 1);
    for (int i = 0; i < n; i++)
        append(&t,
               "%s{\"name\":\"layer%d.weight\",\"dtype\":\"f32\",\"shape\":[2,2],\"offset\":%d,\"bytes\":16},"
               "{\"name\":\"layer%d.bias\",\"dtype\":\"f32\",\"shape\":[2],\"offset\":%d,\"bytes\":8}",
               i ? "," : "", i, 128 * i, i, 128 * i + 64);
    append(&t, "]}");
    return t;
}

static void compare(const text *small, const text *large, const void *blob, size_t blob_length)
{
    double less = time_of(small, blob, blob_length / TIMES_LARGER), more = time_of(large, blob, blob_length);
    print_message("%.0f and %.0f us\n", less * 1e6 / CLOCKS_PER_SEC, more * 1e6 / CLOCKS_PER_SEC);
    assert_true(more < FAR_BELOW_QUADRATIC * less);
}

static void test_as_many_tensors_as_may_be(void **state)
{
    (void)state;
    enum { MOST = 2048 };
    static const unsigned char blob[128 * MOST + 128];
    text small = chain(MOST / TIMES_LARGER), large = chain(MOST), more = chain(MOST + 1);
    compare(&small, &large, blob, 128 * MOST);
    jt_error error;
    assert_int_equal(read_sealed(&more, blob, sizeof blob, &error), JT_ERROR_LIMIT);
    assert_string_equal(error.key, "tensors");
    free(small.bytes);
    free(large.bytes);
    free(more.bytes);
}

/* n layers, all of which the last ones read: as many values alive at once as can be. */
static text fan(int n)
{
    text t = begin();
    int last = n - 2;
    append(&t, "\"layers\":[{\"name\":\"l0\",\"kind\":\"flatten\",\"inputs\":[\"image\"]}");
    for (int i = 1; i <= last / 2; i++)
        append(&t, ",{\"name\":\"l%d\",\"kind\":\"activation\",\"inputs\":[\"l0\"],\"function\":\"relu\"}", i);
    for (int i = last / 2 + 1; i <= last; i++)
        append(&t, ",{\"name\":\"l%d\",\"kind\":\"add\",\"inputs\":[\"l%d\",\"l%d\"]}", i, i - 1, i - last / 2);
    append(&t, ",{\"name\":\"o\",\"kind\":\"add\",\"inputs\":[\"l%d\",\"l%d\"]}", last, last / 2);
    append(&t, "],\"output\":\"o\",\"tensors\":[]}");
    return t;
}

static void test_as_many_layers_as_may_be(void **state)
{
    (void)state;
    enum { MOST = 4096 };
    text small = fan(MOST / TIMES_LARGER), large = fan(MOST), more = fan(MOST + 1);
    jt_error error;
    assert_int_equal(read_sealed(&large, NULL, 0, &error), JT_OK);
    assert_int_equal(read_sealed(&more, NULL, 0, &error), JT_ERROR_LIMIT);
    assert_string_equal(error.key, "layers");
    compare(&small, &large, NULL, 0);
    free(small.bytes);
    free(large.bytes);
    free(more.bytes);
}

/* Notes of n keys, each with a long text. */
static text notes(int n)
{
    text t = begin();
    append(&t, "\"layers\":[{\"name\":\"o\",\"kind\":\"flatten\",\"inputs\":[\"image\"]}],\"output\":\"o\","
               "\"tensors\":[],\"notes\":{");
    for (int i = 0; i < n; i++)
        append(&t, "%s\"key number %d\":[%d,\"and some text\"]", i ? "," : "", i * 7919 % n, i);
    append(&t, "}}");
    return t;
}

static void test_as_many_values_as_may_be(void **state)
{
    (void)state;
    /* Three values for each key of the notes, and 33 others: 3 n + 33 <= 262144. */
    enum { MOST = 87370 };
    text small = notes(MOST / TIMES_LARGER), large = notes(MOST), more = notes(MOST + 1);
    compare(&small, &large, NULL, 0);
    jt_error error;
    assert_int_equal(read_sealed(&more, NULL, 0, &error), JT_ERROR_LIMIT);
    assert_true(error.offset > 64);
    free(small.bytes);
    free(large.bytes);
    free(more.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_many_tensors_as_may_be),
        cmocka_unit_test(test_as_many_layers_as_may_be),
        cmocka_unit_test(test_as_many_values_as_may_be),
    };
    return cmocka_run_group_tests_name("large", tests, NULL, NULL);
}
