#include <math.h>
#include <string.h>

#include "../jets/angles.h"
#include "frames.h"

/* The window searched for the peak reaches `bins` pixels from the hardest constituent's tower on every side. */
static int32_t window_side(int32_t bins)
{
    return 2 * bins + 1;
}

size_t jt_window_size(const jt_recipe *recipe)
{
    if (recipe->frame != JT_FRAME_PEAK)
        return 0;
    return (size_t)window_side(recipe->bins[0]) * (size_t)window_side(recipe->bins[1]);
}

/* Towers lie at whole multiples of their size in eta and phi. x, y become distances in towers from the hardest's. */
static void place_in_towers(const jt_recipe *recipe, const jt_clean_jet *jet, jt_placed *placed)
{
    const double tower_x = recipe->width[0] / recipe->bins[1], tower_y = recipe->width[1] / recipe->bins[0];
    double phi_0 = 0.0, column_0 = 0.0, row_0 = 0.0;
    for (int32_t i = 0; i < jet->n; i++) {
        placed->x[i] = placed->y[i] = 0.0;
        if (jet->pt[i] == 0.0)
            continue;
        double phi = jt_phi(jet->px[i], jet->py[i]);
        if (i == 0)
            phi_0 = phi;
        double column = floor(jt_eta(jet->pt[i], jet->pz[i]) / tower_x);
        double row = floor((phi_0 + jt_delta_phi(phi, phi_0)) / tower_y);
        if (i == 0) {
            column_0 = column;
            row_0 = row;
        }
        placed->x[i] = column - column_0;
        placed->y[i] = row - row_0;
    }
}

static double sum_3_by_3(const double *window, int32_t rows, int32_t columns, int32_t row, int32_t column)
{
    double sum = 0.0;
    for (int32_t r = row - 1; r <= row + 1; r++)
        for (int32_t c = column - 1; c <= column + 1; c++)
            if (r >= 0 && r < rows && c >= 0 && c < columns)
                sum += window[r * columns + c];
    return sum;
}

/* A pixel of the window as a candidate for the peak. */
typedef struct candidate {
    double sum; /* over itself and its neighbours */
    double hottest;
    int32_t pixel;
} candidate;

static int is_better(const candidate *a, const candidate *b)
{
    if (a->sum != b->sum)
        return a->sum > b->sum;
    if (a->hottest != b->hottest)
        return a->hottest > b->hottest;
    return a->pixel < b->pixel;
}

/*
 * The pixel with the largest sum over itself and its neighbours; of equal ones the hottest, then the first. Sums of the
 * same pixels are equal to the last bit, because they are added in the same order. Pixels without a lit neighbour, most
 * of the window, are not looked at.
 */
static int32_t find_peak(const jt_placed *placed, int32_t n, int32_t rows, int32_t columns)
{
    candidate best = {-1.0, 0.0, 0};
    for (int32_t i = 0; i < n; i++) {
        if (placed->pixels[i] == JT_OUTSIDE)
            continue;
        const int32_t row = placed->pixels[i] / columns, column = placed->pixels[i] % columns;
        for (int32_t r = row - 1; r <= row + 1; r++)
            for (int32_t c = column - 1; c <= column + 1; c++) {
                if (r < 0 || r >= rows || c < 0 || c >= columns)
                    continue;
                const int32_t here = r * columns + c;
                const double sum = sum_3_by_3(placed->window, rows, columns, r, c);
                const candidate found = {sum, placed->window[here], here};
                if (is_better(&found, &best))
                    best = found;
            }
    }
    return best.pixel;
}

void jt_frame_peak(const jt_recipe *recipe, const jt_clean_jet *jet, jt_placed *placed)
{
    const int32_t bin_rows = recipe->bins[0], bin_columns = recipe->bins[1];
    const int32_t rows = window_side(bin_rows), columns = window_side(bin_columns);
    place_in_towers(recipe, jet, placed);
    memset(placed->window, 0, jt_window_size(recipe) * sizeof *placed->window);
    for (int32_t i = 0; i < jet->n; i++) {
        int inside = jet->pt[i] > 0.0 && fabs(placed->x[i]) <= bin_columns && fabs(placed->y[i]) <= bin_rows;
        placed->pixels[i] = JT_OUTSIDE;
        if (!inside)
            continue;
        int32_t row = (int32_t)placed->y[i] + bin_rows, column = (int32_t)placed->x[i] + bin_columns;
        placed->window[row * columns + column] += jet->pt[i];
        placed->pixels[i] = row * columns + column;
    }

    int32_t peak = find_peak(placed, jet->n, rows, columns);
    int32_t shift_rows = bin_rows / 2 - peak / columns, shift_columns = bin_columns / 2 - peak % columns;
    for (int32_t i = 0; i < jet->n; i++) {
        if (placed->pixels[i] == JT_OUTSIDE)
            continue;
        int32_t row = placed->pixels[i] / columns + shift_rows, column = placed->pixels[i] % columns + shift_columns;
        int inside = row >= 0 && row < bin_rows && column >= 0 && column < bin_columns;
        placed->pixels[i] = inside ? row * bin_columns + column : JT_OUTSIDE;
    }
}
