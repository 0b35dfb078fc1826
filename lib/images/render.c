#include <math.h>
#include <string.h>

#include "frames.h"

/* Mass needs the summed four-momentum of each pixel; the other channels are sums of their own. */
enum { N_MOMENTUM_PLANES = 4 };

typedef struct layout {
    jt_placed placed;
    double *planes;   /* channels x pixels */
    double *momentum; /* 4 x pixels, NULL without a mass channel */
} layout;

static size_t rounded_up(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static int has_mass(const jt_recipe *recipe)
{
    for (int32_t c = 0; c < recipe->n_channels; c++)
        if (recipe->channels[c] == JT_CHANNEL_MASS)
            return 1;
    return 0;
}

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
        (size_t)recipe->n_channels * n_pixels(recipe) * sizeof(double),
        has_mass(recipe) ? N_MOMENTUM_PLANES * n_pixels(recipe) * sizeof(double) : 0,
    };
    enum { N_PIECES = sizeof sizes / sizeof *sizes };
    void *pieces[N_PIECES] = {NULL};
    size_t used = 0;
    for (size_t i = 0; i < N_PIECES; i++) {
        pieces[i] = block && sizes[i] > 0 ? block + used : NULL;
        used += rounded_up(sizes[i]);
    }
    if (places)
        *places = (layout){{pieces[0], pieces[1], pieces[2], pieces[3]}, pieces[4], pieces[5]};
    return used;
}

size_t jt_render_bytes(const jt_recipe *recipe, int32_t capacity)
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

static void fill_sums(jt_channel channel, const jt_clean_jet *jet, const int32_t *pixels, double *plane)
{
    for (int32_t i = 0; i < jet->n; i++)
        if (pixels[i] != JT_OUTSIDE)
            plane[pixels[i]] += contribution(channel, jet, i);
}

/* Invariant mass of each pixel's summed four-momentum; what is within rounding of massless is massless. */
static void fill_mass(const jt_clean_jet *jet, const int32_t *pixels, size_t n, double *momentum, double *plane)
{
    memset(momentum, 0, N_MOMENTUM_PLANES * n * sizeof *momentum);
    double *px = momentum, *py = momentum + n, *pz = momentum + 2 * n, *e = momentum + 3 * n;
    for (int32_t i = 0; i < jet->n; i++) {
        if (pixels[i] == JT_OUTSIDE)
            continue;
        px[pixels[i]] += jet->px[i];
        py[pixels[i]] += jet->py[i];
        pz[pixels[i]] += jet->pz[i];
        e[pixels[i]] += jet->e[i];
    }
    for (int32_t i = 0; i < jet->n; i++) {
        int32_t at = pixels[i];
        if (at == JT_OUTSIDE)
            continue;
        double e2 = e[at] * e[at];
        double m2 = e2 - (px[at] * px[at] + py[at] * py[at] + pz[at] * pz[at]);
        plane[at] = m2 > 1e-6 * e2 ? sqrt(m2) : 0.0;
    }
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

void jt_render(const jt_recipe *recipe, const jt_clean_jet *jet, void *scratch, float *image)
{
    const size_t n = n_pixels(recipe), n_values = (size_t)recipe->n_channels * n;
    layout l;
    lay_out(recipe, jet->capacity, scratch, &l);
    place(recipe, jet, &l.placed);

    memset(l.planes, 0, n_values * sizeof *l.planes);
    for (int32_t c = 0; c < recipe->n_channels; c++) {
        double *plane = l.planes + (size_t)c * n;
        if (recipe->channels[c] == JT_CHANNEL_MASS)
            fill_mass(jet, l.placed.pixels, n, l.momentum, plane);
        else
            fill_sums(recipe->channels[c], jet, l.placed.pixels, plane);
    }

    double total_pt = 0.0, largest = 0.0;
    for (int32_t i = 0; i < jet->n; i++)
        total_pt += jet->pt[i];
    if (recipe->normalise == JT_NORMALISE_PEAK)
        for (size_t i = 0; i < n_values; i++)
            largest = l.planes[i] > largest ? l.planes[i] : largest;
    for (int32_t c = 0; c < recipe->n_channels; c++) {
        double by = divisor(recipe, recipe->channels[c], total_pt, largest);
        for (size_t i = (size_t)c * n; i < ((size_t)c + 1) * n; i++)
            image[i] = (float)(l.planes[i] / by);
    }
}
