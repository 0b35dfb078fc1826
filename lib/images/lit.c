#include "lit.h"

#include <math.h>
#include <string.h>

#include "frames.h"

/* Mass needs the summed four-momentum of each pixel; the other channels are sums of their own. */
typedef struct layout {
    jt_placed placed;
    int32_t *slots;        /* per pixel of the image: 1 + place in the list, 0 where it is dark */
    int32_t *pixels;       /* per slot */
    double *values;        /* slots x channels */
    double (*momentum)[4]; /* per slot: px, py, pz, E */
} layout;

static size_t n_pixels(const jt_recipe *recipe)
{
    return (size_t)recipe->bins[0] * (size_t)recipe->bins[1];
}

/* Both the size and the pointers come from here: a NULL block only counts. */
static size_t lay_out(const jt_recipe *recipe, int32_t capacity, char *block, layout *places)
{
    const size_t n = (size_t)capacity;
    const size_t sizes[] = {
        n * sizeof(double),
        n * sizeof(double),
        n * sizeof(int32_t),
        jt_window_size(recipe) * sizeof(double),
        n_pixels(recipe) * sizeof(int32_t),
        n * sizeof(int32_t),
        n * (size_t)recipe->n_channels * sizeof(double),
        n * sizeof *places->momentum,
    };
    enum { N_PIECES = sizeof sizes / sizeof *sizes };
    void *pieces[N_PIECES] = {NULL};
    size_t used = 0;
    for (size_t i = 0; i < N_PIECES; i++) {
        pieces[i] = block && sizes[i] > 0 ? block + used : NULL;
        used += jt_rounded_up(sizes[i]);
    }
    if (places)
        *places = (layout){{pieces[0], pieces[1], pieces[2], pieces[3]}, pieces[4], pieces[5], pieces[6], pieces[7]};
    return used;
}

size_t jt_light_bytes(const jt_recipe *recipe, int32_t capacity)
{
    return lay_out(recipe, capacity, NULL, NULL);
}

/* What constituent i adds to a channel; mass is not a sum and is done apart. */
static double contribution(jt_channel channel, const jt_clean_jet *jet, int32_t i)
{
    switch (channel) {
    case JT_CHANNEL_PT:
        return jet->pt[i];
    case JT_CHANNEL_ENERGY:
        return jet->e[i];
    case JT_CHANNEL_NEUTRAL_PT:
        return jet->classes[i] == JT_NEUTRAL ? jet->pt[i] : 0.0;
    case JT_CHANNEL_TRACK_PT:
        return jet->classes[i] != JT_NEUTRAL ? jet->pt[i] : 0.0;
    case JT_CHANNEL_TRACK_COUNT:
        return jet->classes[i] != JT_NEUTRAL ? 1.0 : 0.0;
    case JT_CHANNEL_MUON_COUNT:
        return jet->classes[i] == JT_MUON ? 1.0 : 0.0;
    case JT_CHANNEL_MASS:
    case JT_CHANNELS:
        break;
    }
    return 0.0;
}

/* Which slot each constituent's pixel has; the number of slots. */
static int32_t hand_out_slots(const jt_recipe *recipe, const jt_clean_jet *jet, const layout *l)
{
    int32_t n = 0;
    memset(l->slots, 0, n_pixels(recipe) * sizeof *l->slots);
    for (int32_t i = 0; i < jet->n; i++) {
        const int32_t pixel = l->placed.pixels[i];
        if (pixel == JT_OUTSIDE || l->slots[pixel] != 0)
            continue;
        l->pixels[n] = pixel;
        l->slots[pixel] = ++n;
    }
    return n;
}

