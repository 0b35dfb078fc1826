/*
 * Jets from hell: each has the status that jettag.h gives it, the scores of good jets around it stay as they are to the
 * bit, and no exception flag, rounding mode or errno of the caller is touched. On every backend in the library.
 */
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "toys.h"

enum { MOST = 10000 };

typedef double row[4];

/* A way to spoil a jet of `n` constituents that was good, and what becomes of it. */
typedef struct hostile {
    const char *name;
    jt_jet_status status;
    int n;
    void (*spoil)(row *rows, int n);
} hostile;

static void set_all(row *rows, int n, double px, double py, double pz, double e)
{
    const row values = {px, py, pz, e};
    for (int i = 0; i < n; i++)
        memcpy(rows[i], values, sizeof values);
}

static void one_nan(row *rows, int n)
{
    rows[n - 1][2] = (double)NAN;
}

static void signalling_nan(row *rows, int n)
{
    const uint64_t bits = 0x7ff0000000000001;
    memcpy(&rows[n / 2][0], &bits, sizeof bits);
}

static void one_infinity(row *rows, int n)
{
    (void)n;
    rows[0][3] = (double)INFINITY;
}

static void minus_infinity(row *rows, int n)
{
    rows[n - 1][0] = -(double)INFINITY;
}

static void largest_double(row *rows, int n)
{
    set_all(rows, n, DBL_MAX, DBL_MAX, DBL_MAX, DBL_MAX);
}

static void above_1e30(row *rows, int n)
{
    (void)n;
    rows[1][1] = 1.0000001e30;
}

static void at_1e30(row *rows, int n)
{
    set_all(rows, n, 1e30, 0, 0, 1e30);
}

static void denormal(row *rows, int n)
{
    set_all(rows, n, 5e-324, 0, 5e-324, 1e-323);
}

static void tiny(row *rows, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 4; k++)
            rows[i][k] *= 1e-300;
}

static void negative_energy(row *rows, int n)
{
    rows[n - 1][3] = -1e-300;
}

static void negative_zero_energy(row *rows, int n)
{
    rows[n - 1][3] = -0.0;
}

static void tachyons(row *rows, int n)
{
    for (int i = 0; i < n; i++)
        rows[i][3] = 0;
}

static void none(row *rows, int n)
{
    (void)rows;
    (void)n;
}

static void all_padding(row *rows, int n)
{
    set_all(rows, n, 0, -0.0, 0, 0);
}

static void padding_but_three(row *rows, int n)
{
    set_all(rows + 3, n - 3, 0, 0, 0, 0);
}

static void equal_momenta(row *rows, int n)
{
    set_all(rows, n, 30, -20, 5, 40);
}

static void along_the_beam(row *rows, int n)
{
    set_all(rows, n, 0, 0, 1e5, 1e5);
}

static void nearly_along_the_beam(row *rows, int n)
{
    set_all(rows, n, 1e-200, 0, 1e29, 1e29);
}

static void back_to_back(row *rows, int n)
{
    for (int i = 0; i < n; i++)
        set_all(rows + i, 1, i % 2 ? 50 : -50, 0, 0, 50);
}

static const hostile jets_from_hell[] = {
    {"a NaN in the last constituent", JT_JET_NOT_FINITE, 20, one_nan},
    {"a signalling NaN", JT_JET_NOT_FINITE, 20, signalling_nan},
    {"an infinite energy", JT_JET_NOT_FINITE, 20, one_infinity},
    {"a momentum of -infinity", JT_JET_NOT_FINITE, 20, minus_infinity},
    {"the largest doubles", JT_JET_NOT_FINITE, 20, largest_double},
    {"more than 1e30 GeV", JT_JET_NOT_FINITE, 20, above_1e30},
    {"energy below zero", JT_JET_NEGATIVE_ENERGY, 20, negative_energy},
    {"no constituents", JT_JET_TOO_FEW, 0, none},
    {"padding alone", JT_JET_TOO_FEW, 20, all_padding},
    {"three constituents and padding", JT_JET_TOO_FEW, 20, padding_but_three},
    {"energy of minus zero", JT_JET_OK, 20, negative_zero_energy},
    {"denormals", JT_JET_OK, 20, denormal},
    {"1e-300 of a jet", JT_JET_OK, 20, tiny},
    {"tachyons", JT_JET_OK, 20, tachyons},
    {"equal momenta", JT_JET_OK, 20, equal_momenta},
    {"equal momenta, 10,000 of them", JT_JET_OK, MOST, equal_momenta},
    {"10,000 constituents", JT_JET_OK, MOST, none},
    {"along the beam", JT_JET_OK, 20, along_the_beam},
    {"nearly along the beam", JT_JET_OK, 20, nearly_along_the_beam},
    {"back to back", JT_JET_OK, 20, back_to_back},
    /* 1e30 GeV is let through; what the network makes of it may be no number. */
    {"1e30 GeV", (jt_jet_status)-1, 20, at_1e30},
};
enum { KINDS = sizeof jets_from_hell / sizeof *jets_from_hell, N = 2 * KINDS + 1 };

