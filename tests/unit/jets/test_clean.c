/* Cleaning, rule by rule, and that every layout gives the same jet. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/jets/jets.h"

enum { CAPACITY = 8 };

static const jt_cleaning all = {.keep = CAPACITY};

static jt_clean_jet *make_jet(int32_t capacity)
{
    jt_clean_jet *jet = malloc(sizeof *jet + 64 + jt_clean_jet_bytes(capacity));
    char *after = (char *)(jet + 1);
    jt_clean_jet_init(jet, capacity, after + (64 - (uintptr_t)after % 64) % 64);
    return jet;
}

static jt_jet_status clean(const jt_jets *jets, int64_t index, const jt_cleaning *cleaning, jt_clean_jet *jet)
{
    jt_jets_view view;
    char text[256];
    if (jt_jets_check(jets, &view, text, sizeof text) != JT_OK)
        fail_msg("%s", text);
    return jt_jet_clean(&view, index, cleaning, jet);
}

/* One jet of n packed four-momenta. */
static jt_jet_status clean_rows(const double (*rows)[4], int n, const jt_cleaning *cleaning, jt_clean_jet *jet)
{
    int64_t offsets[2] = {0, n};
    jt_jets jets = {.size = sizeof jets, .n_jets = 1, .offsets = offsets, .momenta = rows};
    return clean(&jets, 0, cleaning, jet);
}

static void test_sorts_and_keeps_ties_in_order(void **state)
{
    (void)state;
    const double rows[5][4] = {{1, 0, 0, 10}, {0, 3, 0, 11}, {3, 0, 0, 12}, {0, 0, 7, 13}, {0, -3, 0, 14}};
    jt_clean_jet *jet = make_jet(CAPACITY);
    assert_int_equal(clean_rows(rows, 5, &all, jet), JT_JET_OK);
    const double order[5] = {11, 12, 14, 10, 13};
    assert_int_equal(jet->n, 5);
    for (int i = 0; i < 5; i++)
        assert_true(jet->e[i] == order[i]);
    assert_true(jet->pt[0] == 3 && jet->pt[3] == 1 && jet->pt[4] == 0);
    free(jet);
}

static void test_padding_goes_wherever_it_stands(void **state)
{
    (void)state;
    const double rows[5][4] = {{0, 0, 0, 0}, {0, 3, 0, 11}, {0, 0, -0.0, 0}, {0, 2, 0, 12}, {0, 0, 0, 0}};
    jt_clean_jet *jet = make_jet(CAPACITY);
    assert_int_equal(clean_rows(rows, 5, &all, jet), JT_JET_OK);
    assert_int_equal(jet->n, 2);
    const jt_cleaning three = {.keep = CAPACITY, .at_least = 3};
    assert_int_equal(clean_rows(rows, 5, &three, jet), JT_JET_TOO_FEW);
    free(jet);
}

static void test_bad_numbers(void **state)
{
    (void)state;
    jt_clean_jet *jet = make_jet(CAPACITY);
    for (int value = 0; value < 4; value++) {
        const double bad[] = {(double)NAN, (double)INFINITY, (double)-INFINITY};
        for (int i = 0; i < 3; i++) {
            double rows[2][4] = {{0, 3, 0, 11}, {1, 1, 1, 2}};
            rows[1][value] = bad[i];
            assert_int_equal(clean_rows((const double(*)[4])rows, 2, &all, jet), JT_JET_NOT_FINITE);
        }
    }
    const double overflow[1][4] = {{1e200, 1e200, 0, 1e201}};
    assert_int_equal(clean_rows(overflow, 1, &all, jet), JT_JET_NOT_FINITE);
    /* More than any jet has is as bad: the sum of many would be no float any more. */
    for (int value = 0; value < 4; value++)
        for (int sign = 0; sign < 2; sign++) {
            double rows[1][4] = {{1, 2, 3, 4}};
            rows[0][value] = sign ? -1e30 : 1e30;
            const jt_jet_status most = value == 3 && sign ? JT_JET_NEGATIVE_ENERGY : JT_JET_OK;
            assert_int_equal(clean_rows((const double(*)[4])rows, 1, &all, jet), most);
            rows[0][value] *= 1.000001;
            const jt_jet_status more = value == 3 && sign ? JT_JET_NEGATIVE_ENERGY : JT_JET_NOT_FINITE;
            assert_int_equal(clean_rows((const double(*)[4])rows, 1, &all, jet), more);
        }
    const double negative[2][4] = {{1, 0, 0, 1}, {0, 2, 0, -1}};
    assert_int_equal(clean_rows(negative, 2, &all, jet), JT_JET_NEGATIVE_ENERGY);
    const double both[2][4] = {{0, 2, 0, -1}, {(double)NAN, 0, 0, 1}};
    assert_int_equal(clean_rows(both, 2, &all, jet), JT_JET_NOT_FINITE);
    free(jet);
}

