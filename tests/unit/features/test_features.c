/* Features that can be worked out by hand, edge cases, and what the calculation must not depend on. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/features/features.h"

static const double pi = 3.14159265358979323846;

typedef struct particle {
    double pt, y, phi, m;
} particle;

typedef struct toy {
    jt_clean_jet jet;
    void *memory;
} toy;

static void *take(size_t bytes)
{
    void *memory = aligned_alloc(64, bytes > 0 ? bytes : 64);
    assert_non_null(memory);
    return memory;
}

static toy make_toy(int32_t capacity)
{
    toy toy;
    toy.memory = take((jt_clean_jet_bytes(capacity) + 63) / 64 * 64);
    jt_clean_jet_init(&toy.jet, capacity, toy.memory);
    return toy;
}

static void set_momentum(jt_clean_jet *jet, int32_t place, const double p[4])
{
    jet->px[place] = p[0];
    jet->py[place] = p[1];
    jet->pz[place] = p[2];
    jet->e[place] = p[3];
    jet->pt[place] = sqrt(p[0] * p[0] + p[1] * p[1]);
}

static void momentum(const particle *particle, double p[4])
{
    double mt = sqrt(particle->pt * particle->pt + particle->m * particle->m);
    p[0] = particle->pt * cos(particle->phi);
    p[1] = particle->pt * sin(particle->phi);
    p[2] = mt * sinh(particle->y);
    p[3] = mt * cosh(particle->y);
}

static void fill(jt_clean_jet *jet, const double (*momenta)[4], int32_t n)
{
    jet->n = n;
    for (int32_t i = 0; i < n; i++) {
        set_momentum(jet, i, momenta[i]);
        jet->order[i] = i;
        jet->by_input[i] = i;
    }
}

/* Into exactly as much memory as is asked for, full of NaN, with a guard behind it. */
static void calculate(const jt_clean_jet *jet, double out[JT_FEATURES])
{
    enum { GUARD = 64 };
    size_t bytes = jt_features_bytes(jet->capacity);
    assert_int_equal(bytes % 64, 0);
    unsigned char *scratch = take(bytes + GUARD);
    memset(scratch, 0xff, bytes);
    memset(scratch + bytes, 0x5a, GUARD);
    memset(out, 0xff, JT_FEATURES * sizeof *out);
    const jt_feature_plan plan = jt_feature_plan_make(NULL, JT_FEATURES);
    assert_int_equal(jt_features(&plan, jet, scratch, out), 0);
    for (int i = 0; i < GUARD; i++)
        assert_int_equal(scratch[bytes + (size_t)i], 0x5a);
    for (int i = 0; i < JT_FEATURES; i++)
        assert_true(isfinite(out[i]));
    free(scratch);
}

static void features_of_momenta(const double (*momenta)[4], int32_t n, double out[JT_FEATURES])
{
    toy toy = make_toy(n);
    fill(&toy.jet, momenta, n);
    calculate(&toy.jet, out);
    free(toy.memory);
}

static void features_of(const particle *particles, int32_t n, double out[JT_FEATURES])
{
    double momenta[16][4];
    assert_true(n <= 16);
    for (int32_t i = 0; i < n; i++)
        momentum(&particles[i], momenta[i]);
    features_of_momenta((const double(*)[4])momenta, n, out);
}

static double value(const double features[JT_FEATURES], const char *name)
{
    int32_t i = jt_feature_find(name);
    if (i < 0)
        fail_msg("no feature %s", name);
    return features[i];
}

static void expect(const double features[JT_FEATURES], const char *name, double expected)
{
    double got = value(features, name);
    if (!(fabs(got - expected) <= 1e-11 * fabs(expected)))
        fail_msg("%s is %.17g, not %.17g", name, got, expected);
}

/* All but pt, eta, phi, m and n. */
static void expect_substructure_zero(const double features[JT_FEATURES])
{
    for (int i = 5; i < JT_FEATURES; i++)
        if (features[i] != 0.0)
            fail_msg("%s is %.17g, not 0", jt_feature_table[i].name, features[i]);
}

static void expect_same(const double a[JT_FEATURES], const double b[JT_FEATURES], double tolerance)
{
    for (int i = 0; i < JT_FEATURES; i++)
        if (!(fabs(a[i] - b[i]) <= tolerance * fabs(a[i])))
            fail_msg("%s: %.17g and %.17g", jt_feature_table[i].name, a[i], b[i]);
}

