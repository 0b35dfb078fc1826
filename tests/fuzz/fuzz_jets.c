/*
 * Fuzzing what happens to jets: whatever the caller's arrays hold, jt_tag_jets refuses them in words and writes
 * nothing, or gives every jet a score or a status, with a model that sees image, features, constituents and pairs. Of
 * one jet of each input one room is looked into: its image in one recipe is finite, its features are finite and the
 * same on every kernel, or its constituents and pairs are finite.
 *
 * The first bytes of an input choose layout, coordinates and lengths (struct plan), the others are the constituents:
 * plausible momenta, extreme values, or any bits (next_value). Arrays are exactly as long as they have to be, so that
 * the sanitizer sees a read past them.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/features/kernel.h"
#include "lib/images/lit.h"
#include "lib/jets/jets.h"
#include "lib/sets/sets.h"
#include "pool.h"
#include "require.h"
#include "seeds.h"

enum { MOST_JETS = 4, MOST_CONSTITUENTS = 24, MOST_ROWS = MOST_JETS * MOST_CONSTITUENTS };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pool_use memory_of_input;
static jt_context *tagger; /* made once */

/* The input, taken from the front; zeros when it is used up. */
typedef struct input {
    const uint8_t *data;
    size_t left;
} input;

static unsigned next_byte(input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->data++;
}

static uint64_t next_bits(input *in, int bytes)
{
    uint64_t bits = 0;
    for (int i = 0; i < bytes; i++)
        bits |= (uint64_t)next_byte(in) << 8 * i;
    return bits;
}

