/*
 * Sixteen floats, one channel each, for source that is compiled once per instruction set.
 *
 * Every lane sees the same operations in the same order on every instruction set, and multiply-add is fused everywhere,
 * so that all of them give the same bits. lanes_min and lanes_max take their second argument where either is NaN.
 */
#ifndef JT_NATIVE_LANES_H
#define JT_NATIVE_LANES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>

/* Running sums that fit into the registers, beside what is multiplied. */
enum { LANES_SUMS = 28 };
typedef __m512 lanes;

static inline lanes lanes_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
static inline void lanes_store(float *p, lanes a)
{
    _mm512_storeu_ps(p, a);
}
static inline lanes lanes_all(float x)
{
    return _mm512_set1_ps(x);
}
static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm512_add_ps(a, b);
}
static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm512_sub_ps(a, b);
}
static inline lanes lanes_multiply(lanes a, lanes b)
{
    return _mm512_mul_ps(a, b);
}
static inline lanes lanes_divide(lanes a, lanes b)
{
    return _mm512_div_ps(a, b);
}
/* a b + c, rounded once. */
static inline lanes lanes_fused(lanes a, lanes b, lanes c)
{
    return _mm512_fmadd_ps(a, b, c);
}
static inline lanes lanes_min(lanes a, lanes b)
{
    return _mm512_min_ps(a, b);
}
static inline lanes lanes_max(lanes a, lanes b)
{
    return _mm512_max_ps(a, b);
}
/* What a is above the whole number below it: 0 .. 1. Anything for infinity, where lanes_scale does not ask. */
static inline lanes lanes_fraction(lanes a)
{
    return _mm512_sub_ps(a, _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
}
/* a times 2 to the whole number below n, for a in 0.5 .. 2; of infinite n only the sign counts, whatever a is. */
static inline lanes lanes_scale(lanes a, lanes n)
{
    return _mm512_scalef_ps(a, n);
}
/* Lane i is lane places[i] of a; both in one half of eight. */
typedef __m512i lanes_places;
static inline lanes_places lanes_places_load(const int32_t places[16])
{
    return _mm512_loadu_si512(places);
}
static inline lanes lanes_permute(lanes a, lanes_places places)
{
    return _mm512_permutexvar_ps(places, a);
}

/* p[0] in lanes 0, 2, ..., p[1] in lanes 1, 3, ... */
static inline lanes lanes_all_pairs(const float *p)
{
    double both;
    memcpy(&both, p, sizeof both);
    return _mm512_castpd_ps(_mm512_set1_pd(both));
}
/* The sums of neighbours in the first eight lanes, zeros in the others. */
static inline lanes lanes_add_pairs(lanes a)
{
    const __m512i even = _mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, 14, 12, 10, 8, 6, 4, 2, 0);
    return _mm512_maskz_permutexvar_ps(0xff, even, _mm512_add_ps(a, _mm512_permute_ps(a, 0xb1)));
}
/* Bit i is set where lanes i are not equal, as with a NaN. */
static inline uint32_t lanes_differ(lanes a, lanes b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ);
}

/* Eight lanes from each of two places, and to them. */
static inline lanes lanes_load_halves(const float *low, const float *high)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(low)), _mm256_loadu_ps(high), 1);
}
static inline void lanes_store_halves(float *low, float *high, lanes a)
{
    _mm256_storeu_ps(low, _mm512_castps512_ps256(a));
    _mm256_storeu_ps(high, _mm512_extractf32x8_ps(a, 1));
}
/* The larger of each pair of neighbours (the first where one is NaN or both are equal): eight, to one place. */
static inline void lanes_store_pairs(float *p, lanes a)
{
    const __m512i even = _mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, 14, 12, 10, 8, 6, 4, 2, 0);
    const __m512 first = _mm512_permutexvar_ps(even, a),
                 second = _mm512_permutexvar_ps(even, _mm512_permute_ps(a, 0xb1));
    _mm256_storeu_ps(p, _mm512_castps512_ps256(_mm512_max_ps(second, first)));
}

