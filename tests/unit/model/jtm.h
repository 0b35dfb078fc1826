/* Model files in memory, with the preamble that their sections deserve. */
#ifndef JT_TESTS_JTM_H
#define JT_TESTS_JTM_H

#include <stddef.h>
#include <stdint.h>

typedef struct jtm {
    unsigned char *bytes; /* malloc, exactly `length`: what reads past the end is caught by the sanitizer */
    size_t length;
} jtm;

/* A whole file. blob_length is a multiple of 64. */
jtm jtm_pack(const char *header, size_t header_length, const void *blob, size_t blob_length);

/* Set the checksums anew after an edit that left the preamble's lengths as they are. */
void jtm_seal(jtm *file);

/* Set the preamble's own checksum alone: for lengths that contradict the file. */
void jtm_seal_preamble(jtm *file);

/* A field of the preamble: little-endian, of so many bytes, at this byte. */
void jtm_put(jtm *file, size_t at, uint64_t value, int bytes);
uint64_t jtm_get(const jtm *file, size_t at, int bytes);

/* A copy, cut or continued with zeros to `length`. */
jtm jtm_copy(const jtm *file, size_t length);

void jtm_free(jtm *file);

#endif /* JT_TESTS_JTM_H */