static void good_rows(row *rows, int n, int which)
{
    unsigned random = 77u + (unsigned)which;
    for (int i = 0; i < n; i++) {
        random = random * 1664525u + 1013904223u;
        const double u = (double)(random >> 8) / 16777216.0;
        const double pt = 1 + 200 * pow(u, 4), eta = 0.4 * sin(3.0 * i + which), phi = 0.4 * cos(5.0 * i);
        const row values = {pt * cos(phi), pt * sin(phi), pt * sinh(eta), pt * cosh(eta)};
        memcpy(rows[i], values, sizeof values);
    }
}

/* Good and hostile jets in turn; without `spoilt` the hostile ones are empty. */
static row *make_jets(int64_t offsets[N + 1], int spoilt)
{
    row *rows = calloc((size_t)N * 40 + 2 * MOST, sizeof *rows);
    offsets[0] = 0;
    for (int i = 0; i < N; i++) {
        const hostile *kind = i % 2 ? &jets_from_hell[i / 2] : NULL;
        const int n = !kind ? 20 + i % 7 : spoilt ? kind->n : 0;
        good_rows(rows + offsets[i], n, i);
        if (kind && spoilt)
            kind->spoil(rows + offsets[i], n);
        offsets[i + 1] = offsets[i] + n;
    }
    return rows;
}

static void check_backend(const char *backend)
{
    jt_model *model = toy_model(backend);
    jt_context *context = NULL;
    assert_int_equal(jt_context_create(model, NULL, &context, NULL), JT_OK);
    float scores[2][N];
    uint8_t statuses[N];
    for (int spoilt = 0; spoilt < 2; spoilt++) {
        int64_t offsets[N + 1];
        row *rows = make_jets(offsets, spoilt);
        const jt_jets jets = {.size = sizeof jets, .n_jets = N, .offsets = offsets, .momenta = rows};
        const jt_output output = {.size = sizeof output, .scores = scores[spoilt], .statuses = statuses};
        feclearexcept(FE_ALL_EXCEPT);
        errno = 0;
        assert_int_equal(jt_tag_jets(context, &jets, &output), JT_OK);
        assert_int_equal(errno, 0);
        assert_int_equal(fetestexcept(FE_ALL_EXCEPT & ~FE_INEXACT), 0);
        free(rows);
    }
    for (int i = 0; i < N; i++) {
        if (i % 2 == 0) {
            assert_int_equal(statuses[i], JT_JET_OK);
            assert_memory_equal(&scores[0][i], &scores[1][i], sizeof(float));
            continue;
        }
        const hostile *kind = &jets_from_hell[i / 2];
        const int free_choice = (int)kind->status == -1;
        if (!free_choice && statuses[i] != kind->status)
            fail_msg("%s: status %d, not %d", kind->name, statuses[i], (int)kind->status);
        assert_true(!free_choice || statuses[i] == JT_JET_OK || statuses[i] == JT_JET_NOT_FINITE);
        assert_true(statuses[i] == JT_JET_OK ? scores[1][i] >= 0 && scores[1][i] <= 1 : isnan(scores[1][i]));
    }
    print_message("figure: hostile jets on %s with the status that is due, others unchanged: %d of %d\n", backend,
                  (int)KINDS, (int)KINDS);
    jt_context_free(context);
    jt_model_free(model);
}

static void test_reference(void **state)
{
    (void)state;
    check_backend("reference");
}

static void test_native(void **state)
{
    (void)state;
    check_backend("native");
}

/* Features and images of them are finite where the status is good, and NaN where it is not. */
static void test_features_and_images(void **state)
{
    (void)state;
    enum { PIXELS = 3 * 35 * 35 };
    int64_t offsets[N + 1];
    row *rows = make_jets(offsets, 1);
    const jt_jets jets = {.size = sizeof jets, .n_jets = N, .offsets = offsets, .momenta = rows};
    double *features = malloc(N * 53 * sizeof *features);
    float *images = malloc((size_t)N * PIXELS * sizeof *images);
    uint8_t statuses[N];
    assert_int_equal(jt_jet_features(&jets, NULL, features, statuses, NULL), JT_OK);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 53; k++)
            assert_true(isnan(features[53 * i + k]) == (statuses[i] != JT_JET_OK) && !isinf(features[53 * i + k]));
    assert_int_equal(jt_jet_images(&jets, "A35", images, statuses, NULL), JT_OK);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < PIXELS; k++) {
            const float value = images[i * PIXELS + k];
            assert_true(isnan(value) == (statuses[i] != JT_JET_OK) && !isinf(value));
        }
    free(images);
    free(features);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_native),
        cmocka_unit_test(test_features_and_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
