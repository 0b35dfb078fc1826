/* The caller's arguments about jets: what is refused, in words, before anything is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/jets/jets.h"

static const double momenta[8] = {1, 0, 0, 1, 0, 2, 0, 2};
static const int64_t offsets[3] = {0, 1, 2};

static jt_jets good_jets(void)
{
    return (jt_jets){.size = sizeof(jt_jets), .n_jets = 2, .offsets = offsets, .momenta = momenta};
}

static void expect_refused(const jt_jets *jets, const char *word)
{
    char text[256] = "";
    jt_jets_view view;
    assert_int_equal(jt_jets_check(jets, &view, text, sizeof text), JT_ERROR_ARGUMENT);
    if (!strstr(text, word))
        fail_msg("\"%s\" does not speak of %s", text, word);
}

static void test_good(void **state)
{
    (void)state;
    jt_jets jets = good_jets();
    jt_jets_view view;
    char text[8];
    assert_int_equal(jt_jets_check(&jets, &view, text, sizeof text), JT_OK);
    assert_int_equal(view.stride, 32);
    assert_int_equal(view.class_stride, 1);
    assert_ptr_equal(view.values[3], momenta + 3);
}

static void test_refusals(void **state)
{
    (void)state;
    jt_jets jets = good_jets();
    expect_refused(NULL, "jets is null");
    jets.size = 0;
    expect_refused(&jets, "size");
    jets = good_jets(), jets.n_jets = -1;
    expect_refused(&jets, "n_jets");
    jets = good_jets(), jets.number = (jt_number)7;
    expect_refused(&jets, "number is 7");
    jets = good_jets(), jets.coordinates = (jt_coordinates)9;
    expect_refused(&jets, "coordinates is 9");
    jets = good_jets(), jets.stride = -32;
    expect_refused(&jets, "stride");
    jets = good_jets(), jets.stride = 31;
    expect_refused(&jets, "31 bytes is less than the 32");
    jets = good_jets(), jets.stride = 32;
    jt_jets_view packed;
    assert_int_equal(jt_jets_check(&jets, &packed, NULL, 0), JT_OK);
    assert_int_equal(packed.stride, 32);
    jets = good_jets(), jets.class_stride = -1;
    expect_refused(&jets, "class_stride");
    jets = good_jets(), jets.momenta = NULL;
    expect_refused(&jets, "neither");
    jets = good_jets(), jets.columns[1] = momenta;
    expect_refused(&jets, "both");
    jets.momenta = NULL;
    expect_refused(&jets, "a column is null");
    jets = good_jets(), jets.offsets = NULL;
    expect_refused(&jets, "padded is 0");
    jets.padded = -4;
    expect_refused(&jets, "padded is -4");
    jets.padded = INT64_MAX / 2 + 1;
    expect_refused(&jets, "more than any array");
    jets.padded = INT64_MAX / 2;
    expect_refused(&jets, "beyond any memory");
    jets = good_jets(), jets.n_constituents = 1;
    expect_refused(&jets, "end at constituent 2, the arrays at 1");
    jets.n_constituents = -1;
    expect_refused(&jets, "n_constituents");
}

/* Jets of one constituent each, and the classes of every second byte: as good as any. */
static void test_small_and_apart(void **state)
{
    (void)state;
    jt_jets jets = good_jets();
    jt_jets_view view;
    jets.offsets = NULL, jets.padded = 1;
    assert_int_equal(jt_jets_check(&jets, &view, NULL, 0), JT_OK);
    assert_int_equal(view.n_jets, 2);
    jets.classes = (const uint8_t *)momenta, jets.class_stride = 2;
    assert_int_equal(jt_jets_check(&jets, &view, NULL, 0), JT_OK);
    assert_int_equal(view.class_stride, 2);
    jets.class_stride = INT64_MAX;
    expect_refused(&jets, "beyond any memory");
}

static void test_offsets(void **state)
{
    (void)state;
    jt_jets jets = good_jets();
    const int64_t falling[3] = {0, 2, 1};
    jets.offsets = falling;
    expect_refused(&jets, "fall from 2 to 1 at jet 1");
    const int64_t negative[3] = {-1, 0, 1};
    jets.offsets = negative;
    expect_refused(&jets, "below 0");
    const int64_t huge[3] = {0, 1, INT64_MAX};
    jets.offsets = huge;
    expect_refused(&jets, "beyond any memory");
}

static void test_nothing_needs_nothing(void **state)
{
    (void)state;
    jt_jets jets = {.size = sizeof jets};
    jt_jets_view view;
    assert_int_equal(jt_jets_check(&jets, &view, NULL, 0), JT_OK);
    assert_int_equal(view.n_jets, 0);
    const int64_t empty[3] = {5, 5, 5};
    jets.n_jets = 2;
    jets.offsets = empty;
    assert_int_equal(jt_jets_check(&jets, &view, NULL, 0), JT_OK);
    assert_int_equal(view.n_jets, 2);
}

/* A caller compiled against a header whose struct ended before `classes`. */
static void test_older_caller(void **state)
{
    (void)state;
    jt_jets jets = good_jets();
    jets.size = offsetof(jt_jets, classes);
    jets.classes = (const uint8_t *)momenta;
    jt_jets_view view;
    assert_int_equal(jt_jets_check(&jets, &view, NULL, 0), JT_OK);
    assert_null(view.classes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),         cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_offsets),      cmocka_unit_test(test_nothing_needs_nothing),
        cmocka_unit_test(test_older_caller), cmocka_unit_test(test_small_and_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
