/* The table of the features: names that are found again, units that the public header promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/features/features.h"

static void test_every_row_is_filled_in(void **state)
{
    (void)state;
    for (int32_t i = 0; i < JT_FEATURES; i++) {
        const jt_feature *row = &jt_feature_table[i];
        assert_non_null(row->name);
        assert_true(strlen(row->name) > 0 && strlen(row->formula) > 0);
        assert_true(!strcmp(row->unit, "GeV") || !strcmp(row->unit, "rad") || !strcmp(row->unit, ""));
    }
}

/* That each name leads back to its row also says that no name is there twice. */
static void test_names_lead_to_their_rows(void **state)
{
    (void)state;
    for (int32_t i = 0; i < JT_FEATURES; i++)
        assert_int_equal(jt_feature_find(jt_feature_table[i].name), i);
}

static void test_other_names_are_not_found(void **state)
{
    (void)state;
    const char *const others[] = {"", "tau21", "PT", "pt ", "L33", "D2_a1b"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(jt_feature_find(others[i]), -1);
}

static void test_what_has_a_unit(void **state)
{
    (void)state;
    for (int32_t i = 0; i < JT_FEATURES; i++) {
        const char *unit = i == jt_feature_find("pt") || i == jt_feature_find("m") ? "GeV" : "";
        assert_string_equal(jt_feature_table[i].unit, i == jt_feature_find("phi") ? "rad" : unit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_filled_in),
        cmocka_unit_test(test_names_lead_to_their_rows),
        cmocka_unit_test(test_other_names_are_not_found),
        cmocka_unit_test(test_what_has_a_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