static double next_value(input *in)
{
    static const double extremes[] = {0,           -0.0,      NAN,
                                      INFINITY,    -INFINITY, DBL_MIN,
                                      5e-324,      -5e-324,   1e-300,
                                      1e-200,      1e-160,    1e-154,
                                      1e-100,      1e-40,     FLT_MIN,
                                      1e-45,       1e-20,     1,
                                      -1,          1e20,      3.4e38,
                                      1e30,        9e29,      -1e30,
                                      FLT_MAX,     -FLT_MAX,  1e39,
                                      1e77,        1e100,     1e150,
                                      1e154,       1.4e154,   1e200,
                                      1e308,       DBL_MAX,   -DBL_MAX,
                                      0.5,         1 - 1e-16, 3.14159265358979,
                                      -3.14159265, 0x1p52,    0x1p-52,
                                      0x1p-1022,   0x1p1023,  709.7,
                                      710.5,       1e5,       1e-5};
    unsigned tag = next_byte(in);
    if (tag < 180)
        return (double)(int16_t)(next_byte(in) | tag << 8) / (tag % 3 == 0 ? 64 : 4096);
    if (tag < 230)
        return extremes[next_byte(in) % (sizeof extremes / sizeof *extremes)];
    uint64_t bits = next_bits(in, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The caller's arrays and what owns them. */
typedef struct batch {
    jt_jets jets;
    int64_t *offsets;
    unsigned char *memory[4]; /* of momenta, or of each column */
    uint8_t *classes;
} batch;

/* `rows` values of `bytes` each, `stride` apart, ending with the last one; *first is where the first one is. */
static unsigned char *take_array(int64_t rows, int64_t stride, int64_t bytes, int64_t shift, const void **first)
{
    size_t length = (size_t)(rows > 0 ? (rows - 1) * stride + bytes : 0);
    unsigned char *memory = pool_take(&memory_of_input, length + (size_t)shift);
    require(memory != NULL, "there is memory for an input");
    memset(memory, 0xA5, length + (size_t)shift);
    *first = memory + shift;
    return memory;
}

static void put_value(void *at, jt_number number, double value)
{
    /* What does not fit into a float becomes infinite, as it would for the caller. */
    float single = fabs(value) > FLT_MAX ? (value > 0 ? INFINITY : -INFINITY) : (float)value;
    if (number == JT_FLOAT32)
        memcpy(at, &single, sizeof single);
    else
        memcpy(at, &value, sizeof value);
}

static void fill_rows(input *in, batch *b, int64_t rows, int as_columns)
{
    int64_t size = b->jets.number == JT_FLOAT32 ? 4 : 8;
    for (int64_t i = 0; i < rows; i++) {
        double v[4];
        for (int k = 0; k < 4; k++)
            v[k] = next_value(in);
        /* Most constituents shall have an energy that can be. */
        if (b->jets.coordinates == JT_PX_PY_PZ_E && next_byte(in) % 8 != 0)
            v[3] = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + v[3] * v[3]);
        for (int k = 0; k < 4; k++) {
            const unsigned char *base =
                as_columns ? b->jets.columns[k] : (const unsigned char *)b->jets.momenta + k * size;
            put_value((unsigned char *)base + i * b->jets.stride, b->jets.number, v[k]);
        }
    }
}

static int64_t lay_out(input *in, batch *b)
{
    unsigned flags = next_byte(in);
    int as_columns = flags & 1;
    b->jets = (jt_jets){.size = sizeof b->jets, .number = flags & 2 ? JT_FLOAT32 : JT_FLOAT64};
    b->jets.coordinates = (jt_coordinates)(next_byte(in) % 3);
    b->jets.n_jets = next_byte(in) % (MOST_JETS + 1);
    int64_t rows = 0;
    if (flags & 4) {
        b->offsets = pool_take(&memory_of_input, (size_t)(b->jets.n_jets + 1) * sizeof *b->offsets);
        rows = next_byte(in) % 5;
        b->offsets[0] = rows;
        for (int64_t i = 0; i < b->jets.n_jets; i++)
            b->offsets[i + 1] = rows += next_byte(in) % (MOST_CONSTITUENTS + 1);
        b->jets.offsets = b->offsets;
    } else {
        b->jets.padded = 1 + next_byte(in) % MOST_CONSTITUENTS;
        rows = b->jets.n_jets * b->jets.padded;
    }
    int64_t size = b->jets.number == JT_FLOAT32 ? 4 : 8;
    int64_t least = as_columns ? size : 4 * size;
    int64_t shift = next_byte(in) % 9;
    b->jets.stride = least + (flags & 8 ? next_byte(in) % 33 : 0);
    for (int k = 0; k < (as_columns ? 4 : 1); k++)
        b->memory[k] =
            take_array(rows, b->jets.stride, least, shift, as_columns ? &b->jets.columns[k] : &b->jets.momenta);
    fill_rows(in, b, rows, as_columns);
    if (b->jets.stride == least && flags & 32)
        b->jets.stride = 0;
    if (flags & 16) {
        b->jets.class_stride = 1 + next_byte(in) % 4;
        const void *first;
        b->classes = take_array(rows, b->jets.class_stride, 1, 0, &first);
        for (int64_t i = 0; i < rows; i++)
            b->classes[i * b->jets.class_stride] = (uint8_t)(next_byte(in) % (flags & 128 ? 3 : 5));
        b->jets.classes = b->classes;
    }
    b->jets.n_constituents = rows;
    return rows;
}

static void release(void *memory)
{
    if (memory)
        pool_release(&memory_of_input, memory);
}

static void batch_free(batch *b)
{
    release(b->offsets);
    for (int k = 0; k < 4; k++)
        release(b->memory[k]);
    release(b->classes);
}

/* Lengths that lie. Whatever is accepted has to lie inside the arrays, which n_constituents tells. */
static void spoil(input *in, batch *b)
{
    for (unsigned n = next_byte(in) % 4; n > 0; n--) {
        int64_t wild = next_byte(in) % 2 ? (int64_t)next_bits(in, 8) : (int64_t)(int8_t)next_byte(in);
        switch (next_byte(in) % 8) {
        case 0:
            if (!b->offsets || (wild >= 0 && wild < b->jets.n_jets)) /* with offsets, n_jets is their length */
                b->jets.n_jets = wild;
            break;
        case 1:
            b->jets.padded = wild;
            break;
        case 2:
            if (b->offsets)
                b->offsets[(uint64_t)wild % (uint64_t)((b->jets.n_jets < 0 ? 0 : b->jets.n_jets) + 1)] =
                    (int64_t)next_bits(in, 8);
            break;
        case 3:
            if (wild <= b->jets.stride) /* more would be a lie that nobody can see */
                b->jets.stride = wild;
            break;
        case 4:
            if (wild <= b->jets.class_stride)
                b->jets.class_stride = wild;
            break;
        case 5:
            if ((wild & 7) != JT_FLOAT64) /* doubles where floats are: another lie that nobody can see */
                b->jets.number = (jt_number)(wild & 7);
            break;
        case 6:
            b->jets.coordinates = (jt_coordinates)(wild & 7);
            break;
        default:
            b->jets.columns[(uint64_t)wild % 4] = NULL;
            break;
        }
    }
}

/* Scratch of so many bytes, 64-byte aligned as the rooms want it, and not zero. */
static void *scratch_of(size_t bytes)
{
    void *scratch = pool_take(&memory_of_input, bytes < 256 ? 256 : bytes);
    require(scratch != NULL, "there is memory for scratch");
    memset(scratch, 0xA5, bytes);
    return scratch;
}

static void check_clean(const jt_clean_jet *jet, const jt_cleaning *cleaning, int64_t rows)
{
    require(jet->n >= cleaning->at_least && jet->n <= cleaning->keep, "number of constituents");
    unsigned char seen[MOST_ROWS] = {0};
    for (int32_t i = 0; i < jet->n; i++) {
        require(isfinite(jet->px[i]) && isfinite(jet->py[i]) && isfinite(jet->pz[i]), "momenta are finite");
        require(isfinite(jet->e[i]) && jet->e[i] >= 0 && isfinite(jet->pt[i]) && jet->pt[i] >= 0, "energy and pT");
        require(jet->order[i] >= 0 && jet->order[i] < rows, "a constituent is one of the caller's");
        if (i > 0)
            require(jet->pt[i] < jet->pt[i - 1] || (jet->pt[i] == jet->pt[i - 1] && jet->order[i] > jet->order[i - 1]),
                    "constituents are sorted");
        require(jet->by_input[i] >= 0 && jet->by_input[i] < jet->n && !seen[jet->by_input[i]]++,
                "by_input is an order");
        if (i > 0)
            require(jet->order[jet->by_input[i]] > jet->order[jet->by_input[i - 1]], "by_input is the caller's order");
    }
}

static void check_image(const jt_recipe *recipe, const jt_clean_jet *jet)
{
    size_t pixels = (size_t)recipe->bins[0] * (size_t)recipe->bins[1];
    size_t n = (size_t)recipe->n_channels * pixels;
    void *scratch = scratch_of(jt_light_bytes(recipe, jet->capacity));
    float *image = scratch_of(n * sizeof *image);
    jt_lit lit = jt_light(recipe, jet, scratch);
    require(lit.n >= 0 && lit.n <= jet->n && lit.n_channels == recipe->n_channels, "lit pixels");
    for (int32_t i = 0; i < lit.n; i++)
        require(lit.pixels[i] >= 0 && (size_t)lit.pixels[i] < pixels, "a lit pixel is in the image");
    jt_lit_image(recipe, &lit, image);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(image[i]) || image[i] < 0) {
            fprintf(stderr, "%s: value %zu is %g\n", recipe->name, i, (double)image[i]);
            require(0, "an image is finite, and of no negative energy");
        }
    release(image);
    release(scratch);
}

