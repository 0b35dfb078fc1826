/* The 64 bytes in front, and what they say of the rest: every field wrong, and at which byte that must be noticed. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

enum {
    MAJOR = 8,
    MINOR = 10,
    PREAMBLE_LENGTH = 12,
    HEADER_LENGTH = 16,
    BLOB_OFFSET = 24,
    BLOB_LENGTH = 32,
    HEADER_CRC = 40,
    BLOB_CRC = 44,
    PREAMBLE_CRC = 48,
    RESERVED = 52,
    PREAMBLE = 64
};

static const size_t mebi = 1024 * 1024;

static sample s;
static jtm good;

static int setup(void **state)
{
    (void)state;
    s = sample_make();
    good = jtm_pack(s.header, strlen(s.header), s.blob, s.blob_length);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jtm_free(&good);
    sample_free(&s);
    return 0;
}

static jt_status read_quietly(const jtm *bytes)
{
    jt_model_file file;
    jt_status status = jt_model_file_read(bytes->bytes, bytes->length, &jt_default_host, &file, NULL);
    jt_model_file_free(&file);
    return status;
}

/* One field of the good file replaced, the preamble's checksum set right again. */
static void spoil(size_t at, int bytes, uint64_t value, jt_status status, int64_t offset)
{
    jtm bad = jtm_copy(&good, good.length);
    jtm_put(&bad, at, value, bytes);
    jtm_seal_preamble(&bad);
    sample_expect_bytes(&bad, status, offset, NULL);
    jtm_free(&bad);
}

static void test_good(void **state)
{
    (void)state;
    /* By models/FORMAT.md, not by the reader's word: else the cases below could be refused for another reason. */
    size_t header = strlen(s.header);
    assert_int_equal(jtm_get(&good, HEADER_LENGTH, 8), header);
    assert_int_equal(jtm_get(&good, BLOB_OFFSET, 8) % 64, 0);
    assert_in_range(jtm_get(&good, BLOB_OFFSET, 8) - PREAMBLE - header, 1, 63);
    assert_int_equal(read_quietly(&good), JT_OK);
}

static void test_magic(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        spoil(i, 1, good.bytes[i] ^ 0x20u, JT_ERROR_FORMAT, 0);
        spoil(i, 1, good.bytes[i] ^ 0x80u, JT_ERROR_FORMAT, 0);
    }
    /* What a copy in text mode makes of it, both ways. */
    jtm unix_ends = jtm_copy(&good, good.length);
    memmove(unix_ends.bytes + 4, unix_ends.bytes + 5, unix_ends.length - 5);
    sample_expect_bytes(&unix_ends, JT_ERROR_FORMAT, 0, NULL);
    jtm_free(&unix_ends);
    jtm dos_ends = jtm_copy(&good, good.length);
    memmove(dos_ends.bytes + 8, dos_ends.bytes + 7, dos_ends.length - 8);
    dos_ends.bytes[7] = '\r';
    sample_expect_bytes(&dos_ends, JT_ERROR_FORMAT, 0, NULL);
    jtm_free(&dos_ends);
}

static void test_major(void **state)
{
    (void)state;
    spoil(MAJOR, 2, 0, JT_ERROR_FORMAT, MAJOR);
    spoil(MAJOR, 2, 2, JT_ERROR_VERSION, MAJOR);
    spoil(MAJOR, 2, 0x0100, JT_ERROR_VERSION, MAJOR);
    spoil(MAJOR, 2, 0xFFFF, JT_ERROR_VERSION, MAJOR);

    /* Nothing behind it can be relied on: not the checksum, not the lengths, not that there is more at all. */
    jtm newer = jtm_copy(&good, good.length);
    jtm_put(&newer, MAJOR, 2, 2);
    sample_expect_bytes(&newer, JT_ERROR_VERSION, MAJOR, NULL);
    memset(newer.bytes + 10, 0xFF, newer.length - 10);
    sample_expect_bytes(&newer, JT_ERROR_VERSION, MAJOR, NULL);
    for (size_t length = 10; length < 64; length++) {
        jtm cut = jtm_copy(&newer, length);
        sample_expect_bytes(&cut, JT_ERROR_VERSION, MAJOR, NULL);
        jtm_free(&cut);
    }
    jtm_free(&newer);
}

