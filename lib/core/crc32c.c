#include "core.h"
#include "little_endian.h"
#include "processor.h"

#include <string.h>

enum { POLYNOMIAL_BITS = 8, TABLES = 8 };

static const uint32_t reflected_polynomial = 0x82F63B78u;

/*
 * table[0][b] is the remainder of byte b, table[t][b] that of b followed by t zero bytes. Made afresh by each call: a
 * few microseconds, for which the library carries neither 8 KiB of numbers nor anything to be initialised once.
 */
static void make_tables(uint32_t table[TABLES][256])
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < POLYNOMIAL_BITS; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? reflected_polynomial : 0);
        table[0][byte] = crc;
    }
    for (int t = 1; t < TABLES; t++)
        for (uint32_t byte = 0; byte < 256; byte++)
            table[t][byte] = (table[t - 1][byte] >> 8) ^ table[0][table[t - 1][byte] & 0xFF];
}

static uint32_t by_tables(const unsigned char *at, size_t length, uint32_t crc)
{
    uint32_t table[TABLES][256];
    make_tables(table);
    for (; length >= 8; length -= 8, at += 8) {
        uint32_t low = crc ^ jt_u32_at(at);
        uint32_t high = jt_u32_at(at + 4);
        crc = table[7][low & 0xFF] ^ table[6][(low >> 8) & 0xFF] ^ table[5][(low >> 16) & 0xFF] ^ table[4][low >> 24] ^
              table[3][high & 0xFF] ^ table[2][(high >> 8) & 0xFF] ^ table[1][(high >> 16) & 0xFF] ^
              table[0][high >> 24];
    }
    for (; length > 0; length--, at++)
        crc = (crc >> 8) ^ table[0][(crc ^ *at) & 0xFF];
    return crc;
}

#if defined(__x86_64__)
/* Processors with AVX2 have an instruction for this very polynomial. */
__attribute__((target("sse4.2"))) static uint32_t by_instruction(const unsigned char *at, size_t length, uint32_t crc)
{
    uint64_t wide = crc;
    for (; length >= 8; length -= 8, at += 8) {
        uint64_t next;
        memcpy(&next, at, sizeof next);
        wide = __builtin_ia32_crc32di(wide, next);
    }
    crc = (uint32_t)wide;
    for (; length > 0; length--, at++)
        crc = __builtin_ia32_crc32qi(crc, *at);
    return crc;
}
#endif

uint32_t jt_crc32c(const void *bytes, size_t length)
{
#if defined(__x86_64__)
    if (jt_processor_level() >= JT_PROCESSOR_AVX2)
        return ~by_instruction(bytes, length, 0xFFFFFFFFu);
#endif
    return ~by_tables(bytes, length, 0xFFFFFFFFu);
}
