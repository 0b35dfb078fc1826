/* Entry points about models, contexts and tagging: check the arguments, then call the room that does the work. */
#include <math.h>
#include <stdio.h>

#include "core/float_guard.h"
#include "core/sized.h"
#include "selftest.h"
#include "tag.h"

static jt_status take_options(const jt_model_options *options, jt_model_options *taken, jt_error *error)
{
    *taken = (jt_model_options){sizeof *taken, NULL, NULL, NULL, NULL, NULL};
    if (options && !jt_sized_read(taken, sizeof *taken, options))
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "jt_model_options.size is not set");
    const jt_allocator *allocator = taken->allocator;
    if (allocator && (!allocator->allocate || !allocator->release))
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "jt_allocator lacks a function");
    return JT_OK;
}

static jt_status load_bytes(const void *bytes, size_t length, const jt_model_options *options, jt_model **model,
                            jt_error *error)
{
    jt_host host = jt_host_make(options->allocator, options->log, options->log_user);
    jt_model_file file;
    jt_float_guard guard;
    jt_float_guard_enter(&guard);
    jt_status status = jt_model_file_read(bytes, length, &host, &file, error);
    if (status == JT_OK)
        status = jt_model_create(&file, options, model, error);
    jt_float_guard_leave(&guard);
    return status;
}

jt_status jt_model_load_memory(const void *bytes, size_t length, const jt_model_options *options, jt_model **model,
                               jt_error *error)
{
    if (!model)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "model is null");
    *model = NULL;
    if (!bytes)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "bytes is null");
    jt_model_options taken;
    jt_status status = take_options(options, &taken, error);
    return status == JT_OK ? load_bytes(bytes, length, &taken, model, error) : status;
}

jt_status jt_model_load(const char *path, const jt_model_options *options, jt_model **model, jt_error *error)
{
    if (!model)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "model is null");
    *model = NULL;
    if (!path)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "path is null");
    jt_model_options taken;
    jt_status status = take_options(options, &taken, error);
    if (status != JT_OK)
        return status;

    jt_host host = jt_host_make(taken.allocator, taken.log, taken.log_user);
    void *bytes = NULL;
    size_t length = 0;
    status = jt_read_whole_file(path, &host, &bytes, &length, error);
    if (status != JT_OK)
        return status;
    status = load_bytes(bytes, length, &taken, model, error);
    jt_release(&host, bytes);
    return status;
}

void jt_model_free(jt_model *model)
{
    if (model)
        jt_model_drop(model);
}

jt_status jt_model_info_get(const jt_model *model, jt_model_info *info)
{
    if (!model || !info)
        return JT_ERROR_ARGUMENT;
    const jt_model_file *file = &model->file;
    const jt_shape singles = file->graph.values[JT_VALUE_SINGLES].shape;
    const jt_shape pairs = file->graph.values[JT_VALUE_PAIRS].shape;
    const jt_model_info ours = {
        .size = sizeof ours,
        .name = file->name,
        .version = file->version,
        .created = file->created,
        .licence = file->licence,
        .description = file->description,
        .recipe = file->recipe.name,
        .image_shape = {file->map.channels, file->map.out[0], file->map.out[1]},
        .recipe_shape = {file->map.channels, file->map.in[0], file->map.in[1]},
        .n_features = file->n_features,
        .n_classes = file->n_classes,
        .top_class = file->top_class,
        .max_constituents = file->max_constituents,
        .min_constituents = file->min_constituents,
        .needs_classes = jt_recipe_needs_classes(&file->recipe),
        .n_layers = file->graph.n_layers,
        .n_working_points = file->n_points,
        .n_golden = file->golden.n_jets,
        .n_parameters = file->graph.n_parameters,
        .multiply_adds = file->graph.multiply_adds,
        .trained_jets = file->card.jets,
        .trained_epochs = file->card.epochs,
        .accuracy = file->card.accuracy,
        .auc = file->card.auc,
        .rejection_50 = file->card.rejection_50,
        .rejection_30 = file->card.rejection_30,
        .sample = file->card.sample,
        .limits = file->card.limits,
        .citation = file->card.citation,
        .backend = model->backend.backend->name,
        .backend_reason = model->backend.reason,
        .header = file->header,
        .header_length = file->header_length,
        .n_values = (int32_t)file->graph.row_floats,
        .constituents_shape = {singles.c, singles.w},
        .pairs_shape = {pairs.c, pairs.w},
        .reads_image = jt_reads_images(&file->graph),
    };
    return jt_sized_write(info, &ours, sizeof ours) ? JT_OK : JT_ERROR_ARGUMENT;
}

const char *jt_model_feature(const jt_model *model, int32_t index)
{
    if (!model || index < 0 || index >= model->file.n_features)
        return NULL;
    return model->file.feature_names[index];
}

static jt_status give_point(const jt_point *point, jt_working_point *result)
{
    const jt_working_point ours = {sizeof ours, point->signal_efficiency, point->threshold,
                                   point->background_efficiency, point->background_error};
    return jt_sized_write(result, &ours, sizeof ours) ? JT_OK : JT_ERROR_ARGUMENT;
}

jt_status jt_model_working_point(const jt_model *model, int32_t index, jt_working_point *point)
{
    if (!model || !point || index < 0 || index >= model->file.n_points)
        return JT_ERROR_ARGUMENT;
    return give_point(&model->file.points[index], point);
}

