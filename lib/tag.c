#include "tag.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/math.h"
#include "workers.h"

static int reads_images(const jt_model_file *file)
{
    return file->graph.values[JT_VALUE_IMAGES].last_use >= 0;
}

/* The network's inputs for the clean jet in context->jet; either may be NULL. An image that nobody reads stays. */
static void prepare_inputs(jt_context *context, float *image, float *row)
{
    const jt_model_file *file = &context->model->file;
    if (image && reads_images(file)) {
        const jt_lit lit = jt_light(&file->recipe, &context->jet, context->image_scratch);
        jt_linear_map_apply(&context->model->image_map, &lit, image);
    }
    if (row && file->n_features > 0) {
        double values[JT_FEATURES];
        jt_features(&context->feature_plan, &context->jet, context->feature_scratch, values);
        for (int32_t i = 0; i < file->n_features; i++) {
            double mean = (double)file->feature_mean[i];
            double deviation = (double)file->feature_deviation[i];
            row[i] = (float)((values[file->feature_slots[i]] - mean) / deviation);
        }
    }
    if (row && context->sets_scratch)
        jt_sets_fill(&file->sets, &context->jet, context->sets_scratch, row + file->n_features);
}

/* Softmax probability of class `top`, in double so that the order of classes costs no bits of the float result. */
static float top_probability(const float *logits, int32_t n_classes, int32_t top)
{
    double sum = 0.0;
    for (int32_t i = 0; i < n_classes; i++)
        sum += jt_exp((double)logits[i] - (double)logits[top]);
    return (float)(1.0 / sum);
}

static void fill_nan(float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = NAN;
}

static void write_bad(const jt_context *context, const jt_output *output, int64_t jet, jt_jet_status status)
{
    size_t n_classes = (size_t)context->model->file.n_classes;
    if (output->scores)
        output->scores[jet] = NAN;
    if (output->logits)
        fill_nan(output->logits + (size_t)jet * n_classes, n_classes);
    if (output->statuses)
        output->statuses[jet] = (uint8_t)status;
}

static void write_good(const jt_context *context, const jt_output *output, int64_t jet, const float *logits)
{
    const jt_model_file *file = &context->model->file;
    size_t n_classes = (size_t)file->n_classes;
    const float score = top_probability(logits, file->n_classes, file->top_class);
    /* A network may overflow on inputs that are finite themselves. */
    if (!isfinite(score)) {
        write_bad(context, output, jet, JT_JET_NOT_FINITE);
        return;
    }
    if (output->scores)
        output->scores[jet] = score;
    if (output->logits)
        memcpy(output->logits + (size_t)jet * n_classes, logits, n_classes * sizeof *logits);
    if (output->statuses)
        output->statuses[jet] = JT_JET_OK;
}

static jt_status execute(jt_context *context, const float *images, const float *rows, int32_t n)
{
    jt_why why = {""};
    jt_status status =
        context->model->backend.backend->run(context->plan_context, images, rows, n, context->logits, &why);
    if (status != JT_OK)
        snprintf(context->error, sizeof context->error, "%s", why.text);
    return status;
}

typedef struct jets_call {
    const jt_jets_view *jets;
    const jt_output *output;
} jets_call;

static jt_status run_piece_of_jets(jt_context *context, const void *argument, int64_t first, int64_t n)
{
    const jets_call *call = argument;
    const jt_jets_view *jets = call->jets;
    const jt_output *output = call->output;
    const jt_model_file *file = &context->model->file;
    const size_t image_floats = jt_image_floats(file);
    const size_t row_floats = file->graph.row_floats;
    const size_t n_classes = (size_t)file->n_classes;

    for (int64_t start = first; start < first + n; start += context->max_batch) {
        int64_t left = first + n - start;
        int32_t chunk = left < context->max_batch ? (int32_t)left : context->max_batch;
        int32_t good = 0;
        for (int32_t i = 0; i < chunk; i++) {
            jt_jet_status jet_status = jt_jet_clean(jets, start + i, &context->cleaning, &context->jet);
            if (jet_status != JT_JET_OK) {
                write_bad(context, output, start + i, jet_status);
                continue;
            }
            prepare_inputs(context, context->images + (size_t)good * image_floats,
                           context->rows ? context->rows + (size_t)good * row_floats : NULL);
            context->places[good++] = i;
        }
        if (good == 0)
            continue;
        jt_status status = execute(context, context->images, context->rows, good);
        if (status != JT_OK)
            return status;
        for (int32_t i = 0; i < good; i++)
            write_good(context, output, start + context->places[i], context->logits + (size_t)i * n_classes);
    }
    return JT_OK;
}

jt_status jt_run_jets(jt_context *context, const jt_jets_view *jets, const jt_output *output)
{
    const jets_call call = {jets, output};
    return jt_workers_run(context, run_piece_of_jets, &call, jets->n_jets);
}

typedef struct inputs_call {
    const float *images;
    const float *rows;
    const jt_output *output;
} inputs_call;

static jt_status run_piece_of_inputs(jt_context *context, const void *argument, int64_t first, int64_t n)
{
    const inputs_call *call = argument;
    const float *images = call->images, *rows = call->rows;
    const jt_model_file *file = &context->model->file;
    const size_t image_floats = jt_image_floats(file);
    const size_t row_floats = file->graph.row_floats;
    const size_t n_classes = (size_t)file->n_classes;

    for (int64_t start = first; start < first + n; start += context->max_batch) {
        int64_t left = first + n - start;
        int32_t chunk = left < context->max_batch ? (int32_t)left : context->max_batch;
        jt_status status = execute(context, images + (size_t)start * image_floats,
                                   rows ? rows + (size_t)start * row_floats : NULL, chunk);
        if (status != JT_OK)
            return status;
        for (int32_t i = 0; i < chunk; i++)
            write_good(context, call->output, start + i, context->logits + (size_t)i * n_classes);
    }
    return JT_OK;
}

jt_status jt_run_inputs(jt_context *context, const float *images, const float *rows, int64_t n, const jt_output *output)
{
    const inputs_call call = {images, rows, output};
    return jt_workers_run(context, run_piece_of_inputs, &call, n);
}

void jt_run_network_inputs(jt_context *context, const jt_jets_view *jets, float *images, float *rows, uint8_t *statuses)
{
    const jt_model_file *file = &context->model->file;
    const size_t image_floats = jt_image_floats(file);
    const size_t row_floats = file->graph.row_floats;

    if (images && !reads_images(file))
        memset(images, 0, (size_t)jets->n_jets * image_floats * sizeof *images);
    for (int64_t i = 0; i < jets->n_jets; i++) {
        float *image = images ? images + (size_t)i * image_floats : NULL;
        float *row = rows ? rows + (size_t)i * row_floats : NULL;
        jt_jet_status status = jt_jet_clean(jets, i, &context->cleaning, &context->jet);
        if (statuses)
            statuses[i] = (uint8_t)status;
        if (status == JT_JET_OK) {
            prepare_inputs(context, image, row);
            continue;
        }
        if (image)
            fill_nan(image, image_floats);
        if (row)
            fill_nan(row, row_floats);
    }
}