/* The hardest of many, in whatever order they come; checked against a full sort. */
static void test_keeps_the_hardest(void **state)
{
    (void)state;
    enum { N = 40 };
    jt_clean_jet *jet = make_jet(CAPACITY);
    double rows[N][4];
    uint32_t random = 7;
    for (int round = 0; round < 200; round++) {
        int used[N] = {0};
        for (int i = 0; i < N; i++) {
            random = random * 1664525u + 1013904223u;
            double pt = round == 0 ? N - i : round == 1 ? i + 1 : (double)(random >> 28);
            rows[i][0] = pt;
            rows[i][1] = rows[i][2] = 0;
            rows[i][3] = 1000 + i;
        }
        assert_int_equal(clean_rows((const double(*)[4])rows, N, &all, jet), JT_JET_OK);
        assert_int_equal(jet->n, CAPACITY);
        for (int k = 0; k < CAPACITY; k++) {
            int best = -1;
            for (int i = 0; i < N; i++)
                if (!used[i] && (best < 0 || rows[i][0] > rows[best][0]))
                    best = i;
            used[best] = 1;
            assert_true(jet->e[k] == 1000 + best);
            assert_true(jet->px[k] == rows[best][0]);
        }
    }
    const jt_cleaning seven = {.keep = CAPACITY, .at_most = CAPACITY - 1};
    assert_int_equal(clean_rows((const double(*)[4])rows, N, &seven, jet), JT_JET_TOO_MANY);
    assert_int_equal(clean_rows((const double(*)[4])rows, CAPACITY - 1, &seven, jet), JT_JET_OK);
    free(jet);
}

static void assert_same(const jt_clean_jet *a, const jt_clean_jet *b, double tolerance)
{
    assert_int_equal(a->n, b->n);
    for (int32_t i = 0; i < a->n; i++) {
        assert_true(fabs(a->px[i] - b->px[i]) <= tolerance);
        assert_true(fabs(a->py[i] - b->py[i]) <= tolerance);
        assert_true(fabs(a->pz[i] - b->pz[i]) <= tolerance);
        assert_true(fabs(a->e[i] - b->e[i]) <= tolerance);
        assert_int_equal(a->classes[i], b->classes[i]);
    }
}

