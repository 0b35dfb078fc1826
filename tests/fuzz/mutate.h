/* Changing model files so that they get past their checksums. */
#ifndef JT_TESTS_FUZZ_MUTATE_H
#define JT_TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A copy of `data` with a preamble that is right but for the two versions: what says how long the header is is kept
 * where that fits, the blob is filled up with zeros, lengths and checksums follow. `sealed` has room for size + 128
 * bytes; returns how many are used, 64 at least.
 */
size_t fuzz_seal(const uint8_t *data, size_t size, uint8_t *sealed);

#endif /* JT_TESTS_FUZZ_MUTATE_H */
