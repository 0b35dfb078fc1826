#include "sets.h"

#include <math.h>
#include <string.h>

#include "../core/memory.h"
#include "../jets/angles.h"
#include "logarithm.h"

const char *const jt_single_names[JT_SINGLES] = {"deta", "dphi", "dr", "log_dr", "log_pt", "log_z"};
const char *const jt_pair_names[JT_PAIRS] = {"log_dr", "log_kt", "log_z", "log_m"};

static const float least_distance = 1e-4f, least_pt = 1e-3f, least_share = 1e-9f, least_mass = 1e-3f;
static const double largest_eta = 100.0, largest_pt = 1e12; /* so that no product overflows */
static const float pi = 3.14159265358979f;

/* Of the constituents that have a direction, hardest first, then of the pairs. */
typedef struct room {
    float *x, *y, *pt; /* relative eta and phi; GeV */
    double *eta, *phi;
    float *square, *smaller, *both, *mass; /* dR^2, pT in GeV, mass^2: per pair */
    float *logs[3];                        /* ln of dR, of the smaller pT and of both: per pair */
} room;

void jt_singles_shape(const jt_set *singles, int32_t shape[3])
{
    shape[0] = singles->most ? 1 + singles->n_columns : 0;
    shape[1] = singles->most ? 1 : 0;
    shape[2] = singles->most;
}

void jt_pairs_shape(const jt_set *pairs, int32_t shape[3])
{
    shape[0] = pairs->most ? 1 + pairs->n_columns : 0;
    shape[1] = pairs->most ? 1 : 0;
    shape[2] = pairs->most * (pairs->most - 1) / 2;
}

/* Both the size and the pointers come from here: a NULL block only counts. */
static size_t lay_out(const jt_sets *sets, int32_t capacity, char *block, room *r)
{
    enum { SINGLE = 3, DOUBLE = 2, PAIR = 7 };
    const size_t n = (size_t)capacity, n_pairs = (size_t)(sets->pairs.most * (sets->pairs.most - 1) / 2);
    char *pieces[SINGLE + DOUBLE + PAIR] = {NULL};
    size_t used = 0;
    for (size_t i = 0; i < SINGLE + DOUBLE + PAIR; i++) {
        pieces[i] = block ? block + used : NULL;
        used += jt_rounded_up(i < SINGLE            ? n * sizeof(float)
                              : i < SINGLE + DOUBLE ? n * sizeof(double)
                                                    : n_pairs * sizeof(float));
    }
    if (r)
        *r = (room){(float *)(void *)pieces[0],
                    (float *)(void *)pieces[1],
                    (float *)(void *)pieces[2],
                    (double *)(void *)pieces[3],
                    (double *)(void *)pieces[4],
                    (float *)(void *)pieces[5],
                    (float *)(void *)pieces[6],
                    (float *)(void *)pieces[7],
                    (float *)(void *)pieces[8],
                    {(float *)(void *)pieces[9], (float *)(void *)pieces[10], (float *)(void *)pieces[11]}};
    return used;
}

size_t jt_sets_bytes(const jt_sets *sets, int32_t capacity)
{
    return sets->singles.most || sets->pairs.most ? lay_out(sets, capacity, NULL, NULL) : 0;
}

static double limited(double x, double largest)
{
    return x > largest ? largest : x < -largest ? -largest : x;
}

