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
    made->file.graph.most_lit = jt_linear_map_most(&made->image_map, made->file.max_constituents);
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

/* What images of a piece take as their lit pixels. */
static void lay_out_sparse(jt_context *context, char *block, size_t *used)
{
    const jt_model_file *file = &context->model->file;
    const size_t batch = (size_t)context->piece, most = batch * (size_t)file->graph.most_lit;
    context->starts = take(block, used, (batch + 1) * sizeof(int32_t));
    context->lit_places = take(block, used, most * sizeof(int32_t));
    context->lit_values = take(block, used, most * (size_t)file->map.channels * sizeof(float));
    void *scratch = take(block, used, jt_sketch_bytes(&file->map));
    if (block)
        context->sketch = jt_sketch_make(&context->model->image_map, scratch);
}

/* One layout for both passes: with block == NULL the bytes needed, else the pointers too. */
static size_t lay_out(jt_context *context, char *block)
{
    const jt_model_file *file = &context->model->file;
    int32_t capacity = context->jet.capacity;
    size_t batch = (size_t)context->piece;
    size_t used = 0;

    void *jet = take(block, &used, jt_clean_jet_bytes(capacity));
    context->image_scratch = take(block, &used, jt_light_bytes(&file->recipe, capacity));
    if (context->model->backend.backend->begin)
        lay_out_sparse(context, block, &used);
    else
        context->images = take(block, &used, batch * jt_image_floats(file) * sizeof(float));
    context->logits = take(block, &used, batch * (size_t)file->n_classes * sizeof(float));
    context->statuses = take(block, &used, JT_MOST_BEGUN * batch);
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

static jt_status check_options(const jt_model *model, const jt_context_options *options, int32_t max_batch,
                               jt_error *error)
{
    const int32_t limit = options->max_constituents, least = model->file.min_constituents;
    if (max_batch < 1 || max_batch > LARGEST_BATCH)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "max_batch is %d, not in 1 .. %d", max_batch, LARGEST_BATCH);
    if (limit < 0 || (limit > 0 && limit < least))
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "max_constituents is %d; the model needs %d at least", limit,
                       least);
    if (options->threads < 0 || options->threads > MOST_THREADS)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "threads is %d, not in 0 .. %d", options->threads,
                       MOST_THREADS);
    if (options->inputs != JT_ON_HOST && options->inputs != JT_ON_DEVICE)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "inputs is %d, neither JT_ON_HOST nor JT_ON_DEVICE",
                       (int)options->inputs);
    if (options->inputs == JT_ON_DEVICE && !model->backend.backend->begin)
        return jt_fail(error, JT_ERROR_UNSUPPORTED, -1, NULL, "backend %s has no device: inputs cannot be JT_ON_DEVICE",
                       model->backend.backend->name);
    return JT_OK;
}

jt_status jt_context_make(jt_model *model, const jt_context_options *options, jt_context **context, jt_error *error)
{
    const jt_model_file *file = &model->file;
    const jt_backend *backend = model->backend.backend;
    const int32_t usual = backend->begin ? backend->most_at_once : DEFAULT_BATCH;
    const int32_t max_batch = options->max_batch ? options->max_batch : usual, limit = options->max_constituents;
    jt_status status = check_options(model, options, max_batch, error);
    if (status != JT_OK)
        return status;

    jt_context *made = jt_allocate(&model->host, 1, sizeof *made);
    if (!made)
        return jt_fail(error, JT_ERROR_MEMORY, -1, NULL, "no memory for a context");
    made->model = model;
    atomic_fetch_add_explicit(&model->references, 1, memory_order_relaxed);
    made->max_batch = max_batch;
    made->piece = backend->begin && backend->most_at_once < max_batch ? backend->most_at_once : max_batch;
    made->inputs_on_device = options->inputs == JT_ON_DEVICE;
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

    status = JT_ERROR_MEMORY;
    jt_why why = {""};
    made->memory = jt_allocate(&model->host, lay_out(made, NULL), 1);
    if (!made->memory) {
        jt_fail(error, status, -1, NULL, "no memory for a context of %d jets", max_batch);
        goto failed;
    }
    lay_out(made, made->memory);
    status = backend->context_create(model->plan, max_batch, &made->plan_context, &why);
    if (status != JT_OK) {
        jt_fail(error, status, -1, NULL, "backend %s: %s", backend->name, why.text);
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