static void test_layouts(void **state)
{
    (void)state;
    static const double p4[3][4] = {{3, 4, 1, 6}, {1, 2, -2, 3.5}, {0.5, 0, 0, 0.5}};
    static const uint8_t classes[3] = {1, 0, 2};
    const int64_t offsets[2] = {1, 4};
    jt_clean_jet *a = make_jet(CAPACITY), *b = make_jet(CAPACITY);
    jt_jets plain = {.size = sizeof plain, .n_jets = 1, .padded = 3, .momenta = p4, .classes = classes};
    assert_int_equal(clean(&plain, 0, &all, a), JT_JET_OK);
    assert_int_equal(a->classes[2], JT_MUON);

    /* Float values in records with other things around them, at odd addresses, E first, class in the record. */
    unsigned char records[4 * 23 + 1];
    memset(records, 0xff, sizeof records);
    for (int i = 0; i < 3; i++) {
        unsigned char *record = records + 1 + (i + 1) * 23;
        const float values[4] = {(float)p4[i][3], (float)p4[i][0], (float)p4[i][1], (float)p4[i][2]};
        memcpy(record, values, sizeof values);
        record[16] = classes[i];
    }
    jt_jets strided = {.size = sizeof strided,
                       .n_jets = 1,
                       .offsets = offsets,
                       .momenta = records + 1,
                       .stride = 23,
                       .number = JT_FLOAT32,
                       .coordinates = JT_E_PX_PY_PZ,
                       .classes = records + 1 + 16,
                       .class_stride = 23};
    assert_int_equal(clean(&strided, 0, &all, b), JT_JET_OK);
    assert_same(a, b, 0.0);

    double columns[4][4];
    for (int i = 0; i < 3; i++) {
        double pt = hypot(p4[i][0], p4[i][1]);
        double p2 = pt * pt + p4[i][2] * p4[i][2];
        columns[0][i + 1] = pt;
        columns[1][i + 1] = asinh(p4[i][2] / pt);
        columns[2][i + 1] = atan2(p4[i][1], p4[i][0]);
        columns[3][i + 1] = sqrt(p4[i][3] * p4[i][3] - p2);
    }
    jt_jets in_columns = {.size = sizeof in_columns,
                          .n_jets = 1,
                          .offsets = offsets,
                          .columns = {columns[0], columns[1], columns[2], columns[3]},
                          .coordinates = JT_PT_ETA_PHI_M};
    jt_jets no_classes = plain;
    no_classes.classes = NULL;
    assert_int_equal(clean(&no_classes, 0, &all, a), JT_JET_OK);
    assert_int_equal(clean(&in_columns, 0, &all, b), JT_JET_OK);
    assert_same(a, b, 1e-14);
    columns[0][2] = -1;
    assert_int_equal(clean(&in_columns, 0, &all, b), JT_JET_NEGATIVE_ENERGY);
    free(a);
    free(b);
}

/* Where there are offsets nobody has to set `padded`, and what is in it does not count. */
static void test_offsets_without_padded(void **state)
{
    (void)state;
    const double rows[3][4] = {{3, 4, 1, 6}, {1, 2, -2, 3.5}, {0.5, 0, 0, 0.5}};
    const int64_t offsets[4] = {0, 1, 1, 3};
    const int64_t any[] = {0, 1, -1, INT64_MAX, INT64_MIN, -6799976531358687393};
    jt_clean_jet *jet = make_jet(CAPACITY);
    for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
        jt_jets jets = {.size = sizeof jets,
                        .n_jets = 3,
                        .offsets = offsets,
                        .momenta = rows,
                        .padded = any[i],
                        .n_constituents = 3};
        for (int64_t k = 0; k < 3; k++) {
            assert_int_equal(clean(&jets, k, &all, jet), JT_JET_OK);
            assert_int_equal(jet->n, offsets[k + 1] - offsets[k]);
            if (jet->n > 0)
                assert_int_equal(jet->order[0], offsets[k]);
        }
    }
    free(jet);
}

static void test_classes(void **state)
{
    (void)state;
    const double rows[2][4] = {{0, 3, 0, 11}, {1, 1, 1, 2}};
    const uint8_t bad[2] = {0, 3};
    jt_jets jets = {.size = sizeof jets, .n_jets = 1, .padded = 2, .momenta = rows, .classes = bad};
    const jt_cleaning colour = {.keep = CAPACITY, .need_classes = 1};
    jt_clean_jet *jet = make_jet(CAPACITY);
    assert_int_equal(clean(&jets, 0, &all, jet), JT_JET_OK);
    assert_int_equal(clean(&jets, 0, &colour, jet), JT_JET_BAD_CLASS);
    free(jet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorts_and_keeps_ties_in_order),
        cmocka_unit_test(test_padding_goes_wherever_it_stands),
        cmocka_unit_test(test_bad_numbers),
        cmocka_unit_test(test_keeps_the_hardest),
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_offsets_without_padded),
        cmocka_unit_test(test_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
