#include "pairs.h"

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
    int32_t i = 0;
    pairs->total_pt = 0.0;
    for (int32_t k = 0; k < jet->n; k++) {
        const int32_t from = jet->by_input[k];
        pairs->total_pt += jet->pt[from];
        /* A clean jet is sorted: its first are the hardest. */
        if (from >= pairs->n)
            continue;
        const double kt2 = jet->px[from] * jet->px[from] + jet->py[from] * jet->py[from];
        pairs->kt2[i] = kt2;
        pairs->pt[i] = jet->pt[from];
        pairs->y[i] = jt_rapidity(kt2, jet->pz[from], jet->e[from]);
        pairs->phi[i] = jt_azimuth(jet->px[from], jet->py[from]);
        i++;
    }
    for (i = 0; i < pairs->n; i++)
        pairs->z[i] = pairs->total_pt > 0.0 ? pairs->pt[i] / pairs->total_pt : 0.0;
    for (size_t rest = (size_t)pairs->n; rest < pairs->row; rest++)
        pairs->y[rest] = pairs->phi[rest] = pairs->z[rest] = 0.0;
}

void jt_pairs_start(jt_pairs *pairs, const jt_clean_jet *jet, int32_t most, void *memory)
{
    pairs->n = jet->n < most ? jet->n : most;
    pairs->row = row_length(pairs->n);
    lay_out(pairs, memory);
    fill_vectors(pairs, jet);
}
