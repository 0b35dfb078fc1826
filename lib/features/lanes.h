/*
 * Doubles in lanes, for source that is compiled once per instruction set (kernel.c).
 *
 * A kernel works on rows of JT_LANES values in parts of WIDTH of them. Every lane sees the same operations in the same
 * order whatever WIDTH is, and multiply-add is fused everywhere, so that all instruction sets give the same bits.
 */
#ifndef JT_FEATURES_LANES_H
#define JT_FEATURES_LANES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>

enum { WIDTH = 8 };
typedef __m512d lanes;

static inline lanes lanes_load(const double *p)
{
    return _mm512_loadu_pd(p);
}
static inline void lanes_store(double *p, lanes a)
{
    _mm512_storeu_pd(p, a);
}
static inline lanes lanes_all(double x)
{
    return _mm512_set1_pd(x);
}
static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm512_add_pd(a, b);
}
static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm512_sub_pd(a, b);
}
static inline lanes lanes_multiply(lanes a, lanes b)
{
    return _mm512_mul_pd(a, b);
}
static inline lanes lanes_divide(lanes a, lanes b)
{
    return _mm512_div_pd(a, b);
}
/* a b + c, rounded once. */
static inline lanes lanes_fused(lanes a, lanes b, lanes c)
{
    return _mm512_fmadd_pd(a, b, c);
}
static inline lanes lanes_min(lanes a, lanes b)
{
    return _mm512_min_pd(a, b);
}
static inline lanes lanes_max(lanes a, lanes b)
{
    return _mm512_max_pd(a, b);
}
static inline lanes lanes_root(lanes a)
{
    return _mm512_sqrt_pd(a);
}
static inline lanes lanes_size(lanes a)
{
    return _mm512_abs_pd(a);
}
/* The first `count` lanes of a, zeros in the rest. */
static inline lanes lanes_first(lanes a, int64_t count)
{
    const unsigned mask = count <= 0 ? 0u : count >= WIDTH ? 0xffu : (1u << count) - 1;
    return _mm512_maskz_mov_pd((__mmask8)mask, a);
}
/* b where a > 0, else 0. */
static inline lanes lanes_where_positive(lanes a, lanes b)
{
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(a, _mm512_setzero_pd(), _CMP_GT_OQ), b);
}
/* b where a > limit, else c. */
static inline lanes lanes_where_above(lanes a, lanes limit, lanes b, lanes c)
{
    return _mm512_mask_mov_pd(c, _mm512_cmp_pd_mask(a, limit, _CMP_GT_OQ), b);
}
/* The binary exponent of normal a > 0, and its fraction in [1, 2). */
static inline lanes lanes_split(lanes a, lanes *fraction)
{
    const __m512i bits = _mm512_castpd_si512(a);
    const __m512i one = _mm512_castpd_si512(_mm512_set1_pd(1.0));
    const __m512i low = _mm512_and_si512(bits, _mm512_set1_epi64(0xfffffffffffff));
    *fraction = _mm512_castsi512_pd(_mm512_or_si512(low, one));
    const __m512i magic = _mm512_castpd_si512(_mm512_set1_pd(4503599627370496.0)); /* 2^52 */
    const __m512d biased = _mm512_castsi512_pd(_mm512_or_si512(_mm512_srli_epi64(bits, 52), magic));
    return _mm512_sub_pd(biased, _mm512_set1_pd(4503599627370496.0 + 1023.0));
}
/* 2^k for whole k in -1022 .. 1023. */
static inline lanes lanes_power_of_two(lanes k)
{
    const __m512d biased = _mm512_add_pd(k, _mm512_set1_pd(4503599627370496.0 + 1023.0));
    return _mm512_castsi512_pd(_mm512_slli_epi64(_mm512_castpd_si512(biased), 52));
}

#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

enum { WIDTH = 4 };
typedef __m256d lanes;

