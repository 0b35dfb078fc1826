#include "recipe.h"

#include <string.h>

static const double pi = 3.14159265358979323846;

const char *const jt_frame_names[JT_FRAMES] = {"hardest", "principal", "peak"};
const char *const jt_channel_names[JT_CHANNELS] = {"pt",       "mass",        "energy",    "neutral_pt",
                                                   "track_pt", "track_count", "muon_count"};
const char *const jt_normalise_names[JT_NORMALISES] = {"none", "total_pt", "peak"};

typedef struct built_in {
    jt_recipe recipe;
    const char *source;
} built_in;

#define PAPER_A "\"CNN on 'Top'\", arXiv:2512.05031, jet images"
#define PAPER_B "\"Pulling out all the tops\", arXiv:1803.00107, section 3"
#define DEEPTOP                                                                                                        \
    "\"Deep-learning top taggers\", arXiv:1701.08784, minimal preprocessing, as arXiv:1803.00107 compares it"
#define LANDSCAPE "\"The machine learning landscape of top taggers\", arXiv:1902.09914, image ResNeXt"

/* 40 towers of 5 degrees in phi. */
#define DEEPTOP_PHI (40 * 5 * pi / 180)

/* clang-format off */
static const built_in recipes[] = {
    {{"A35", JT_FRAME_HARDEST, JT_NORMALISE_NONE, 3, {JT_CHANNEL_PT, JT_CHANNEL_MASS, JT_CHANNEL_ENERGY},
      {35, 35}, {2.4, 2.4}}, PAPER_A},
    {{"A40", JT_FRAME_HARDEST, JT_NORMALISE_NONE, 3, {JT_CHANNEL_PT, JT_CHANNEL_MASS, JT_CHANNEL_ENERGY},
      {40, 40}, {2.4, 2.4}}, PAPER_A},
    {{"B37-grey", JT_FRAME_PRINCIPAL, JT_NORMALISE_TOTAL_PT, 1, {JT_CHANNEL_PT},
      {37, 37}, {3.2, 3.2}}, PAPER_B},
    {{"B37-colour", JT_FRAME_PRINCIPAL, JT_NORMALISE_TOTAL_PT, 4,
      {JT_CHANNEL_NEUTRAL_PT, JT_CHANNEL_TRACK_PT, JT_CHANNEL_TRACK_COUNT, JT_CHANNEL_MUON_COUNT},
      {37, 37}, {3.2, 3.2}}, PAPER_B},
    {{"B40-deeptop", JT_FRAME_PRINCIPAL, JT_NORMALISE_TOTAL_PT, 1, {JT_CHANNEL_PT},
      {40, 40}, {4.0, DEEPTOP_PHI}}, PAPER_B},
    {{"D40", JT_FRAME_PEAK, JT_NORMALISE_PEAK, 1, {JT_CHANNEL_PT},
      {40, 40}, {4.0, DEEPTOP_PHI}}, DEEPTOP},
    {{"B64-grey", JT_FRAME_PRINCIPAL, JT_NORMALISE_TOTAL_PT, 1, {JT_CHANNEL_PT},
      {64, 64}, {1.6, 1.6}}, LANDSCAPE},
};
/* clang-format on */

enum { N_RECIPES = sizeof recipes / sizeof *recipes };

const jt_recipe *jt_recipe_at(int32_t index, const char **source)
{
    if (index < 0 || index >= N_RECIPES)
        return NULL;
    if (source)
        *source = recipes[index].source;
    return &recipes[index].recipe;
}

const jt_recipe *jt_recipe_find(const char *name)
{
    for (int32_t i = 0; i < N_RECIPES; i++)
        if (strcmp(recipes[i].recipe.name, name) == 0)
            return &recipes[i].recipe;
    return NULL;
}

int jt_recipe_needs_classes(const jt_recipe *recipe)
{
    for (int32_t i = 0; i < recipe->n_channels; i++)
        if (recipe->channels[i] >= JT_CHANNEL_NEUTRAL_PT)
            return 1;
    return 0;
}

static int same_number(double a, double b)
{
    /* A width may have gone through decimal text; nothing real differs by less than this. */
    double difference = a > b ? a - b : b - a;
    return difference <= 1e-12 * a;
}

int jt_recipe_same(const jt_recipe *a, const jt_recipe *b)
{
    if (a->frame != b->frame || a->normalise != b->normalise || a->n_channels != b->n_channels)
        return 0;
    for (int32_t i = 0; i < a->n_channels; i++)
        if (a->channels[i] != b->channels[i])
            return 0;
    return a->bins[0] == b->bins[0] && a->bins[1] == b->bins[1] && same_number(a->width[0], b->width[0]) &&
           same_number(a->width[1], b->width[1]);
}