/* Keys that only a newer minor version has, in every object of the header; and that what is known is still checked. */
static void test_minor(void **state)
{
    (void)state;
    static const char *const places[] = {
        "{\"name\":\"sample-net\"", "\"image\":{",         "\"features\":{", "{\"name\":\"stem\",\"kind\"",
        "\"working_points\":{",     "\"card\":{",          "\"golden\":{",   "{\"signal_efficiency\":0.3",
        "{\"name\":\"image.mean\"", "{\"name\":\"block\","};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *brace = strchr(places[i], '{');
        char edited[128] = "";
        memcpy(edited, places[i], (size_t)(brace - places[i]) + 1);
        strcat(edited, "\"from the future\":[{}],");
        strcat(edited, brace + 1);
        char *header = sample_edit(s.header, places[i], edited);
        jtm bytes = jtm_pack(header, strlen(header), s.blob, s.blob_length);
        assert_int_equal(read_quietly(&bytes), JT_ERROR_FORMAT);
        static const unsigned minors[] = {1, 256, 65535};
        for (size_t k = 0; k < sizeof minors / sizeof *minors; k++) {
            jtm_put(&bytes, MINOR, minors[k], 2);
            jtm_seal_preamble(&bytes);
            if (read_quietly(&bytes) != JT_OK)
                fail_msg("minor version %u is not read with %s", minors[k], edited);
        }
        jtm_free(&bytes);
        free(header);
    }

    char *header = sample_edit(s.header, "\"classes\":[\"qcd\",\"top\"]", "\"classes\":[\"qcd\",\"w\"]");
    jtm bytes = jtm_pack(header, strlen(header), s.blob, s.blob_length);
    jtm_put(&bytes, MINOR, 1, 2);
    jtm_seal_preamble(&bytes);
    sample_expect_bytes(&bytes, JT_ERROR_FORMAT, -1, "classes");
    jtm_free(&bytes);
    free(header);
}

