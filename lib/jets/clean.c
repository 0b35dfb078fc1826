#include <math.h>
#include <string.h>

#include "angles.h"
#include "jets.h"

enum { N_DOUBLE_ARRAYS = 5 };

/* GeV: no physics is beyond it, and pixels, which are floats, could not hold the sums of thousands. */
static const double largest = 1e30;

size_t jt_clean_jet_bytes(int32_t capacity)
{
    size_t n = (size_t)capacity;
    return N_DOUBLE_ARRAYS * jt_rounded_up(n * sizeof(double)) + jt_rounded_up(n * sizeof(int64_t)) +
           jt_rounded_up(n * sizeof(int32_t)) + jt_rounded_up(n);
}

void jt_clean_jet_init(jt_clean_jet *jet, int32_t capacity, void *memory)
{
    char *place = memory;
    size_t n = (size_t)capacity;
    double **arrays[N_DOUBLE_ARRAYS] = {&jet->px, &jet->py, &jet->pz, &jet->e, &jet->pt};
    for (int i = 0; i < N_DOUBLE_ARRAYS; i++) {
        *arrays[i] = (double *)(void *)place;
        place += jt_rounded_up(n * sizeof(double));
    }
    jet->order = (int64_t *)(void *)place;
    place += jt_rounded_up(n * sizeof(int64_t));
    jet->by_input = (int32_t *)(void *)place;
    place += jt_rounded_up(n * sizeof(int32_t));
    jet->classes = (uint8_t *)place;
    jet->capacity = capacity;
    jet->n = 0;
}

/* memcpy, because a caller's stride need not keep values aligned. */
static double read_value(const jt_jets_view *view, int value, int64_t constituent)
{
    const char *place = view->values[value] + constituent * view->stride;
    if (view->number == JT_FLOAT32) {
        float number;
        memcpy(&number, place, sizeof number);
        return (double)number;
    }
    double number;
    memcpy(&number, place, sizeof number);
    return number;
}

typedef struct constituent {
    double p[4]; /* px py pz E */
    double pt;
    uint8_t class;
} constituent;

typedef enum kind { KIND_PARTICLE = 0, KIND_PADDING, KIND_NOT_FINITE, KIND_NEGATIVE_ENERGY } kind;

static kind read_constituent(const jt_jets_view *view, int64_t index, constituent *c)
{
    double v[4];
    for (int i = 0; i < 4; i++)
        v[i] = read_value(view, i, index);
    if (v[0] == 0.0 && v[1] == 0.0 && v[2] == 0.0 && v[3] == 0.0)
        return KIND_PADDING;
    if (!(isfinite(v[0]) && isfinite(v[1]) && isfinite(v[2]) && isfinite(v[3])))
        return KIND_NOT_FINITE;

    switch (view->coordinates) {
    case JT_PX_PY_PZ_E:
        memcpy(c->p, v, sizeof v);
        break;
    case JT_E_PX_PY_PZ:
        c->p[0] = v[1];
        c->p[1] = v[2];
        c->p[2] = v[3];
        c->p[3] = v[0];
        break;
    case JT_PT_ETA_PHI_M:
        if (v[0] < 0.0)
            return KIND_NEGATIVE_ENERGY;
        jt_from_pt_eta_phi_m(v, c->p);
        break;
    }
    if (c->p[3] < 0.0)
        return KIND_NEGATIVE_ENERGY;
    c->pt = sqrt(c->p[0] * c->p[0] + c->p[1] * c->p[1]);
    /* Also what is infinite or NaN by now: squares, or the energy from pT, eta, phi and m, of finite values. */
    if (!(c->pt <= largest && fabs(c->p[2]) <= largest && c->p[3] <= largest))
        return KIND_NOT_FINITE;
    c->class = view->classes ? view->classes[index * view->class_stride] : (uint8_t)JT_NEUTRAL;
    return KIND_PARTICLE;
}