jt_status jt_model_threshold(const jt_model *model, double signal_efficiency, jt_working_point *point)
{
    if (!model || !point || model->file.n_points == 0)
        return JT_ERROR_ARGUMENT;
    const jt_point *points = model->file.points;
    int32_t last = model->file.n_points - 1;
    if (!(signal_efficiency >= points[0].signal_efficiency && signal_efficiency <= points[last].signal_efficiency))
        return JT_ERROR_ARGUMENT;
    int32_t upper = 0;
    while (points[upper].signal_efficiency < signal_efficiency)
        upper++;
    if (points[upper].signal_efficiency == signal_efficiency)
        return give_point(&points[upper], point);
    const jt_point *a = &points[upper - 1], *b = &points[upper];
    double f = (signal_efficiency - a->signal_efficiency) / (b->signal_efficiency - a->signal_efficiency);
    const jt_point between = {
        signal_efficiency,
        a->threshold + f * (b->threshold - a->threshold),
        a->background_efficiency + f * (b->background_efficiency - a->background_efficiency),
        a->background_error + f * (b->background_error - a->background_error),
    };
    return give_point(&between, point);
}

jt_status jt_model_selftest(const jt_model *model, double *largest_difference, jt_error *error)
{
    if (!model)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "model is null");
    return jt_selftest(model, largest_difference, error);
}

jt_status jt_context_create(const jt_model *model, const jt_context_options *options, jt_context **context,
                            jt_error *error)
{
    if (!context)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "context is null");
    *context = NULL;
    if (!model)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "model is null");
    jt_context_options taken = {.size = sizeof taken};
    if (options && !jt_sized_read(&taken, sizeof taken, options))
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "jt_context_options.size is not set");
    /* The model is immutable but for its count of references, which is atomic. */
    return jt_context_make((jt_model *)model, &taken, context, error);
}

void jt_context_free(jt_context *context)
{
    if (context)
        jt_context_destroy(context);
}

const char *jt_context_error(const jt_context *context)
{
    return context ? context->error : "";
}

static jt_status refuse(jt_context *context, jt_status status, const char *text)
{
    snprintf(context->error, sizeof context->error, "%s", text);
    return status;
}

/* The checks that every call with jets has in common. */
static jt_status take_jets(jt_context *context, const jt_jets *jets, jt_jets_view *view)
{
    jt_status status = jt_jets_check(jets, view, context->error, sizeof context->error);
    if (status != JT_OK)
        return status;
    if (context->cleaning.need_classes && !view->classes && view->n_jets > 0)
        return refuse(context, JT_ERROR_CLASSES,
                      "this model looks at the class of each constituent (neutral, track, muon), and jets.classes is "
                      "null");
    return JT_OK;
}

jt_status jt_tag_jets(jt_context *context, const jt_jets *jets, const jt_output *output)
{
    if (!context)
        return JT_ERROR_ARGUMENT;
    jt_output taken;
    jt_jets_view view;
    if (!output || !jt_sized_read(&taken, sizeof taken, output))
        return refuse(context, JT_ERROR_ARGUMENT, "output is null or its size is not set");
    jt_status status = take_jets(context, jets, &view);
    if (status != JT_OK)
        return status;

    jt_float_guard guard;
    jt_float_guard_enter(&guard);
    status = jt_run_jets(context, &view, &taken);
    jt_float_guard_leave(&guard);
    return status;
}

jt_status jt_tag_images(jt_context *context, const float *images, const float *features, int64_t n,
                        const jt_output *output)
{
    if (!context)
        return JT_ERROR_ARGUMENT;
    jt_output taken;
    if (!output || !jt_sized_read(&taken, sizeof taken, output))
        return refuse(context, JT_ERROR_ARGUMENT, "output is null or its size is not set");
    if (n < 0)
        return refuse(context, JT_ERROR_ARGUMENT, "n is negative");
    if (n > 0 && !images)
        return refuse(context, JT_ERROR_ARGUMENT, "images is null");
    int has_features = context->model->file.graph.row_floats > 0;
    if (n > 0 && has_features && !features)
        return refuse(context, JT_ERROR_ARGUMENT, "the model needs features, and features is null");
    if (features && !has_features)
        return refuse(context, JT_ERROR_ARGUMENT, "the model has no features, and features is not null");

    jt_float_guard guard;
    jt_float_guard_enter(&guard);
    jt_status status = jt_run_inputs(context, images, features, n, &taken);
    jt_float_guard_leave(&guard);
    return status;
}

jt_status jt_network_inputs(jt_context *context, const jt_jets *jets, float *images, float *features, uint8_t *statuses)
{
    if (!context)
        return JT_ERROR_ARGUMENT;
    if (features && context->model->file.graph.row_floats == 0)
        return refuse(context, JT_ERROR_ARGUMENT, "the model has no features, and features is not null");
    jt_jets_view view;
    jt_status status = take_jets(context, jets, &view);
    if (status != JT_OK)
        return status;

    jt_float_guard guard;
    jt_float_guard_enter(&guard);
    jt_run_network_inputs(context, &view, images, features, statuses);
    jt_float_guard_leave(&guard);
    return JT_OK;
}