static void test_empty(void **state)
{
    (void)state;
    double out[JT_FEATURES];
    features_of(NULL, 0, out);
    for (int i = 0; i < JT_FEATURES; i++)
        assert_true(out[i] == 0.0);
}

static void test_one(void **state)
{
    (void)state;
    double out[JT_FEATURES];
    const particle one = {50, 0.7, -2.5, 3};
    features_of(&one, 1, out);
    expect(out, "pt", 50);
    expect(out, "eta", asinh(sqrt(50.0 * 50.0 + 9.0) * sinh(0.7) / 50.0));
    expect(out, "phi", -2.5);
    assert_true(fabs(value(out, "m") - 3) < 1e-10);
    assert_true(value(out, "n") == 1);
    expect_substructure_zero(out);
}

static void test_two(void **state)
{
    (void)state;
    double out[JT_FEATURES];
    const double theta = 0.3;
    const particle two[] = {{60, 0, 0.1, 0}, {40, 0, 0.1 + theta, 0}};
    features_of(two, 2, out);
    assert_true(value(out, "n") == 2);
    expect(out, "pt", sqrt(60 * 60 + 40 * 40 + 2 * 60 * 40 * cos(theta)));
    assert_true(value(out, "eta") == 0);
    expect(out, "m", sqrt(2 * 60 * 40 * (1 - cos(theta))));
    expect(out, "C1_b1", 0.24 * theta);
    expect(out, "C1_b2", 0.24 * theta * theta);
    expect(out, "U1_b0.5", 0.24 * sqrt(theta));
    expect(out, "U1_b1", 0.24 * theta);
    expect(out, "U1_b2", 0.24 * theta * theta);
    const char *const set[] = {"C1_b1", "C1_b2", "U1_b0.5", "U1_b1", "U1_b2"};
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        out[jt_feature_find(set[i])] = 0;
    expect_substructure_zero(out);
}

/* An equilateral triangle of side d and equal pT, across rapidity 0 and phi = pi: every angle is d. */
static void test_triangle(void **state)
{
    (void)state;
    double out[JT_FEATURES];
    const double d = 0.4;
    const particle three[] = {{10, -0.1, 3, 0}, {10, d - 0.1, 3, 0}, {10, d / 2 - 0.1, 3 + d * sqrt(0.75), 0}};
    features_of(three, 3, out);
    for (int b = 1; b <= 2; b++) {
        const double angle = b == 1 ? d : d * d;
        expect(out, b == 1 ? "C1_b1" : "C1_b2", angle / 3);
        expect(out, b == 1 ? "C2_b1" : "C2_b2", angle / 3);
        expect(out, b == 1 ? "U2_b1" : "U2_b2", angle / 27);
        expect(out, b == 1 ? "M2_b1" : "M2_b2", 1.0 / 9);
        expect(out, b == 1 ? "N2_b1" : "N2_b2", 1.0 / 3);
        expect(out, b == 1 ? "tau21_b1" : "tau21_b2", 0.5);
    }
    expect(out, "U1_b0.5", sqrt(d) / 3);
    expect(out, "U2_b0.5", sqrt(d) / 27);
    expect(out, "D2_a1b1", 1);
    expect(out, "D2_a1b2", 1 / sqrt(27));
    expect(out, "D2_a2b1", 27);
    expect(out, "D2_a2b2", 1);
    expect(out, "L2", 1 / sqrt(27));
    expect(out, "L3", 1.0 / 9);
    expect(out, "tau21_b0.5", 0.5);
    const char *const zero[] = {"tau32_b1", "tau43_b1", "C3_b1", "D3_sum", "D3_t2", "U3_b1", "M3_b1", "N3_b2"};
    for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
        assert_true(value(out, zero[i]) == 0);
}

