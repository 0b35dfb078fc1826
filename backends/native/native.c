#include "native.h"

#include <stdio.h>
#include <string.h>

#include "compile.h"

enum { FLOATS_OF_LINE = 16 };

static const char *version(void)
{
    return jt_version();
}

static int probe(jt_why *why)
{
    (void)why;
    return 1;
}

static jt_status compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why)
{
    return jt_native_compile(graph, host, jt_native_kernel_for(jt_processor_level()), plan, why);
}

static void plan_free(jt_plan *plan)
{
    const jt_host host = plan->host;
    jt_arena_free(&host, plan->memory);
}

static void context_free(jt_plan_context *context)
{
    const jt_host *host = &context->plan->host;
    jt_release(host, context->memory);
    jt_release(host, context);
}

static jt_status context_create(const jt_plan *plan, int32_t max_batch, jt_plan_context **context, jt_why *why)
{
    const jt_host *host = &plan->host;
    jt_plan_context *made = jt_allocate(host, 1, sizeof *made);
    if (made) {
        made->plan = plan;
        made->group = max_batch < 1 ? 1 : max_batch < JT_GROUP ? max_batch : JT_GROUP;
        const size_t n_own = (size_t)(made->group + JT_TOGETHER - 1) / JT_TOGETHER;
        made->memory = jt_allocate(host, plan->shared_floats + n_own * plan->own_floats, sizeof(float));
        if (made->memory) {
            *context = made;
            return JT_OK;
        }
        context_free(made);
    }
    snprintf(why->text, sizeof why->text, "no memory for a context");
    return JT_ERROR_MEMORY;
}

/* The n-th part of the image after the one that is worked on: on its way to the cache before it is needed. */
static void fetch_ahead(const jt_plan *plan, const float *image, int32_t part)
{
    const size_t n = plan->n_pixels / (size_t)plan->n_head + FLOATS_OF_LINE, first = (size_t)part * n;
    for (size_t i = first; i < first + n && i < plan->n_pixels; i += FLOATS_OF_LINE)
        __builtin_prefetch(image + i, 0, 2);
}

/* The head jet by jet, then the tail for all of them. */
static void run_group(const jt_plan *plan, jt_run run, int32_t n, int32_t n_images, float *outputs)
{
    run.n = 1;
    for (run.first = 0; run.first < n; run.first++)
        for (int32_t i = 0; i < plan->n_head; i++) {
            if (run.first + 1 < n_images)
                fetch_ahead(plan, run.images + (size_t)(run.first + 1) * plan->n_pixels, i);
            plan->steps[i].run(&plan->steps[i], &run);
        }
    run.first = 0;
    run.n = n;
    for (int32_t i = plan->n_head; i < plan->n_steps; i++)
        plan->steps[i].run(&plan->steps[i], &run);
    for (int32_t jet = 0; jet < n; jet++)
        memcpy(outputs + (size_t)jet * plan->n_classes, jt_spot_at(&plan->output, &run, jet),
               plan->n_classes * sizeof *outputs);
}

static jt_status run(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                     jt_why *why)
{
    (void)why;
    const jt_plan *plan = context->plan;
    for (int32_t first = 0; first < n; first += context->group) {
        const jt_run run = {
            .kernel = plan->kernel,
            .shared = context->memory,
            .own = context->memory + plan->shared_floats,
            .images = images + (size_t)first * plan->n_pixels,
            .rows = rows ? rows + (size_t)first * plan->row_floats : NULL,
            .own_floats = plan->own_floats,
            .n_pixels = plan->n_pixels,
            .row_floats = plan->row_floats,
            .backwards = context->turn,
        };
        context->turn = !context->turn;
        const int32_t together = n - first < context->group ? n - first : context->group;
        run_group(plan, run, together, n - first, outputs + (size_t)first * plan->n_classes);
    }
    return JT_OK;
}

const jt_backend jt_native_backend = {
    .abi = JT_BACKEND_ABI,
    .name = "native",
    .notes = "",
    .version = version,
    .probe = probe,
    .compile = compile,
    .plan_free = plan_free,
    .context_create = context_create,
    .context_free = context_free,
    .run = run,
};
