#include "frames.h"

#include <math.h>

#include "../jets/angles.h"

/* Eta and phi relative to those of the hardest constituent, which is the first. */
static void place_around_hardest(const jt_clean_jet *jet, jt_placed *placed)
{
    double eta_0 = 0.0, phi_0 = 0.0;
    for (int32_t i = 0; i < jet->n; i++) {
        placed->x[i] = placed->y[i] = 0.0;
        if (jet->pt[i] == 0.0)
            continue;
        double eta = jt_eta(jet->pt[i], jet->pz[i]);
        double phi = jt_phi(jet->px[i], jet->py[i]);
        if (i == 0) {
            eta_0 = eta;
            phi_0 = phi;
        }
        placed->x[i] = eta - eta_0;
        placed->y[i] = jt_delta_phi(phi, phi_0);
    }
}

/* Bin of a coordinate in a window of `bins` bins around 0, JT_OUTSIDE when it is not in it. */
static int32_t bin_of(double coordinate, double width, int32_t bins)
{
    double place = floor((coordinate + width / 2) * bins / width);
    return place >= 0.0 && place < bins ? (int32_t)place : JT_OUTSIDE;
}

static void pixelate(const jt_recipe *recipe, const jt_clean_jet *jet, jt_placed *placed)
{
    for (int32_t i = 0; i < jet->n; i++) {
        int32_t row = bin_of(placed->y[i], recipe->width[1], recipe->bins[0]);
        int32_t column = bin_of(placed->x[i], recipe->width[0], recipe->bins[1]);
        int inside = jet->pt[i] > 0.0 && row != JT_OUTSIDE && column != JT_OUTSIDE;
        placed->pixels[i] = inside ? row * recipe->bins[1] + column : JT_OUTSIDE;
    }
}

void jt_frame_hardest(const jt_recipe *recipe, const jt_clean_jet *jet, jt_placed *placed)
{
    place_around_hardest(jet, placed);
    pixelate(recipe, jet, placed);
}

static void shift_to_centroid(const jt_clean_jet *jet, jt_placed *placed)
{
    double sum = 0.0, x = 0.0, y = 0.0;
    for (int32_t i = 0; i < jet->n; i++) {
        sum += jet->pt[i];
        x += jet->pt[i] * placed->x[i];
        y += jet->pt[i] * placed->y[i];
    }
    if (sum == 0.0)
        return;
    x /= sum;
    y /= sum;
    for (int32_t i = 0; i < jet->n; i++) {
        placed->x[i] -= x;
        placed->y[i] -= y;
    }
}

/* Rotate the eigenvector of the larger second moment onto the y axis; no rotation where the two moments are equal. */
static void rotate_to_axis(const jt_clean_jet *jet, jt_placed *placed)
{
    double xx = 0.0, xy = 0.0, yy = 0.0;
    for (int32_t i = 0; i < jet->n; i++) {
        double x = placed->x[i], y = placed->y[i];
        xx += jet->pt[i] * x * x;
        xy += jet->pt[i] * x * y;
        yy += jet->pt[i] * y * y;
    }
    double difference = xx - yy;
    double gap = sqrt(difference * difference + 4 * xy * xy); /* between the eigenvalues */
    double larger = (xx + yy + gap) / 2;
    if (!(gap > 1e-12 * larger))
        return;
    /* The eigenvector from its half angle, by the sum that does not cancel. */
    double a, b;
    if (difference >= 0.0) {
        a = sqrt((1 + difference / gap) / 2);
        b = xy / (gap * a);
    } else {
        b = sqrt((1 - difference / gap) / 2);
        a = xy / (gap * b);
    }
    for (int32_t i = 0; i < jet->n; i++) {
        double x = placed->x[i], y = placed->y[i];
        placed->x[i] = b * x - a * y;
        placed->y[i] = a * x + b * y;
    }
}

static double larger_of(double a, double b)
{
    return a > b ? a : b;
}

/* Mirror so that the quadrant with the largest pT sum is at x > 0, y > 0; ties leave their axis alone. */
static void flip_to_quadrant(const jt_clean_jet *jet, jt_placed *placed)
{
    double sums[2][2] = {{0.0, 0.0}, {0.0, 0.0}}; /* [upper][right] */
    for (int32_t i = 0; i < jet->n; i++)
        sums[placed->y[i] >= 0.0][placed->x[i] >= 0.0] += jet->pt[i];
    double flip_x = larger_of(sums[0][0], sums[1][0]) > larger_of(sums[0][1], sums[1][1]) ? -1.0 : 1.0;
    double flip_y = larger_of(sums[0][0], sums[0][1]) > larger_of(sums[1][0], sums[1][1]) ? -1.0 : 1.0;
    for (int32_t i = 0; i < jet->n; i++) {
        placed->x[i] *= flip_x;
        placed->y[i] *= flip_y;
    }
}

void jt_frame_principal(const jt_recipe *recipe, const jt_clean_jet *jet, jt_placed *placed)
{
    place_around_hardest(jet, placed);
    shift_to_centroid(jet, placed);
    rotate_to_axis(jet, placed);
    flip_to_quadrant(jet, placed);
    pixelate(recipe, jet, placed);
}
