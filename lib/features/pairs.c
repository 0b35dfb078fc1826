#include "pairs.h"

#include <math.h>
#include <string.h>

#include "angles.h"

enum { N_VECTORS = 5, N_MATRICES = 6, N_ROWS = 5 };

static size_t row_length(int32_t n)
{
    return ((size_t)n + JT_LANES - 1) / JT_LANES * JT_LANES;
}

size_t jt_pairs_bytes(int32_t capacity)
{
    size_t row = row_length(capacity);
    return (N_VECTORS + N_ROWS + N_MATRICES * (size_t)capacity) * row * sizeof(double);
}

static void lay_out(jt_pairs *pairs, double *memory)
{
    double **vectors[N_VECTORS] = {&pairs->pt, &pairs->kt2, &pairs->y, &pairs->phi, &pairs->z};
    double **matrices[N_MATRICES] = {&pairs->h,      &pairs->theta,  &pairs->square,
                                     &pairs->power3, &pairs->power4, &pairs->weight};
    for (int i = 0; i < N_VECTORS; i++, memory += pairs->row)
        *vectors[i] = memory;
    for (int i = 0; i < N_MATRICES; i++, memory += (size_t)pairs->n * pairs->row)
        *matrices[i] = memory;
    pairs->rows = memory;
}

static void fill_vectors(jt_pairs *pairs, const jt_clean_jet *jet)
{
    pairs->total_pt = 0.0;
    for (int32_t i = 0; i < pairs->n; i++) {
        const int32_t from = jet->by_input[i];
        pairs->kt2[i] = jet->px[from] * jet->px[from] + jet->py[from] * jet->py[from];
        pairs->pt[i] = sqrt(pairs->kt2[i]);
        pairs->y[i] = jt_rapidity(pairs->kt2[i], jet->pz[from], jet->e[from]);
        pairs->phi[i] = jt_azimuth(jet->px[from], jet->py[from]);
        pairs->total_pt += pairs->pt[i];
    }
    for (int32_t i = 0; i < pairs->n; i++)
        pairs->z[i] = pairs->total_pt > 0.0 ? pairs->pt[i] / pairs->total_pt : 0.0;
}

static double squared_distance(const jt_pairs *pairs, int32_t i, int32_t j)
{
    const double pi = 3.14159265358979323846;
    double dphi = fabs(pairs->phi[i] - pairs->phi[j]);
    if (dphi > pi)
        dphi = 2 * pi - dphi;
    double dy = pairs->y[i] - pairs->y[j];
    return dphi * dphi + dy * dy;
}

static void fill_row(jt_pairs *pairs, int32_t k)
{
    const size_t start = (size_t)k * pairs->row;
    for (int32_t l = 0; l < k; l++) {
        double d2 = squared_distance(pairs, k, l);
        double theta = sqrt(d2);
        pairs->h[start + (size_t)l] = sqrt(theta);
        pairs->theta[start + (size_t)l] = theta;
        pairs->square[start + (size_t)l] = d2;
        pairs->power3[start + (size_t)l] = jt_angle_power(d2, JT_D3_B / 2);
        pairs->power4[start + (size_t)l] = jt_angle_power(d2, JT_D3_G / 2);
        pairs->weight[start + (size_t)l] = pairs->z[k] * pairs->z[l];
    }
    double *triangles[] = {pairs->h, pairs->theta, pairs->square, pairs->power3, pairs->power4, pairs->weight};
    for (size_t t = 0; t < sizeof triangles / sizeof *triangles; t++)
        memset(triangles[t] + start + k, 0, (pairs->row - (size_t)k) * sizeof(double));
}

double jt_pairs_square(const jt_pairs *pairs, int32_t i, int32_t j)
{
    return i > j ? pairs->square[(size_t)i * pairs->row + (size_t)j]
                 : pairs->square[(size_t)j * pairs->row + (size_t)i];
}

void jt_pairs_make(jt_pairs *pairs, const jt_clean_jet *jet, void *memory)
{
    pairs->n = jet->n;
    pairs->row = row_length(jet->n);
    lay_out(pairs, memory);
    fill_vectors(pairs, jet);
    for (int32_t k = 0; k < pairs->n; k++)
        fill_row(pairs, k);
}
