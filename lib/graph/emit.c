#include "builder.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

jt_status jt_builder_fail(jt_builder *builder, jt_status status, const char *suffix, const char *format, ...)
{
    char key[64];
    char text[256];
    snprintf(key, sizeof key, "layers[%d]%s", (int)builder->layer, suffix);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return jt_fail(builder->error, status, -1, key, "layer \"%s\": %s", builder->network->layers[builder->layer].name,
                   text);
}

static int32_t side(const jt_builder *builder, jt_side which)
{
    const jt_layer_parameters *p = &builder->network->layers[builder->layer].parameters;
    int32_t in = builder->values[builder->inputs[0]].shape.c;
    switch (which) {
    case JT_SIDE_ONE:
        return 1;
    case JT_SIDE_IN:
        return in;
    case JT_SIDE_IN_PER_GROUP:
        return in / p->groups;
    case JT_SIDE_CHANNELS:
        return p->channels;
    case JT_SIDE_UNITS:
        return p->units;
    case JT_SIDE_SQUEEZE:
        return p->squeeze;
    case JT_SIDE_EXPANDED:
        return in * p->expansion; /* was emitted as the sides of an op, so it is within the limits */
    case JT_SIDE_KERNEL_ROWS:
        return p->kernel[0];
    case JT_SIDE_KERNEL_COLUMNS:
        return p->kernel[1];
    case JT_SIDE_END:
        break;
    }
    return 0;
}

static const jt_role_rule *role_rule(const jt_layer_rule *rule, const char *role)
{
    for (int32_t i = 0; i < rule->n_roles; i++)
        if (strcmp(rule->roles[i].role, role) == 0)
            return &rule->roles[i];
    return NULL;
}

jt_status jt_builder_tensor(jt_builder *builder, const char *prefix, const char *role, const jt_tensor **tensor)
{
    const jt_layer_spec *spec = &builder->network->layers[builder->layer];
    char full_role[64];
    char name[256];
    snprintf(full_role, sizeof full_role, "%s%s", prefix, role);
    snprintf(name, sizeof name, "%s.%s", spec->name, full_role);
    const jt_role_rule *rule = role_rule(spec->rule, full_role);
    int32_t found = jt_tensor_find(builder->network->tensors, name);
    if (!rule || found < 0)
        return jt_builder_fail(builder, JT_ERROR_GRAPH, "", "there is no tensor \"%s\"", name);

    int32_t shape[4];
    int32_t n_dimensions = 0;
    while (rule->sides[n_dimensions] != JT_SIDE_END) {
        shape[n_dimensions] = side(builder, rule->sides[n_dimensions]);
        n_dimensions++;
    }
    jt_tensor *row = &builder->network->tensors->all[found];
    if (!jt_tensor_has_shape(row, shape, n_dimensions)) {
        char key[64], is[JT_SHAPE_TEXT], needs[JT_SHAPE_TEXT];
        snprintf(key, sizeof key, "tensors[%d].shape", (int)found);
        jt_shape_text(row->shape, row->n_dimensions, is);
        jt_shape_text(shape, n_dimensions, needs);
        return jt_fail(builder->error, JT_ERROR_GRAPH, -1, key, "tensor \"%s\" has the shape %s, its layer needs %s",
                       name, is, needs);
    }
    row->used = 1;
    builder->n_parameters += (int64_t)row->floats;
    *tensor = row;
    return JT_OK;
}

/* Of a convolution; there is no remainder. */
static int32_t channels_in_group(const jt_op *op, jt_shape in)
{
    return in.c / op->groups;
}

/* Multiply-adds of a convolution or dense op; for the others the additions or comparisons. */
static double operations(const jt_op *op, jt_shape in, jt_output_sides out)
{
    double outputs = (double)out.c * (double)out.h * (double)out.w;
    switch (op->kind) {
    case JT_OP_CONV2D:
        return outputs * channels_in_group(op, in) * op->kernel[0] * op->kernel[1];
    case JT_OP_DENSE:
        return outputs * in.c;
    case JT_OP_MAX_POOL:
        return outputs * op->kernel[0] * op->kernel[1];
    case JT_OP_GLOBAL_AVERAGE:
        return (double)in.c * in.h * in.w;
    default:
        return outputs;
    }
}

/* In double: every number here is far below 2^53 or far above every limit. */
static jt_status check_limits(jt_builder *builder, const jt_op *op, jt_shape in, jt_output_sides out)
{
    double floats = (double)out.c * (double)out.h * (double)out.w;
    for (int32_t i = 0; i < op->n_inputs; i++)
        floats += (double)builder->values[op->inputs[i]].floats;
    if (op->kind == JT_OP_CONV2D)
        floats += (double)out.c * (1 + (double)channels_in_group(op, in) * op->kernel[0] * op->kernel[1]);
    if (op->kind == JT_OP_DENSE)
        floats += (double)out.c * (1 + (double)in.c);
    if (floats > JT_MAX_FLOATS)
        return jt_builder_fail(builder, JT_ERROR_LIMIT, "", "needs %.0f bytes for one jet, the limit is %.0f",
                               4 * floats, 4.0 * JT_MAX_FLOATS);
    double needed = operations(op, in, out);
    if (needed > (double)JT_MAX_OPERATIONS)
        return jt_builder_fail(builder, JT_ERROR_LIMIT, "", "needs %.0f operations for one jet, the limit is %" PRId64,
                               needed, JT_MAX_OPERATIONS);
    return JT_OK;
}

static int gives_vector(const jt_builder *builder, const jt_op *op)
{
    switch (op->kind) {
    case JT_OP_DENSE:
    case JT_OP_GLOBAL_AVERAGE:
    case JT_OP_FLATTEN:
    case JT_OP_CONCAT:
        return 1;
    case JT_OP_ADD:
    case JT_OP_ACTIVATION:
        return builder->is_vector[op->inputs[0]];
    default:
        return 0;
    }
}

jt_status jt_builder_emit(jt_builder *builder, jt_op op, jt_output_sides out, const jt_linear *linear, int32_t *value)
{
    op.layer = builder->layer;
    op.in = builder->values[op.inputs[0]].shape;
    jt_status status = check_limits(builder, &op, op.in, out);
    if (status != JT_OK)
        return status;
    op.out = (jt_shape){(int32_t)out.c, (int32_t)out.h, (int32_t)out.w};
    if (linear) {
        status = jt_fold(builder, linear, &op);
        if (status != JT_OK)
            return status;
        builder->multiply_adds += (int64_t)operations(&op, op.in, out);
    }

    int32_t made = JT_FIRST_OUTPUT + builder->n_ops;
    for (int32_t i = 0; i < op.n_inputs; i++)
        builder->values[op.inputs[i]].last_use = builder->n_ops;
    builder->values[made] = (jt_value){.shape = op.out, .floats = (size_t)(out.c * out.h * out.w), .last_use = -1};
    builder->is_vector[made] = (unsigned char)gives_vector(builder, &op);
    builder->ops[builder->n_ops++] = op;
    if (value)
        *value = made;
    return JT_OK;
}
