/* Standardise, crop, resize on numbers that can be worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/images/map.h"

/* The list of what is not dark gives the same image to the bit, however often, each place once. */
static void check_list(const jt_linear_map *linear, const jt_lit *lit, const float *out)
{
    const jt_image_map *map = linear->map;
    const size_t n = (size_t)map->out[0] * (size_t)map->out[1], channels = (size_t)map->channels;
    const int32_t most = jt_linear_map_most(linear, lit->n);
    float image[256], *values = malloc((channels * n + 1) * sizeof *values);
    int32_t *places = malloc((n + 1) * sizeof *places);
    void *scratch = malloc(jt_sketch_bytes(map));
    const jt_sketch sketch = jt_sketch_make(linear, scratch);
    assert_true(most >= 0 && (size_t)most <= n && channels * n <= 256);
    for (int turn = 0; turn < 2; turn++) {
        const int32_t found = jt_linear_map_list(linear, lit, &sketch, places, values);
        unsigned char seen[256] = {0};
        assert_true(found <= most);
        memcpy(image, linear->dark, channels * n * sizeof *image);
        for (int32_t i = 0; i < found; i++) {
            assert_int_equal(seen[places[i]]++, 0);
            for (size_t c = 0; c < channels; c++)
                image[c * n + (size_t)places[i]] = values[(size_t)i * channels + c];
        }
        assert_memory_equal(image, out, channels * n * sizeof *image);
        assert_memory_equal(sketch.image, linear->dark, channels * n * sizeof *image);
    }
    free(scratch);
    free(places);
    free(values);
}

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
    check_list(&linear, &lit, out);
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

/* Few lit pixels in any order, whose targets overlap, with channels that are zero. */
static void test_lists_of_drawn_pixels(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int turn = 0; turn < 200; turn++) {
        float mean[192], deviation[192], out[192];
        int32_t pixels[12];
        double values[36];
        seed = seed * 1664525u + 1013904223u;
        const int32_t channels = 1 + (int32_t)(seed >> 16) % 3, in = 3 + (int32_t)(seed >> 20) % 6,
                      to = 2 + (int32_t)(seed >> 24) % 7;
        for (int32_t i = 0; i < channels * in * in; i++) {
            seed = seed * 1664525u + 1013904223u;
            mean[i] = (float)(seed >> 8) * 1e-7f;
            deviation[i] = 0.1f + (float)(seed >> 12) * 1e-5f;
        }
        jt_lit lit = {0, channels, pixels, values};
        for (int32_t pixel = (int32_t)(seed >> 28) % in; pixel < in * in && lit.n < 12; pixel += 1 + lit.n % 5) {
            for (int32_t c = 0; c < channels; c++) {
                seed = seed * 1664525u + 1013904223u;
                values[lit.n * channels + c] = seed >> 30 ? (double)seed * 1e-6 : 0.0;
            }
            pixels[lit.n++] = in * in - 1 - pixel;
        }
        const jt_image_map map = {.channels = channels,
                                  .in = {in, in},
                                  .mean = turn % 4 ? mean : NULL,
                                  .deviation = deviation,
                                  .crop = {turn % 2, turn % 3 / 2, in - turn % 2, in - 1},
                                  .out = {to, 9 - to}};
        jt_linear_map linear;
        assert_int_equal(jt_linear_map_make(&map, &jt_default_host, &linear), 1);
        jt_linear_map_apply(&linear, &lit, out);
        check_list(&linear, &lit, out);
        jt_linear_map_free(&linear, &jt_default_host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_do_changes_no_bit),
        cmocka_unit_test(test_standardise_and_crop),
        cmocka_unit_test(test_enlarge),
        cmocka_unit_test(test_shrink),
        cmocka_unit_test(test_lists_of_drawn_pixels),
        cmocka_unit_test(test_dark_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
