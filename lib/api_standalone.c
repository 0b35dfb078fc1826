/* Entry points that need no model: version, texts, images, features, lists of what there is. */
#include <stdio.h>

#include "core/backends.h"
#include "core/float_guard.h"
#include "core/sized.h"
#include "standalone.h"

/* Columns that a caller may ask for; a feature may be there more than once. */
enum { JT_MAX_COLUMNS = 1024 };

#define TEXT_OF(number) #number
#define VERSION_TEXT(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char *jt_version(void)
{
    return VERSION_TEXT(JT_VERSION_MAJOR, JT_VERSION_MINOR, JT_VERSION_PATCH);
}

static jt_status take_jets(const jt_jets *jets, jt_jets_view *view, jt_error *error)
{
    char text[256] = "";
    jt_status status = jt_jets_check(jets, view, text, sizeof text);
    return status == JT_OK ? JT_OK : jt_fail(error, status, -1, NULL, "%s", text);
}

jt_status jt_recipe_info_get(int32_t index, jt_recipe_info *info)
{
    const char *source = "";
    const jt_recipe *recipe = jt_recipe_at(index, &source);
    if (!recipe || !info)
        return JT_ERROR_ARGUMENT;
    const jt_recipe_info ours = {
        .size = sizeof ours,
        .name = recipe->name,
        .source = source,
        .shape = {recipe->n_channels, recipe->bins[0], recipe->bins[1]},
        .width = {recipe->width[0], recipe->width[1]},
        .needs_classes = jt_recipe_needs_classes(recipe),
    };
    return jt_sized_write(info, &ours, sizeof ours) ? JT_OK : JT_ERROR_ARGUMENT;
}

jt_status jt_jet_images(const jt_jets *jets, const char *recipe_name, float *images, uint8_t *statuses, jt_error *error)
{
    if (!recipe_name)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "recipe is null");
    const jt_recipe *recipe = jt_recipe_find(recipe_name);
    if (!recipe)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL,
                       "there is no image recipe '%.64s'; jt_recipe_info_get lists them", recipe_name);
    jt_jets_view view;
    jt_status status = take_jets(jets, &view, error);
    if (status != JT_OK)
        return status;
    if (view.n_jets > 0 && !images)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "images is null");
    if (view.n_jets > 0 && jt_recipe_needs_classes(recipe) && !view.classes)
        return jt_fail(error, JT_ERROR_CLASSES, -1, NULL,
                       "recipe %s looks at the class of each constituent (neutral, track, muon), and jets.classes is "
                       "null",
                       recipe->name);

    jt_float_guard guard;
    jt_float_guard_enter(&guard);
    status = jt_standalone_images(&view, recipe, images, statuses, error);
    jt_float_guard_leave(&guard);
    return status;
}

static jt_status take_feature_options(const jt_feature_options *options, jt_feature_options *taken, jt_error *error)
{
    *taken = (jt_feature_options){.size = sizeof *taken};
    if (options && !jt_sized_read(taken, sizeof *taken, options))
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "jt_feature_options.size is not set");
    if (taken->axes != JT_AXES_WTA_KT && taken->axes != JT_AXES_KT)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "axes is %d, which is no jt_axes", (int)taken->axes);
    const int32_t most = taken->four_point_constituents;
    if (most < 0 || (most > 0 && most < 4))
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL,
                       "four_point_constituents is %d; a four-point sum takes 4 at least, 0 means all", most);
    if (taken->indices && (taken->n_indices < 1 || taken->n_indices > JT_MAX_COLUMNS))
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "n_indices is %d, not in 1 .. %d", taken->n_indices,
                       JT_MAX_COLUMNS);
    for (int32_t i = 0; taken->indices && i < taken->n_indices; i++)
        if (taken->indices[i] < 0 || taken->indices[i] >= JT_FEATURES)
            return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "indices[%d] is %d, not in 0 .. %d", i,
                           taken->indices[i], JT_FEATURES - 1);
    return JT_OK;
}

jt_status jt_jet_features(const jt_jets *jets, const jt_feature_options *options, double *features, uint8_t *statuses,
                          jt_error *error)
{
    jt_jets_view view;
    jt_feature_options taken;
    jt_status status = take_feature_options(options, &taken, error);
    if (status == JT_OK)
        status = take_jets(jets, &view, error);
    if (status != JT_OK)
        return status;
    if (view.n_jets > 0 && !features)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "features is null");

    jt_float_guard guard;
    jt_float_guard_enter(&guard);
    status = jt_standalone_features(&view, &taken, features, statuses, error);
    jt_float_guard_leave(&guard);
    return status;
}

int32_t jt_feature_count(void)
{
    return JT_FEATURES;
}

jt_status jt_feature_info_get(int32_t index, jt_feature_info *info)
{
    if (!info || index < 0 || index >= JT_FEATURES)
        return JT_ERROR_ARGUMENT;
    const jt_feature *feature = &jt_feature_table[index];
    const jt_feature_info ours = {sizeof ours, feature->name, feature->formula, feature->unit};
    return jt_sized_write(info, &ours, sizeof ours) ? JT_OK : JT_ERROR_ARGUMENT;
}

jt_status jt_backend_info_get(int32_t index, const char *module_directory, jt_backend_info *info)
{
    jt_backend_info ours = {.size = sizeof ours};
    if (!info || !jt_backend_describe(index, module_directory, &ours))
        return JT_ERROR_ARGUMENT;
    return jt_sized_write(info, &ours, sizeof ours) ? JT_OK : JT_ERROR_ARGUMENT;
}