/* A square of side d and equal pT, across phi = 0: four angles are d, two are d sqrt(2). */
static void test_square(void **state)
{
    (void)state;
    double out[JT_FEATURES];
    const double d = 0.3, y = -1.2, phi = -0.1;
    const particle four[] = {{7, y, phi, 0}, {7, y + d, phi, 0}, {7, y + d, phi + d, 0}, {7, y, phi + d, 0}};
    features_of(four, 4, out);
    for (int b = 1; b <= 2; b++) {
        const double side = b == 1 ? d : d * d, root2 = b == 1 ? sqrt(2) : 2;
        const double e2 = (4 + 2 * root2) * side / 16, e3 = 4 * root2 * side * side * side / 64;
        const double e4 = root2 * root2 * pow(side, 6) / 256;
        expect(out, b == 1 ? "C1_b1" : "C1_b2", e2);
        expect(out, b == 1 ? "C2_b1" : "C2_b2", e3 / (e2 * e2));
        expect(out, b == 1 ? "C3_b1" : "C3_b2", e4 * e2 / (e3 * e3));
        expect(out, b == 1 ? "U3_b1" : "U3_b2", side / 256);
        expect(out, b == 1 ? "M3_b1" : "M3_b2", 1.0 / 16);
        expect(out, b == 1 ? "N3_b1" : "N3_b2", 1);
        expect(out, b == 1 ? "N2_b1" : "N2_b2", side * side / 16 / (e2 * e2));
    }
    expect(out, "U3_b0.5", sqrt(d) / 256);
    const double e2 = (4 + 4) * d * d / 16, e3 = pow(sqrt(2) * d * d * d, 0.8) / 16, e4 = pow(2 * pow(d, 6), 0.6) / 256;
    const double t1 = e4 * pow(e2, 0.9) / pow(e3, 2.25);
    const double t2 = e4 * pow(e2, 0.5) / pow(e3, 1.5);
    const double t3 = e4 * pow(e2, 0.5) / pow(e3, 2);
    expect(out, "D3_t1", t1);
    expect(out, "D3_t2", t2);
    expect(out, "D3_t3", t3);
    expect(out, "D3_sum", t1 + 5 * t2 + 0.35 * t3);
    assert_true(value(out, "tau43_b1") == 0);
}

/* On a line, at 0, 0.1 and 0.5: kT merges the first two, the hardest keeps its direction. */
static void test_axes(void **state)
{
    (void)state;
    double out[JT_FEATURES];
    const particle three[] = {{30, 0, 0.1, 0}, {50, 0, 0, 0}, {20, 0, 0.5, 0}};
    features_of(three, 3, out);
    expect(out, "tau21_b0.5", 30 * sqrt(0.1) / (30 * sqrt(0.1) + 20 * sqrt(0.5)));
    expect(out, "tau21_b1", 3.0 / (3 + 10));
    expect(out, "tau21_b2", 0.3 / (0.3 + 5));
    assert_true(value(out, "tau32_b1") == 0);
}

/* Angles are in rapidity, which knows about mass; eta of the jet is not its rapidity. */
static void test_mass(void **state)
{
    (void)state;
    double out[JT_FEATURES];
    const particle two[] = {{60, 0.2, 1, 20}, {40, 0.7, 1, 5}};
    features_of(two, 2, out);
    expect(out, "C1_b1", 0.24 * 0.5);
    const double mt = sqrt(60.0 * 60 + 400), nt = sqrt(40.0 * 40 + 25);
    expect(out, "m", sqrt(400 + 25 + 2 * (mt * nt * cosh(0.5) - 60 * 40)));
    expect(out, "eta", asinh((mt * sinh(0.2) + nt * sinh(0.7)) / 100));

    /* Less energy than momentum, as rounding makes it: massless for angles, negative mass for the jet. */
    const double slow[2][4] = {{3, 0, 4, 4.9}, {30, 0, 0, 30}};
    const double fast[2][4] = {{3, 0, 4, 5}, {30, 0, 0, 30}};
    const double alone[1][4] = {{3, 0, 4, 4.9}};
    double massless[JT_FEATURES];
    features_of_momenta(fast, 2, massless);
    features_of_momenta(slow, 2, out);
    assert_true(fabs(value(out, "C1_b1") / value(massless, "C1_b1") - 1) < 0.02);
    expect(out, "C1_b1", 90.0 / (33 * 33) * -0.5 * log(9.0 / (8.9 * 8.9)));
    features_of_momenta(alone, 1, out);
    expect(out, "m", -sqrt(25 - 4.9 * 4.9));
}

static void test_identical(void **state)
{
    (void)state;
    double out[JT_FEATURES];
    const particle seven[] = {{10, 0.3, 2, 0}, {10, 0.3, 2, 0}, {10, 0.3, 2, 0}, {10, 0.3, 2, 0},
                              {10, 0.3, 2, 0}, {10, 0.3, 2, 0}, {10, 0.3, 2, 0}};
    features_of(seven, 7, out);
    assert_true(value(out, "n") == 7);
    expect_substructure_zero(out);
}

