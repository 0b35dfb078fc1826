#include "tag.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/math.h"
#include "workers.h"

static jt_lit light_up(jt_context *context)
{
    return jt_light(&context->model->file.recipe, &context->jet, context->image_scratch);
}

/* The network's features, singles and pairs for the clean jet in context->jet. */
static void prepare_row(jt_context *context, float *row)
{
    const jt_model_file *file = &context->model->file;
    if (file->n_features > 0) {
        double values[JT_FEATURES];
        jt_features(&context->feature_plan, &context->jet, context->feature_scratch, values);
        for (int32_t i = 0; i < file->n_features; i++) {
            double mean = (double)file->feature_mean[i];
            double deviation = (double)file->feature_deviation[i];
            row[i] = (float)((values[file->feature_slots[i]] - mean) / deviation);
        }
    }
    if (context->sets_scratch)
        jt_sets_fill(&file->sets, &context->jet, context->sets_scratch, row + file->n_features);
}

/* Likewise all that it is given; either may be NULL. An image that nobody reads stays. */
static void prepare_inputs(jt_context *context, float *image, float *row)
{
    if (image && jt_reads_images(&context->model->file.graph)) {
        const jt_lit lit = light_up(context);
        jt_linear_map_apply(&context->model->image_map, &lit, image);
    }
    if (row)
        prepare_row(context, row);
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

/* Jets on their way through the backend. */
typedef struct piece {
    int64_t first;
    int32_t n, n_good;       /* jets, and those that the backend is given */
    const uint8_t *statuses; /* of each; NULL: all are good */
} piece;

/* Pieces that were begun and not finished, and what became of those before. */
typedef struct flight {
    piece begun[JT_MOST_BEGUN];
    int32_t n;
    jt_status status; /* of the first failure, whose words are in the context */
    int32_t is_lost;  /* a piece did not finish: nothing after it is written */
} flight;

static void note(jt_context *context, flight *f, jt_status status, const jt_why *why)
{
    if (status == JT_OK || f->status != JT_OK)
        return;
    f->status = status;
    snprintf(context->error, sizeof context->error, "%s", why->text);
}

/* What came of a piece: logits of its good jets, in order. */
static void write_piece(const jt_context *context, const piece *done, const jt_output *output)
{
    const float *logits = context->logits;
    for (int32_t i = 0; i < done->n; i++) {
        if (done->statuses && done->statuses[i] != JT_JET_OK) {
            write_bad(context, output, done->first + i, (jt_jet_status)done->statuses[i]);
            continue;
        }
        write_good(context, output, done->first + i, logits);
        logits += context->model->file.n_classes;
    }
}

/* Wait for the oldest piece and write what came of it. */
static void finish_one(jt_context *context, flight *f, const jt_output *output)
{
    const jt_backend *backend = context->model->backend.backend;
    jt_why why = {""};
    const jt_status status = backend->finish ? backend->finish(context->plan_context, context->logits, &why) : JT_OK;
    note(context, f, status, &why);
    f->is_lost |= status != JT_OK;
    if (!f->is_lost)
        write_piece(context, &f->begun[0], output);
    memmove(f->begun, f->begun + 1, sizeof f->begun - sizeof *f->begun);
    f->n--;
}

static jt_status finish_all(jt_context *context, flight *f, const jt_output *output)
{
    while (f->n > 0)
        finish_one(context, f, output);
    return f->status;
}

/*
 * Begin a piece. Where the backend works by itself it goes on with this one while the next is prepared, and the one
 * before is finished; else this one is.
 */
static void begin_one(jt_context *context, flight *f, const piece *next, const jt_inputs *inputs,
                      const jt_output *output)
{
    const jt_backend *backend = context->model->backend.backend;
    jt_why why = {""};
    if (next->n_good == 0) {
        if (finish_all(context, f, output) == JT_OK)
            write_piece(context, next, output);
        return;
    }
    const jt_status status = backend->begin ? backend->begin(context->plan_context, inputs, next->n_good, &why)
                                            : backend->run(context->plan_context, inputs->images, inputs->rows,
                                                           next->n_good, context->logits, &why);
    note(context, f, status, &why);
    if (status != JT_OK)
        return;
    f->begun[f->n++] = *next;
    if (!backend->begin || f->n == JT_MOST_BEGUN)
        finish_one(context, f, output);
}

typedef struct jets_call {
    const jt_jets_view *jets;
    const jt_output *output;
} jets_call;

/* The clean jet's inputs as those of jet i of a piece. */
static void prepare_in_piece(jt_context *context, int32_t i)
{
    const jt_model_file *file = &context->model->file;
    float *row = context->rows ? context->rows + (size_t)i * file->graph.row_floats : NULL;
    if (context->images) {
        prepare_inputs(context, context->images + (size_t)i * jt_image_floats(file), row);
        return;
    }
    int32_t *starts = context->starts;
    starts[i + 1] = starts[i];
    if (jt_reads_images(&file->graph)) {
        const jt_lit lit = light_up(context);
        starts[i + 1] +=
            jt_linear_map_list(&context->model->image_map, &lit, &context->sketch, context->lit_places + starts[i],
                               context->lit_values + (size_t)starts[i] * (size_t)file->map.channels);
    }
    if (row)
        prepare_row(context, row);
}

/* Jets first .. first + n - 1, with a status for each; the good ones' inputs one behind the other. */
static piece prepare_piece(jt_context *context, const jt_jets_view *jets, int64_t first, int32_t n, uint8_t *statuses)
{
    piece made = {.first = first, .n = n, .statuses = statuses};
    for (int32_t i = 0; i < n; i++) {
        statuses[i] = (uint8_t)jt_jet_clean(jets, first + i, &context->cleaning, &context->jet);
        if (statuses[i] == JT_JET_OK)
            prepare_in_piece(context, made.n_good++);
    }
    return made;
}

static jt_status run_piece_of_jets(jt_context *context, const void *argument, int64_t first, int64_t n)
{
    const jets_call *call = argument;
    const jt_sparse_images sparse = {context->starts, context->lit_places, context->lit_values};
    const jt_inputs inputs = {.images = context->images,
                              .sparse =
                                  context->images || !jt_reads_images(&context->model->file.graph) ? NULL : &sparse,
                              .rows = context->rows};
    flight f = {.status = JT_OK};
    int32_t turn = 0;
    for (int64_t start = first; start < first + n && f.status == JT_OK; start += context->piece) {
        const int64_t left = first + n - start;
        const int32_t chunk = left < context->piece ? (int32_t)left : context->piece;
        uint8_t *statuses = context->statuses + (size_t)(turn++ % JT_MOST_BEGUN) * (size_t)context->piece;
        const piece next = prepare_piece(context, call->jets, start, chunk, statuses);
        begin_one(context, &f, &next, &inputs, call->output);
    }
    return finish_all(context, &f, call->output);
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
    const jt_model_file *file = &context->model->file;
    flight f = {.status = JT_OK};
    for (int64_t start = first; start < first + n && f.status == JT_OK; start += context->piece) {
        const int64_t left = first + n - start;
        const int32_t chunk = left < context->piece ? (int32_t)left : context->piece;
        const piece next = {.first = start, .n = chunk, .n_good = chunk};
        const jt_inputs inputs = {.images = call->images + (size_t)start * jt_image_floats(file),
                                  .rows = call->rows ? call->rows + (size_t)start * file->graph.row_floats : NULL,
                                  .on_device = context->inputs_on_device};
        begin_one(context, &f, &next, &inputs, call->output);
    }
    return finish_all(context, &f, call->output);
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

    if (images && !jt_reads_images(&file->graph))
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
