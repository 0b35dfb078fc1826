/*
 * A backend that works by itself (jt_backend.begin), where there is no device: two pieces of 3 jets at a time, results
 * when they are asked for.
 *
 * A jet's logits are a sum over its image, each float times 1 + its place modulo 31, and its first feature, 1000 more
 * for inputs on a device. With LATE_BREAKS set to begin or finish that fails for a feature above 1e6; set
 * to both, finish fails as well once begin has.
 */
#include "backends/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 3, CLASSES = 2, MOST_FLOATS = 8192 };

const jt_backend *jt_backend_module(void);

struct jt_plan {
    const jt_graph *graph;
};

typedef struct piece {
    int32_t n, breaks;
    float logits[AT_ONCE][CLASSES];
} piece;

struct jt_plan_context {
    const jt_graph *graph;
    piece pieces[JT_MOST_BEGUN];
    int32_t begun, finished, is_broken;
};

static const char *version(void)
{
    return "1";
}

static int probe(jt_why *why)
{
    (void)why;
    return 1;
}

static jt_status compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why)
{
    (void)host;
    (void)why;
    *plan = malloc(sizeof **plan);
    (*plan)->graph = graph;
    return JT_OK;
}

static void plan_free(jt_plan *plan)
{
    free(plan);
}

static jt_status context_create(const jt_plan *plan, int32_t max_batch, jt_plan_context **context, jt_why *why)
{
    (void)max_batch;
    (void)why;
    *context = calloc(1, sizeof **context);
    (*context)->graph = plan->graph;
    return JT_OK;
}

static void context_free(jt_plan_context *context)
{
    if (context->begun != context->finished)
        abort(); /* nobody waited */
    free(context);
}

static void take_image(const jt_graph *graph, const jt_inputs *inputs, int32_t jet, float *image)
{
    const jt_value *images = &graph->values[JT_VALUE_IMAGES];
    const size_t floats = images->floats, plane = (size_t)images->shape.h * (size_t)images->shape.w;
    if (inputs->images) {
        memcpy(image, inputs->images + (size_t)jet * floats, floats * sizeof *image);
        return;
    }
    const jt_sparse_images *sparse = inputs->sparse;
    memcpy(image, graph->dark, floats * sizeof *image);
    if (sparse->starts[jet + 1] - sparse->starts[jet] > graph->most_lit)
        abort();
    for (int32_t i = sparse->starts[jet]; i < sparse->starts[jet + 1]; i++)
        for (int32_t c = 0; c < images->shape.c; c++)
            image[(size_t)c * plane + (size_t)sparse->places[i]] = sparse->values[i * images->shape.c + c];
}

static int breaks_in(const char *where)
{
    const char *wanted = getenv("LATE_BREAKS");
    return wanted && strcmp(wanted, where) == 0;
}

static jt_status begin(jt_plan_context *context, const jt_inputs *inputs, int32_t n, jt_why *why)
{
    const jt_graph *graph = context->graph;
    const size_t floats = graph->values[JT_VALUE_IMAGES].floats;
    float image[MOST_FLOATS];
    if (n < 1 || n > AT_ONCE || floats > MOST_FLOATS || context->begun - context->finished == JT_MOST_BEGUN)
        abort();
    piece *made = &context->pieces[context->begun % JT_MOST_BEGUN];
    *made = (piece){.n = n};
    for (int32_t jet = 0; jet < n; jet++) {
        const float feature = inputs->rows[(size_t)jet * graph->row_floats];
        double sum = 0;
        take_image(graph, inputs, jet, image);
        for (size_t i = 0; i < floats; i++)
            sum += (double)image[i] * (double)(1 + i % 31);
        made->logits[jet][0] = (float)sum;
        made->logits[jet][1] = feature + (inputs->on_device ? 1000.0f : 0.0f);
        made->breaks |= feature > 1e6f;
    }
    context->is_broken = made->breaks && breaks_in("both");
    if (context->is_broken || (made->breaks && breaks_in("begin"))) {
        snprintf(why->text, sizeof why->text, "it cannot begin");
        return JT_ERROR_BACKEND;
    }
    context->begun++;
    return JT_OK;
}

static jt_status finish(jt_plan_context *context, float *outputs, jt_why *why)
{
    if (context->begun == context->finished)
        abort();
    const piece *done = &context->pieces[context->finished++ % JT_MOST_BEGUN];
    if (context->is_broken || (done->breaks && breaks_in("finish"))) {
        snprintf(why->text, sizeof why->text, "it cannot finish");
        return JT_ERROR_BACKEND;
    }
    memcpy(outputs, done->logits, (size_t)done->n * sizeof *done->logits);
    return JT_OK;
}

static jt_status run(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                     jt_why *why)
{
    (void)context;
    (void)images;
    (void)rows;
    (void)n;
    (void)outputs;
    (void)why;
    abort(); /* who can begin is not run */
}

__attribute__((visibility("default"))) const jt_backend *jt_backend_module(void)
{
    static const jt_backend late = {.abi = JT_BACKEND_ABI,
                                    .name = "onednn",
                                    .notes = "",
                                    .version = version,
                                    .probe = probe,
                                    .compile = compile,
                                    .plan_free = plan_free,
                                    .context_create = context_create,
                                    .context_free = context_free,
                                    .run = run,
                                    .most_at_once = AT_ONCE,
                                    .begin = begin,
                                    .finish = finish};
    return &late;
}
