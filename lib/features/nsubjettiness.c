#include <math.h>
#include <string.h>

#include "angles.h"
#include "sums.h"

enum { NOBODY = -1, N_ARRAYS = 11 };

/* The list of exclusive kT, entry by entry in arrays. A merged entry has the direction of its winner, or of the sum. */
typedef struct list {
    int32_t n;
    double *pt, *kt2;         /* GeV, GeV^2 */
    double *y, *phi;          /* of the entry */
    double *distance2;        /* to the nearest neighbour, or the largest that counts as one */
    double *measure;          /* distance2 times the smaller kt2 of the two */
    double *px, *py, *pz, *e; /* E-scheme only */
    double *nearest;          /* per constituent: squared distance to the nearest axis */
    int32_t *neighbour;       /* place in the list */
} list;

/* FastJet's Nsubjettiness clusters with R = 1000. */
static const double largest_distance2 = 1e6;

static size_t array_length(int32_t capacity)
{
    return ((size_t)capacity + 7) / 8 * 8;
}

size_t jt_nsubjettiness_bytes(int32_t capacity)
{
    return array_length(capacity) * (N_ARRAYS * sizeof(double) + sizeof(int32_t));
}

static list list_in(void *scratch, int32_t capacity)
{
    list l;
    double **arrays[N_ARRAYS] = {&l.pt, &l.kt2, &l.y,  &l.phi, &l.distance2, &l.measure,
                                 &l.px, &l.py,  &l.pz, &l.e,   &l.nearest};
    double *place = scratch;
    for (int i = 0; i < N_ARRAYS; i++, place += array_length(capacity))
        *arrays[i] = place;
    l.neighbour = (int32_t *)(void *)place;
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

static void set_measure(list *l, int32_t i)
{
    double kt2 = l->kt2[i];
    if (l->neighbour[i] != NOBODY && l->kt2[l->neighbour[i]] < kt2)
        kt2 = l->kt2[l->neighbour[i]];
    l->measure[i] = l->distance2[i] * kt2;
}

/* Entry k may be nearer to i than its neighbour so far. Whether it was. */
static int approach(list *l, int32_t i, double d2, int32_t k)
{
    if (!(d2 < l->distance2[i]))
        return 0;
    l->distance2[i] = d2;
    l->neighbour[i] = k;
    return 1;
}

static void forget(list *l, int32_t i)
{
    l->distance2[i] = largest_distance2;
    l->neighbour[i] = NOBODY;
}

static void start(list *l, const jt_pairs *pairs, const jt_clean_jet *jet)
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
        forget(l, i);
    }
    for (int32_t a = 1; a < l->n; a++) {
        const double *row = pairs->square + (size_t)a * pairs->row;
        for (int32_t b = 0; b < a; b++) {
            approach(l, a, row[b], b);
            approach(l, b, row[b], a);
        }
    }
    for (int32_t i = 0; i < l->n; i++)
        set_measure(l, i);
}

static void find_neighbour(list *l, int32_t i)
{
    forget(l, i);
    for (int32_t k = 0; k < l->n; k++)
        if (k != i)
            approach(l, i, squared_distance(l->y[i], l->phi[i], l->y[k], l->phi[k]), k);
}

/* Entry q becomes p and q together. */
static void merge(list *l, int32_t p, int32_t q, jt_axes axes)
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

static void move(list *l, int32_t from, int32_t to)
{
    double *arrays[] = {l->pt, l->kt2, l->y, l->phi, l->distance2, l->measure, l->px, l->py, l->pz, l->e};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        arrays[i][to] = arrays[i][from];
    l->neighbour[to] = l->neighbour[from];
}

static int32_t smallest_measure(const list *l)
{
    int32_t smallest = 0;
    for (int32_t i = 1; i < l->n; i++)
        if (l->measure[i] < l->measure[smallest])
            smallest = i;
    return smallest;
}

/*
 * One step: merge the pair with the smallest measure, or drop an entry without neighbour. The order of scans is that of
 * FastJet's N2Plain, which decides ties.
 */
static void step(list *l, jt_axes axes)
{
    int32_t p = smallest_measure(l);
    int32_t q = l->neighbour[p];
    if (q != NOBODY) {
        if (p < q) {
            int32_t lower = p;
            p = q;
            q = lower;
        }
        merge(l, p, q, axes);
        forget(l, q);
    }
    const int32_t last = --l->n;
    move(l, last, p);
    for (int32_t i = 0; i < l->n; i++) {
        int changed = 0;
        const int32_t neighbour = l->neighbour[i];
        if (i != q && neighbour != NOBODY && (neighbour == p || neighbour == q)) {
            find_neighbour(l, i);
            changed = 1;
        } else if (neighbour == last) {
            l->neighbour[i] = p;
        }
        if (q != NOBODY && i != q) {
            const double d2 = squared_distance(l->y[i], l->phi[i], l->y[q], l->phi[q]);
            changed |= approach(l, i, d2, q);
            approach(l, q, d2, i);
        }
        if (changed)
            set_measure(l, i);
    }
    if (q != NOBODY)
        set_measure(l, q);
}

/* tau for the axes in the list, b = 1/2, 1, 2. */
static void measure_about_axes(const list *l, const jt_pairs *pairs, double tau[3])
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

void jt_nsubjettiness(const jt_pairs *pairs, const jt_clean_jet *jet, jt_axes axes, void *scratch, jt_sums *sums)
{
    list l = list_in(scratch, jet->capacity);
    memset(sums->tau, 0, sizeof sums->tau);
    start(&l, pairs, jet);
    while (l.n > 1) {
        step(&l, axes);
        if (l.n <= JT_MOST_AXES)
            measure_about_axes(&l, pairs, sums->tau[l.n - 1]);
    }
}
