#include "processor.h"

#include <stdlib.h>
#include <string.h>

static jt_processor detected(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return JT_PROCESSOR_PORTABLE;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return JT_PROCESSOR_AVX512;
    return JT_PROCESSOR_AVX2;
#else
    return JT_PROCESSOR_PORTABLE;
#endif
}

jt_processor jt_processor_level(void)
{
    const jt_processor best = detected();
    const char *cap = getenv("JETTAG_PROCESSOR");
    if (!cap)
        return best;
    if (strcmp(cap, "portable") == 0)
        return JT_PROCESSOR_PORTABLE;
    if (strcmp(cap, "avx2") == 0 && best > JT_PROCESSOR_AVX2)
        return JT_PROCESSOR_AVX2;
    return best;
}
