/* Constituents and pairs against docs/constituents.md written out again in double precision with the C library. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/sets/logarithm.h"
#include "lib/sets/sets.h"

enum { CAPACITY = 12, MOST = 6, MOST_VALUES = 512 };

static const double pi = 3.14159265358979323846;
static const float mean[JT_MAX_COLUMNS] = {0.5f, -0.25f, 0.125f, -2, 3, -1, 0, 0};
static const float deviation[JT_MAX_COLUMNS] = {2, 0.5f, 1, 4, 0.25f, 3, 1, 1};

/* pT, eta, phi and mass 0, hardest first; phi near the seam, so that differences wrap. */
typedef struct member {
    double pt, eta, phi;
} member;

static const member members[] = {{200, 0.5, 3.1}, {90, 0.7, -3.1}, {55, 0.2, 2.6}, {20, 0.5, 3.1}, {5e-4, -0.3, -2.9}};
enum { N = sizeof members / sizeof *members };

/* A clean jet of these, and behind them two constituents along the beam, which have no pT. */
static jt_clean_jet *make_jet(const member *given, int n)
{
    jt_clean_jet *jet = malloc(sizeof *jet + 64 + jt_clean_jet_bytes(CAPACITY));
    char *after = (char *)(jet + 1);
    jt_clean_jet_init(jet, CAPACITY, after + (64 - (uintptr_t)after % 64) % 64);
    for (int i = 0; i < n + 2; i++) {
        const member m = i < n ? given[i] : (member){0, 0, 0};
        jet->pt[i] = m.pt;
        jet->px[i] = m.pt * cos(m.phi);
        jet->py[i] = m.pt * sin(m.phi);
        jet->pz[i] = i < n ? m.pt * sinh(m.eta) : 5;
        jet->e[i] = i < n ? m.pt * cosh(m.eta) : 5;
    }
    jet->n = n + 2;
    return jet;
}

static double wrapped(double angle)
{
    return angle - 2 * pi * round(angle / (2 * pi));
}

static void fill(const jt_sets *sets, const jt_clean_jet *jet, float *out)
{
    void *scratch = NULL;
    const size_t bytes = jt_sets_bytes(sets, CAPACITY);
    assert_true(bytes > 0);
    assert_int_equal(posix_memalign(&scratch, 64, bytes), 0);
    for (int i = 0; i < MOST_VALUES; i++)
        out[i] = 7;
    jt_sets_fill(sets, jet, scratch, out);
    free(scratch);
}

static void expect(float value, double expected, int column)
{
    const double standard = (expected - (double)mean[column]) / (double)deviation[column];
    assert_true(fabs((double)value - standard) < 2e-5 * (1 + fabs(standard)));
}

static void test_singles(void **state)
{
    (void)state;
    const jt_sets sets = {.singles = {MOST, JT_SINGLES, {0, 1, 2, 3, 4, 5}, mean, deviation}};
    int32_t shape[3];
    jt_singles_shape(&sets.singles, shape);
    assert_true(shape[0] == 1 + JT_SINGLES && shape[1] == 1 && shape[2] == MOST);
    jt_pairs_shape(&sets.pairs, shape);
    assert_true(shape[0] == 0 && shape[1] == 0 && shape[2] == 0);

    jt_clean_jet *jet = make_jet(members, N);
    float out[MOST_VALUES];
    fill(&sets, jet, out);
    double sum = 0, eta = 0, phi = 0;
    for (int i = 0; i < N; i++) {
        sum += members[i].pt;
        eta += members[i].pt * members[i].eta;
        phi += members[i].pt * wrapped(members[i].phi - members[0].phi);
    }
    for (int i = 0; i < N; i++) {
        const double x = members[i].eta - eta / sum;
        const double y = wrapped(members[i].phi - members[0].phi - phi / sum), r = hypot(x, y);
        const double expected[JT_SINGLES] = {
            x, y, r, log(fmax(r, 1e-4)), log(fmax(members[i].pt, 1e-3)), log(fmax(members[i].pt / sum, 1e-9))};
        assert_true(out[i] == 1);
        for (int c = 0; c < JT_SINGLES; c++)
            expect(out[(c + 1) * MOST + i], expected[c], c);
    }
    /* Nobody is in the last place, and nothing is written behind it. */
    for (int c = 0; c <= JT_SINGLES; c++)
        assert_true(out[c * MOST + N] == 0);
    assert_true(out[(1 + JT_SINGLES) * MOST] == 7);
    free(jet);
}

