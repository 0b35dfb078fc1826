/* The table of recipes. That they render what the papers say is tested in tests/python/test_images.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/images/recipe.h"

static void test_found_by_place_and_name(void **state)
{
    (void)state;
    int32_t n = 0;
    for (const char *source = NULL; jt_recipe_at(n, &source); n++) {
        const jt_recipe *recipe = jt_recipe_at(n, NULL);
        assert_ptr_equal(jt_recipe_find(recipe->name), recipe);
        assert_non_null(strstr(source, "arXiv:"));
        assert_true(recipe->n_channels >= 1 && recipe->n_channels <= JT_MAX_CHANNELS);
    }
    assert_int_equal(n, 7);
    assert_null(jt_recipe_at(-1, NULL));
    assert_null(jt_recipe_find("A36"));
    assert_null(jt_recipe_find(""));
}

/* docs/images.md, row by row. */
static void test_the_table(void **state)
{
    (void)state;
    const double towers = 40 * 5 * 3.14159265358979323846 / 180;
    const jt_recipe rows[] = {
        {"A35", JT_FRAME_HARDEST, JT_NORMALISE_NONE, 3, {0, 1, 2}, {35, 35}, {2.4, 2.4}},
        {"A40", JT_FRAME_HARDEST, JT_NORMALISE_NONE, 3, {0, 1, 2}, {40, 40}, {2.4, 2.4}},
        {"B37-grey", JT_FRAME_PRINCIPAL, JT_NORMALISE_TOTAL_PT, 1, {0}, {37, 37}, {3.2, 3.2}},
        {"B37-colour", JT_FRAME_PRINCIPAL, JT_NORMALISE_TOTAL_PT, 4, {3, 4, 5, 6}, {37, 37}, {3.2, 3.2}},
        {"B40-deeptop", JT_FRAME_PRINCIPAL, JT_NORMALISE_TOTAL_PT, 1, {0}, {40, 40}, {4, towers}},
        {"D40", JT_FRAME_PEAK, JT_NORMALISE_PEAK, 1, {0}, {40, 40}, {4, towers}},
        {"B64-grey", JT_FRAME_PRINCIPAL, JT_NORMALISE_TOTAL_PT, 1, {0}, {64, 64}, {1.6, 1.6}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const jt_recipe *recipe = jt_recipe_find(rows[i].name);
        assert_non_null(recipe);
        assert_int_equal(recipe->frame, rows[i].frame);
        assert_int_equal(recipe->normalise, rows[i].normalise);
        assert_int_equal(recipe->n_channels, rows[i].n_channels);
        assert_memory_equal(recipe->channels, rows[i].channels, sizeof rows[i].channels);
        assert_memory_equal(recipe->bins, rows[i].bins, sizeof rows[i].bins);
        for (int k = 0; k < 2; k++) {
            const double apart = recipe->width[k] - rows[i].width[k];
            assert_true(apart < 1e-12 && apart > -1e-12);
        }
    }
}

static void test_only_colour_needs_classes(void **state)
{
    (void)state;
    for (int32_t i = 0; jt_recipe_at(i, NULL); i++) {
        const jt_recipe *recipe = jt_recipe_at(i, NULL);
        assert_int_equal(jt_recipe_needs_classes(recipe), strcmp(recipe->name, "B37-colour") == 0);
    }
}

static void test_same(void **state)
{
    (void)state;
    const jt_recipe *a35 = jt_recipe_find("A35");
    jt_recipe copy = *a35;
    strcpy(copy.name, "another name");
    assert_true(jt_recipe_same(a35, &copy));
    copy.width[1] *= 1 + 1e-15;
    assert_true(jt_recipe_same(a35, &copy));
    copy.width[1] = a35->width[1] * (1 - 1e-15);
    assert_true(jt_recipe_same(a35, &copy));
    copy.width[1] = 2.41;
    assert_false(jt_recipe_same(a35, &copy));
    copy.width[1] = 2.39;
    assert_false(jt_recipe_same(a35, &copy));
    copy = *a35, copy.bins[0] = 36;
    assert_false(jt_recipe_same(a35, &copy));
    copy = *a35, copy.channels[2] = JT_CHANNEL_PT;
    assert_false(jt_recipe_same(a35, &copy));
    copy = *a35, copy.n_channels = 2;
    assert_false(jt_recipe_same(a35, &copy));
    copy = *a35, copy.frame = JT_FRAME_PEAK;
    assert_false(jt_recipe_same(a35, &copy));
    copy = *a35, copy.normalise = JT_NORMALISE_PEAK;
    assert_false(jt_recipe_same(a35, &copy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_by_place_and_name),
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_only_colour_needs_classes),
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
