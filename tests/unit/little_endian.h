/* Floats as a model file has them, little-endian on every processor; not the library's own reader, which is tested. */
#ifndef JT_TESTS_LITTLE_ENDIAN_H
#define JT_TESTS_LITTLE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Write n floats to 4 n bytes, which may be at any address but not those of the floats. */
static inline void little_endian_put(unsigned char *bytes, const float *floats, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &floats[i], sizeof bits);
        for (int byte = 0; byte < 4; byte++)
            bytes[4 * i + (size_t)byte] = (unsigned char)(bits >> 8 * byte);
    }
}

/* Read n floats from 4 n bytes. */
static inline void little_endian_get(float *floats, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = 0;
        for (int byte = 0; byte < 4; byte++)
            bits |= (uint32_t)bytes[4 * i + (size_t)byte] << 8 * byte;
        memcpy(&floats[i], &bits, sizeof bits);
    }
}

#endif /* JT_TESTS_LITTLE_ENDIAN_H */
