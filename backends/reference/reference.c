#include "reference.h"

#include <stdio.h>
#include <string.h>

#include "../../lib/core/core.h"
#include "ops.h"

struct jt_plan {
    const jt_graph *graph;
    jt_host host;
    size_t scratch; /* doubles: the widest row of any op */
};

struct jt_plan_context {
    const jt_plan *plan;
    float *working; /* graph->working_floats: all values of one jet */
    double *scratch;
};

/* Concat is done here, where the sizes of all inputs are known. */
static const jt_ref_op functions[JT_OP_KINDS] = {
    [JT_OP_CONV2D] = jt_ref_conv2d,     [JT_OP_DENSE] = jt_ref_dense,
    [JT_OP_MAX_POOL] = jt_ref_max_pool, [JT_OP_GLOBAL_AVERAGE] = jt_ref_global_average,
    [JT_OP_FLATTEN] = jt_ref_copy,      [JT_OP_ADD] = jt_ref_add,
    [JT_OP_SCALE] = jt_ref_scale,       [JT_OP_ACTIVATION] = jt_ref_copy,
};

static const char *version(void)
{
    return jt_version();
}

static int probe(jt_why *why)
{
    (void)why;
    return 1;
}

static void plan_free(jt_plan *plan)
{
    jt_host host = plan->host;
    jt_release(&host, plan);
}

static jt_status compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why)
{
    jt_plan *made = jt_allocate(host, 1, sizeof *made);
    if (!made) {
        snprintf(why->text, sizeof why->text, "no memory for a plan");
        return JT_ERROR_MEMORY;
    }
    made->graph = graph;
    made->host = *host;
    for (int32_t i = 0; i < graph->n_ops; i++) {
        size_t columns = (size_t)graph->ops[i].out.w;
        made->scratch = columns > made->scratch ? columns : made->scratch;
    }
    *plan = made;
    return JT_OK;
}

static void context_free(jt_plan_context *context)
{
    const jt_host *host = &context->plan->host;
    jt_release(host, context->working);
    jt_release(host, context->scratch);
    jt_release(host, context);
}

/* Jets are run one by one, so the batch does not matter. */
static jt_status context_create(const jt_plan *plan, int32_t max_batch, jt_plan_context **context, jt_why *why)
{
    (void)max_batch;
    const jt_host *host = &plan->host;
    jt_plan_context *made = jt_allocate(host, 1, sizeof *made);
    if (made) {
        made->plan = plan;
        made->working = jt_allocate(host, plan->graph->working_floats, sizeof(float));
        made->scratch = jt_allocate(host, plan->scratch, sizeof(double));
        if (made->working && made->scratch) {
            *context = made;
            return JT_OK;
        }
        context_free(made);
    }
    snprintf(why->text, sizeof why->text, "no memory for a context");
    return JT_ERROR_MEMORY;
}

static void concat(const jt_graph *graph, const jt_op *op, const float *const *inputs, float *out)
{
    for (int32_t k = 0; k < op->n_inputs; k++) {
        size_t n = graph->values[op->inputs[k]].floats;
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): as many inputs were set as there are. */
        memcpy(out, inputs[k], n * sizeof *out);
        out += n;
    }
}

static void run_one(const jt_plan_context *context, const float *image, const float *row, float *logits)
{
    const jt_graph *graph = context->plan->graph;
    for (int32_t i = 0; i < graph->n_ops; i++) {
        const jt_op *op = &graph->ops[i];
        const jt_value *value = &graph->values[JT_FIRST_OUTPUT + i];
        float *out = context->working + value->offset;
        const float *inputs[JT_MAX_INPUTS];
        for (int32_t k = 0; k < op->n_inputs; k++) {
            int32_t input = op->inputs[k];
            const float *place = jt_is_in_row(input) ? row : context->working;
            inputs[k] = input == JT_VALUE_IMAGES ? image : place + graph->values[input].offset;
        }
        if (op->kind == JT_OP_CONCAT)
            concat(graph, op, inputs, out);
        else
            functions[op->kind](op, inputs, out, context->scratch);
        jt_ref_activate(op->activation, out, value->floats);
    }
    const jt_value *output = &graph->values[graph->output];
    memcpy(logits, context->working + output->offset, output->floats * sizeof *logits);
}

static jt_status run(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                     jt_why *why)
{
    (void)why;
    const jt_graph *graph = context->plan->graph;
    const size_t n_pixels = graph->values[JT_VALUE_IMAGES].floats;
    const size_t n_classes = graph->values[graph->output].floats;
    for (size_t i = 0; i < (size_t)n; i++)
        run_one(context, images + i * n_pixels, rows ? rows + i * graph->row_floats : NULL, outputs + i * n_classes);
    return JT_OK;
}

const jt_backend jt_reference_backend = {
    .abi = JT_BACKEND_ABI,
    .name = "reference",
    .notes = "",
    .keeps_weights = 1,
    .version = version,
    .probe = probe,
    .compile = compile,
    .plan_free = plan_free,
    .context_create = context_create,
    .context_free = context_free,
    .run = run,
};
