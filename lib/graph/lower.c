#include "lower.h"

/* Padding of one axis in numbers: before, after. */
static void pad_axis(const jt_padding *padding, int axis, int32_t size, int32_t kernel, int32_t stride, int32_t pad[2])
{
    pad[0] = pad[1] = 0;
    if (padding->mode == JT_PADDING_NUMBERS) {
        pad[0] = padding->pad[2 * axis];
        pad[1] = padding->pad[2 * axis + 1];
    } else if (padding->mode == JT_PADDING_SAME) {
        int32_t outputs = (size - 1) / stride + 1;
        int32_t total = (outputs - 1) * stride + kernel - size;
        if (total > 0) {
            pad[0] = total / 2;
            pad[1] = total - pad[0];
        }
    }
}

/* Put kernel, stride and padding into an op and work out the rows and columns of what comes out. */
static jt_status slide(jt_builder *builder, const jt_layer_parameters *p, const jt_padding *padding, jt_shape in,
                       jt_op *op, jt_output_sides *out)
{
    int32_t size[2] = {in.h, in.w};
    int64_t outputs[2] = {0, 0};
    for (int axis = 0; axis < 2; axis++) {
        int32_t kernel = p->kernel[axis];
        int32_t *pad = op->pad + 2 * axis;
        pad_axis(padding, axis, size[axis], kernel, p->stride[axis], pad);
        if (pad[0] >= kernel || pad[1] >= kernel)
            return jt_builder_fail(builder, JT_ERROR_GRAPH, ".padding",
                                   "padding of %d and %d must be below the kernel's %d %s", (int)pad[0], (int)pad[1],
                                   (int)kernel, axis == 0 ? "rows" : "columns");
        int64_t room = (int64_t)size[axis] + pad[0] + pad[1] - kernel;
        if (room < 0)
            return jt_builder_fail(builder, JT_ERROR_GRAPH, ".kernel", "a kernel of %d %s does not fit into %d + %d",
                                   (int)kernel, axis == 0 ? "rows" : "columns", (int)size[axis],
                                   (int)(pad[0] + pad[1]));
        outputs[axis] = room / p->stride[axis] + 1;
        op->kernel[axis] = kernel;
        op->stride[axis] = p->stride[axis];
    }
    out->h = outputs[0];
    out->w = outputs[1];
    return JT_OK;
}

static jt_shape shape_of(const jt_builder *builder, int32_t value)
{
    return builder->values[value].shape;
}

/* An op with one input and no window. */
static jt_op plain_op(jt_op_kind kind, jt_activation activation, int32_t input)
{
    return (jt_op){.kind = kind,
                   .activation = activation,
                   .n_inputs = 1,
                   .inputs = {input},
                   .kernel = {1, 1},
                   .stride = {1, 1},
                   .groups = 1};
}

jt_status jt_lower_conv2d(jt_builder *builder, const jt_layer_spec *spec)
{
    const jt_layer_parameters *p = &spec->parameters;
    jt_shape in = shape_of(builder, builder->inputs[0]);
    if (in.c % p->groups != 0 || p->channels % p->groups != 0)
        return jt_builder_fail(builder, JT_ERROR_GRAPH, ".groups", "%d groups do not divide %d and %d channels",
                               (int)p->groups, (int)in.c, (int)p->channels);
    jt_op op = plain_op(JT_OP_CONV2D, p->activation, builder->inputs[0]);
    jt_output_sides out = {.c = p->channels};
    op.groups = p->groups;
    jt_status status = slide(builder, p, &p->padding, in, &op, &out);
    if (status != JT_OK)
        return status;
    jt_linear linear = {"weight", p->bias ? "bias" : NULL, p->batch_norm ? "" : NULL, p->epsilon};
    return jt_builder_emit(builder, op, out, &linear, NULL);
}

jt_status jt_lower_depthwise(jt_builder *builder, const jt_layer_spec *spec)
{
    const jt_layer_parameters *p = &spec->parameters;
    jt_shape in = shape_of(builder, builder->inputs[0]);
    jt_op op = plain_op(JT_OP_CONV2D, p->activation, builder->inputs[0]);
    jt_output_sides out = {.c = in.c};
    op.groups = in.c;
    jt_status status = slide(builder, p, &p->padding, in, &op, &out);
    if (status != JT_OK)
        return status;
    jt_linear linear = {"weight", p->bias ? "bias" : NULL, p->batch_norm ? "" : NULL, p->epsilon};
    return jt_builder_emit(builder, op, out, &linear, NULL);
}

