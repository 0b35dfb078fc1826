#include "builder.h"

#include <float.h>
#include <math.h>

/* gamma, beta, mean, variance of one batch norm. */
typedef struct norm {
    const jt_tensor *gamma, *beta, *mean, *variance;
    double epsilon;
} norm;

static jt_status find_norm(jt_builder *builder, const jt_linear *linear, norm *found)
{
    found->epsilon = linear->epsilon;
    jt_status status = jt_builder_tensor(builder, linear->norm, "gamma", &found->gamma);
    if (status == JT_OK)
        status = jt_builder_tensor(builder, linear->norm, "beta", &found->beta);
    if (status == JT_OK)
        status = jt_builder_tensor(builder, linear->norm, "mean", &found->mean);
    if (status == JT_OK)
        status = jt_builder_tensor(builder, linear->norm, "variance", &found->variance);
    if (status != JT_OK)
        return status;
    for (size_t i = 0; i < found->variance->floats; i++)
        if (jt_tensor_at(found->variance, i) < 0)
            return jt_builder_fail(builder, JT_ERROR_FORMAT, "", "variance %zu of tensor \"%s\" is negative: %g", i,
                                   found->variance->name, (double)jt_tensor_at(found->variance, i));
    return JT_OK;
}

/* Multiply channel i of the weights by its scale, and put its shift into the bias; 0 when a number overflows. */
static int fold_channel(const norm *n, size_t i, float *weights, size_t n_weights, float *bias)
{
    double scale = (double)jt_tensor_at(n->gamma, i) / sqrt((double)jt_tensor_at(n->variance, i) + n->epsilon);
    double shifted = ((double)*bias - (double)jt_tensor_at(n->mean, i)) * scale + (double)jt_tensor_at(n->beta, i);
    *bias = (float)shifted;
    int finite = isfinite(*bias) != 0;
    /* Without a branch, so that many are done at a time. */
    for (size_t k = 0; k < n_weights; k++) {
        weights[k] = (float)((double)weights[k] * scale);
        finite &= fabsf(weights[k]) <= FLT_MAX;
    }
    return finite;
}

jt_status jt_fold(jt_builder *builder, const jt_linear *linear, jt_op *op)
{
    size_t channels = (size_t)op->out.c;
    const jt_tensor *weight_tensor = NULL;
    const jt_tensor *bias_tensor = NULL;
    norm found = {0};
    jt_status status = jt_builder_tensor(builder, "", linear->weight, &weight_tensor);
    if (status == JT_OK && linear->bias)
        status = jt_builder_tensor(builder, "", linear->bias, &bias_tensor);
    if (status == JT_OK && linear->norm)
        status = find_norm(builder, linear, &found);
    if (status != JT_OK)
        return status;

    float *weight = jt_tensor_copy(weight_tensor, builder->weights);
    float *bias = bias_tensor ? jt_tensor_copy(bias_tensor, builder->weights)
                              : jt_arena_take(builder->weights, channels, sizeof *bias);
    if (!weight || !bias)
        return jt_builder_fail(builder, JT_ERROR_MEMORY, "", "no memory for its weights");

    size_t per_channel = weight_tensor->floats / channels;
    for (size_t i = 0; linear->norm && i < channels; i++)
        if (!fold_channel(&found, i, weight + i * per_channel, per_channel, bias + i))
            return jt_builder_fail(builder, JT_ERROR_FORMAT, "",
                                   "with its batch norm, weights of channel %zu of \"%s\" "
                                   "are too large for a float",
                                   i, weight_tensor->name);
    op->weight = weight;
    op->bias = bias;
    return JT_OK;
}