static inline lanes halves_added(lanes a, lanes b)
{
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
}
static inline lanes quarters_added(lanes a, lanes b)
{
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
}
/* Lane i is the sum of all lanes of a[i]: of l and l + 8, then l and l + 4, then l and l + 2, then both. */
static inline lanes lanes_sums(const lanes a[16])
{
    lanes of_four[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        of_four[i] = quarters_added(halves_added(a[i], a[i + 4]), halves_added(a[i + 8], a[i + 12]));
    lanes of_two[2];
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        const __m512d first = _mm512_castps_pd(of_four[2 * i]), second = _mm512_castps_pd(of_four[2 * i + 1]);
        of_two[i] = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(first, second)),
                                  _mm512_castpd_ps(_mm512_unpackhi_pd(first, second)));
    }
    return _mm512_add_ps(_mm512_shuffle_ps(of_two[0], of_two[1], 0x88), _mm512_shuffle_ps(of_two[0], of_two[1], 0xdd));
}

#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

enum { LANES_SUMS = 6 };
typedef struct lanes {
    __m256 low, high;
} lanes;

static inline lanes lanes_load(const float *p)
{
    return (lanes){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}
static inline void lanes_store(float *p, lanes a)
{
    _mm256_storeu_ps(p, a.low);
    _mm256_storeu_ps(p + 8, a.high);
}
static inline lanes lanes_all(float x)
{
    const __m256 all = _mm256_set1_ps(x);
    return (lanes){all, all};
}
static inline lanes lanes_add(lanes a, lanes b)
{
    return (lanes){_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}
static inline lanes lanes_subtract(lanes a, lanes b)
{
    return (lanes){_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}
static inline lanes lanes_multiply(lanes a, lanes b)
{
    return (lanes){_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
static inline lanes lanes_divide(lanes a, lanes b)
{
    return (lanes){_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
}
static inline lanes lanes_fused(lanes a, lanes b, lanes c)
{
    return (lanes){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
static inline lanes lanes_min(lanes a, lanes b)
{
    return (lanes){_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}
static inline lanes lanes_max(lanes a, lanes b)
{
    return (lanes){_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
/*
 * What is needed of a power of two that 1 is added to: from 2^128 on it is infinity, below 2^-127 as good as none. A
 * NaN stays one.
 */
static inline __m256 half_limited(__m256 n)
{
    return _mm256_max_ps(_mm256_set1_ps(-127.0f), _mm256_min_ps(_mm256_set1_ps(128.0f), n));
}
static inline __m256 half_fraction(__m256 a)
{
    const __m256 limited = half_limited(a);
    return _mm256_sub_ps(limited, _mm256_floor_ps(limited));
}
static inline lanes lanes_fraction(lanes a)
{
    return (lanes){half_fraction(a.low), half_fraction(a.high)};
}
/* Added to 2^23 and 127, a whole number of -127 .. 128 is the exponent of its power of two: of 128 that is infinity. */
static inline __m256 half_scale(__m256 a, __m256 n)
{
    const __m256 biased = _mm256_add_ps(_mm256_floor_ps(half_limited(n)), _mm256_set1_ps(0x1p23f + 127.0f));
    return _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(biased), 23)));
}
static inline lanes lanes_scale(lanes a, lanes n)
{
    return (lanes){half_scale(a.low, n.low), half_scale(a.high, n.high)};
}
typedef struct lanes_places {
    __m256i low, high;
} lanes_places;
static inline lanes_places lanes_places_load(const int32_t places[16])
{
    return (lanes_places){_mm256_loadu_si256((const __m256i *)(const void *)places),
                          _mm256_loadu_si256((const __m256i *)(const void *)(places + 8))};
}
/* Only the low three bits of a place are looked at. */
static inline lanes lanes_permute(lanes a, lanes_places places)
{
    return (lanes){_mm256_permutevar8x32_ps(a.low, places.low), _mm256_permutevar8x32_ps(a.high, places.high)};
}
static inline lanes lanes_all_pairs(const float *p)
{
    double both;
    memcpy(&both, p, sizeof both);
    const __m256 all = _mm256_castpd_ps(_mm256_set1_pd(both));
    return (lanes){all, all};
}
static inline lanes lanes_add_pairs(lanes a)
{
    const __m256 even = _mm256_shuffle_ps(a.low, a.high, 0x88), odd = _mm256_shuffle_ps(a.low, a.high, 0xdd);
    const __m256d mixed = _mm256_castps_pd(_mm256_add_ps(even, odd));
    return (lanes){_mm256_castpd_ps(_mm256_permute4x64_pd(mixed, 0xd8)), _mm256_setzero_ps()};
}
static inline uint32_t lanes_differ(lanes a, lanes b)
{
    const int low = _mm256_movemask_ps(_mm256_cmp_ps(a.low, b.low, _CMP_NEQ_UQ));
    const int high = _mm256_movemask_ps(_mm256_cmp_ps(a.high, b.high, _CMP_NEQ_UQ));
    return (uint32_t)low | (uint32_t)high << 8;
}
static inline lanes lanes_load_halves(const float *low, const float *high)
{
    return (lanes){_mm256_loadu_ps(low), _mm256_loadu_ps(high)};
}
static inline void lanes_store_halves(float *low, float *high, lanes a)
{
    _mm256_storeu_ps(low, a.low);
    _mm256_storeu_ps(high, a.high);
}
static inline void lanes_store_pairs(float *p, lanes a)
{
    const __m256 first = _mm256_shuffle_ps(a.low, a.high, 0x88), second = _mm256_shuffle_ps(a.low, a.high, 0xdd);
    const __m256d mixed = _mm256_castps_pd(_mm256_max_ps(second, first));
    _mm256_storeu_ps(p, _mm256_castpd_ps(_mm256_permute4x64_pd(mixed, 0xd8)));
}

static inline lanes lanes_sums(const lanes a[16])
{
    float sums[16];
    for (int i = 0; i < 16; i++) {
        const __m256 of_eight = _mm256_add_ps(a[i].low, a[i].high);
        const __m128 of_four = _mm_add_ps(_mm256_castps256_ps128(of_eight), _mm256_extractf128_ps(of_eight, 1));
        const __m128 of_two = _mm_add_ps(of_four, _mm_movehl_ps(of_four, of_four));
        sums[i] = _mm_cvtss_f32(_mm_add_ss(of_two, _mm_movehdup_ps(of_two)));
    }
    return lanes_load(sums);
}

#else

enum { LANES_SUMS = 4 };
typedef struct lanes {
    float at[16];
} lanes;

static inline lanes lanes_load(const float *p)
{
    lanes a;
    memcpy(&a, p, sizeof a);
    return a;
}
static inline void lanes_store(float *p, lanes a)
{
    memcpy(p, &a, sizeof a);
}
static inline lanes lanes_all(float x)
{
    lanes a;
    for (int i = 0; i < 16; i++)
        a.at[i] = x;
    return a;
}
static inline lanes lanes_add(lanes a, lanes b)
{
    for (int i = 0; i < 16; i++)
        a.at[i] += b.at[i];
    return a;
}
static inline lanes lanes_subtract(lanes a, lanes b)
{
    for (int i = 0; i < 16; i++)
        a.at[i] -= b.at[i];
    return a;
}
static inline lanes lanes_multiply(lanes a, lanes b)
{
    for (int i = 0; i < 16; i++)
        a.at[i] *= b.at[i];
    return a;
}
static inline lanes lanes_sums(const lanes a[16])
{
    lanes sums;
    for (int i = 0; i < 16; i++) {
        lanes left = a[i];
        for (int half = 8; half > 0; half /= 2)
            for (int l = 0; l < half; l++)
                left.at[l] += left.at[l + half];
        sums.at[i] = left.at[0];
    }
    return sums;
}
static inline lanes lanes_divide(lanes a, lanes b)
{
    for (int i = 0; i < 16; i++)
        a.at[i] /= b.at[i];
    return a;
}
static inline lanes lanes_fused(lanes a, lanes b, lanes c)
{
    for (int i = 0; i < 16; i++)
        c.at[i] = fmaf(a.at[i], b.at[i], c.at[i]);
    return c;
}
static inline lanes lanes_min(lanes a, lanes b)
{
    for (int i = 0; i < 16; i++)
        a.at[i] = a.at[i] < b.at[i] ? a.at[i] : b.at[i];
    return a;
}
static inline lanes lanes_max(lanes a, lanes b)
{
    for (int i = 0; i < 16; i++)
        a.at[i] = a.at[i] > b.at[i] ? a.at[i] : b.at[i];
    return a;
}
/* Beyond +-252 everything is infinity or next to nothing; a NaN stays one. */
static inline float limited(float n)
{
    n = n > 252.0f ? 252.0f : n;
    return n < -252.0f ? -252.0f : n;
}
static inline lanes lanes_fraction(lanes a)
{
    for (int i = 0; i < 16; i++)
        a.at[i] = limited(a.at[i]) - floorf(limited(a.at[i]));
    return a;
}
static inline float power_of_two(int32_t n)
{
    const uint32_t bits = (uint32_t)(n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}
/* In two halves of n, so that either power of two is a number. */
static inline lanes lanes_scale(lanes a, lanes n)
{
    for (int i = 0; i < 16; i++) {
        const float below = floorf(limited(n.at[i]));
        const int32_t whole = below == below ? (int32_t)below : 0, first = whole / 2;
        a.at[i] = a.at[i] * power_of_two(first) * power_of_two(whole - first);
    }
    return a;
}
typedef struct lanes_places {
    int32_t at[16];
} lanes_places;
static inline lanes_places lanes_places_load(const int32_t places[16])
{
    lanes_places p;
    memcpy(&p, places, sizeof p);
    return p;
}
static inline lanes lanes_permute(lanes a, lanes_places places)
{
    lanes b;
    for (int i = 0; i < 16; i++)
        b.at[i] = a.at[places.at[i]];
    return b;
}
static inline lanes lanes_all_pairs(const float *p)
{
    lanes a;
    for (int i = 0; i < 16; i++)
        a.at[i] = p[i % 2];
    return a;
}
static inline lanes lanes_add_pairs(lanes a)
{
    lanes b = {{0}};
    for (int i = 0; i < 8; i++)
        b.at[i] = a.at[2 * i] + a.at[2 * i + 1];
    return b;
}
static inline uint32_t lanes_differ(lanes a, lanes b)
{
    uint32_t bits = 0;
    for (int i = 0; i < 16; i++)
        bits |= (uint32_t)(a.at[i] != b.at[i]) << i;
    return bits;
}
static inline lanes lanes_load_halves(const float *low, const float *high)
{
    lanes a;
    memcpy(a.at, low, 8 * sizeof *low);
    memcpy(a.at + 8, high, 8 * sizeof *high);
    return a;
}
static inline void lanes_store_halves(float *low, float *high, lanes a)
{
    memcpy(low, a.at, 8 * sizeof *low);
    memcpy(high, a.at + 8, 8 * sizeof *high);
}
static inline void lanes_store_pairs(float *p, lanes a)
{
    for (int i = 0; i < 8; i++)
        p[i] = a.at[2 * i + 1] > a.at[2 * i] ? a.at[2 * i + 1] : a.at[2 * i];
}

#endif

static inline lanes lanes_zero(void)
{
    return lanes_all(0.0f);
}

#endif /* JT_NATIVE_LANES_H */
