/* Modules with something wrong, one per value of STRANGE. */
#include "backends/backend.h"

#include <stdio.h>

enum { FOREIGN = 0, OTHER_ABI = 1, UNWILLING = 2 };

#if STRANGE != 0
const jt_backend *jt_backend_module(void);

static const char *version(void)
{
    return "1";
}

static int probe(jt_why *why)
{
    snprintf(why->text, sizeof why->text, "the stars are wrong");
    return 0;
}

__attribute__((visibility("default"))) const jt_backend *jt_backend_module(void)
{
    static const jt_backend strange = {.abi = STRANGE == OTHER_ABI ? 999 : JT_BACKEND_ABI,
                                       .name = "onednn",
                                       .notes = "",
                                       .version = version,
                                       .probe = probe};
    return &strange;
}
#else
__attribute__((visibility("default"))) int something_else(void);

int something_else(void)
{
    return FOREIGN;
}
#endif
