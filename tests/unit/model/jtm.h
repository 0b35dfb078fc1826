/* Model files in memory, with the preamble that their sections deserve. */
#ifndef JT_TESTS_JTM_H
#define JT_TESTS_JTM_H

#include <stddef.h>

typedef struct jtm {
    unsigned char *bytes; /* malloc, exactly `length`: what reads past the end is caught by the sanitizer */
    size_t length;
} jtm;

/* A whole file. blob_length is a multiple of 64. */
jtm jtm_pack(const char *header, size_t header_length, const void *blob, size_t blob_length);

/* Set the checksums anew after an edit that left the preamble's lengths as they are. */
void jtm_seal(jtm *file);

void jtm_free(jtm *file);

#endif /* JT_TESTS_JTM_H */