static void put(jt_clean_jet *jet, int32_t place, const constituent *c, int64_t index)
{
    jet->px[place] = c->p[0];
    jet->py[place] = c->p[1];
    jet->pz[place] = c->p[2];
    jet->e[place] = c->p[3];
    jet->pt[place] = c->pt;
    jet->classes[place] = c->class;
    jet->order[place] = index;
}

/* Note the constituent in pt[] and order[], which stay sorted by falling pT, ties in input order, `keep` long at most.
 */
static void rank(jt_clean_jet *jet, int32_t keep, double pt, int64_t index)
{
    int32_t low = 0, high = jet->n;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (jet->pt[middle] >= pt)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == keep)
        return;
    int32_t last = jet->n < keep ? jet->n++ : keep - 1;
    size_t moved = (size_t)(last - low);
    memmove(jet->pt + low + 1, jet->pt + low, moved * sizeof *jet->pt);
    memmove(jet->order + low + 1, jet->order + low, moved * sizeof *jet->order);
    jet->pt[low] = pt;
    jet->order[low] = index;
}

typedef struct span {
    int64_t first, end;
} span;

/* With offsets, `padded` may be anything. */
static span span_of(const jt_jets_view *view, int64_t index)
{
    if (view->offsets)
        return (span){view->offsets[index], view->offsets[index + 1]};
    return (span){index * view->padded, (index + 1) * view->padded};
}

/* The jet is unsorted or long: find the hardest by their pT first, then read them again, in order. */
static void read_ranked(const jt_jets_view *view, span span, int32_t keep, jt_clean_jet *jet)
{
    constituent c;
    jet->n = 0;
    for (int64_t i = span.first; i < span.end; i++)
        if (read_constituent(view, i, &c) == KIND_PARTICLE)
            rank(jet, keep, c.pt, i);
    for (int32_t i = 0; i < jet->n; i++) {
        read_constituent(view, jet->order[i], &c);
        put(jet, i, &c, jet->order[i]);
    }
}

/* by_input from order. Insertion, because most jets are nearly in order. */
static void sort_by_input(jt_clean_jet *jet)
{
    for (int32_t i = 0; i < jet->n; i++) {
        int32_t place = i;
        for (; place > 0 && jet->order[jet->by_input[place - 1]] > jet->order[i]; place--)
            jet->by_input[place] = jet->by_input[place - 1];
        jet->by_input[place] = i;
    }
}

jt_jet_status jt_jet_clean(const jt_jets_view *view, int64_t index, const jt_cleaning *cleaning, jt_clean_jet *jet)
{
    const span span = span_of(view, index);

    /* Most jets come sorted and short: they are read once. */
    int in_order = 1;
    int negative_energy = 0, bad_class = 0;
    int64_t n_particles = 0;
    double softest = INFINITY;
    constituent c;
    for (int64_t i = span.first; i < span.end; i++) {
        switch (read_constituent(view, i, &c)) {
        case KIND_PADDING:
            continue;
        case KIND_NOT_FINITE:
            return JT_JET_NOT_FINITE;
        case KIND_NEGATIVE_ENERGY:
            negative_energy = 1;
            continue;
        case KIND_PARTICLE:
            break;
        }
        bad_class |= c.class > JT_MUON;
        if (n_particles < cleaning->keep)
            put(jet, (int32_t)n_particles, &c, i);
        n_particles++;
        in_order &= c.pt <= softest;
        softest = c.pt;
    }
    if (negative_energy)
        return JT_JET_NEGATIVE_ENERGY;
    if (cleaning->need_classes && bad_class)
        return JT_JET_BAD_CLASS;
    if (in_order)
        jet->n = n_particles < cleaning->keep ? (int32_t)n_particles : cleaning->keep;
    else
        read_ranked(view, span, cleaning->keep, jet);
    sort_by_input(jet);
    if (jet->n < cleaning->at_least)
        return JT_JET_TOO_FEW;
    if (cleaning->at_most > 0 && jet->n > cleaning->at_most)
        return JT_JET_TOO_MANY;
    return JT_JET_OK;
}
