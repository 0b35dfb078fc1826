#include "workers.h"

enum { DEFAULT_BATCH = 16, LARGEST_BATCH = 65536, MOST_THREADS = 1024 };

size_t jt_image_floats(const jt_model_file *file)
{
    return (size_t)file->map.channels * (size_t)file->map.out[0] * (size_t)file->map.out[1];
}

jt_status jt_model_create(jt_model_file *file, const jt_model_options *options, jt_model **model, jt_error *error)
{
    jt_host host = file->host;
    jt_model *made = jt_allocate(&host, 1, sizeof *made);
    if (!made) {
        jt_model_file_free(file);
        return jt_fail(error, JT_ERROR_MEMORY, -1, NULL, "no memory for a model");
    }
    made->host = host;
    made->file = *file;
    atomic_init(&made->references, 1);

    jt_why why = {""};
    jt_status status = JT_ERROR_MEMORY;
    if (!jt_linear_map_make(&made->file.map, &made->host, &made->image_map)) {
        jt_fail(error, status, -1, NULL, "no memory for a model");
        goto failed;
    }
    made->file.graph.dark = made->image_map.dark;
    status = jt_backend_open(options->backend, options->module_directory, &made->host, &made->backend, &why);
    if (status != JT_OK) {
        jt_fail(error, status, -1, NULL, "%s", why.text);
        goto failed;
    }
    status = made->backend.backend->compile(&made->file.graph, &made->host, &made->plan, &why);
    if (status != JT_OK) {
        jt_fail(error, status, -1, NULL, "backend %s: %s", made->backend.backend->name, why.text);
        goto failed;
    }
    if (!made->backend.backend->keeps_weights)
        jt_model_file_drop_weights(&made->file);
    jt_log(&made->host, JT_LOG_INFO, "model %s on backend %s: %s", made->file.name, made->backend.backend->name,
           made->backend.reason);
    *model = made;
    return JT_OK;

failed:
    jt_model_drop(made);
    return status;
}

void jt_model_drop(jt_model *model)
{
    if (atomic_fetch_sub_explicit(&model->references, 1, memory_order_acq_rel) != 1)
        return;
    if (model->plan)
        model->backend.backend->plan_free(model->plan);
    jt_backend_close(&model->backend);
    jt_linear_map_free(&model->image_map, &model->host);
    jt_model_file_free(&model->file);
    jt_host host = model->host;
    jt_release(&host, model);
}

/* Hand out the next `bytes` of the block; with a NULL block only count. */
static void *take(char *block, size_t *used, size_t bytes)
{
    void *place = block ? block + *used : NULL;
    *used += jt_rounded_up(bytes);
    return place;
}

/* One layout for both passes: with block == NULL the bytes needed, else the pointers too. */
static size_t lay_out(jt_context *context, char *block)
{
    const jt_model_file *file = &context->model->file;
    int32_t capacity = context->jet.capacity;
    size_t batch = (size_t)context->max_batch;
    size_t used = 0;

    void *jet = take(block, &used, jt_clean_jet_bytes(capacity));
    context->image_scratch = take(block, &used, jt_light_bytes(&file->recipe, capacity));
    context->images = take(block, &used, batch * jt_image_floats(file) * sizeof(float));
    context->logits = take(block, &used, batch * (size_t)file->n_classes * sizeof(float));
    context->places = take(block, &used, batch * sizeof(int32_t));
    if (file->n_features > 0)
        context->feature_scratch = take(block, &used, jt_features_bytes(capacity));
    if (jt_sets_bytes(&file->sets, capacity) > 0)
        context->sets_scratch = take(block, &used, jt_sets_bytes(&file->sets, capacity));
    if (file->graph.row_floats > 0)
        context->rows = take(block, &used, batch * file->graph.row_floats * sizeof(float));
    if (block)
        jt_clean_jet_init(&context->jet, capacity, jet);
    return used;
}

jt_status jt_context_make(jt_model *model, const jt_context_options *options, jt_context **context, jt_error *error)
{
    const jt_model_file *file = &model->file;
    int32_t max_batch = options->max_batch ? options->max_batch : DEFAULT_BATCH;
    int32_t limit = options->max_constituents;
    if (max_batch < 1 || max_batch > LARGEST_BATCH)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "max_batch is %d, not in 1 .. %d", max_batch, LARGEST_BATCH);
    if (limit < 0 || (limit > 0 && limit < file->min_constituents))
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "max_constituents is %d; the model needs %d at least", limit,
                       file->min_constituents);

    if (options->threads < 0 || options->threads > MOST_THREADS)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "threads is %d, not in 0 .. %d", options->threads,
                       MOST_THREADS);

    jt_context *made = jt_allocate(&model->host, 1, sizeof *made);
    if (!made)
        return jt_fail(error, JT_ERROR_MEMORY, -1, NULL, "no memory for a context");
    made->model = model;
    atomic_fetch_add_explicit(&model->references, 1, memory_order_relaxed);
    made->max_batch = max_batch;
    made->cleaning.keep = file->max_constituents;
    made->cleaning.at_least = file->min_constituents;
    made->cleaning.need_classes = jt_recipe_needs_classes(&file->recipe);
    made->feature_plan = jt_feature_plan_make(file->feature_slots, file->n_features);
    made->jet.capacity = file->max_constituents;
    if (limit > 0 && limit < file->max_constituents) {
        /* One more than allowed is kept, which is enough to see that a jet has too many. */
        made->cleaning.at_most = limit;
        made->cleaning.keep = limit + 1;
        made->jet.capacity = limit + 1;
    }

    jt_status status = JT_ERROR_MEMORY;
    jt_why why = {""};
    made->memory = jt_allocate(&model->host, lay_out(made, NULL), 1);
    if (!made->memory) {
        jt_fail(error, status, -1, NULL, "no memory for a context of %d jets", max_batch);
        goto failed;
    }
    lay_out(made, made->memory);
    status = model->backend.backend->context_create(model->plan, max_batch, &made->plan_context, &why);
    if (status != JT_OK) {
        jt_fail(error, status, -1, NULL, "backend %s: %s", model->backend.backend->name, why.text);
        goto failed;
    }
    if (options->threads > 1) {
        status = jt_workers_start(made, options, error);
        if (status != JT_OK)
            goto failed;
    }
    *context = made;
    return JT_OK;

failed:
    jt_context_destroy(made);
    return status;
}

void jt_context_destroy(jt_context *context)
{
    jt_model *model = context->model;
    jt_workers_stop(context);
    if (context->plan_context)
        model->backend.backend->context_free(context->plan_context);
    jt_release(&model->host, context->memory);
    jt_release(&model->host, context);
    jt_model_drop(model);
}