static void add_up(const jt_recipe *recipe, const jt_clean_jet *jet, const layout *l, int32_t n)
{
    memset(l->values, 0, (size_t)n * (size_t)recipe->n_channels * sizeof *l->values);
    memset(l->momentum, 0, (size_t)n * sizeof *l->momentum);
    for (int32_t i = 0; i < jet->n; i++) {
        if (l->placed.pixels[i] == JT_OUTSIDE)
            continue;
        const int32_t slot = l->slots[l->placed.pixels[i]] - 1;
        double *values = l->values + slot * recipe->n_channels, *momentum = l->momentum[slot];
        for (int32_t c = 0; c < recipe->n_channels; c++)
            values[c] += contribution(recipe->channels[c], jet, i);
        momentum[0] += jet->px[i];
        momentum[1] += jet->py[i];
        momentum[2] += jet->pz[i];
        momentum[3] += jet->e[i];
    }
}

/* Invariant mass of a summed four-momentum; what is within rounding of massless is massless. */
static double mass(const double p[4])
{
    double e2 = p[3] * p[3];
    double m2 = e2 - (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    return m2 > 1e-6 * e2 ? sqrt(m2) : 0.0;
}

static int is_pt(jt_channel channel)
{
    return channel == JT_CHANNEL_PT || channel == JT_CHANNEL_NEUTRAL_PT || channel == JT_CHANNEL_TRACK_PT;
}

/* What a channel is divided by; 1 where there is nothing to divide by. */
static double divisor(const jt_recipe *recipe, jt_channel channel, double total_pt, double largest)
{
    double by = 1.0;
    if (recipe->normalise == JT_NORMALISE_TOTAL_PT && is_pt(channel))
        by = total_pt;
    if (recipe->normalise == JT_NORMALISE_PEAK)
        by = largest;
    return by > 0.0 ? by : 1.0;
}

static void normalise(const jt_recipe *recipe, const jt_clean_jet *jet, double *values, int32_t n)
{
    const int32_t n_channels = recipe->n_channels;
    double total_pt = 0.0, largest = 0.0;
    if (recipe->normalise == JT_NORMALISE_NONE)
        return;
    for (int32_t i = 0; i < jet->n; i++)
        total_pt += jet->pt[i];
    for (int32_t i = 0; i < n * n_channels; i++)
        largest = values[i] > largest ? values[i] : largest;
    for (int32_t c = 0; c < n_channels; c++) {
        const double by = divisor(recipe, recipe->channels[c], total_pt, largest);
        for (int32_t i = 0; i < n; i++)
            values[i * n_channels + c] /= by;
    }
}

static void place(const jt_recipe *recipe, const jt_clean_jet *jet, jt_placed *placed)
{
    switch (recipe->frame) {
    case JT_FRAME_HARDEST:
        jt_frame_hardest(recipe, jet, placed);
        break;
    case JT_FRAME_PRINCIPAL:
        jt_frame_principal(recipe, jet, placed);
        break;
    case JT_FRAME_PEAK:
        jt_frame_peak(recipe, jet, placed);
        break;
    case JT_FRAMES:
        break;
    }
}

jt_lit jt_light(const jt_recipe *recipe, const jt_clean_jet *jet, void *scratch)
{
    layout l;
    lay_out(recipe, jet->capacity, scratch, &l);
    place(recipe, jet, &l.placed);
    const int32_t n = hand_out_slots(recipe, jet, &l);
    add_up(recipe, jet, &l, n);
    for (int32_t c = 0; c < recipe->n_channels; c++)
        if (recipe->channels[c] == JT_CHANNEL_MASS)
            for (int32_t i = 0; i < n; i++)
                l.values[i * recipe->n_channels + c] = mass(l.momentum[i]);
    normalise(recipe, jet, l.values, n);
    return (jt_lit){n, recipe->n_channels, l.pixels, l.values};
}

void jt_lit_image(const jt_recipe *recipe, const jt_lit *lit, float *image)
{
    const size_t n = n_pixels(recipe);
    memset(image, 0, (size_t)lit->n_channels * n * sizeof *image);
    for (int32_t i = 0; i < lit->n; i++)
        for (int32_t c = 0; c < lit->n_channels; c++)
            image[(size_t)c * n + (size_t)lit->pixels[i]] = (float)lit->values[i * lit->n_channels + c];
}
