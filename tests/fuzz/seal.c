#include "mutate.h"

#include <string.h>

#include "lib/model/container.h"

static void put(uint8_t *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

size_t fuzz_header_length(const uint8_t *data, size_t size)
{
    if (size < JT_PREAMBLE)
        return 0;
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | data[16 + i];
    return length < size - JT_PREAMBLE ? (size_t)length : size - JT_PREAMBLE;
}

size_t fuzz_round_up(size_t length)
{
    return (length + JT_BLOB_ALIGNMENT - 1) / JT_BLOB_ALIGNMENT * JT_BLOB_ALIGNMENT;
}

size_t fuzz_pack(const uint8_t version[4], const uint8_t *header, size_t n_header, const uint8_t *blob, size_t n_blob,
                 uint8_t *file)
{
    static const uint8_t magic[8] = {0x89, 'J', 'T', 'M', 0x0D, 0x0A, 0x1A, 0x0A};
    size_t blob_at = fuzz_round_up(JT_PREAMBLE + n_header), end = blob_at + fuzz_round_up(n_blob);
    memset(file, 0, JT_PREAMBLE);
    memcpy(file, magic, sizeof magic);
    memcpy(file + 8, version, 4);
    memmove(file + JT_PREAMBLE, header, n_header);
    memset(file + JT_PREAMBLE + n_header, 0, blob_at - JT_PREAMBLE - n_header);
    memcpy(file + blob_at, blob, n_blob);
    memset(file + blob_at + n_blob, 0, end - blob_at - n_blob);
    put(file + 12, JT_PREAMBLE, 4);
    put(file + 16, n_header, 8);
    put(file + 24, blob_at, 8);
    put(file + 32, end - blob_at, 8);
    put(file + 40, jt_crc32c(file + JT_PREAMBLE, n_header), 4);
    put(file + 44, jt_crc32c(file + blob_at, end - blob_at), 4);
    put(file + 48, jt_crc32c(file, 48), 4);
    return end;
}

size_t fuzz_seal(const uint8_t *data, size_t size, uint8_t *sealed)
{
    static const uint8_t first[4] = {1, 0, 0, 0};
    size_t n_header = fuzz_header_length(data, size), blob_at = fuzz_round_up(JT_PREAMBLE + n_header);
    size_t n_blob = blob_at < size ? size - blob_at : 0;
    return fuzz_pack(size < JT_PREAMBLE ? first : data + 8, data + JT_PREAMBLE, size < JT_PREAMBLE ? 0 : n_header,
                     data + blob_at, n_blob, sealed);
}
