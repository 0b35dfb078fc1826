/* Model files to begin with, as small as each part of the format allows. */
#ifndef JT_TESTS_FUZZ_SEEDS_H
#define JT_TESTS_FUZZ_SEEDS_H

#include "tests/unit/model/jtm.h"

/* File number i, from 0, and its name; no bytes when there is none. Freed with jtm_free. */
jtm fuzz_seed(int i, const char **name);

/* The number of a name. */
int fuzz_seed_find(const char *name);

#endif /* JT_TESTS_FUZZ_SEEDS_H */
