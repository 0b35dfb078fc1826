/* What has to hold for every input: a fuzzer takes an abort for a finding and keeps the input. */
#ifndef JT_TESTS_FUZZ_REQUIRE_H
#define JT_TESTS_FUZZ_REQUIRE_H

#include <stdio.h>
#include <stdlib.h>

static inline void require(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

#endif /* JT_TESTS_FUZZ_REQUIRE_H */
