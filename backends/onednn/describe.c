#include "describe.h"

dnnl_status_t jt_onednn_describe_image(jt_shape shape, dnnl_format_tag_t tag, dnnl_memory_desc_t *description)
{
    const dnnl_dims_t dims = {1, shape.c, shape.h, shape.w};
    return dnnl_memory_desc_create_with_tag(description, 4, dims, dnnl_f32, tag);
}

dnnl_status_t jt_onednn_describe_row(int32_t n, dnnl_memory_desc_t *description)
{
    const dnnl_dims_t dims = {1, n};
    return dnnl_memory_desc_create_with_tag(description, 2, dims, dnnl_f32, dnnl_nc);
}

dnnl_status_t jt_onednn_describe_bias(int32_t n, dnnl_memory_desc_t *description)
{
    const dnnl_dims_t dims = {n};
    return dnnl_memory_desc_create_with_tag(description, 1, dims, dnnl_f32, dnnl_x);
}

dnnl_status_t jt_onednn_describe_kernels(const jt_op *op, int any, dnnl_memory_desc_t *description)
{
    const int32_t groups = op->groups;
    if (groups == 1) {
        const dnnl_dims_t dims = {op->out.c, op->in.c, op->kernel[0], op->kernel[1]};
        return dnnl_memory_desc_create_with_tag(description, 4, dims, dnnl_f32, any ? dnnl_format_tag_any : dnnl_oihw);
    }
    const dnnl_dims_t dims = {groups, op->out.c / groups, op->in.c / groups, op->kernel[0], op->kernel[1]};
    return dnnl_memory_desc_create_with_tag(description, 5, dims, dnnl_f32, any ? dnnl_format_tag_any : dnnl_goihw);
}

dnnl_status_t jt_onednn_describe_dense_weights(int32_t units, jt_shape in, int any, dnnl_memory_desc_t *description)
{
    const dnnl_dims_t dims = {units, in.c, in.h, in.w};
    return dnnl_memory_desc_create_with_tag(description, 4, dims, dnnl_f32, any ? dnnl_format_tag_any : dnnl_oihw);
}

/* Swish is x sigmoid(alpha x). */
static dnnl_alg_kind_t algorithm(jt_activation activation, float *alpha)
{
    *alpha = activation == JT_ACTIVATION_SWISH ? 1.0f : 0.0f;
    switch (activation) {
    case JT_ACTIVATION_RELU:
        return dnnl_eltwise_relu;
    case JT_ACTIVATION_SWISH:
        return dnnl_eltwise_swish;
    case JT_ACTIVATION_SIGMOID:
        return dnnl_eltwise_logistic;
    case JT_ACTIVATION_NONE:
    case JT_ACTIVATIONS:
        break;
    }
    return dnnl_alg_kind_undef;
}

static dnnl_status_t append_after(dnnl_primitive_attr_t attributes, int add_output, jt_activation activation)
{
    dnnl_post_ops_t after;
    dnnl_status_t s = dnnl_post_ops_create(&after);
    if (s != dnnl_success)
        return s;
    if (add_output)
        s = dnnl_post_ops_append_sum(after, 1.0f, 0, dnnl_f32);
    if (s == dnnl_success && activation != JT_ACTIVATION_NONE) {
        float alpha;
        dnnl_alg_kind_t kind = algorithm(activation, &alpha);
        s = dnnl_post_ops_append_eltwise(after, kind, alpha, 0.0f);
    }
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_post_ops(attributes, after);
    dnnl_post_ops_destroy(after);
    return s;
}

dnnl_status_t jt_onednn_attributes(int add_output, jt_activation activation, dnnl_primitive_attr_t *attributes)
{
    dnnl_primitive_attr_t made;
    dnnl_status_t s = dnnl_primitive_attr_create(&made);
    if (s != dnnl_success)
        return s;
    s = dnnl_primitive_attr_set_scratchpad_mode(made, dnnl_scratchpad_mode_user);
    if (s == dnnl_success) /* the default comes from an environment variable */
        s = dnnl_primitive_attr_set_fpmath_mode(made, dnnl_fpmath_mode_strict);
    if (s == dnnl_success && (add_output || activation != JT_ACTIVATION_NONE))
        s = append_after(made, add_output, activation);
    if (s != dnnl_success) {
        dnnl_primitive_attr_destroy(made);
        return s;
    }
    *attributes = made;
    return dnnl_success;
}

/* A source, weights, bias and destination, of which NULL ones were never made. */
typedef struct descriptions {
    dnnl_memory_desc_t source, weights, bias, out;
} descriptions;

