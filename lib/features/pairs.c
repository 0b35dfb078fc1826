#include "pairs.h"

#include <math.h>

#include "angles.h"

enum { N_VECTORS = 5, N_MATRICES = 5, N_ROWS = 14 };

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
    double **matrices[N_MATRICES] = {&pairs->h, &pairs->theta, &pairs->square, &pairs->power3, &pairs->power4};
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
    for (size_t i = (size_t)pairs->n; i < pairs->row; i++)
        pairs->y[i] = pairs->phi[i] = pairs->z[i] = 0.0;
}

double jt_pairs_square(const jt_pairs *pairs, int32_t i, int32_t j)
{
    return i > j ? pairs->square[(size_t)i * pairs->row + (size_t)j]
                 : pairs->square[(size_t)j * pairs->row + (size_t)i];
}

void jt_pairs_start(jt_pairs *pairs, const jt_clean_jet *jet, void *memory)
{
    pairs->n = jet->n;
    pairs->row = row_length(jet->n);
    lay_out(pairs, memory);
    fill_vectors(pairs, jet);
}