static void test_lengths(void **state)
{
    (void)state;
    uint64_t header = jtm_get(&good, HEADER_LENGTH, 8);
    uint64_t offset = jtm_get(&good, BLOB_OFFSET, 8);
    uint64_t blob = jtm_get(&good, BLOB_LENGTH, 8);
    int64_t end = (int64_t)good.length;

    static const uint64_t preambles[] = {0, 63, 65, 128, 64 + 0x10000, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof preambles / sizeof *preambles; i++)
        spoil(PREAMBLE_LENGTH, 4, preambles[i], JT_ERROR_FORMAT, PREAMBLE_LENGTH);

    spoil(HEADER_LENGTH, 8, 0, JT_ERROR_FORMAT, HEADER_LENGTH);
    spoil(HEADER_LENGTH, 8, 1, JT_ERROR_FORMAT, HEADER_LENGTH);
    spoil(HEADER_LENGTH, 8, 16 * mebi + 1, JT_ERROR_LIMIT, HEADER_LENGTH);
    spoil(HEADER_LENGTH, 8, header + ((uint64_t)1 << 32), JT_ERROR_LIMIT, HEADER_LENGTH);
    spoil(HEADER_LENGTH, 8, UINT64_MAX - 63, JT_ERROR_LIMIT, HEADER_LENGTH);
    spoil(HEADER_LENGTH, 8, UINT64_MAX, JT_ERROR_LIMIT, HEADER_LENGTH);
    spoil(HEADER_LENGTH, 8, header + 64, JT_ERROR_FORMAT, BLOB_OFFSET);
    spoil(HEADER_LENGTH, 8, header - 64, JT_ERROR_FORMAT, BLOB_OFFSET);
    spoil(HEADER_LENGTH, 8, 16 * mebi, JT_ERROR_FORMAT, BLOB_OFFSET);
    spoil(HEADER_LENGTH, 8, header + 1, JT_ERROR_CHECKSUM, PREAMBLE);
    spoil(HEADER_LENGTH, 8, header - 1, JT_ERROR_CHECKSUM, PREAMBLE);

    static const uint64_t shifts[] = {1, 64, (uint64_t)1 << 32, (uint64_t)1 << 63};
    for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
        spoil(BLOB_OFFSET, 8, offset + shifts[i], JT_ERROR_FORMAT, BLOB_OFFSET);
        spoil(BLOB_OFFSET, 8, offset - shifts[i], JT_ERROR_FORMAT, BLOB_OFFSET);
    }
    spoil(BLOB_OFFSET, 8, 0, JT_ERROR_FORMAT, BLOB_OFFSET);

    spoil(BLOB_LENGTH, 8, 1024 * mebi + 64, JT_ERROR_LIMIT, BLOB_LENGTH);
    spoil(BLOB_LENGTH, 8, blob + ((uint64_t)1 << 32), JT_ERROR_LIMIT, BLOB_LENGTH);
    spoil(BLOB_LENGTH, 8, UINT64_MAX - 63, JT_ERROR_LIMIT, BLOB_LENGTH);
    spoil(BLOB_LENGTH, 8, blob + 1, JT_ERROR_FORMAT, BLOB_LENGTH);
    spoil(BLOB_LENGTH, 8, blob - 32, JT_ERROR_FORMAT, BLOB_LENGTH);
    spoil(BLOB_LENGTH, 8, 1024 * mebi, JT_ERROR_FORMAT, end);
    spoil(BLOB_LENGTH, 8, blob + 64, JT_ERROR_FORMAT, end);
    spoil(BLOB_LENGTH, 8, blob - 64, JT_ERROR_FORMAT, end - 64);
    spoil(BLOB_LENGTH, 8, 0, JT_ERROR_FORMAT, (int64_t)offset);
}

/* A header length that is off by one with every checksum made for it. */
static void test_consistent_lengths(void **state)
{
    (void)state;
    uint64_t header = jtm_get(&good, HEADER_LENGTH, 8);
    jtm longer = jtm_copy(&good, good.length);
    jtm_put(&longer, HEADER_LENGTH, header + 1, 8);
    jtm_seal(&longer);
    sample_expect_bytes(&longer, JT_ERROR_FORMAT, (int64_t)(PREAMBLE + header), NULL);
    jtm_free(&longer);

    jtm shorter = jtm_copy(&good, good.length);
    jtm_put(&shorter, HEADER_LENGTH, header - 1, 8);
    jtm_seal(&shorter);
    sample_expect_bytes(&shorter, JT_ERROR_FORMAT, (int64_t)(PREAMBLE + header - 1), NULL);
    jtm_free(&shorter);
}