static void descriptions_free(descriptions *d)
{
    if (d->source)
        dnnl_memory_desc_destroy(d->source);
    if (d->weights)
        dnnl_memory_desc_destroy(d->weights);
    if (d->bias)
        dnnl_memory_desc_destroy(d->bias);
    if (d->out)
        dnnl_memory_desc_destroy(d->out);
}

dnnl_status_t jt_onednn_describe_conv2d(dnnl_engine_t engine, const jt_op *op, const_dnnl_primitive_attr_t attributes,
                                        dnnl_primitive_desc_t *primitive)
{
    const dnnl_dims_t strides = {op->stride[0], op->stride[1]};
    const dnnl_dims_t no_dilation = {0, 0};
    const dnnl_dims_t before = {op->pad[0], op->pad[2]};
    const dnnl_dims_t after = {op->pad[1], op->pad[3]};
    descriptions d = {0};
    dnnl_status_t s = jt_onednn_describe_image(op->in, dnnl_format_tag_any, &d.source);
    if (s == dnnl_success)
        s = jt_onednn_describe_kernels(op, 1, &d.weights);
    if (s == dnnl_success)
        s = jt_onednn_describe_bias(op->out.c, &d.bias);
    if (s == dnnl_success)
        s = jt_onednn_describe_image(op->out, dnnl_format_tag_any, &d.out);
    if (s == dnnl_success)
        s = dnnl_convolution_forward_primitive_desc_create(primitive, engine, dnnl_forward_inference,
                                                           dnnl_convolution_direct, d.source, d.weights, d.bias, d.out,
                                                           strides, no_dilation, before, after, attributes);
    descriptions_free(&d);
    return s;
}

dnnl_status_t jt_onednn_describe_dense(dnnl_engine_t engine, int32_t units, jt_shape in,
                                       const_dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *primitive)
{
    descriptions d = {0};
    dnnl_status_t s = jt_onednn_describe_image(in, dnnl_format_tag_any, &d.source);
    if (s == dnnl_success)
        s = jt_onednn_describe_dense_weights(units, in, 1, &d.weights);
    if (s == dnnl_success)
        s = jt_onednn_describe_bias(units, &d.bias);
    if (s == dnnl_success)
        s = jt_onednn_describe_row(units, &d.out);
    if (s == dnnl_success)
        s = dnnl_inner_product_forward_primitive_desc_create(primitive, engine, dnnl_forward_inference, d.source,
                                                             d.weights, d.bias, d.out, attributes);
    descriptions_free(&d);
    return s;
}

dnnl_status_t jt_onednn_describe_pool(dnnl_engine_t engine, const jt_op *op, const_dnnl_memory_desc_t source,
                                      const_dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *primitive)
{
    const int whole = op->kind == JT_OP_GLOBAL_AVERAGE;
    const dnnl_dims_t kernel = {whole ? op->in.h : op->kernel[0], whole ? op->in.w : op->kernel[1]};
    const dnnl_dims_t strides = {whole ? 1 : op->stride[0], whole ? 1 : op->stride[1]};
    const dnnl_dims_t no_dilation = {0, 0};
    const dnnl_dims_t before = {whole ? 0 : op->pad[0], whole ? 0 : op->pad[2]};
    const dnnl_dims_t after = {whole ? 0 : op->pad[1], whole ? 0 : op->pad[3]};
    dnnl_memory_desc_t out;
    dnnl_status_t s = jt_onednn_describe_image(op->out, dnnl_format_tag_any, &out);
    if (s != dnnl_success)
        return s;
    s = dnnl_pooling_forward_primitive_desc_create(primitive, engine, dnnl_forward_inference,
                                                   whole ? dnnl_pooling_avg_exclude_padding : dnnl_pooling_max, source,
                                                   out, strides, kernel, no_dilation, before, after, attributes);
    dnnl_memory_desc_destroy(out);
    return s;
}

dnnl_status_t jt_onednn_describe_activation(dnnl_engine_t engine, jt_activation activation,
                                            const_dnnl_memory_desc_t source, const_dnnl_primitive_attr_t attributes,
                                            dnnl_primitive_desc_t *primitive)
{
    float alpha;
    dnnl_alg_kind_t kind = algorithm(activation, &alpha);
    return dnnl_eltwise_forward_primitive_desc_create(primitive, engine, dnnl_forward_inference, kind, source, source,
                                                      alpha, 0.0f, attributes);
}