/* One direction, and one direction with a particle beside it: every tuple with a collinear pair in it is 0. */
static void test_collinear(void **state)
{
    (void)state;
    double out[JT_FEATURES], line[8][4];
    const particle first = {10, 0.3, 2, 0}, beside = {30, 0.3, 2.5, 0};
    for (int i = 0; i < 7; i++) {
        momentum(&first, line[i]);
        for (int k = 0; k < 4; k++)
            line[i][k] = ldexp(line[i][k], i % 3);
    }
    features_of_momenta((const double(*)[4])line, 7, out);
    expect_substructure_zero(out);

    momentum(&beside, line[7]);
    features_of_momenta((const double(*)[4])line, 8, out);
    const double total = 10 * (3 * 1 + 2 * 2 + 2 * 4), z = 30 / (total + 30);
    expect(out, "C1_b1", z * (1 - z) * 0.5);
    const char *const zero[] = {"tau21_b0.5", "tau32_b1", "C2_b1", "C3_b2", "D2_a1b1", "D3_sum", "U2_b1",
                                "U3_b0.5",    "M2_b1",    "N2_b2", "M3_b1", "N3_b1",   "L2",     "L3"};
    for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
        assert_true(value(out, zero[i]) == 0);
}

/* A particle along the beam counts in n and in the sum of momenta, and in nothing else. */
static void test_beam(void **state)
{
    (void)state;
    double with[JT_FEATURES], without[JT_FEATURES];
    double momenta[8][4] = {{0, 0, 50, 50}, {0, 0, -20, 20}, {0, 0, 7, 9}};
    for (int i = 0; i < 5; i++) {
        const particle particle = {10 + 7 * i, 0.1 * i * i, 1 - 0.2 * i, 0};
        momentum(&particle, momenta[3 + i]);
    }
    features_of_momenta((const double(*)[4])momenta, 8, with);
    features_of_momenta((const double(*)[4])momenta + 3, 5, without);
    assert_true(value(with, "n") == 8);
    assert_true(value(with, "pt") == value(without, "pt"));
    assert_true(value(with, "eta") != value(without, "eta"));
    for (int i = 5; i < JT_FEATURES; i++)
        assert_true(fabs(with[i] - without[i]) <= 1e-12 * without[i]);

    features_of_momenta((const double(*)[4])momenta, 3, with);
    assert_true(value(with, "pt") == 0);
    assert_true(value(with, "eta") == 1e5);
    expect(with, "m", sqrt(79.0 * 79.0 - 37.0 * 37.0));
    expect_substructure_zero(with);
    features_of_momenta((const double(*)[4])momenta + 1, 1, with);
    assert_true(value(with, "eta") == 1e5);
}

/* Angles so small that powers of sums underflow. */
static void test_underflow(void **state)
{
    (void)state;
    double out[JT_FEATURES];
    const double close[4][4] = {{1, 0, 0, 1}, {1, 1e-60, 0, 1}, {1, 3e-60, 0, 1}, {2, 4e-60, 0, 2}};
    features_of_momenta(close, 4, out);
    assert_true(value(out, "D2_a2b1") == 0);
    expect(out, "C1_b1", (1 + 3 + 2 + 2 * (2 + 1 + 1)) * 1e-60 / 25);
    const double heavy[3][4] = {{1e150, 0, 0, 1e150}, {0, 1e150, 0, 1e150}, {0, 0, 1e150, 1e150}};
    features_of_momenta(heavy, 3, out);
    expect(out, "C1_b1", 0.25 * pi / 2);
}

static uint32_t random_state = 1;

static double uniform(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (double)(random_state >> 8) / (1 << 24);
}

static void random_momenta(double (*momenta)[4], int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        const particle particle = {200 * pow(uniform(), 3) + 0.1, uniform() - 0.5, 5.9 + uniform(), uniform()};
        momentum(&particle, momenta[i]);
    }
}

static void shuffle(int32_t *order, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        order[i] = i;
    for (int32_t i = n - 1; i > 0; i--) {
        int32_t k = (int32_t)(uniform() * (i + 1)), kept = order[i];
        order[i] = order[k];
        order[k] = kept;
    }
}