static void check_features(const jt_clean_jet *jet, jt_axes axes, int32_t limit)
{
    double first[JT_FEATURES];
    int available, have_first = 0;
    const jt_feature_kernel *kernel;
    for (int32_t k = 0; (kernel = jt_feature_kernel_at(k, &available)) != NULL; k++) {
        if (!available)
            continue;
        double features[JT_FEATURES];
        void *scratch = scratch_of(jt_features_bytes(jet->capacity));
        jt_feature_plan plan = jt_feature_plan_make(NULL, JT_FEATURES);
        plan.kernel = kernel;
        plan.axes = axes;
        plan.four_point_constituents = limit;
        require(jt_features(&plan, jet, scratch, features) == (limit > 0 && jet->n > limit), "said to be cut or not");
        release(scratch);
        for (int i = 0; i < JT_FEATURES; i++)
            if (!isfinite(features[i])) {
                fprintf(stderr, "%s on %s is %g\n", jt_feature_table[i].name, kernel->name, features[i]);
                require(0, "features are finite");
            }
        if (!have_first)
            memcpy(first, features, sizeof first);
        for (int i = 0; have_first && i < JT_FEATURES; i++)
            if (memcmp(&first[i], &features[i], sizeof *first) != 0) {
                fprintf(stderr, "%s is %a, on %s %a\n", jt_feature_table[i].name, first[i], kernel->name, features[i]);
                require(0, "features have the same bits on every kernel");
            }
        have_first = 1;
    }
}

/* All columns of as many constituents as there can be, and of fewer. */
static void check_sets(const jt_clean_jet *jet, int32_t most)
{
    const float mean[JT_MAX_COLUMNS] = {0.5f}, deviation[JT_MAX_COLUMNS] = {2, 2, 2, 2, 2, 2, 2, 2};
    jt_sets sets = {{.most = most, .n_columns = JT_SINGLES, .mean = mean, .deviation = deviation},
                    {.most = most < 2 ? 2 : most, .n_columns = JT_PAIRS, .mean = mean, .deviation = deviation}};
    for (int32_t c = 0; c < JT_SINGLES; c++)
        sets.singles.columns[c] = c;
    for (int32_t c = 0; c < JT_PAIRS; c++)
        sets.pairs.columns[c] = c;
    int32_t singles[3], pairs[3];
    jt_singles_shape(&sets.singles, singles);
    jt_pairs_shape(&sets.pairs, pairs);
    const size_t n_singles = (size_t)(singles[0] * singles[2]), n = n_singles + (size_t)(pairs[0] * pairs[2]);
    void *scratch = scratch_of(jt_sets_bytes(&sets, jet->capacity));
    float *out = scratch_of(n * sizeof *out);
    jt_sets_fill(&sets, jet, scratch, out);
    for (size_t i = 0; i < n; i++)
        require(isfinite(out[i]), "constituents and pairs are finite");
    for (int32_t i = 0; i < singles[2]; i++)
        require(out[i] == (i < jet->n && jet->pt[i] > 0 ? 1.0f : 0.0f), "a constituent is there or not");
    release(out);
    release(scratch);
}

