/* The outermost form of a model file: bytes to checked sections. */
#ifndef JT_MODEL_CONTAINER_H
#define JT_MODEL_CONTAINER_H

#include "../core/core.h"

enum {
    JT_PREAMBLE = 64,
    JT_BLOB_ALIGNMENT = 64,
    JT_FORMAT_MAJOR = 1,
    JT_FORMAT_MINOR = 0,
    JT_MAX_HEADER = 16 * 1024 * 1024,
    JT_MAX_BLOB = 1024 * 1024 * 1024
};

/* Views into the caller's bytes. */
typedef struct jt_container {
    uint32_t minor;
    const unsigned char *header; /* not ended by NUL */
    size_t header_length;
    const unsigned char *blob;
    size_t blob_offset, blob_length;
} jt_container;

/*
 * Check preamble, lengths, checksums and padding of a whole file.
 * Errors: JT_ERROR_FORMAT, VERSION, CHECKSUM, LIMIT, each with the byte offset.
 */
jt_status jt_container_open(const void *bytes, size_t length, jt_container *container, jt_error *error);

#endif /* JT_MODEL_CONTAINER_H */
