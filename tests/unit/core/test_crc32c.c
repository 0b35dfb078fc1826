/* CRC-32C: published values, and the definition bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/core.h"

static void published_values(void **state)
{
    (void)state;
    /* RFC 3720, B.4, and the check value of the catalogue of CRC algorithms. */
    unsigned char bytes[32] = {0};
    assert_int_equal(jt_crc32c(bytes, sizeof bytes), 0x8a9136aau);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(jt_crc32c(bytes, sizeof bytes), 0x62a8ab43u);
    for (unsigned char i = 0; i < 32; i++)
        bytes[i] = i;
    assert_int_equal(jt_crc32c(bytes, sizeof bytes), 0x46dd794eu);
    for (unsigned char i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(jt_crc32c(bytes, sizeof bytes), 0x113fdb5cu);
    assert_int_equal(jt_crc32c("123456789", 9), 0xe3069283u);
    assert_int_equal(jt_crc32c("", 0), 0u);
    assert_int_equal(jt_crc32c(NULL, 0), 0u);
}

/* Polynomial division, one bit after the other, most significant first: nothing reflected but what goes in and out. */
static uint32_t reversed(uint32_t value, int bits)
{
    uint32_t result = 0;
    for (int i = 0; i < bits; i++)
        result = result << 1 | (value >> i & 1);
    return result;
}

static uint32_t by_division(const unsigned char *bytes, size_t length)
{
    uint32_t remainder = 0xffffffffu;
    for (size_t i = 0; i < length; i++) {
        remainder ^= reversed(bytes[i], 8) << 24;
        for (int bit = 0; bit < 8; bit++)
            remainder = remainder << 1 ^ (remainder >> 31 ? 0x1edc6f41u : 0);
    }
    return ~reversed(remainder, 32);
}

static void every_length_and_alignment(void **state)
{
    (void)state;
    unsigned char bytes[128];
    uint32_t random = 12345;
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 1664525u + 1013904223u;
        bytes[i] = (unsigned char)(random >> 24);
    }
    for (size_t start = 0; start < 16; start++)
        for (size_t length = 0; length <= sizeof bytes - start; length++)
            assert_int_equal(jt_crc32c(bytes + start, length), by_division(bytes + start, length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(every_length_and_alignment),
    };
    return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