/* Angles from the pT-weighted mean, phi taken from the hardest first. Returns how many there are; *sum is all pT. */
static int32_t place(const jt_clean_jet *jet, const room *r, double *sum)
{
    int32_t n = 0;
    double eta = 0.0, phi = 0.0;
    *sum = 0.0;
    for (; n < jet->n && jet->pt[n] > 0.0; n++) {
        r->eta[n] = jt_eta(jet->pt[n], jet->pz[n]);
        r->phi[n] = jt_phi(jet->px[n], jet->py[n]);
        r->phi[n] = n == 0 ? r->phi[0] : jt_delta_phi(r->phi[n], r->phi[0]);
        *sum += jet->pt[n];
        eta += jet->pt[n] * r->eta[n];
        phi += n == 0 ? 0.0 : jet->pt[n] * r->phi[n];
    }
    for (int32_t i = 0; i < n; i++) {
        r->x[i] = (float)limited(r->eta[i] - eta / *sum, largest_eta);
        r->y[i] = (float)jt_delta_phi(i == 0 ? 0.0 : r->phi[i], phi / *sum);
        r->pt[i] = (float)limited(jet->pt[i], largest_pt);
    }
    return n;
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

static float distance_of(const room *r, int32_t i)
{
    return sqrtf(r->x[i] * r->x[i] + r->y[i] * r->y[i]);
}

static float single(int32_t column, const room *r, int32_t i, float sum)
{
    switch (column) {
    case JT_SINGLE_DETA:
        return r->x[i];
    case JT_SINGLE_DPHI:
        return r->y[i];
    case JT_SINGLE_DR:
        return distance_of(r, i);
    case JT_SINGLE_LOG_DR:
        return jt_lnf(larger(distance_of(r, i), least_distance));
    case JT_SINGLE_LOG_PT:
        return jt_lnf(larger(r->pt[i], least_pt));
    default:
        return jt_lnf(larger(r->pt[i] / sum, least_share));
    }
}

static void fill_singles(const jt_set *set, const room *r, int32_t n, float sum, float *out)
{
    for (int32_t i = 0; i < n; i++)
        out[i] = 1.0f;
    for (int32_t c = 0; c < set->n_columns; c++) {
        out += set->most;
        for (int32_t i = 0; i < n; i++)
            out[i] = (single(set->columns[c], r, i, sum) - set->mean[c]) / set->deviation[c];
    }
}

/* What the columns are made of, for pairs of constituent i with those after it; to place k on. */
static void measure_pairs(const room *r, int32_t i, int32_t n, int32_t k)
{
    const float x = r->x[i], y = r->y[i], pt = r->pt[i];
    for (int32_t j = i + 1; j < n; j++, k++) {
        const float dx = x - r->x[j], apart = fabsf(y - r->y[j]);
        const float dy = apart > pi ? 2.0f * pi - apart : apart;
        const float x2 = dx * dx, y2 = dy * dy;
        r->square[k] = larger(x2 + y2, least_distance * least_distance);
        r->smaller[k] = larger(pt < r->pt[j] ? pt : r->pt[j], least_pt);
        r->both[k] = larger(pt, least_pt) + larger(r->pt[j], least_pt);
        /* cosh dx - cos dy */
        const float series = x2 + y2 + (x2 * x2 - y2 * y2) / 12.0f + (x2 * x2 * x2 + y2 * y2 * y2) / 360.0f;
        r->mass[k] = larger(pt * r->pt[j] * series, least_mass * least_mass);
    }
}

static void logarithms(const float *in, float *out, int32_t n, float factor)
{
    for (int32_t k = 0; k < n; k++)
        out[k] = factor * jt_lnf(in[k]);
}

/* Column `column` of `n` pairs from place k on. */
static void pair_column(int32_t column, const room *r, int32_t k, int32_t n, float mean, float deviation, float *out)
{
    const float *distance = r->logs[0] + k, *smaller = r->logs[1] + k, *both = r->logs[2] + k, *mass = r->mass + k;
    for (int32_t i = 0; i < n; i++) {
        const float value = column == JT_PAIR_LOG_DR   ? distance[i]
                            : column == JT_PAIR_LOG_KT ? smaller[i] + distance[i]
                            : column == JT_PAIR_LOG_Z  ? smaller[i] - both[i]
                                                       : mass[i];
        out[i] = (value - mean) / deviation;
    }
}

static void fill_pairs(const jt_set *set, const room *r, int32_t n, float *out)
{
    const int32_t members = set->most * (set->most - 1) / 2, n_pairs = n * (n - 1) / 2;
    for (int32_t i = 0, k = 0; i + 1 < n; k += n - 1 - i, i++)
        measure_pairs(r, i, n, k);
    logarithms(r->square, r->logs[0], n_pairs, 0.5f);
    logarithms(r->smaller, r->logs[1], n_pairs, 1.0f);
    logarithms(r->both, r->logs[2], n_pairs, 1.0f);
    logarithms(r->mass, r->mass, n_pairs, 0.5f);
    for (int32_t i = 0, k = 0, at = 0; i + 1 < n; k += n - 1 - i, at += set->most - 1 - i, i++) {
        for (int32_t j = 0; j < n - 1 - i; j++)
            out[at + j] = 1.0f;
        for (int32_t c = 0; c < set->n_columns; c++)
            pair_column(set->columns[c], r, k, n - 1 - i, set->mean[c], set->deviation[c],
                        out + (c + 1) * members + at);
    }
}

static int32_t at_most(int32_t n, int32_t most)
{
    return n < most ? n : most;
}

void jt_sets_fill(const jt_sets *sets, const jt_clean_jet *jet, void *scratch, float *out)
{
    int32_t singles[3], pairs[3];
    jt_singles_shape(&sets->singles, singles);
    jt_pairs_shape(&sets->pairs, pairs);
    const size_t n_singles = (size_t)singles[0] * (size_t)singles[2], n_pairs = (size_t)pairs[0] * (size_t)pairs[2];
    memset(out, 0, (n_singles + n_pairs) * sizeof *out);
    room r;
    lay_out(sets, jet->capacity, scratch, &r);
    double sum;
    const int32_t n = place(jet, &r, &sum);
    if (n == 0)
        return;
    fill_singles(&sets->singles, &r, at_most(n, sets->singles.most), (float)sum, out);
    fill_pairs(&sets->pairs, &r, at_most(n, sets->pairs.most), out + n_singles);
}
