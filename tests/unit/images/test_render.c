/* Pictures that can be worked out by hand: which pixel, which value, ties and edges. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/images/lit.h"

enum { CAPACITY = 8 };

typedef struct particle {
    double pt, eta, phi, mass;
    uint8_t class;
} particle;

typedef struct canvas {
    jt_clean_jet jet;
    void *jet_memory, *scratch;
    float *image;
    int columns, pixels;
} canvas;

/* Render onto memory full of NaNs, so that what is not written shows. */
static canvas render(const jt_recipe *recipe, const particle *particles, int n)
{
    canvas c = {.columns = recipe->bins[1], .pixels = recipe->bins[0] * recipe->bins[1]};
    size_t bytes = jt_light_bytes(recipe, CAPACITY), floats = (size_t)(recipe->n_channels * c.pixels);
    c.jet_memory = aligned_alloc(64, jt_clean_jet_bytes(CAPACITY));
    c.scratch = aligned_alloc(64, bytes);
    c.image = malloc(floats * sizeof(float));
    memset(c.jet_memory, 0xff, jt_clean_jet_bytes(CAPACITY));
    memset(c.scratch, 0xff, bytes);
    memset(c.image, 0xff, floats * sizeof(float));
    jt_clean_jet_init(&c.jet, CAPACITY, c.jet_memory);

    double rows[CAPACITY][4];
    uint8_t classes[CAPACITY];
    for (int i = 0; i < n; i++) {
        const double values[4] = {particles[i].pt, particles[i].eta, particles[i].phi, particles[i].mass};
        memcpy(rows[i], values, sizeof values);
        classes[i] = particles[i].class;
    }
    jt_jets jets = {.size = sizeof jets,
                    .n_jets = 1,
                    .padded = n,
                    .momenta = rows,
                    .coordinates = JT_PT_ETA_PHI_M,
                    .classes = classes};
    const jt_cleaning cleaning = {.keep = CAPACITY};
    jt_jets_view view;
    assert_int_equal(jt_jets_check(&jets, &view, NULL, 0), JT_OK);
    assert_int_equal(jt_jet_clean(&view, 0, &cleaning, &c.jet), JT_JET_OK);
    const jt_lit lit = jt_light(recipe, &c.jet, c.scratch);
    jt_lit_image(recipe, &lit, c.image);
    return c;
}

static void release(canvas *c)
{
    free(c->jet_memory);
    free(c->scratch);
    free(c->image);
}

static double pixel(const canvas *c, int channel, int row, int column)
{
    return (double)c->image[channel * c->pixels + row * c->columns + column];
}

static double sum(const canvas *c, int channel)
{
    double total = 0;
    for (int i = 0; i < c->pixels; i++)
        total += (double)c->image[channel * c->pixels + i];
    return total;
}

static void assert_near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-6 * fmax(1, fabs(b))))
        fail_msg("%.9g is not %.9g", a, b);
}

/* Paper A: 35 bins of 2.4/35 = 0.0686 around the hardest, so it is at 17, and +0.2, -0.3 is 20, 13. */
static void test_hardest_frame(void **state)
{
    (void)state;
    const particle jet[] = {{10, 0.7, 3.0, 0, 0}, {100, 0.5, -3.1, 0, 0}, {1, 0.5 + 1.3, -3.1, 0, 0}};
    canvas c = render(jt_recipe_find("A35"), jet, 3);
    const int row = (int)floor((1.2 + (3.0 - (2 * M_PI - 3.1))) * 35 / 2.4), column = (int)floor(1.4 * 35 / 2.4);
    assert_near(pixel(&c, 0, 17, 17), 100);
    assert_near(pixel(&c, 0, row, column), 10);
    assert_near(sum(&c, 0), 110);
    assert_near(pixel(&c, 2, 17, 17), 100 * cosh(0.5));
    assert_near(sum(&c, 1), 0);
    release(&c);
}

/* The mass of a pixel is that of all in it: two at a distance d have 2 pt1 pt2 (cosh d - 1). */
static void test_mass_of_a_pixel(void **state)
{
    (void)state;
    const particle jet[] = {{100, 0.01, 1, 0, 0}, {50, -0.01, 1, 0, 0}, {20, 0.5, 1, 5, 0}};
    canvas c = render(jt_recipe_find("A35"), jet, 3);
    assert_near(pixel(&c, 1, 17, 17), sqrt(2 * 100 * 50 * (cosh(0.02) - 1)));
    assert_near(pixel(&c, 1, 17, 24), 5);
    assert_near(pixel(&c, 0, 17, 17), 150);
    release(&c);
}

