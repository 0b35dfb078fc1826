/*
 * Fuzzing the whole way: a model file is loaded on native and on the reference, tags fixed jets, and is freed, all
 * through the public interface. Whatever the file asks for and whatever its weights are, a model that loads gives every
 * jet a score in [0, 1] or a status, alone the same bits as in a batch, and nothing is left in memory.
 */
#include <math.h>
#include <string.h>

#include <jettag/jettag.h>

#include "mutate.h"
#include "pool.h"
#include "require.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const uint32_t fuzz_blob_share = 28;

/* Larger networks are fuzz_model.c's: they are read, and their work is left out here. */
enum { JETS = 4, MOST_CONSTITUENTS = 8, ENOUGH_CONSTITUENTS = 64, MOST_WORK = 20000, MOST_PIXELS = 4096 };

static pool_use memory;
static double momenta[JETS][MOST_CONSTITUENTS][4];
static uint8_t classes[JETS][MOST_CONSTITUENTS];

/* What a backend made of the jets. */
typedef struct result {
    float scores[JETS];
    uint8_t statuses[JETS];
} result;

static jt_jets view_of(int first, int n)
{
    return (jt_jets){.size = sizeof(jt_jets),
                     .n_jets = n,
                     .padded = MOST_CONSTITUENTS,
                     .momenta = momenta[first],
                     .classes = classes[first]};
}

static void check_scores(const result *r)
{
    for (int i = 0; i < JETS; i++)
        if (r->statuses[i] == JT_JET_OK)
            require(r->scores[i] >= 0 && r->scores[i] <= 1, "a score is a probability");
        else
            require(isnan(r->scores[i]), "a jet without a score has NaN");
}

/* Contexts for as many constituents as a file may ask for are megabytes to clear, for each input. */
static int32_t limit_of(const jt_model_info *info)
{
    if (info->max_constituents <= ENOUGH_CONSTITUENTS)
        return 0;
    return info->min_constituents > ENOUGH_CONSTITUENTS ? info->min_constituents : ENOUGH_CONSTITUENTS;
}

static void tag(const jt_model *model, int32_t limit, result *r)
{
    jt_context *context = NULL;
    const jt_context_options options = {
        .size = sizeof options, .max_batch = 2, .threads = 1, .max_constituents = limit};
    require(jt_context_create(model, &options, &context, NULL) == JT_OK, "a model that loads has contexts");
    jt_jets jets = view_of(0, JETS);
    jt_output output = {.size = sizeof output, .scores = r->scores, .statuses = r->statuses};
    require(jt_tag_jets(context, &jets, &output) == JT_OK, "and tags");
    check_scores(r);
    result alone = {{0}, {0}};
    jets = view_of(1, 1);
    output = (jt_output){.size = sizeof output, .scores = alone.scores, .statuses = alone.statuses};
    require(jt_tag_jets(context, &jets, &output) == JT_OK, "and tags one");
    require(alone.statuses[0] == r->statuses[1], "a jet alone has the status that it has among others");
    require(isnan(alone.scores[0]) || memcmp(alone.scores, r->scores + 1, sizeof *alone.scores) == 0,
            "and the bits of its score");
    jt_context_free(context);
}

/* 0 when the file is refused, or too much work. */
static int load_and_tag(const char *backend, const uint8_t *data, size_t size, result *r)
{
    const jt_allocator allocator = {pool_take, pool_release, &memory};
    const jt_model_options options = {.size = sizeof options, .backend = backend, .allocator = &allocator};
    jt_model *model = NULL;
    jt_error error = {.size = sizeof error};
    if (jt_model_load_memory(data, size, &options, &model, &error) != JT_OK) {
        require(model == NULL && error.text[0] != '\0', "a refusal gives words and no model");
        return 0;
    }
    jt_model_info info = {.size = sizeof info};
    require(jt_model_info_get(model, &info) == JT_OK, "a model has its facts");
    const int32_t *shape = info.recipe_shape, *cut = info.image_shape;
    const int small = info.multiply_adds <= MOST_WORK && shape[0] * shape[1] * shape[2] <= MOST_PIXELS &&
                      cut[0] * cut[1] * cut[2] <= MOST_PIXELS;
    if (small)
        tag(model, limit_of(&info), r);
    jt_model_free(model);
    return small;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pool_serve_cjson();
    /* Three jets of 8, 4 and 2 constituents, and one whose energies no collider has. */
    for (int i = 0; i < JETS; i++)
        for (int k = 0; k < MOST_CONSTITUENTS >> i % 3; k++) {
            const double pt = i == JETS - 1 ? 1e28 : 200.0 / (1 + k), y = 0.1 * k - 0.2, z = 0.3 - 0.05 * k * k;
            const double values[4] = {pt, pt * y, pt * z, pt * sqrt(1.01 + y * y + z * z)};
            memcpy(momenta[i][k], values, sizeof values);
            classes[i][k] = (uint8_t)((i + k) % 3);
        }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    result native, reference;
    if (size > 0 && load_and_tag("native", data, size, &native)) {
        require(load_and_tag("reference", data, size, &reference), "the reference loads what native loads");
        /* Whether a network overflows may depend on the order of its sums; what is wrong with a jet does not. */
        for (int i = 0; i < JETS; i++)
            require(native.statuses[i] == reference.statuses[i] ||
                        (native.statuses[i] | reference.statuses[i]) == JT_JET_NOT_FINITE,
                    "both find the same wrong with a jet");
    }
    pool_reset(&memory);
    return 0;
}