/* Where a constituent is stored must not matter at all; the caller's order only to rounding. */
static void test_order(void **state)
{
    (void)state;
    enum { N = 37 };
    double momenta[N][4], expected[JT_FEATURES], out[JT_FEATURES];
    int32_t order[N];
    toy toy = make_toy(N);
    for (int round = 0; round < 10; round++) {
        random_momenta(momenta, N);
        fill(&toy.jet, (const double(*)[4])momenta, N);
        calculate(&toy.jet, expected);
        shuffle(order, N);
        for (int32_t i = 0; i < N; i++) {
            set_momentum(&toy.jet, order[i], momenta[i]);
            toy.jet.order[order[i]] = i;
            toy.jet.by_input[i] = order[i];
        }
        calculate(&toy.jet, out);
        assert_memory_equal(out, expected, sizeof out);
        for (int32_t i = 0; i < N; i++)
            toy.jet.by_input[i] = i;
        calculate(&toy.jet, out);
        expect_same(expected, out, 1e-11);
    }
    free(toy.memory);
}

/* Room for more constituents, or memory with something in it, changes no bit. */
static void test_memory(void **state)
{
    (void)state;
    enum { MOST = 200 };
    static const int32_t capacities[] = {4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, MOST};
    static const int32_t lengths[] = {4, 5, 6, 7, 8, 9, 16, 33};
    static double momenta[MOST][4];
    random_momenta(momenta, MOST);
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        double expected[JT_FEATURES], out[JT_FEATURES];
        const int32_t n = lengths[k];
        features_of_momenta((const double(*)[4])momenta, n, expected);
        assert_true(value(expected, "U3_b1") > 0);
        for (size_t c = 0; c < sizeof capacities / sizeof *capacities; c++) {
            if (capacities[c] < n)
                continue;
            toy toy = make_toy(capacities[c]);
            fill(&toy.jet, (const double(*)[4])momenta, n);
            calculate(&toy.jet, out);
            assert_memory_equal(out, expected, sizeof out);
            /* On top of another jet's numbers. */
            void *scratch = take(jt_features_bytes(toy.jet.capacity));
            fill(&toy.jet, (const double(*)[4])momenta, capacities[c] < 70 ? capacities[c] : 70);
            const jt_feature_plan plan = jt_feature_plan_make(NULL, JT_FEATURES);
            jt_features(&plan, &toy.jet, scratch, out);
            fill(&toy.jet, (const double(*)[4])momenta, n);
            jt_features(&plan, &toy.jet, scratch, out);
            assert_memory_equal(out, expected, sizeof out);
            free(scratch);
            free(toy.memory);
        }
    }
    double out[JT_FEATURES];
    features_of_momenta((const double(*)[4])momenta, MOST, out);
    assert_true(value(out, "n") == MOST && value(out, "N3_b1") > 0 && value(out, "tau65_b1") > 0);
}

static void test_bytes(void **state)
{
    (void)state;
    for (int32_t capacity = 0; capacity < 4096; capacity++)
        assert_true(jt_features_bytes(capacity) <= jt_features_bytes(capacity + 1));
    assert_true(jt_features_bytes(4096) > (size_t)4096 * 4096 * sizeof(double));
    assert_true(jt_features_bytes(4096) < (size_t)1 << 30);
}

/* Twice the momenta: twice pt and m, not a bit of difference in what has no unit. */
static void test_scale(void **state)
{
    (void)state;
    enum { N = 23 };
    double momenta[N][4], once[JT_FEATURES], twice[JT_FEATURES];
    random_momenta(momenta, N);
    features_of_momenta((const double(*)[4])momenta, N, once);
    for (int32_t i = 0; i < 4 * N; i++)
        momenta[i / 4][i % 4] *= 2;
    features_of_momenta((const double(*)[4])momenta, N, twice);
    for (int i = 0; i < JT_FEATURES; i++)
        assert_true(twice[i] == (strcmp(jt_feature_table[i].unit, "GeV") ? once[i] : 2 * once[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),    cmocka_unit_test(test_one),       cmocka_unit_test(test_two),
        cmocka_unit_test(test_triangle), cmocka_unit_test(test_square),    cmocka_unit_test(test_axes),
        cmocka_unit_test(test_mass),     cmocka_unit_test(test_identical), cmocka_unit_test(test_collinear),
        cmocka_unit_test(test_beam),     cmocka_unit_test(test_underflow), cmocka_unit_test(test_order),
        cmocka_unit_test(test_memory),   cmocka_unit_test(test_bytes),     cmocka_unit_test(test_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