jt_status jt_lower_dense(jt_builder *builder, const jt_layer_spec *spec)
{
    const jt_layer_parameters *p = &spec->parameters;
    jt_op op = plain_op(JT_OP_DENSE, p->activation, builder->inputs[0]);
    jt_linear linear = {"weight", p->bias ? "bias" : NULL, NULL, 0};
    return jt_builder_emit(builder, op, (jt_output_sides){p->units, 1, 1}, &linear, NULL);
}

jt_status jt_lower_max_pool(jt_builder *builder, const jt_layer_spec *spec)
{
    const jt_layer_parameters *p = &spec->parameters;
    jt_shape in = shape_of(builder, builder->inputs[0]);
    jt_op op = plain_op(JT_OP_MAX_POOL, JT_ACTIVATION_NONE, builder->inputs[0]);
    jt_output_sides out = {.c = in.c};
    jt_status status = slide(builder, p, &p->padding, in, &op, &out);
    if (status != JT_OK)
        return status;
    return jt_builder_emit(builder, op, out, NULL, NULL);
}

jt_status jt_lower_global_average(jt_builder *builder, const jt_layer_spec *spec)
{
    (void)spec;
    jt_shape in = shape_of(builder, builder->inputs[0]);
    jt_op op = plain_op(JT_OP_GLOBAL_AVERAGE, JT_ACTIVATION_NONE, builder->inputs[0]);
    return jt_builder_emit(builder, op, (jt_output_sides){in.c, 1, 1}, NULL, NULL);
}

jt_status jt_lower_flatten(jt_builder *builder, const jt_layer_spec *spec)
{
    (void)spec;
    size_t floats = builder->values[builder->inputs[0]].floats;
    jt_op op = plain_op(JT_OP_FLATTEN, JT_ACTIVATION_NONE, builder->inputs[0]);
    return jt_builder_emit(builder, op, (jt_output_sides){(int64_t)floats, 1, 1}, NULL, NULL);
}

jt_status jt_lower_concat(jt_builder *builder, const jt_layer_spec *spec)
{
    jt_op op = plain_op(JT_OP_CONCAT, JT_ACTIVATION_NONE, builder->inputs[0]);
    jt_output_sides out = {0, 1, 1};
    op.n_inputs = spec->n_inputs;
    for (int32_t i = 0; i < spec->n_inputs; i++) {
        op.inputs[i] = builder->inputs[i];
        out.c += shape_of(builder, builder->inputs[i]).c;
    }
    return jt_builder_emit(builder, op, out, NULL, NULL);
}

/* Sum of two values of one shape. */
static jt_status add(jt_builder *builder, int32_t a, int32_t b, jt_activation activation)
{
    jt_shape sides = shape_of(builder, a);
    jt_op op = plain_op(JT_OP_ADD, activation, a);
    op.n_inputs = 2;
    op.inputs[1] = b;
    return jt_builder_emit(builder, op, (jt_output_sides){sides.c, sides.h, sides.w}, NULL, NULL);
}

jt_status jt_lower_add(jt_builder *builder, const jt_layer_spec *spec)
{
    int32_t a = builder->inputs[0];
    int32_t b = builder->inputs[1];
    jt_shape first = shape_of(builder, a);
    jt_shape second = shape_of(builder, b);
    if (first.c != second.c || first.h != second.h || first.w != second.w ||
        builder->is_vector[a] != builder->is_vector[b])
        return jt_builder_fail(builder, JT_ERROR_GRAPH, ".inputs", "cannot add [%d, %d, %d] and [%d, %d, %d]",
                               (int)first.c, (int)first.h, (int)first.w, (int)second.c, (int)second.h, (int)second.w);
    return add(builder, a, b, spec->parameters.activation);
}

jt_status jt_lower_activation(jt_builder *builder, const jt_layer_spec *spec)
{
    jt_shape in = shape_of(builder, builder->inputs[0]);
    jt_op op = plain_op(JT_OP_ACTIVATION, spec->parameters.activation, builder->inputs[0]);
    return jt_builder_emit(builder, op, (jt_output_sides){in.c, in.h, in.w}, NULL, NULL);
}

