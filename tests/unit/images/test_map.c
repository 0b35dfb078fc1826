/* Standardise, crop, resize on numbers that can be worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/images/map.h"

/* The map of an image given in full; pixels that are 0 are left dark. */
static void apply(const jt_image_map *map, const float *image, float *out)
{
    jt_linear_map linear;
    int32_t pixels[64];
    double values[64];
    jt_lit lit = {0, map->channels, pixels, values};
    const int32_t n = map->in[0] * map->in[1];
    for (int32_t i = 0; i < n; i++) {
        int any = 0;
        for (int32_t c = 0; c < map->channels; c++) {
            values[lit.n * map->channels + c] = (double)image[c * n + i];
            any |= image[c * n + i] != 0.0f;
        }
        pixels[lit.n] = i;
        lit.n += any;
    }
    assert_int_equal(jt_linear_map_make(map, &jt_default_host, &linear), 1);
    jt_linear_map_apply(&linear, &lit, out);
    jt_linear_map_free(&linear, &jt_default_host);
}

static void expect(const jt_image_map *map, const float *image, const float *expected, size_t n)
{
    float out[64];
    apply(map, image, out);
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(out[i] - expected[i]) <= 1e-6f))
            fail_msg("value %zu is %.9g, not %.9g", i, (double)out[i], (double)expected[i]);
}

static void test_nothing_to_do_changes_no_bit(void **state)
{
    (void)state;
    const float image[8] = {0.1f, 1e-30f, 3e30f, -2, 0.3f, 7, 8, 9};
    const jt_image_map map = {.channels = 2, .in = {2, 2}, .crop = {0, 0, 2, 2}, .out = {2, 2}};
    float out[8];
    apply(&map, image, out);
    assert_memory_equal(out, image, sizeof image);
}

static void test_standardise_and_crop(void **state)
{
    (void)state;
    const float image[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const float mean[9] = {0, 0, 0, 0, 1, 2, 0, 3, 4}, deviation[9] = {1, 1, 1, 1, 2, 4, 1, 5, 0.5f};
    const jt_image_map map = {
        .channels = 1, .in = {3, 3}, .mean = mean, .deviation = deviation, .crop = {1, 1, 2, 2}, .out = {2, 2}};
    const float expected[4] = {2, 1, 1, 10};
    expect(&map, image, expected, 4);
}

/* 2 -> 4: sources at -0.25 (clamped), 0.25, 0.75, 1.25 (clamped). */
static void test_enlarge(void **state)
{
    (void)state;
    const float image[2] = {0, 8};
    const jt_image_map map = {.channels = 1, .in = {1, 2}, .crop = {0, 0, 1, 2}, .out = {1, 4}};
    const float expected[4] = {0, 2, 6, 8};
    expect(&map, image, expected, 4);
    const jt_image_map upright = {.channels = 1, .in = {2, 1}, .crop = {0, 0, 2, 1}, .out = {4, 1}};
    expect(&upright, image, expected, 4);
}

/* Dark pixels are -mean / deviation, also between lit ones. */
static void test_dark_pixels(void **state)
{
    (void)state;
    const float image[4] = {0, 6, 0, 0}, mean[4] = {1, 2, 3, 4}, deviation[4] = {1, 2, 1, 2};
    const jt_image_map map = {
        .channels = 1, .in = {1, 4}, .mean = mean, .deviation = deviation, .crop = {0, 0, 1, 4}, .out = {1, 2}};
    const float expected[2] = {(-1 + 2) / 2.0f, (-3 - 2) / 2.0f};
    expect(&map, image, expected, 2);
    const float dark[4] = {0, 0, 0, 0}, expected_dark[2] = {(-1 - 1) / 2.0f, (-3 - 2) / 2.0f};
    expect(&map, dark, expected_dark, 2);
}

/* 4 -> 2 without antialiasing: sources at 0.5 and 2.5. */
static void test_shrink(void **state)
{
    (void)state;
    const float image[4] = {0, 2, 10, 20};
    const jt_image_map map = {.channels = 1, .in = {1, 4}, .crop = {0, 0, 1, 4}, .out = {1, 2}};
    const float expected[2] = {1, 15};
    expect(&map, image, expected, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_do_changes_no_bit),
        cmocka_unit_test(test_standardise_and_crop),
        cmocka_unit_test(test_enlarge),
        cmocka_unit_test(test_shrink),
        cmocka_unit_test(test_dark_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