/* What is looked into, and how. */
typedef struct look {
    jt_cleaning cleaning;
    jt_axes axes;
    int32_t limit; /* of constituents in four-point sums, 0: none */
    int64_t jet;
    unsigned room;
} look;

static void check_jet(const jt_jets_view *view, const look *l, int64_t rows)
{
    jt_clean_jet jet;
    void *scratch = scratch_of(jt_clean_jet_bytes(l->cleaning.keep));
    jt_clean_jet_init(&jet, l->cleaning.keep, scratch);
    jt_jet_status status = jt_jet_clean(view, l->jet % view->n_jets, &l->cleaning, &jet);
    require(status <= JT_JET_BAD_CLASS, "a jet's status");
    if (status == JT_JET_OK) {
        check_clean(&jet, &l->cleaning, rows);
        const jt_recipe *recipe = jt_recipe_at((int32_t)l->room, NULL);
        if (recipe && jet.n > 0)
            check_image(recipe, &jet);
        else if (l->room % 2)
            check_features(&jet, l->axes, l->limit);
        else
            check_sets(&jet, 1 + (int32_t)(rows % MOST_CONSTITUENTS));
    }
    release(scratch);
}

static jt_status tag(const batch *b)
{
    float scores[MOST_JETS];
    uint8_t statuses[MOST_JETS];
    memset(statuses, 0xA5, sizeof statuses);
    const jt_output output = {.size = sizeof output, .scores = scores, .statuses = statuses};
    const jt_status status = jt_tag_jets(tagger, &b->jets, &output);
    if (status != JT_OK) {
        require(status == JT_ERROR_ARGUMENT && strlen(jt_context_error(tagger)) > 10, "a refusal has words");
        for (int i = 0; i < MOST_JETS; i++)
            require(statuses[i] == 0xA5, "and writes nothing");
        return status;
    }
    for (int64_t i = 0; i < b->jets.n_jets; i++)
        if (statuses[i] == JT_JET_OK)
            require(scores[i] >= 0 && scores[i] <= 1, "a score is a probability");
        else
            require(statuses[i] <= JT_JET_BAD_CLASS && isnan(scores[i]), "a jet without a score has NaN");
    return JT_OK;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    jtm file = fuzz_seed(fuzz_seed_find("inputs"), NULL);
    jt_model *model = NULL;
    require(jt_model_load_memory(file.bytes, file.length, NULL, &model, NULL) == JT_OK, "the model is one");
    require(jt_context_create(model, NULL, &tagger, NULL) == JT_OK, "and has a context");
    jt_model_free(model);
    jtm_free(&file);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    batch b = {0};
    look l = {.cleaning = {.keep = 1 + (int32_t)(next_byte(&in) % 31)}};
    l.cleaning.at_least = (int32_t)(next_byte(&in) % 5);
    const unsigned choices = next_byte(&in);
    l.cleaning.need_classes = choices & 1;
    l.cleaning.at_most = choices & 2 ? l.cleaning.keep : 0;
    l.axes = choices & 4 ? JT_AXES_KT : JT_AXES_WTA_KT;
    l.limit = choices & 8 ? (int32_t)(choices >> 4) : 0;
    l.jet = next_byte(&in);
    l.room = next_byte(&in) % 16;
    const int64_t rows = lay_out(&in, &b);
    const int spoilt = rows > 0 && next_byte(&in) % 8 == 7;
    if (spoilt)
        spoil(&in, &b);

    jt_jets_view view;
    char text[256] = "";
    const jt_status status = jt_jets_check(&b.jets, &view, text, sizeof text);
    require(status == JT_OK || status == JT_ERROR_ARGUMENT, "the status of a check");
    require(status == JT_OK || strlen(text) > 10, "a refusal has words");
    require(status == JT_OK || spoilt, "right arguments are accepted");
    if (b.jets.n_jets <= MOST_JETS) /* as many as there is room for in the output */
        require(tag(&b) == status, "tagging accepts what the check accepts");
    if (status == JT_OK && view.n_jets > 0)
        check_jet(&view, &l, rows);
    batch_free(&b);
    pool_reset(&memory_of_input);
    return 0;
}
