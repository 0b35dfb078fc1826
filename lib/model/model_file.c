#include "model.h"

#include <string.h>

#include "reading.h"

static const char *const header_keys[] = {
    "name",    "version",  "created",      "licence", "description",    "classes", "image",  "layers", "output",
    "tensors", "features", "constituents", "pairs",   "working_points", "card",    "golden", "notes"};

static void read_parts(jt_reading *reading, const jt_json *top)
{
    jt_json_reader *json = &reading->json;
    jt_json_object(json, top, header_keys, sizeof header_keys / sizeof *header_keys);
    jt_read_identity(reading, top);

    jt_json tensors = jt_json_need(json, top, "tensors");
    jt_json image = jt_json_need(json, top, "image");
    jt_json features = jt_json_find(top, "features");
    jt_json singles = jt_json_find(top, "constituents");
    jt_json pairs = jt_json_find(top, "pairs");
    jt_json points = jt_json_find(top, "working_points");
    jt_json card = jt_json_find(top, "card");
    jt_json golden = jt_json_find(top, "golden");
    jt_json notes = jt_json_find(top, "notes");
    if (notes.item && !cJSON_IsObject(notes.item))
        jt_json_refuse(json, &notes, JT_ERROR_FORMAT, "notes must be an object");

    jt_read_tensors(reading, &tensors);
    jt_read_image(reading, &image);
    jt_read_features(reading, &features);
    jt_read_sets(reading, &singles, &pairs);
    jt_read_layers(reading, top);
    jt_read_working_points(reading, &points);
    jt_read_card(reading, &card);
    jt_read_golden(reading, &golden);
    jt_refuse_unused_tensors(reading);
}

jt_status jt_model_file_read(const void *bytes, size_t length, const jt_host *host, jt_model_file *file,
                             jt_error *error)
{
    *file = (jt_model_file){0};
    if (!bytes)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, NULL, "no bytes to read a model from");
    jt_error unheard = {.size = sizeof unheard};
    jt_reading reading = {.file = file};
    reading.json = (jt_json_reader){.arena = &reading.arena, .error = error ? error : &unheard};
    jt_arena_init(&reading.arena, host);
    jt_arena_init(&reading.weights, host);

    jt_status status = jt_container_open(bytes, length, &reading.container, reading.json.error);
    if (status != JT_OK)
        return status;

    cJSON *tree = NULL;
    const jt_container *container = &reading.container;
    reading.json.newer = container->minor > JT_FORMAT_MINOR;
    file->header = jt_arena_text(&reading.arena, (const char *)container->header, container->header_length);
    file->header_length = container->header_length;
    if (file->header)
        tree = jt_json_parse(&reading.json, file->header, container->header_length, JT_PREAMBLE);
    else
        jt_json_refuse(&reading.json, NULL, JT_ERROR_MEMORY, "no memory for a header of %zu bytes",
                       container->header_length);
    if (tree) {
        jt_json top = {.item = tree};
        read_parts(&reading, &top);
        cJSON_Delete(tree);
    }
    if (reading.json.status != JT_OK) {
        jt_arena_free(host, reading.arena.blocks);
        jt_arena_free(host, reading.weights.blocks);
        *file = (jt_model_file){0};
        return reading.json.status;
    }
    file->host = *host;
    file->blocks = reading.arena.blocks;
    file->weights = reading.weights.blocks;
    return JT_OK;
}

void jt_model_file_drop_weights(jt_model_file *file)
{
    /* The ops are in the file's own memory. */
    jt_op *ops = (jt_op *)file->graph.ops;
    for (int32_t i = 0; i < file->graph.n_ops; i++)
        ops[i].weight = ops[i].bias = NULL;
    jt_arena_free(&file->host, file->weights);
    file->weights = NULL;
}

void jt_model_file_free(jt_model_file *file)
{
    if (!file)
        return;
    jt_arena_free(&file->host, file->weights);
    jt_arena_free(&file->host, file->blocks);
    *file = (jt_model_file){0};
}
