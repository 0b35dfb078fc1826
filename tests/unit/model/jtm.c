#include "jtm.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/core.h"

static void put(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t get(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

void jtm_seal(jtm *file)
{
    unsigned char *bytes = file->bytes;
    put(bytes + 40, jt_crc32c(bytes + 64, get(bytes + 16, 8)), 4);
    put(bytes + 44, jt_crc32c(bytes + get(bytes + 24, 8), get(bytes + 32, 8)), 4);
    jtm_seal_preamble(file);
}

void jtm_seal_preamble(jtm *file)
{
    put(file->bytes + 48, jt_crc32c(file->bytes, 48), 4);
}

void jtm_put(jtm *file, size_t at, uint64_t value, int bytes)
{
    put(file->bytes + at, value, bytes);
}

uint64_t jtm_get(const jtm *file, size_t at, int bytes)
{
    return get(file->bytes + at, bytes);
}

jtm jtm_copy(const jtm *file, size_t length)
{
    jtm copy = {calloc(1, length), length};
    memcpy(copy.bytes, file->bytes, length < file->length ? length : file->length);
    return copy;
}

jtm jtm_pack(const char *header, size_t header_length, const void *blob, size_t blob_length)
{
    size_t blob_offset = (64 + header_length + 63) / 64 * 64;
    jtm file = {calloc(1, blob_offset + blob_length), blob_offset + blob_length};
    memcpy(file.bytes, "\x89JTM\r\n\x1a\n", 8);
    put(file.bytes + 8, 1, 2);
    put(file.bytes + 12, 64, 4);
    put(file.bytes + 16, header_length, 8);
    put(file.bytes + 24, blob_offset, 8);
    put(file.bytes + 32, blob_length, 8);
    memcpy(file.bytes + 64, header, header_length);
    if (blob_length > 0)
        memcpy(file.bytes + blob_offset, blob, blob_length);
    jtm_seal(&file);
    return file;
}

void jtm_free(jtm *file)
{
    free(file->bytes);
    *file = (jtm){0};
}