static void test_pairs(void **state)
{
    (void)state;
    enum { PLACES = MOST * (MOST - 1) / 2 };
    const jt_sets sets = {.pairs = {MOST, JT_PAIRS, {3, 2, 1, 0}, mean, deviation}};
    jt_clean_jet *jet = make_jet(members, N);
    float out[MOST_VALUES];
    fill(&sets, jet, out);
    int n_there = 0;
    for (int i = 0, k = 0; i < MOST; i++)
        for (int j = i + 1; j < MOST; j++, k++) {
            if (j >= N) {
                for (int c = 0; c <= JT_PAIRS; c++)
                    assert_true(out[c * PLACES + k] == 0);
                continue;
            }
            const member a = members[i], b = members[j];
            const double x = a.eta - b.eta, y = wrapped(a.phi - b.phi);
            const double r = fmax(hypot(x, y), 1e-4), least = fmax(fmin(a.pt, b.pt), 1e-3);
            const double mass = sqrt(2 * a.pt * b.pt * fmax(cosh(x) - cos(y), 0));
            const double expected[JT_PAIRS] = {
                log(fmax(mass, 1e-3)), log(least / (fmax(a.pt, 1e-3) + fmax(b.pt, 1e-3))), log(least * r), log(r)};
            assert_true(out[k] == 1);
            for (int c = 0; c < JT_PAIRS; c++)
                expect(out[(c + 1) * PLACES + k], expected[c], c);
            n_there++;
        }
    assert_int_equal(n_there, N * (N - 1) / 2);
    assert_true(out[(1 + JT_PAIRS) * PLACES] == 7);
    free(jet);
}

/* More constituents than places: the hardest, and shares of all pT. */
static void test_more_than_there_is_room_for(void **state)
{
    (void)state;
    const float zero[1] = {0}, one[1] = {1};
    const jt_sets sets = {.singles = {2, 1, {JT_SINGLE_LOG_Z}, zero, one},
                          .pairs = {2, 1, {JT_PAIR_LOG_DR}, zero, one}};
    jt_clean_jet *jet = make_jet(members, N);
    float out[MOST_VALUES];
    fill(&sets, jet, out);
    const double sum = 200 + 90 + 55 + 20 + 5e-4;
    const double expected[] = {1, 1, log(200 / sum), log(90 / sum), 1, log(hypot(0.2, 2 * pi - 6.2))};
    for (int i = 0; i < 6; i++)
        assert_true(fabs((double)out[i] - expected[i]) < 1e-5);
    assert_true(out[6] == 7);
    free(jet);
}

/* Nobody has a direction: all zeros. Without sets there is nothing to do. */
static void test_nobody(void **state)
{
    (void)state;
    const float zero[1] = {0}, one[1] = {1};
    const jt_sets sets = {.singles = {3, 1, {JT_SINGLE_DR}, zero, one}, .pairs = {3, 1, {JT_PAIR_LOG_M}, zero, one}};
    jt_clean_jet *jet = make_jet(members, 0);
    float out[MOST_VALUES];
    fill(&sets, jet, out);
    for (int i = 0; i < 12; i++)
        assert_true(out[i] == 0);
    assert_true(out[12] == 7);
    const jt_sets none = {.singles = {0}};
    assert_int_equal(jt_sets_bytes(&none, CAPACITY), 0);
    free(jet);
}

/* The largest and smallest that cleaning lets through stay finite. */
static void test_extremes(void **state)
{
    (void)state;
    static const member wild[] = {{1e30, 0, 0}, {1e30, 0, 0}, {1, 300, 2}, {1e-200, -600, 1}};
    const jt_sets sets = {.singles = {MOST, JT_SINGLES, {0, 1, 2, 3, 4, 5}, mean, deviation},
                          .pairs = {MOST, JT_PAIRS, {0, 1, 2, 3}, mean, deviation}};
    jt_clean_jet *jet = make_jet(wild, 4);
    float out[MOST_VALUES];
    fill(&sets, jet, out);
    for (int i = 0; i < MOST_VALUES; i++)
        assert_true(isfinite(out[i]));
    free(jet);
}

/* Promised in logarithm.h: within 1.1e-7 (1 + |ln x|) for every normal x > 0. */
static void test_logarithm(void **state)
{
    (void)state;
    uint32_t random = 3;
    for (int i = 0; i < 200000; i++) {
        random = random * 1664525u + 1013904223u;
        const uint32_t bits = 0x00800000u + random % (0x7F800000u - 0x00800000u);
        float x;
        memcpy(&x, &bits, sizeof x);
        const double exact = log((double)x);
        assert_true(fabs((double)jt_lnf(x) - exact) <= 1.1e-7 * (1 + fabs(exact)));
    }
    assert_true(jt_lnf(1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_singles),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_more_than_there_is_room_for),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_logarithm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
