/* Modules with something wrong, one per value of STRANGE. */
#include "backends/backend.h"

#include <stdio.h>
#include <stdlib.h>

enum { FOREIGN = 0, OTHER_ABI = 1, UNWILLING = 2, NARROW = 3, BREAKING = 4 };

#if STRANGE != 0
const jt_backend *jt_backend_module(void);

static const char *version(void)
{
    return "1";
}

static int probe(jt_why *why)
{
    snprintf(why->text, sizeof why->text, "the stars are wrong");
    return STRANGE == NARROW || STRANGE == BREAKING;
}

/* NARROW has no layer at all; BREAKING takes all of them, and its plan is the number of values of a jet. */
static jt_status compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why)
{
    (void)host;
    if (STRANGE == NARROW) {
        snprintf(why->text, sizeof why->text, "there is no layer here");
        return JT_ERROR_UNSUPPORTED;
    }
    int *classes = malloc(sizeof *classes);
    *classes = (int)graph->values[JT_FIRST_OUTPUT + graph->n_ops - 1].floats;
    *plan = (jt_plan *)classes;
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
    *context = (jt_plan_context *)(uintptr_t)plan;
    return JT_OK;
}

static void context_free(jt_plan_context *context)
{
    (void)context;
}

/* Zeros as logits, until a feature of a jet is above 1e6. */
static jt_status run(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                     jt_why *why)
{
    (void)images;
    const int classes = *(const int *)(const void *)context;
    for (int32_t i = 0; i < n; i++)
        if (rows[2 * i] > 1e6f) {
            snprintf(why->text, sizeof why->text, "a plan came apart");
            return JT_ERROR_BACKEND;
        }
    for (int32_t i = 0; i < n * classes; i++)
        outputs[i] = 0.0f;
    return JT_OK;
}

__attribute__((visibility("default"))) const jt_backend *jt_backend_module(void)
{
    static const jt_backend strange = {.abi = STRANGE == OTHER_ABI ? 999 : JT_BACKEND_ABI,
                                       .name = "onednn",
                                       .notes = "",
                                       .version = version,
                                       .probe = probe,
                                       .compile = compile,
                                       .plan_free = plan_free,
                                       .context_create = context_create,
                                       .context_free = context_free,
                                       .run = run};
    return &strange;
}
#else
__attribute__((visibility("default"))) int something_else(void);

int something_else(void)
{
    return FOREIGN;
}
#endif
