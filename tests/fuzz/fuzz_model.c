/*
 * Fuzzing the reader of model files: whatever the bytes are, jt_model_file_read refuses them in words and leaves
 * nothing behind, or gives a model that keeps every promise its readers rely on.
 *
 * Each input is read as it is, and again with the preamble's lengths and checksums made right, so that what lies behind
 * them is reached. A model that is accepted is checked; fuzz_tag.c runs it.
 */
#include <math.h>
#include <string.h>

#include "lib/features/features.h"
#include "lib/model/container.h"
#include "lib/model/model.h"
#include "mutate.h"
#include "pool.h"
#include "require.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const uint32_t fuzz_blob_share = 8;

static pool_use memory;

static void check_error(const jt_error *error, jt_status status, size_t size)
{
    /* JT_ERROR_MEMORY too would be a lie: cJSON has refused what the scan let through. */
    require(status == JT_ERROR_FORMAT || status == JT_ERROR_VERSION || status == JT_ERROR_CHECKSUM ||
                status == JT_ERROR_GRAPH || status == JT_ERROR_LIMIT,
            "the status is one that a file can cause");
    require(error->size == sizeof *error && error->status == status, "the error carries the status");
    require(error->offset >= -1 && error->offset <= (int64_t)size, "the error's offset lies in the file");
    require(error->text[0] != '\0', "the error has words");
    require(memchr(error->text, '\0', sizeof error->text) != NULL, "the error's text ends");
    require(memchr(error->key, '\0', sizeof error->key) != NULL, "the error's key ends");
    for (const char *at = error->text; *at; at += jt_utf8_character(at, strlen(at)))
        require(jt_utf8_character(at, strlen(at)) > 0, "the error's text is UTF-8");
    for (const char *at = error->key; *at; at += jt_utf8_character(at, strlen(at)))
        require(jt_utf8_character(at, strlen(at)) > 0, "the error's key is UTF-8");
}

static int same_shape(jt_shape a, jt_shape b)
{
    return a.c == b.c && a.h == b.h && a.w == b.w;
}

static int32_t slid(int32_t size, int32_t before, int32_t after, int32_t kernel, int32_t stride)
{
    require(before >= 0 && after >= 0 && before < kernel && after < kernel && stride > 0, "padding and stride");
    return (size + before + after - kernel) / stride + 1;
}

/* What each kind makes of the shapes of its inputs: the backends work in one piece of memory, in which no sanitizer
   sees where a value ends. */
static void check_kind(const jt_graph *graph, const jt_op *op)
{
    const jt_shape second = graph->values[op->inputs[op->n_inputs > 1]].shape;
    const int32_t *pad = op->pad;
    int32_t sum = 0;
    switch (op->kind) {
    case JT_OP_CONV2D:
        require(op->groups >= 1 && op->in.c % op->groups == 0 && op->out.c % op->groups == 0, "groups");
        /* fall through */
    case JT_OP_MAX_POOL:
        require(op->kind == JT_OP_CONV2D || op->in.c == op->out.c, "channels of a pool");
        require(op->out.h == slid(op->in.h, pad[0], pad[1], op->kernel[0], op->stride[0]), "rows");
        require(op->out.w == slid(op->in.w, pad[2], pad[3], op->kernel[1], op->stride[1]), "columns");
        break;
    case JT_OP_DENSE:
        require(op->in.h == 1 && op->in.w == 1 && op->out.h == 1 && op->out.w == 1, "dense reads and gives vectors");
        break;
    case JT_OP_GLOBAL_AVERAGE:
        require(same_shape(op->out, (jt_shape){op->in.c, 1, 1}), "an average per channel");
        break;
    case JT_OP_FLATTEN:
        require(same_shape(op->out, (jt_shape){op->in.c * op->in.h * op->in.w, 1, 1}), "flatten keeps every float");
        break;
    case JT_OP_CONCAT:
        for (int32_t k = 0; k < op->n_inputs; k++)
            sum += graph->values[op->inputs[k]].shape.c;
        require(same_shape(op->out, (jt_shape){sum, 1, 1}), "concat keeps every float");
        break;
    case JT_OP_ADD:
        require(op->n_inputs == 2 && same_shape(op->in, second) && same_shape(op->out, second), "a sum of one shape");
        break;
    case JT_OP_SCALE:
        require(op->n_inputs == 2 && same_shape(second, (jt_shape){op->in.c, 1, 1}), "a factor per channel");
        require(same_shape(op->in, op->out), "scaling keeps the shape");
        break;
    case JT_OP_ACTIVATION:
        require(same_shape(op->in, op->out), "an activation keeps the shape");
        break;
    case JT_OP_KINDS:
        require(0, "a kind");
    }
}

