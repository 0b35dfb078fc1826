/*
 * The most multiply-adds that one core does: the limit that networks are measured against.
 *
 *     jettag-peak
 *
 * Prints billions of single-precision multiply-adds in a second, on the widest instruction set that the native backend
 * uses here: as many sums in registers as hide the time that each takes, nothing from memory. The best of many tries.
 */
#include <stdio.h>
#include <time.h>

#include "lib/core/processor.h"

enum { LOOPS = 20000, SUMS = 12 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static volatile float kept;

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static double run_avx512(void)
{
    __m512 sums[SUMS];
    const __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(0.001f);
    for (int i = 0; i < SUMS; i++)
        sums[i] = _mm512_set1_ps((float)i);
    for (int loop = 0; loop < LOOPS; loop++)
#pragma GCC unroll 12
        for (int i = 0; i < SUMS; i++)
            sums[i] = _mm512_fmadd_ps(sums[i], a, b);
    for (int i = 1; i < SUMS; i++)
        sums[0] = _mm512_add_ps(sums[0], sums[i]);
    kept = _mm512_cvtss_f32(sums[0]);
    return 16.0 * LOOPS * SUMS;
}

__attribute__((target("avx2,fma"))) static double run_avx2(void)
{
    __m256 sums[SUMS];
    const __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f);
    for (int i = 0; i < SUMS; i++)
        sums[i] = _mm256_set1_ps((float)i);
    for (int loop = 0; loop < LOOPS; loop++)
#pragma GCC unroll 12
        for (int i = 0; i < SUMS; i++)
            sums[i] = _mm256_fmadd_ps(sums[i], a, b);
    for (int i = 1; i < SUMS; i++)
        sums[0] = _mm256_add_ps(sums[0], sums[i]);
    kept = _mm256_cvtss_f32(sums[0]);
    return 8.0 * LOOPS * SUMS;
}
#endif

static double run_portable(void)
{
    float sums[SUMS] = {0};
    for (int loop = 0; loop < LOOPS; loop++)
        for (int i = 0; i < SUMS; i++)
            sums[i] = sums[i] * 0.999f + 0.001f;
    kept = sums[0];
    return (double)LOOPS * SUMS;
}

int main(void)
{
    double (*run)(void) = run_portable;
#if defined(__x86_64__)
    if (jt_processor_level() == JT_PROCESSOR_AVX512)
        run = run_avx512;
    else if (jt_processor_level() == JT_PROCESSOR_AVX2)
        run = run_avx2;
#endif
    double best = 0.0;
    for (int round = 0; round < 500; round++) {
        const double begun = now();
        const double n = run();
        const double rate = n / (now() - begun);
        best = rate > best ? rate : best;
    }
    printf("%.2f\n", best);
    return 0;
}