/* The window is closed on the left and open on the right: [-1.2, 1.2). */
static void test_window_edges(void **state)
{
    (void)state;
    const particle jet[] = {{10, 0, 0, 0, 0},
                            {1, -1.2 + 1e-9, 0, 0, 0},
                            {2, 1.2 - 1e-9, 0, 0, 0},
                            {4, -1.2 - 1e-9, 0, 0, 0},
                            {8, 1.2 + 1e-9, 0, 0, 0}};
    canvas c = render(jt_recipe_find("A40"), jet, 5);
    assert_near(pixel(&c, 0, 20, 0), 1);
    assert_near(pixel(&c, 0, 20, 39), 2);
    assert_near(pixel(&c, 0, 20, 20), 10);
    assert_near(sum(&c, 0), 13);
    release(&c);
}

/* Three in a row along the diagonal: the row ends up vertical, the heavier end up. */
static void test_principal_axis(void **state)
{
    (void)state;
    const particle jet[] = {{20, 0, 0, 0, 0}, {10, 0.5, 0.5, 0, 1}, {30, -0.5, -0.5, 0, 2}};
    canvas c = render(jt_recipe_find("B37-colour"), jet, 3);
    const double centroid = (10 * 0.5 - 30 * 0.5) / 60, bin = 3.2 / 37;
    const double at[3] = {-centroid, 0.5 - centroid, -0.5 - centroid}; /* along x = y, upwards to the lighter end */
    int rows[3];
    for (int i = 0; i < 3; i++)
        rows[i] = (int)floor((-at[i] * sqrt(2) + 1.6) / bin);
    assert_near(pixel(&c, 0, rows[0], 18), 20. / 60);
    assert_near(pixel(&c, 1, rows[1], 18), 10. / 60);
    assert_near(pixel(&c, 1, rows[2], 18), 30. / 60);
    assert_near(pixel(&c, 2, rows[1], 18), 1);
    assert_near(pixel(&c, 2, rows[2], 18), 1);
    assert_near(pixel(&c, 3, rows[2], 18), 1);
    assert_near(sum(&c, 3), 1);
    release(&c);
}

/* Of the four quadrants the upper right has most, whatever the jet. The row and column through the middle are left out.
 */
static void test_hardest_quadrant(void **state)
{
    (void)state;
    unsigned random = 5;
    for (int round = 0; round < 50; round++) {
        particle jet[6];
        for (int i = 0; i < 6; i++) {
            double draw[3];
            for (int k = 0; k < 3; k++) {
                random = random * 1664525u + 1013904223u;
                draw[k] = (random >> 8) / 16777216.0;
            }
            jet[i] = (particle){5 + 100 * draw[0], draw[1] - 0.5, 2 + draw[2], 0, 0};
        }
        canvas c = render(jt_recipe_find("B37-grey"), jet, 6);
        double sums[2][2] = {{0, 0}, {0, 0}}, others = 0;
        for (int row = 0; row < 37; row++)
            for (int column = 0; column < 37; column++)
                if (row != 18 && column != 18)
                    sums[row > 18][column > 18] += pixel(&c, 0, row, column);
                else
                    others += pixel(&c, 0, row, column);
        for (int k = 0; k < 3; k++)
            assert_true(sums[k / 2][k % 2] <= sums[1][1] + others);
        release(&c);
    }
}

/* What falls outside still counts in the total that pT is divided by. */
static void test_unit_intensity(void **state)
{
    (void)state;
    const particle jet[] = {{30, 0, 0, 0, 0}, {10, 0, 2.5, 0, 0}};
    canvas c = render(jt_recipe_find("B37-grey"), jet, 2);
    assert_near(sum(&c, 0), 0.75);
    release(&c);
}

/* DeepTop: two towers side by side weigh more than the hardest alone; the hotter of the two is the centre. */
static void test_peak(void **state)
{
    (void)state;
    const double tower = 5 * M_PI / 180;
    const particle jet[] = {
        {50, 0.05, 0.5 * tower, 0, 0}, {40, 0.85, 0.5 * tower, 0, 0}, {30, 0.95, 0.5 * tower, 0, 0}};
    canvas c = render(jt_recipe_find("D40"), jet, 3);
    assert_near(pixel(&c, 0, 20, 20), 0.8);
    assert_near(pixel(&c, 0, 20, 21), 0.6);
    assert_near(pixel(&c, 0, 20, 12), 1);
    assert_near(sum(&c, 0), 2.4);
    release(&c);
}

/* The peak's towers go on across phi = pi. */
static void test_peak_across_pi(void **state)
{
    (void)state;
    const double tower = 5 * M_PI / 180;
    const particle jet[] = {{50, 0.05, M_PI - 0.5 * tower, 0, 0}, {40, 0.05, -M_PI + 0.5 * tower, 0, 0}};
    canvas c = render(jt_recipe_find("D40"), jet, 2);
    assert_near(pixel(&c, 0, 20, 20), 1);
    assert_near(pixel(&c, 0, 21, 20), 0.8);
    release(&c);
}