static void check_shapes(const jt_graph *graph)
{
    for (int32_t i = 0; i < graph->n_ops; i++) {
        const jt_op *op = &graph->ops[i];
        const jt_value *out = &graph->values[JT_FIRST_OUTPUT + i];
        require(op->n_inputs >= 1 && op->n_inputs <= JT_MAX_INPUTS, "number of inputs");
        require(op->layer >= 0 && op->layer < graph->n_layers, "layer of an op");
        require(memcmp(&op->out, &out->shape, sizeof op->out) == 0, "shape of an output");
        require(op->out.c > 0 && op->out.h > 0 && op->out.w > 0, "sides of an output");
        require(out->floats == (size_t)op->out.c * (size_t)op->out.h * (size_t)op->out.w, "floats of an output");
        for (int32_t k = 0; k < op->n_inputs; k++) {
            require(op->inputs[k] >= 0 && op->inputs[k] < JT_FIRST_OUTPUT + i, "an input comes before its op");
            require(graph->values[op->inputs[k]].last_use >= i, "an input is alive");
            require(graph->values[op->inputs[k]].floats > 0, "an input is there");
        }
        require(memcmp(&op->in, &graph->values[op->inputs[0]].shape, sizeof op->in) == 0, "shape of an input");
        check_kind(graph, op);
        int linear = op->kind == JT_OP_CONV2D || op->kind == JT_OP_DENSE;
        require(linear == (op->weight != NULL) && linear == (op->bias != NULL), "weights where they belong");
        if (!linear)
            continue;
        size_t per_output = (size_t)op->in.c / (size_t)op->groups;
        if (op->kind == JT_OP_CONV2D)
            per_output *= (size_t)op->kernel[0] * (size_t)op->kernel[1];
        for (size_t k = 0; k < per_output * (size_t)op->out.c; k++)
            require(isfinite(op->weight[k]), "weights are finite");
        for (int32_t k = 0; k < op->out.c; k++)
            require(isfinite(op->bias[k]), "biases are finite");
    }
}

/* As tests/unit/graph/test_liveness.c does it. */
static void check_places(const jt_graph *graph)
{
    for (int32_t a = JT_FIRST_OUTPUT; a < graph->n_values; a++) {
        const jt_value *first = &graph->values[a];
        require(first->offset % 16 == 0, "values are aligned");
        require(first->offset + first->floats <= graph->working_floats, "values lie in the working memory");
        for (int32_t b = a + 1; b < graph->n_values && b - JT_FIRST_OUTPUT <= first->last_use; b++) {
            const jt_value *second = &graph->values[b];
            require(first->offset >= second->offset + second->floats || second->offset >= first->offset + first->floats,
                    "no two values overlap while they are alive");
        }
    }
}

static void check_set(const jt_set *set, int32_t n_names, int32_t most)
{
    require(set->most >= 0 && set->most <= most && (set->most > 0) == (set->n_columns > 0), "members and columns");
    for (int32_t c = 0; c < set->n_columns; c++) {
        require(set->columns[c] >= 0 && set->columns[c] < n_names, "columns");
        require(isfinite(set->mean[c]) && set->deviation[c] > 0, "deviations of columns");
    }
}

