#include "container.h"

#include <inttypes.h>
#include <string.h>

#include "../core/little_endian.h"

/* Byte offsets of the preamble's fields. */
enum {
    AT_MAGIC = 0,
    AT_MAJOR = 8,
    AT_MINOR = 10,
    AT_PREAMBLE_LENGTH = 12,
    AT_HEADER_LENGTH = 16,
    AT_BLOB_OFFSET = 24,
    AT_BLOB_LENGTH = 32,
    AT_HEADER_CRC = 40,
    AT_BLOB_CRC = 44,
    AT_PREAMBLE_CRC = 48,
    AT_RESERVED = 52
};

static const unsigned char magic[8] = {0x89, 'J', 'T', 'M', 0x0D, 0x0A, 0x1A, 0x0A};

/* What is there before a length or checksum can be believed. */
static jt_status check_identity(const unsigned char *bytes, size_t length, jt_error *error)
{
    size_t n = length < sizeof magic ? length : sizeof magic;
    if (length == 0 || memcmp(bytes, magic, n) != 0)
        return jt_fail(error, JT_ERROR_FORMAT, AT_MAGIC, NULL, "not a jettag model file: its first bytes are others");
    uint64_t major = length >= AT_MINOR ? jt_u16_at(bytes + AT_MAJOR) : JT_FORMAT_MAJOR;
    if (major > JT_FORMAT_MAJOR)
        return jt_fail(error, JT_ERROR_VERSION, AT_MAJOR, NULL,
                       "the file has format version %" PRIu64 ", this library reads up to %d", major,
                       (int)JT_FORMAT_MAJOR);
    if (length < JT_PREAMBLE)
        return jt_fail(error, JT_ERROR_FORMAT, (int64_t)length, NULL,
                       "the file ends after %zu bytes, within its preamble of %d", length, (int)JT_PREAMBLE);
    uint32_t crc = jt_crc32c(bytes, AT_PREAMBLE_CRC);
    if (crc != jt_u32_at(bytes + AT_PREAMBLE_CRC))
        return jt_fail(error, JT_ERROR_CHECKSUM, 0, NULL, "the preamble's checksum is %08" PRIx32 ", not %08" PRIx32,
                       crc, jt_u32_at(bytes + AT_PREAMBLE_CRC));
    if (major != JT_FORMAT_MAJOR)
        return jt_fail(error, JT_ERROR_FORMAT, AT_MAJOR, NULL, "there is no format version %" PRIu64, major);
    for (size_t i = AT_RESERVED; i < JT_PREAMBLE; i++)
        if (bytes[i] != 0)
            return jt_fail(error, JT_ERROR_FORMAT, (int64_t)i, NULL, "reserved byte %zu is 0x%02X, not 0", i, bytes[i]);
    return JT_OK;
}

static jt_status check_lengths(const unsigned char *bytes, size_t length, jt_error *error)
{
    uint64_t preamble = jt_u32_at(bytes + AT_PREAMBLE_LENGTH);
    uint64_t header = jt_u64_at(bytes + AT_HEADER_LENGTH);
    uint64_t offset = jt_u64_at(bytes + AT_BLOB_OFFSET);
    uint64_t blob = jt_u64_at(bytes + AT_BLOB_LENGTH);
    if (preamble != JT_PREAMBLE)
        return jt_fail(error, JT_ERROR_FORMAT, AT_PREAMBLE_LENGTH, NULL, "a preamble of %" PRIu64 " bytes, not %d",
                       preamble, (int)JT_PREAMBLE);
    if (header < 2)
        return jt_fail(error, JT_ERROR_FORMAT, AT_HEADER_LENGTH, NULL, "a header of %" PRIu64 " bytes", header);
    if (header > JT_MAX_HEADER)
        return jt_fail(error, JT_ERROR_LIMIT, AT_HEADER_LENGTH, NULL, "a header of %" PRIu64 " bytes, the limit is %d",
                       header, (int)JT_MAX_HEADER);
    uint64_t due = (JT_PREAMBLE + header + JT_BLOB_ALIGNMENT - 1) / JT_BLOB_ALIGNMENT * JT_BLOB_ALIGNMENT;
    if (offset != due)
        return jt_fail(error, JT_ERROR_FORMAT, AT_BLOB_OFFSET, NULL,
                       "the blob is at %" PRIu64 ", after a header of %" PRIu64 " bytes it must be at %" PRIu64, offset,
                       header, due);
    if (blob > JT_MAX_BLOB)
        return jt_fail(error, JT_ERROR_LIMIT, AT_BLOB_LENGTH, NULL, "a blob of %" PRIu64 " bytes, the limit is %d",
                       blob, (int)JT_MAX_BLOB);
    if (blob % JT_BLOB_ALIGNMENT != 0)
        return jt_fail(error, JT_ERROR_FORMAT, AT_BLOB_LENGTH, NULL,
                       "a blob of %" PRIu64 " bytes, which is no multiple of %d", blob, (int)JT_BLOB_ALIGNMENT);
    /* Neither sum can wrap: both terms are below 2^31 by now. */
    if (offset + blob > length)
        return jt_fail(error, JT_ERROR_FORMAT, (int64_t)length, NULL,
                       "the file ends after %zu bytes, it should have %" PRIu64, length, offset + blob);
    if (offset + blob < length)
        return jt_fail(error, JT_ERROR_FORMAT, (int64_t)(offset + blob), NULL,
                       "the file has %zu bytes, it should end after %" PRIu64, length, offset + blob);
    return JT_OK;
}

static jt_status check_section(const unsigned char *bytes, size_t start, size_t length, size_t crc_at,
                               const char *section, jt_error *error)
{
    uint32_t crc = jt_crc32c(bytes + start, length);
    if (crc == jt_u32_at(bytes + crc_at))
        return JT_OK;
    return jt_fail(error, JT_ERROR_CHECKSUM, (int64_t)start, NULL, "the %s's checksum is %08" PRIx32 ", not %08" PRIx32,
                   section, crc, jt_u32_at(bytes + crc_at));
}

jt_status jt_container_open(const void *bytes, size_t length, jt_container *container, jt_error *error)
{
    const unsigned char *file = bytes;
    jt_status status = check_identity(file, length, error);
    if (status != JT_OK)
        return status;
    status = check_lengths(file, length, error);
    if (status != JT_OK)
        return status;

    size_t header_length = (size_t)jt_u64_at(file + AT_HEADER_LENGTH);
    size_t blob_offset = (size_t)jt_u64_at(file + AT_BLOB_OFFSET);
    size_t blob_length = (size_t)jt_u64_at(file + AT_BLOB_LENGTH);
    status = check_section(file, JT_PREAMBLE, header_length, AT_HEADER_CRC, "header", error);
    if (status != JT_OK)
        return status;
    for (size_t i = JT_PREAMBLE + header_length; i < blob_offset; i++)
        if (file[i] != 0)
            return jt_fail(error, JT_ERROR_FORMAT, (int64_t)i, NULL, "padding byte %zu is 0x%02X, not 0", i, file[i]);
    status = check_section(file, blob_offset, blob_length, AT_BLOB_CRC, "blob", error);
    if (status != JT_OK)
        return status;

    *container = (jt_container){.minor = jt_u16_at(file + AT_MINOR),
                                .header = file + JT_PREAMBLE,
                                .header_length = header_length,
                                .blob = file + blob_offset,
                                .blob_offset = blob_offset,
                                .blob_length = blob_length};
    return JT_OK;
}
