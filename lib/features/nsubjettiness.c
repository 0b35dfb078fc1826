#include <math.h>
#include <string.h>

#include "angles.h"
#include "kernel.h"

enum { N_ARRAYS = 12 };

static size_t array_length(int32_t capacity)
{
    return ((size_t)capacity + 7) / 8 * 8;
}

size_t jt_nsubjettiness_bytes(int32_t capacity)
{
    return array_length(capacity) * N_ARRAYS * sizeof(double);
}

static jt_cluster_list list_in(void *scratch, int32_t capacity)
{
    jt_cluster_list l;
    double **arrays[N_ARRAYS] = {&l.pt, &l.kt2, &l.y,  &l.phi, &l.neighbour, &l.distance2,
                                 &l.px, &l.py,  &l.pz, &l.e,   &l.measure,   &l.nearest};
    double *place = scratch;
    for (int i = 0; i < N_ARRAYS; i++, place += array_length(capacity))
        *arrays[i] = place;
    l.n = 0;
    return l;
}

static double squared_distance(double y, double phi, double other_y, double other_phi)
{
    const double pi = 3.14159265358979323846;
    double dphi = fabs(phi - other_phi);
    if (dphi > pi)
        dphi = 2 * pi - dphi;
    double dy = y - other_y;
    return dphi * dphi + dy * dy;
}

static void start(jt_cluster_list *l, const jt_feature_kernel *kernel, const jt_pairs *pairs, const jt_clean_jet *jet)
{
    l->n = pairs->n;
    const size_t bytes = (size_t)pairs->n * sizeof(double);
    memcpy(l->pt, pairs->pt, bytes);
    memcpy(l->kt2, pairs->kt2, bytes);
    memcpy(l->y, pairs->y, bytes);
    memcpy(l->phi, pairs->phi, bytes);
    for (int32_t i = 0; i < l->n; i++) {
        const int32_t from = jet->by_input[i];
        l->px[i] = jet->px[from];
        l->py[i] = jet->py[from];
        l->pz[i] = jet->pz[from];
        l->e[i] = jet->e[from];
    }
    for (int32_t i = 0; i < l->n; i++)
        kernel->find_neighbour(l, i);
}

/* Entry q becomes p and q together. */
static void merge(jt_cluster_list *l, int32_t p, int32_t q, jt_axes axes)
{
    if (axes == JT_AXES_KT) {
        l->px[q] += l->px[p];
        l->py[q] += l->py[p];
        l->pz[q] += l->pz[p];
        l->e[q] += l->e[p];
        l->kt2[q] = l->px[q] * l->px[q] + l->py[q] * l->py[q];
        l->pt[q] = sqrt(l->kt2[q]);
        l->y[q] = jt_rapidity(l->kt2[q], l->pz[q], l->e[q]);
        l->phi[q] = jt_azimuth(l->px[q], l->py[q]);
        return;
    }
    if (l->pt[p] >= l->pt[q]) {
        l->y[q] = l->y[p];
        l->phi[q] = l->phi[p];
    }
    l->pt[q] += l->pt[p];
    l->kt2[q] = l->pt[q] * l->pt[q];
}

static void move(jt_cluster_list *l, int32_t from, int32_t to)
{
    double *arrays[] = {l->pt, l->kt2, l->y, l->phi, l->neighbour, l->distance2, l->measure, l->px, l->py, l->pz, l->e};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        arrays[i][to] = arrays[i][from];
}

/*
 * One step: merge the pair with the smallest measure, or drop an entry without neighbour. Of equal measures and
 * distances the first in the list counts, which is how FastJet's N2Plain decides ties.
 */
static void step(jt_cluster_list *l, const jt_feature_kernel *kernel, jt_axes axes)
{
    int32_t p = kernel->first_smallest(l->measure, l->n);
    int32_t q = (int32_t)l->neighbour[p];
    if (q != JT_NOBODY) {
        if (p < q) {
            int32_t lower = p;
            p = q;
            q = lower;
        }
        merge(l, p, q, axes);
    }
    const int32_t last = --l->n;
    move(l, last, p);
    for (int32_t i = 0; i < l->n; i++) {
        const int32_t neighbour = (int32_t)l->neighbour[i];
        if (i != q && neighbour != JT_NOBODY && (neighbour == p || neighbour == q))
            kernel->find_neighbour(l, i);
        else if (neighbour == last)
            l->neighbour[i] = p;
    }
    if (q != JT_NOBODY)
        kernel->approach(l, q);
}

/* tau for the axes in the list, b = 1/2, 1, 2. */
static void measure_about_axes(const jt_cluster_list *l, const jt_pairs *pairs, double tau[3])
{
    double *nearest = l->nearest;
    for (int32_t i = 0; i < pairs->n; i++)
        nearest[i] = squared_distance(pairs->y[i], pairs->phi[i], l->y[0], l->phi[0]);
    for (int32_t a = 1; a < l->n; a++) {
        const double y = l->y[a], phi = l->phi[a];
        for (int32_t i = 0; i < pairs->n; i++) {
            const double d2 = squared_distance(pairs->y[i], pairs->phi[i], y, phi);
            nearest[i] = d2 < nearest[i] ? d2 : nearest[i];
        }
    }
    tau[JT_HALF] = tau[JT_ONE] = tau[JT_TWO] = 0.0;
    for (int32_t i = 0; i < pairs->n; i++) {
        const double theta = sqrt(nearest[i]);
        tau[JT_HALF] += pairs->pt[i] * sqrt(theta);
        tau[JT_ONE] += pairs->pt[i] * theta;
        tau[JT_TWO] += pairs->pt[i] * nearest[i];
    }
}

void jt_nsubjettiness(const jt_feature_kernel *kernel, const jt_pairs *pairs, const jt_clean_jet *jet, jt_axes axes,
                      void *scratch, jt_sums *sums)
{
    jt_cluster_list l = list_in(scratch, jet->capacity);
    memset(sums->tau, 0, sizeof sums->tau);
    start(&l, kernel, pairs, jet);
    while (l.n > 1) {
        step(&l, kernel, axes);
        if (l.n <= JT_MOST_AXES)
            measure_about_axes(&l, pairs, sums->tau[l.n - 1]);
    }
}