static void check_model(const jt_model_file *file)
{
    require(file->header[file->header_length] == '\0' && strlen(file->header) == file->header_length, "the header");
    require(file->name[0] && file->version && file->created[0] && file->licence && file->description, "texts");
    require(file->n_classes >= 2 && file->n_classes <= 16, "number of classes");
    require(strcmp(file->class_names[file->top_class], "top") == 0, "the class top");
    const jt_image_map *map = &file->map;
    require(map->crop[0] + map->crop[2] <= map->in[0] && map->crop[1] + map->crop[3] <= map->in[1], "the crop");
    require(!map->mean == !map->deviation, "mean and deviation of the image");
    for (int32_t i = 0; map->deviation && i < map->channels * map->in[0] * map->in[1]; i++)
        require(isfinite(map->mean[i]) && map->deviation[i] > 0, "deviations of the image");
    for (int32_t i = 0; i < file->n_features; i++) {
        require(file->feature_slots[i] >= 0 && file->feature_slots[i] < JT_FEATURES, "features");
        require(isfinite(file->feature_mean[i]) && file->feature_deviation[i] > 0, "deviations of features");
    }
    check_set(&file->sets.singles, JT_SINGLES, 256);
    check_set(&file->sets.pairs, JT_PAIRS, 64);
    for (int32_t i = 0; i < file->n_points; i++)
        require(file->points[i].threshold >= 0 && file->points[i].threshold <= 1, "thresholds");
    const jt_golden *golden = &file->golden;
    require(golden->n_jets == 0 || (golden->n_jets >= 8 && golden->n_jets <= 32), "number of golden jets");
    for (int32_t i = 0; i < golden->n_jets; i++) {
        require(golden->offsets[i] >= 0 && golden->offsets[i] <= golden->offsets[i + 1], "offsets of golden jets");
        require(golden->scores[i] >= 0 && golden->scores[i] <= 1, "scores of golden jets");
    }
    for (int64_t i = 0; golden->n_jets > 0 && i < 4 * golden->offsets[golden->n_jets]; i++)
        require(isfinite(golden->momenta[i]), "momenta of golden jets");

    const jt_graph *graph = &file->graph;
    const jt_value *image = &graph->values[JT_VALUE_IMAGES], *output = &graph->values[graph->output];
    require(image->shape.c == map->channels && image->shape.h == map->out[0] && image->shape.w == map->out[1],
            "the network reads what the recipe makes");
    require((int32_t)graph->values[JT_VALUE_FEATURES].floats == file->n_features, "and the features");
    require(output->floats == (size_t)file->n_classes && output->last_use == graph->n_ops, "the output");
    check_shapes(graph);
    check_places(graph);
}

static void read_once(const uint8_t *data, size_t size)
{
    static const jt_model_file zero;
    const jt_host host = {pool_take, pool_release, &memory, NULL, NULL};
    jt_model_file file;
    memset(&file, 0x5a, sizeof file);
    jt_error error = {.size = sizeof error, .offset = -2};
    const size_t before = memory.most_bytes = memory.live_bytes;
    const jt_status status = jt_model_file_read(data, size, &host, &file, &error);
    /* No file may ask for much more than its own size. */
    require(memory.most_bytes - before <= (1 << 20) + 64 * size, "memory is in proportion to the file");
    if (status != JT_OK) {
        require(memcmp(&file, &zero, sizeof file) == 0, "nothing half-read remains");
        check_error(&error, status, size);
    } else {
        check_model(&file);
        jt_model_file_free(&file);
    }
    require(memory.live_bytes == before && pool_of_cjson.live == 0, "nothing leaks");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pool_serve_cjson();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) /* an address is needed, also of nothing */
        read_once(data, size);
    uint8_t *sealed = pool_take(&memory, size + 2 * JT_PREAMBLE);
    require(sealed != NULL, "there is memory for an input");
    const size_t length = fuzz_seal(data, size, sealed);
    if (length != size || memcmp(sealed, data, size) != 0) {
        uint8_t *exact = pool_copy(&memory, sealed, length); /* so that a byte behind it is seen */
        read_once(exact, length);
        pool_release(&memory, exact);
    }
    pool_release(&memory, sealed);
    pool_reset(&memory);
    return 0;
}
