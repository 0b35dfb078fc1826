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
    copy.width[1] = 2.41;
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
        cmocka_unit_test(test_only_colour_needs_classes),
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