/* The words of docs/images.md, the long way: every tower that the search reaches, and its eight neighbours. */
static void peak_by_hand(const particle *jet, int n, double image[40][40])
{
    enum { REACH = 40, SIDE = 2 * REACH + 1 };
    static double towers[SIDE + 2][SIDE + 2]; /* with a border of zeros */
    const double side_eta = 0.1, side_phi = 5 * M_PI / 180;
    memset(towers, 0, sizeof towers);
    int hardest = 0;
    for (int i = 1; i < n; i++)
        if (jet[i].pt > jet[hardest].pt)
            hardest = i;
    int row_0 = (int)floor(jet[hardest].phi / side_phi), column_0 = (int)floor(jet[hardest].eta / side_eta);
    for (int i = 0; i < n; i++) {
        const double phi = jet[hardest].phi + remainder(jet[i].phi - jet[hardest].phi, 2 * M_PI);
        const int row = (int)floor(phi / side_phi) - row_0 + REACH + 1;
        const int column = (int)floor(jet[i].eta / side_eta) - column_0 + REACH + 1;
        if (row < 1 || row > SIDE || column < 1 || column > SIDE)
            continue;
        towers[row][column] += jet[i].pt;
    }
    int best_row = 0, best_column = 0;
    double best = -1;
    for (int row = 1; row <= SIDE; row++)
        for (int column = 1; column <= SIDE; column++) {
            double around = 0;
            for (int r = row - 1; r <= row + 1; r++)
                for (int c = column - 1; c <= column + 1; c++)
                    around += towers[r][c];
            const double ahead = around - best;
            if (ahead > 1e-9 || (ahead > -1e-9 && towers[row][column] > towers[best_row][best_column]))
                best = around, best_row = row, best_column = column;
        }
    double largest = 0;
    for (int row = 0; row < 40; row++)
        for (int column = 0; column < 40; column++) {
            const int r = best_row + row - 20, c = best_column + column - 20;
            const int inside = r >= 1 && r <= SIDE && c >= 1 && c <= SIDE;
            image[row][column] = inside ? towers[r][c] : 0;
            largest = fmax(largest, image[row][column]);
        }
    for (int k = 0; k < 1600; k++)
        image[k / 40][k % 40] /= largest;
}

/* Some jets narrow, some so wide that constituents are outside window or image, on every side; peaks far from the
   hardest, too. */
static void test_peak_of_many_jets(void **state)
{
    (void)state;
    unsigned random = 11;
    double image[40][40];
    int n_outside = 0;
    for (int round = 0; round < 600; round++) {
        particle jet[CAPACITY];
        const double spread[] = {0.5, 3, 12};
        for (int i = 0; i < CAPACITY; i++) {
            double draw[3];
            for (int k = 0; k < 3; k++) {
                random = random * 1664525u + 1013904223u;
                draw[k] = (random >> 8) / 16777216.0;
            }
            jet[i] = (particle){20 + 80 * draw[0], spread[round % 3] * (draw[1] - 0.5), 6.28 * draw[2] - 3.14, 0, 0};
            if (round % 2 == 1)
                jet[i].phi = 0.9 * (draw[2] - 0.5) + (round % 4 == 1 ? 3.0 : -1.2);
            if (jet[i].phi > M_PI)
                jet[i].phi -= 2 * M_PI;
        }
        /* At the very edge of what the search reaches, in both directions, and one tower beyond. */
        if (round % 5 == 4)
            for (int i = 1; i < CAPACITY; i++) {
                const int reach = (i % 2 ? 40 : -40) + (i % 3 - 1);
                jet[i].pt = i % 4 == 3 ? jet[i].pt : 19 + i;
                jet[i].eta = 0.1 * (floor(jet[0].eta / 0.1) + reach + 0.5);
                jet[i].phi = jet[0].phi;
            }
        peak_by_hand(jet, CAPACITY, image);
        canvas c = render(jt_recipe_find("D40"), jet, CAPACITY);
        double lit = 0;
        for (int row = 0; row < 40; row++)
            for (int column = 0; column < 40; column++) {
                assert_near(pixel(&c, 0, row, column), image[row][column]);
                lit += image[row][column] > 0;
            }
        n_outside += lit < CAPACITY - 2;
        release(&c);
    }
    assert_true(n_outside > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hardest_frame),     cmocka_unit_test(test_mass_of_a_pixel),
        cmocka_unit_test(test_window_edges),      cmocka_unit_test(test_principal_axis),
        cmocka_unit_test(test_unit_intensity),    cmocka_unit_test(test_peak),
        cmocka_unit_test(test_peak_of_many_jets), cmocka_unit_test(test_peak_across_pi),
        cmocka_unit_test(test_hardest_quadrant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
