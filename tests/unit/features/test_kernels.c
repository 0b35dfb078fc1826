/* Every kernel that this processor has gives the same bits; a plan calculates what it needs and no more. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/features/kernel.h"

enum { MOST = 90 };

static uint64_t state = 88172645463325252u;

static double uniform(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) / 9007199254740992.0;
}

typedef struct toy {
    jt_clean_jet jet;
    void *memory, *scratch;
} toy;

static toy make_toy(void)
{
    toy t = {.memory = aligned_alloc(64, (jt_clean_jet_bytes(MOST) + 63) / 64 * 64),
             .scratch = aligned_alloc(64, jt_features_bytes(MOST))};
    jt_clean_jet_init(&t.jet, MOST, t.memory);
    return t;
}

static void free_toy(toy *t)
{
    free(t->memory);
    free(t->scratch);
}

/* A jet as cleaning gives it, sorted by pT. Some constituents are massive, some identical, some along the beam. */
static void draw(jt_clean_jet *jet, int32_t n)
{
    double pt = 300;
    for (int32_t i = 0; i < n; i++) {
        pt *= 0.8 + 0.2 * uniform();
        const double y = uniform() - 0.5, phi = 3 + uniform(), m = i % 5 == 0 ? uniform() : 0;
        const double mt = sqrt(pt * pt + m * m);
        const double p[4] = {pt * cos(phi), pt * sin(phi), mt * sinh(y), mt * cosh(y)};
        const int copy = i > 3 && i % 11 == 0, beam = n > 8 && i == n - 1;
        jet->px[i] = copy ? jet->px[i - 1] : beam ? 0 : p[0];
        jet->py[i] = copy ? jet->py[i - 1] : beam ? 0 : p[1];
        jet->pz[i] = copy ? jet->pz[i - 1] : p[2];
        jet->e[i] = copy ? jet->e[i - 1] : beam ? fabs(p[2]) : p[3];
        jet->pt[i] = sqrt(jet->px[i] * jet->px[i] + jet->py[i] * jet->py[i]);
        jet->order[i] = i;
        /* Not the order of pT, so that the caller's order counts. */
        jet->by_input[i] = n - 1 - i;
    }
    jet->n = n;
}

static void calculate(const jt_feature_plan *plan, const toy *t, double out[JT_FEATURES])
{
    memset(t->scratch, 0xff, jt_features_bytes(MOST));
    jt_features(plan, &t->jet, t->scratch, out);
}

static void test_same_bits(void **unused)
{
    (void)unused;
    toy t = make_toy();
    int n_compared = 0;
    for (int32_t n = 0; n <= MOST; n += n < 40 ? 1 : 7) {
        double expected[JT_FEATURES], out[JT_FEATURES];
        draw(&t.jet, n);
        jt_feature_plan plan = jt_feature_plan_make(NULL, JT_FEATURES);
        calculate(&plan, &t, expected);
        assert_true(n < 4 || expected[jt_feature_find("N3_b2")] > 0);
        int available = 0;
        for (int32_t i = 0; (plan.kernel = jt_feature_kernel_at(i, &available)); i++) {
            if (!available)
                continue;
            calculate(&plan, &t, out);
            if (memcmp(out, expected, sizeof out) != 0)
                fail_msg("kernel %s differs at n = %d", plan.kernel->name, n);
            n_compared++;
        }
    }
    print_message("%d comparisons\n", n_compared);
    assert_true(n_compared > 40);
    free_toy(&t);
}

static void test_list_of_kernels(void **unused)
{
    (void)unused;
    int available = 0;
    int32_t n = 0;
    while (jt_feature_kernel_at(n, &available))
        n++;
    assert_int_equal(available, 1);
    assert_string_equal(jt_feature_kernel_at(n - 1, NULL)->name, "portable");
    assert_null(jt_feature_kernel_at(-1, NULL));
    assert_non_null(jt_feature_kernel_best());
}

/* Each feature alone has the bits that it has among all. */
static void test_subsets(void **unused)
{
    (void)unused;
    toy t = make_toy();
    double expected[JT_FEATURES], out[JT_FEATURES];
    draw(&t.jet, 30);
    const jt_feature_plan all = jt_feature_plan_make(NULL, JT_FEATURES);
    assert_int_equal(all.needs, JT_NEEDS_ALL);
    calculate(&all, &t, expected);
    for (int32_t i = 0; i < JT_FEATURES; i++) {
        const jt_feature_plan plan = jt_feature_plan_make(&i, 1);
        calculate(&plan, &t, out);
        assert_memory_equal(&out[i], &expected[i], sizeof out[i]);
    }
    const int32_t mass = 3, tau = jt_feature_find("tau32_b1"), m2 = jt_feature_find("M2_b1");
    assert_int_equal(jt_feature_plan_make(&mass, 1).needs, 0);
    assert_int_equal(jt_feature_plan_make(&tau, 1).needs, JT_NEEDS_TAU);
    assert_int_equal(jt_feature_plan_make(&m2, 1).needs, JT_NEEDS_TWO_POINT | JT_NEEDS_THREE_POINT);
    free_toy(&t);
}

/* Four-point sums of the hardest 12 are those of a jet in which the others weigh in the total alone. */
static void test_four_point_cut(void **unused)
{
    (void)unused;
    enum { LIMIT = 12 };
    toy t = make_toy();
    double all[JT_FEATURES], cut[JT_FEATURES];
    draw(&t.jet, 30);
    jt_feature_plan plan = jt_feature_plan_make(NULL, JT_FEATURES);
    calculate(&plan, &t, all);
    plan.four_point_constituents = 30;
    assert_int_equal(jt_features(&plan, &t.jet, t.scratch, cut), 0);
    assert_memory_equal(cut, all, sizeof all);
    plan.four_point_constituents = LIMIT;
    assert_int_equal(jt_features(&plan, &t.jet, t.scratch, cut), 1);
    for (int32_t i = 0; i < JT_FEATURES; i++) {
        const int four = (jt_feature_table[i].needs & JT_NEEDS_FOUR_POINT) != 0;
        assert_int_equal(memcmp(&cut[i], &all[i], sizeof all[i]) != 0, four);
    }
    /* 1_e4 is of degree 4 in z = pT / total: alone, the hardest have larger z. */
    double total = 0, hardest = 0, alone[JT_FEATURES];
    for (int32_t i = 0; i < t.jet.n; i++) {
        total += t.jet.pt[i];
        hardest += i < LIMIT ? t.jet.pt[i] : 0;
    }
    t.jet.n = LIMIT;
    for (int32_t i = 0; i < LIMIT; i++)
        t.jet.by_input[i] = LIMIT - 1 - i;
    plan.four_point_constituents = 0;
    calculate(&plan, &t, alone);
    const int32_t u3 = jt_feature_find("U3_b1");
    assert_true(fabs(cut[u3] / (alone[u3] * pow(hardest / total, 4)) - 1) < 1e-13);
    free_toy(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_list_of_kernels),
        cmocka_unit_test(test_subsets),
        cmocka_unit_test(test_four_point_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
