/* Changing model files so that they get past their checksums. */
#ifndef JT_TESTS_FUZZ_MUTATE_H
#define JT_TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* Length of the header as the file says it, or what there is. */
size_t fuzz_header_length(const uint8_t *data, size_t size);

/* Up to a multiple of the blob's alignment. */
size_t fuzz_round_up(size_t length);

/* A file of these sections, with the preamble that is right for them; `file` may not overlap them. */
size_t fuzz_pack(const uint8_t version[4], const uint8_t *header, size_t n_header, const uint8_t *blob, size_t n_blob,
                 uint8_t *file);

/*
 * A copy of `data` with a preamble that is right but for the two versions: what says how long the header is is kept
 * where that fits, the blob is filled up with zeros, lengths and checksums follow. `sealed` has room for size + 128
 * bytes; returns how many are used, 64 at least.
 */
size_t fuzz_seal(const uint8_t *data, size_t size, uint8_t *sealed);

/* How many of 64 changes are to weights; each target with the mutator of mutate.c says it. */
extern const uint32_t fuzz_blob_share;

#endif /* JT_TESTS_FUZZ_MUTATE_H */