static void test_checksums(void **state)
{
    (void)state;
    int64_t offset = (int64_t)jtm_get(&good, BLOB_OFFSET, 8);
    spoil(HEADER_CRC, 4, jtm_get(&good, HEADER_CRC, 4) ^ 1, JT_ERROR_CHECKSUM, PREAMBLE);
    spoil(HEADER_CRC, 4, jtm_get(&good, HEADER_CRC, 4) ^ 0x80000000, JT_ERROR_CHECKSUM, PREAMBLE);
    spoil(BLOB_CRC, 4, jtm_get(&good, BLOB_CRC, 4) ^ 1, JT_ERROR_CHECKSUM, offset);
    spoil(BLOB_CRC, 4, jtm_get(&good, BLOB_CRC, 4) ^ 0x80000000, JT_ERROR_CHECKSUM, offset);
    for (int bit = 0; bit < 32; bit++) {
        jtm bad = jtm_copy(&good, good.length);
        jtm_put(&bad, PREAMBLE_CRC, jtm_get(&good, PREAMBLE_CRC, 4) ^ (uint64_t)1 << bit, 4);
        sample_expect_bytes(&bad, JT_ERROR_CHECKSUM, 0, NULL);
        jtm_free(&bad);
    }
    /* Both numbers, for whoever looks into the file. */
    jtm bad = jtm_copy(&good, good.length);
    jtm_put(&bad, PREAMBLE_CRC, 0x0badf00d, 4);
    jt_model_file file;
    jt_error error = {.size = sizeof error};
    char words[80];
    snprintf(words, sizeof words, "is %08" PRIx64 ", not 0badf00d", jtm_get(&good, PREAMBLE_CRC, 4));
    assert_int_equal(jt_model_file_read(bad.bytes, bad.length, &jt_default_host, &file, &error), JT_ERROR_CHECKSUM);
    assert_non_null(strstr(error.text, words));
    jtm_free(&bad);
}

static void test_zeros(void **state)
{
    (void)state;
    size_t header_end = PREAMBLE + (size_t)jtm_get(&good, HEADER_LENGTH, 8);
    size_t offset = (size_t)jtm_get(&good, BLOB_OFFSET, 8);
    for (size_t at = RESERVED; at < PREAMBLE; at++)
        spoil(at, 1, at % 2 ? 0x01 : 0x80, JT_ERROR_FORMAT, (int64_t)at);
    for (size_t at = header_end; at < offset; at++)
        spoil(at, 1, at % 2 ? 0x01 : 0x80, JT_ERROR_FORMAT, (int64_t)at);
}

static void test_end(void **state)
{
    (void)state;
    for (size_t length = 0; length < PREAMBLE; length++) {
        jtm cut = jtm_copy(&good, length);
        sample_expect_bytes(&cut, JT_ERROR_FORMAT, (int64_t)length, NULL);
        jtm_free(&cut);
    }
    static const size_t more[] = {1, 63, 64, 4096};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        jtm longer = jtm_copy(&good, good.length + more[i]);
        sample_expect_bytes(&longer, JT_ERROR_FORMAT, (int64_t)good.length, NULL);
        jtm_free(&longer);
    }
}

/* Headers of any length are read up to 16 MiB, also those that leave no padding. */
static void test_header_lengths(void **state)
{
    (void)state;
    size_t plain = strlen(s.header);
    size_t to_64 = 64 - plain % 64;
    const size_t spaces[] = {0, 1, to_64 - 1, to_64, to_64 + 1, 16 * mebi - plain, 16 * mebi - plain + 1};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        size_t length = plain + spaces[i];
        char *header = malloc(length);
        header[0] = '{';
        memset(header + 1, ' ', spaces[i]);
        memcpy(header + 1 + spaces[i], s.header + 1, plain - 1);
        jtm bytes = jtm_pack(header, length, s.blob, s.blob_length);
        if (length > 16 * mebi)
            sample_expect_bytes(&bytes, JT_ERROR_LIMIT, HEADER_LENGTH, NULL);
        else
            assert_int_equal(read_quietly(&bytes), JT_OK);
        jtm_free(&bytes);
        free(header);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    jtm none = {NULL, 0};
    sample_expect_bytes(&none, JT_ERROR_ARGUMENT, -1, "");
    none.length = 64;
    sample_expect_bytes(&none, JT_ERROR_ARGUMENT, -1, "");
    jtm two = jtm_pack("{}", 2, "", 0);
    sample_expect_bytes(&two, JT_ERROR_FORMAT, -1, "name");
    jtm_free(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_magic),
        cmocka_unit_test(test_major),     cmocka_unit_test(test_minor),
        cmocka_unit_test(test_lengths),   cmocka_unit_test(test_consistent_lengths),
        cmocka_unit_test(test_checksums), cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_end),       cmocka_unit_test(test_header_lengths),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