static inline lanes lanes_load(const double *p)
{
    return _mm256_loadu_pd(p);
}
static inline void lanes_store(double *p, lanes a)
{
    _mm256_storeu_pd(p, a);
}
static inline lanes lanes_all(double x)
{
    return _mm256_set1_pd(x);
}
static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm256_add_pd(a, b);
}
static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm256_sub_pd(a, b);
}
static inline lanes lanes_multiply(lanes a, lanes b)
{
    return _mm256_mul_pd(a, b);
}
static inline lanes lanes_divide(lanes a, lanes b)
{
    return _mm256_div_pd(a, b);
}
static inline lanes lanes_fused(lanes a, lanes b, lanes c)
{
    return _mm256_fmadd_pd(a, b, c);
}
static inline lanes lanes_min(lanes a, lanes b)
{
    return _mm256_min_pd(a, b);
}
static inline lanes lanes_max(lanes a, lanes b)
{
    return _mm256_max_pd(a, b);
}
static inline lanes lanes_root(lanes a)
{
    return _mm256_sqrt_pd(a);
}
static inline lanes lanes_size(lanes a)
{
    return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a);
}
static inline lanes lanes_first(lanes a, int64_t count)
{
    const __m256i places = _mm256_set_epi64x(3, 2, 1, 0);
    return _mm256_and_pd(a, _mm256_castsi256_pd(_mm256_cmpgt_epi64(_mm256_set1_epi64x(count), places)));
}
static inline lanes lanes_where_positive(lanes a, lanes b)
{
    return _mm256_and_pd(_mm256_cmp_pd(a, _mm256_setzero_pd(), _CMP_GT_OQ), b);
}
static inline lanes lanes_where_above(lanes a, lanes limit, lanes b, lanes c)
{
    return _mm256_blendv_pd(c, b, _mm256_cmp_pd(a, limit, _CMP_GT_OQ));
}
static inline lanes lanes_split(lanes a, lanes *fraction)
{
    const __m256i bits = _mm256_castpd_si256(a);
    const __m256i one = _mm256_castpd_si256(_mm256_set1_pd(1.0));
    const __m256i low = _mm256_and_si256(bits, _mm256_set1_epi64x(0xfffffffffffff));
    *fraction = _mm256_castsi256_pd(_mm256_or_si256(low, one));
    const __m256i magic = _mm256_castpd_si256(_mm256_set1_pd(4503599627370496.0)); /* 2^52 */
    const __m256d biased = _mm256_castsi256_pd(_mm256_or_si256(_mm256_srli_epi64(bits, 52), magic));
    return _mm256_sub_pd(biased, _mm256_set1_pd(4503599627370496.0 + 1023.0));
}
static inline lanes lanes_power_of_two(lanes k)
{
    const __m256d biased = _mm256_add_pd(k, _mm256_set1_pd(4503599627370496.0 + 1023.0));
    return _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(biased), 52));
}

#else

enum { WIDTH = 1 };
typedef double lanes;

static inline lanes lanes_load(const double *p)
{
    return *p;
}
static inline void lanes_store(double *p, lanes a)
{
    *p = a;
}
static inline lanes lanes_all(double x)
{
    return x;
}
static inline lanes lanes_add(lanes a, lanes b)
{
    return a + b;
}
static inline lanes lanes_subtract(lanes a, lanes b)
{
    return a - b;
}
static inline lanes lanes_multiply(lanes a, lanes b)
{
    return a * b;
}
static inline lanes lanes_divide(lanes a, lanes b)
{
    return a / b;
}
static inline lanes lanes_fused(lanes a, lanes b, lanes c)
{
    return fma(a, b, c);
}
static inline lanes lanes_min(lanes a, lanes b)
{
    return a < b ? a : b;
}
static inline lanes lanes_max(lanes a, lanes b)
{
    return a > b ? a : b;
}
static inline lanes lanes_root(lanes a)
{
    return sqrt(a);
}
static inline lanes lanes_size(lanes a)
{
    return fabs(a);
}
static inline lanes lanes_first(lanes a, int64_t count)
{
    return count > 0 ? a : 0.0;
}
static inline lanes lanes_where_positive(lanes a, lanes b)
{
    return a > 0.0 ? b : 0.0;
}
static inline lanes lanes_where_above(lanes a, lanes limit, lanes b, lanes c)
{
    return a > limit ? b : c;
}
static inline lanes lanes_split(lanes a, lanes *fraction)
{
    uint64_t bits;
    memcpy(&bits, &a, sizeof bits);
    const uint64_t low = (bits & 0xfffffffffffff) | (uint64_t)1023 << 52;
    memcpy(fraction, &low, sizeof low);
    return (double)(bits >> 52) - 1023.0;
}
static inline lanes lanes_power_of_two(lanes k)
{
    const uint64_t bits = (uint64_t)((int64_t)k + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

#endif

#endif /* JT_FEATURES_LANES_H */