/* Average, dense down, dense up with a sigmoid, multiply: on `input`, leaving the product in *value. */
static jt_status squeeze_excite(jt_builder *builder, int32_t input, int32_t squeeze, jt_activation activation,
                                const jt_linear *reduce, const jt_linear *excite, int32_t *value)
{
    jt_shape in = shape_of(builder, input);
    int32_t average, squeezed, gate;
    jt_status status = jt_builder_emit(builder, plain_op(JT_OP_GLOBAL_AVERAGE, JT_ACTIVATION_NONE, input),
                                       (jt_output_sides){in.c, 1, 1}, NULL, &average);
    if (status != JT_OK)
        return status;
    status = jt_builder_emit(builder, plain_op(JT_OP_DENSE, activation, average), (jt_output_sides){squeeze, 1, 1},
                             reduce, &squeezed);
    if (status != JT_OK)
        return status;
    status = jt_builder_emit(builder, plain_op(JT_OP_DENSE, JT_ACTIVATION_SIGMOID, squeezed),
                             (jt_output_sides){in.c, 1, 1}, excite, &gate);
    if (status != JT_OK)
        return status;
    jt_op scale = plain_op(JT_OP_SCALE, JT_ACTIVATION_NONE, input);
    scale.n_inputs = 2;
    scale.inputs[1] = gate;
    return jt_builder_emit(builder, scale, (jt_output_sides){in.c, in.h, in.w}, NULL, value);
}

jt_status jt_lower_squeeze_excite(jt_builder *builder, const jt_layer_spec *spec)
{
    static const jt_linear reduce = {"reduce.weight", "reduce.bias", NULL, 0};
    static const jt_linear excite = {"expand.weight", "expand.bias", NULL, 0};
    return squeeze_excite(builder, builder->inputs[0], spec->parameters.squeeze, spec->parameters.activation, &reduce,
                          &excite, NULL);
}

jt_status jt_lower_mbconv(jt_builder *builder, const jt_layer_spec *spec)
{
    static const jt_linear reduce = {"reduce.weight", "reduce.bias", NULL, 0};
    static const jt_linear excite = {"excite.weight", "excite.bias", NULL, 0};
    static const jt_padding same = {.mode = JT_PADDING_SAME};
    const jt_layer_parameters *p = &spec->parameters;
    jt_linear expand = {"expand.weight", NULL, "expand.", p->epsilon};
    jt_linear depthwise = {"depthwise.weight", NULL, "depthwise.", p->epsilon};
    jt_linear project = {"project.weight", NULL, "project.", p->epsilon};
    int32_t input = builder->inputs[0];
    int32_t value = input;
    jt_shape in = shape_of(builder, input);

    jt_status status;
    if (p->expansion > 1) {
        status = jt_builder_emit(builder, plain_op(JT_OP_CONV2D, JT_ACTIVATION_SWISH, value),
                                 (jt_output_sides){(int64_t)in.c * p->expansion, in.h, in.w}, &expand, &value);
        if (status != JT_OK)
            return status;
    }

    jt_op op = plain_op(JT_OP_CONV2D, JT_ACTIVATION_SWISH, value);
    jt_output_sides out = {.c = shape_of(builder, value).c};
    op.groups = shape_of(builder, value).c;
    status = slide(builder, p, &same, in, &op, &out);
    if (status != JT_OK)
        return status;
    status = jt_builder_emit(builder, op, out, &depthwise, &value);
    if (status != JT_OK)
        return status;

    status = squeeze_excite(builder, value, p->squeeze, JT_ACTIVATION_SWISH, &reduce, &excite, &value);
    if (status != JT_OK)
        return status;

    out.c = p->channels;
    status = jt_builder_emit(builder, plain_op(JT_OP_CONV2D, JT_ACTIVATION_NONE, value), out, &project, &value);
    if (status != JT_OK)
        return status;

    if (p->stride[0] != 1 || p->stride[1] != 1 || p->channels != in.c)
        return JT_OK;
    return add(builder, value, input, JT_ACTIVATION_NONE);
}
