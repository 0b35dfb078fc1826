#include "selftest.h"

#include <math.h>

/* Tag through the public entry point, so that a self-test goes the whole way that a user's jets go. */
static jt_status tag_golden(const jt_model *model, jt_context *context, float *scores, jt_error *error)
{
    const jt_golden *golden = &model->file.golden;
    jt_jets jets = {.size = sizeof jets,
                    .n_jets = golden->n_jets,
                    .offsets = golden->offsets,
                    .momenta = golden->momenta,
                    .number = JT_FLOAT32,
                    .classes = golden->classes};
    jt_output output = {.size = sizeof output, .scores = scores};
    jt_status status = jt_tag_jets(context, &jets, &output);
    return status == JT_OK ? JT_OK : jt_fail(error, status, -1, "golden", "%s", jt_context_error(context));
}

jt_status jt_selftest(const jt_model *model, double *largest_difference, jt_error *error)
{
    const jt_golden *golden = &model->file.golden;
    if (golden->n_jets == 0)
        return jt_fail(error, JT_ERROR_ARGUMENT, -1, "golden", "the model has no golden jets");

    jt_context *context = NULL;
    jt_status status = jt_context_create(model, NULL, &context, error);
    if (status != JT_OK)
        return status;
    float *scores = jt_allocate(&model->host, (size_t)golden->n_jets, sizeof *scores);
    if (!scores) {
        status = jt_fail(error, JT_ERROR_MEMORY, -1, NULL, "no memory for %d scores", golden->n_jets);
        goto done;
    }
    status = tag_golden(model, context, scores, error);
    if (status != JT_OK)
        goto done;

    double largest = 0.0;
    int32_t worst = 0;
    for (int32_t i = 0; i < golden->n_jets; i++) {
        double difference = fabs((double)scores[i] - (double)golden->scores[i]);
        if (difference <= largest)
            continue;
        /* Also reached by a NaN score, which no comparison above lets pass. */
        largest = difference;
        worst = i;
        if (isnan(difference))
            break;
    }
    if (largest_difference)
        *largest_difference = largest;
    if (!(largest <= JT_SELFTEST_TOLERANCE))
        status = jt_fail(error, JT_ERROR_SELFTEST, -1, "golden.scores",
                         "golden jet %d has score %.9g here and %.9g in the file", worst, (double)scores[worst],
                         (double)golden->scores[worst]);
done:
    jt_release(&model->host, scores);
    jt_context_free(context);
    return status;
}
