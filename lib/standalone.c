#include "standalone.h"

#include <math.h>

typedef struct workspace {
    jt_clean_jet jet;
    void *jet_memory;
    void *scratch;
} workspace;

/* Constituents of the longest jet, but no more than are kept: a call with one jet should not pay for a large one. */
static int32_t longest_jet(const jt_jets_view *jets)
{
    int64_t longest = jets->offsets ? 1 : jets->padded;
    for (int64_t i = 0; jets->offsets && i < jets->n_jets; i++) {
        const int64_t n = jets->offsets[i + 1] - jets->offsets[i];
        longest = n > longest ? n : longest;
    }
    return longest < JT_STANDALONE_KEEP ? (int32_t)longest : JT_STANDALONE_KEEP;
}

static jt_status workspace_make(workspace *space, int32_t capacity, size_t scratch_bytes, jt_error *error)
{
    space->jet_memory = jt_allocate(&jt_default_host, jt_clean_jet_bytes(capacity), 1);
    space->scratch = jt_allocate(&jt_default_host, scratch_bytes, 1);
    if (!space->jet_memory || !space->scratch) {
        jt_release(&jt_default_host, space->jet_memory);
        jt_release(&jt_default_host, space->scratch);
        return jt_fail(error, JT_ERROR_MEMORY, -1, NULL, "no memory for jets of %d constituents", capacity);
    }
    jt_clean_jet_init(&space->jet, capacity, space->jet_memory);
    return JT_OK;
}

static void workspace_release(workspace *space)
{
    jt_release(&jt_default_host, space->jet_memory);
    jt_release(&jt_default_host, space->scratch);
}

jt_status jt_standalone_images(const jt_jets_view *jets, const jt_recipe *recipe, float *images, uint8_t *statuses,
                               jt_error *error)
{
    const int32_t capacity = longest_jet(jets);
    workspace space;
    jt_status status = workspace_make(&space, capacity, jt_light_bytes(recipe, capacity), error);
    if (status != JT_OK)
        return status;
    jt_cleaning cleaning = {.keep = capacity, .at_least = 1, .need_classes = jt_recipe_needs_classes(recipe)};
    size_t floats = (size_t)recipe->n_channels * (size_t)recipe->bins[0] * (size_t)recipe->bins[1];
    for (int64_t i = 0; i < jets->n_jets; i++) {
        float *image = images + (size_t)i * floats;
        jt_jet_status jet_status = jt_jet_clean(jets, i, &cleaning, &space.jet);
        if (statuses)
            statuses[i] = (uint8_t)jet_status;
        if (jet_status == JT_JET_OK) {
            const jt_lit lit = jt_light(recipe, &space.jet, space.scratch);
            jt_lit_image(recipe, &lit, image);
            continue;
        }
        for (size_t k = 0; k < floats; k++)
            image[k] = NAN;
    }
    workspace_release(&space);
    return JT_OK;
}

jt_status jt_standalone_features(const jt_jets_view *jets, const jt_feature_options *options, double *features,
                                 uint8_t *statuses, jt_error *error)
{
    const int32_t capacity = longest_jet(jets);
    workspace space;
    jt_status status = workspace_make(&space, capacity, jt_features_bytes(capacity), error);
    if (status != JT_OK)
        return status;
    const jt_cleaning cleaning = {.keep = capacity};
    const int32_t n = options->indices ? options->n_indices : JT_FEATURES;
    jt_feature_plan plan = jt_feature_plan_make(options->indices, n);
    plan.four_point_constituents = options->four_point_constituents;
    plan.axes = options->axes;
    for (int64_t i = 0; i < jets->n_jets; i++) {
        double *row = features + (size_t)i * (size_t)n;
        double all[JT_FEATURES];
        jt_jet_status jet_status = jt_jet_clean(jets, i, &cleaning, &space.jet);
        const int good = jet_status == JT_JET_OK;
        if (good && jt_features(&plan, &space.jet, space.scratch, all))
            jet_status = JT_JET_CUT;
        for (int32_t k = 0; k < n; k++)
            row[k] = good ? all[options->indices ? options->indices[k] : k] : (double)NAN;
        if (statuses)
            statuses[i] = (uint8_t)jet_status;
    }
    workspace_release(&space);
    return JT_OK;
}
