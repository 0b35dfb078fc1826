/* Numbers as a model file has them, at any address, on processors of either byte order. */
#ifndef JT_CORE_LITTLE_ENDIAN_H
#define JT_CORE_LITTLE_ENDIAN_H

#include <stdint.h>

static inline uint32_t jt_u16_at(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

/* Written out, in which form compilers make one load of it, and many at a time where it stands in a loop. */
static inline uint32_t jt_u32_at(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t jt_u64_at(const unsigned char *at)
{
    return (uint64_t)jt_u32_at(at) | (uint64_t)jt_u32_at(at + 4) << 32;
}

#endif /* JT_CORE_LITTLE_ENDIAN_H */
