/* Files that are cut short or have a bit turned: an error each, nothing left behind, and never a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

static jtm packed_sample(void)
{
    sample s = sample_make();
    jtm file = jtm_pack(s.header, strlen(s.header), s.blob, s.blob_length);
    sample_free(&s);
    return file;
}

/* Exactly `length` bytes, so that the sanitizer sees a read past them. */
static void expect_refused(const unsigned char *bytes, size_t length, const char *what, size_t where)
{
    unsigned char *copy = malloc(length ? length : 1);
    memcpy(copy, bytes, length);
    counting state = {0};
    jt_host host = counting_host(&state);
    jt_model_file file, zero;
    memset(&zero, 0, sizeof zero);
    jt_error error = {.size = sizeof error};
    jt_status status = jt_model_file_read(copy, length, &host, &file, &error);
    if (status == JT_OK)
        fail_msg("%s at %zu gives a model", what, where);
    if (error.status != status || strlen(error.text) < 10 || state.live != 0 || memcmp(&file, &zero, sizeof file) != 0)
        fail_msg("%s at %zu: status %d, \"%s\", %d allocations live", what, where, (int)status, error.text, state.live);
    free(copy);
}

static void test_cut_at_every_byte(void **unused)
{
    (void)unused;
    jtm file = packed_sample();
    for (size_t length = 0; length < file.length; length++)
        expect_refused(file.bytes, length, "a cut", length);
    jtm_free(&file);
}

static void test_every_bit_of_preamble_and_header(void **unused)
{
    (void)unused;
    jtm file = packed_sample();
    const size_t end = 64 + strlen((const char *)file.bytes + 64);
    for (size_t bit = 0; bit < 8 * end; bit++) {
        file.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        expect_refused(file.bytes, file.length, "a turned bit", bit);
        file.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    jtm_free(&file);
}

static void test_bits_of_the_blob(void **unused)
{
    (void)unused;
    jtm file = packed_sample();
    for (size_t byte = 64 + strlen((const char *)file.bytes + 64); byte < file.length; byte += 7) {
        file.bytes[byte] ^= 1;
        expect_refused(file.bytes, file.length, "a turned bit", 8 * byte);
        file.bytes[byte] ^= 1;
    }
    jtm_free(&file);
}

/* Bits turned by somebody who sets the checksums anew: whatever comes of it, no crash and nothing left. */
static void test_turned_and_sealed(void **unused)
{
    (void)unused;
    jtm file = packed_sample();
    const size_t end = 64 + strlen((const char *)file.bytes + 64);
    int n_models = 0;
    /* Every fifth, which in the end is every bit of a byte: each is read whole, and that takes its time. */
    for (size_t bit = 8 * 64; bit < 8 * end; bit += 5) {
        counting state = {0};
        jt_host host = counting_host(&state);
        jt_model_file model;
        file.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        jtm_seal(&file);
        if (jt_model_file_read(file.bytes, file.length, &host, &model, NULL) == JT_OK) {
            jt_model_file_free(&model);
            n_models++;
        }
        assert_int_equal(state.live, 0);
        file.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    jtm_seal(&file);
    /* Some texts and numbers may change and be right still. */
    assert_true(n_models > 0 && (size_t)n_models < end);
    jtm_free(&file);
}

/* The k-th allocation fails, for every k; then every one from the k-th on. */
static void test_every_allocation_failing(void **unused)
{
    (void)unused;
    jtm file = packed_sample();
    counting state = {0};
    jt_host host = counting_host(&state);
    jt_model_file model;
    jt_error first = {.size = sizeof first};
    if (jt_model_file_read(file.bytes, file.length, &host, &model, &first) != JT_OK)
        fail_msg("%s: %s", first.key, first.text);
    jt_model_file_free(&model);
    assert_int_equal(state.live, 0);
    const int n = state.taken;
    assert_true(n > 3);
    for (int k = 1; k <= n; k++) {
        state = (counting){0, 0, k};
        jt_error error = {.size = sizeof error};
        assert_int_equal(jt_model_file_read(file.bytes, file.length, &host, &model, &error), JT_ERROR_MEMORY);
        assert_int_equal(error.status, JT_ERROR_MEMORY);
        assert_int_equal(state.live, 0);
    }
    jtm_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),        cmocka_unit_test(test_every_bit_of_preamble_and_header),
        cmocka_unit_test(test_bits_of_the_blob),         cmocka_unit_test(test_turned_and_sealed),
        cmocka_unit_test(test_every_allocation_failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
