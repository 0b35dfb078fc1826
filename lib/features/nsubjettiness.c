#include <math.h>

#include "sums.h"

enum { NOBODY = -1 };

/* Entry of the clustering's list. A merged entry has the direction of its winner, which is a constituent's. */
typedef struct entry {
    double pt, kt2;
    double distance2; /* to the nearest neighbour, or the largest that counts as one */
    double measure;   /* distance2 times the smaller kt2 of the two */
    int32_t direction;
    int32_t neighbour; /* place in the list */
} entry;

/* FastJet's Nsubjettiness clusters with R = 1000. */
static const double largest_distance2 = 1e6;

size_t jt_nsubjettiness_bytes(int32_t capacity)
{
    return (size_t)capacity * sizeof(entry);
}

static double distance2(const jt_pairs *pairs, const entry *a, const entry *b)
{
    return jt_pairs_square(pairs, a->direction, b->direction);
}

static void set_measure(entry *list, int32_t i)
{
    double kt2 = list[i].kt2;
    if (list[i].neighbour != NOBODY && list[list[i].neighbour].kt2 < kt2)
        kt2 = list[list[i].neighbour].kt2;
    list[i].measure = list[i].distance2 * kt2;
}

static void approach(entry *entry, double d2, int32_t neighbour)
{
    if (d2 < entry->distance2) {
        entry->distance2 = d2;
        entry->neighbour = neighbour;
    }
}

static void forget(entry *entry)
{
    entry->distance2 = largest_distance2;
    entry->neighbour = NOBODY;
}

static void start(const jt_pairs *pairs, entry *list)
{
    for (int32_t i = 0; i < pairs->n; i++) {
        list[i].pt = pairs->pt[i];
        list[i].kt2 = pairs->kt2[i];
        list[i].direction = i;
        forget(&list[i]);
    }
    for (int32_t a = 1; a < pairs->n; a++)
        for (int32_t b = 0; b < a; b++) {
            double d2 = distance2(pairs, &list[a], &list[b]);
            approach(&list[a], d2, b);
            approach(&list[b], d2, a);
        }
    for (int32_t i = 0; i < pairs->n; i++)
        set_measure(list, i);
}

static void find_neighbour(const jt_pairs *pairs, entry *list, int32_t n, int32_t i)
{
    forget(&list[i]);
    for (int32_t k = 0; k < n; k++)
        if (k != i)
            approach(&list[i], distance2(pairs, &list[i], &list[k]), k);
}

/*
 * One step: merge the pair with the smallest measure, or drop an entry without neighbour. The order of scans is that of
 * FastJet's N2Plain, which decides ties. Returns the new length.
 */
static int32_t step(const jt_pairs *pairs, entry *list, int32_t n)
{
    int32_t p = 0;
    for (int32_t i = 1; i < n; i++)
        if (list[i].measure < list[p].measure)
            p = i;
    int32_t q = list[p].neighbour;
    if (q != NOBODY) {
        if (p < q) {
            int32_t lower = p;
            p = q;
            q = lower;
        }
        const entry *winner = list[p].pt >= list[q].pt ? &list[p] : &list[q];
        list[q].direction = winner->direction;
        list[q].pt = list[p].pt + list[q].pt;
        list[q].kt2 = list[q].pt * list[q].pt;
        forget(&list[q]);
    }
    const int32_t last = n - 1;
    list[p] = list[last];
    n = last;
    for (int32_t i = 0; i < n; i++) {
        if (i != q && list[i].neighbour != NOBODY && (list[i].neighbour == p || list[i].neighbour == q))
            find_neighbour(pairs, list, n, i);
        else if (list[i].neighbour == last)
            list[i].neighbour = p;
        if (q != NOBODY && i != q) {
            double d2 = distance2(pairs, &list[i], &list[q]);
            approach(&list[i], d2, q);
            approach(&list[q], d2, i);
        }
    }
    for (int32_t i = 0; i < n; i++)
        set_measure(list, i);
    return n;
}

static void measure_about_axes(const jt_pairs *pairs, const entry *axes, int32_t n_axes, double tau[3])
{
    tau[JT_HALF] = tau[JT_ONE] = tau[JT_TWO] = 0.0;
    for (int32_t i = 0; i < pairs->n; i++) {
        double nearest = jt_pairs_square(pairs, i, axes[0].direction);
        for (int32_t a = 1; a < n_axes; a++) {
            double d2 = jt_pairs_square(pairs, i, axes[a].direction);
            nearest = d2 < nearest ? d2 : nearest;
        }
        double theta = sqrt(nearest);
        tau[JT_HALF] += pairs->pt[i] * sqrt(theta);
        tau[JT_ONE] += pairs->pt[i] * theta;
        tau[JT_TWO] += pairs->pt[i] * nearest;
    }
}

void jt_nsubjettiness(const jt_pairs *pairs, void *scratch, jt_sums *sums)
{
    entry *list = scratch;
    for (int32_t k = 0; k < JT_MOST_AXES; k++)
        sums->tau[k][JT_HALF] = sums->tau[k][JT_ONE] = sums->tau[k][JT_TWO] = 0.0;
    start(pairs, list);
    for (int32_t n = pairs->n; n > 1;) {
        n = step(pairs, list, n);
        if (n <= JT_MOST_AXES)
            measure_about_axes(pairs, list, n, sums->tau[n - 1]);
    }
}
