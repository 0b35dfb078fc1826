#include "compile.h"

#include <stdio.h>

#include "../patterns.h"
#include "describe.h"
#include "layout.h"
#include "support.h"

/* What is known while going through the ops. */
typedef struct builder {
    jt_plan *plan;
    const jt_graph *graph;
    jt_why *why;
    int32_t op;       /* the op at hand */
    int32_t *tensors; /* of each value */
} builder;

/* An op on its way to a step. */
typedef struct pending {
    dnnl_primitive_attr_t attributes;
    dnnl_primitive_desc_t primitive;
} pending;

static void pending_free(pending *p)
{
    if (p->primitive)
        dnnl_primitive_desc_destroy(p->primitive);
    if (p->attributes)
        dnnl_primitive_attr_destroy(p->attributes);
}

static const jt_op *op_at_hand(const builder *b)
{
    return &b->graph->ops[b->op];
}

static int32_t input_tensor(const builder *b, int32_t k)
{
    return b->tensors[op_at_hand(b)->inputs[k]];
}

static const_dnnl_memory_desc_t wanted(const pending *p, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(p->primitive, what, 0);
}

/* The output of op `op` is `tensor`. Its buffer is needed until the value is read for the last time. */
static void set_value(builder *b, int32_t op, int32_t tensor)
{
    int32_t value = JT_FIRST_OUTPUT + op;
    jt_onednn_buffer *buffer = &b->plan->buffers[b->plan->tensors[tensor].buffer];
    b->tensors[value] = tensor;
    if (b->graph->values[value].last_use > buffer->last_op)
        buffer->last_op = b->graph->values[value].last_use;
}

/* Whether nobody reads what is in the tensor's buffer after op `op`. */
static int is_free_after(const builder *b, int32_t tensor, int32_t op)
{
    return b->plan->buffers[b->plan->tensors[tensor].buffer].last_op <= op;
}

static int shares_buffer(const builder *b, int32_t one, int32_t other)
{
    return b->plan->tensors[one].buffer == b->plan->tensors[other].buffer;
}

static jt_status add_step(builder *b, const pending *p, const jt_onednn_argument *arguments, int32_t n)
{
    return jt_onednn_add_step(b->plan, p->primitive, op_at_hand(b)->layer, arguments, n, b->why);
}

/* Where an element-wise step writes: over `tensor` if that is no longer needed, else into a new one like it. */
static jt_status target_like(builder *b, int32_t tensor, int32_t *target)
{
    *target = tensor;
    if (is_free_after(b, tensor, b->op))
        return JT_OK;
    const jt_onednn_tensor like = b->plan->tensors[tensor];
    return jt_onednn_new_tensor(b->plan, like.description, like.shape, target, b->why);
}

/* An activation as a step of its own. */
static jt_status activate(builder *b, int32_t tensor, jt_activation activation)
{
    int32_t out = tensor;
    if (activation != JT_ACTIVATION_NONE) {
        jt_status status = target_like(b, tensor, &out);
        if (status != JT_OK)
            return status;
        pending p = {0};
        dnnl_status_t s = jt_onednn_attributes(0, JT_ACTIVATION_NONE, &p.attributes);
        if (s == dnnl_success)
            s = jt_onednn_describe_activation(b->plan->engine, activation, b->plan->tensors[tensor].description,
                                              p.attributes, &p.primitive);
        status = jt_onednn_check(b->why, s, "activation");
        if (status == JT_OK) {
            const jt_onednn_argument arguments[] = {{DNNL_ARG_SRC, tensor}, {DNNL_ARG_DST, out}};
            status = add_step(b, &p, arguments, 2);
        }
        pending_free(&p);
        if (status != JT_OK)
            return status;
    }
    set_value(b, b->op, out);
    return JT_OK;
}

/* The summand in the convolution's layout, where it may be written over. */
static jt_status sum_target(builder *b, int32_t summand, int32_t source, const_dnnl_memory_desc_t layout,
                            int32_t *target)
{
    const int32_t layer = op_at_hand(b)->layer;
    int32_t tensor;
    jt_status status = jt_onednn_in_shape(b->plan, b->tensors[summand], op_at_hand(b)->out, layer, &tensor, b->why);
    if (status == JT_OK)
        status = jt_onednn_in_layout(b->plan, tensor, layout, layer, &tensor, b->why);
    if (status != JT_OK)
        return status;
    *target = tensor;
    if (is_free_after(b, tensor, b->op + 1) && !shares_buffer(b, tensor, source))
        return JT_OK;
    return jt_onednn_copy_as(b->plan, tensor, layout, layer, target, b->why);
}

static jt_status conv2d(builder *b)
{
    const jt_op *op = op_at_hand(b);
    jt_plan *plan = b->plan;
    const int32_t summand = jt_summand(b->graph, b->op);
    const jt_activation activation = summand >= 0 ? op[1].activation : op->activation;
    int32_t source, weights, bias, out;
    dnnl_memory_desc_t given_weights = NULL, given_bias = NULL;
    pending p = {0};
    dnnl_status_t s = jt_onednn_attributes(summand >= 0, activation, &p.attributes);
    if (s == dnnl_success)
        s = jt_onednn_describe_conv2d(plan->engine, op, p.attributes, &p.primitive);
    if (s == dnnl_success)
        s = jt_onednn_describe_kernels(op, 0, &given_weights);
    if (s == dnnl_success)
        s = jt_onednn_describe_bias(op->out.c, &given_bias);
    jt_status status = jt_onednn_check(b->why, s, "convolution");
    if (status != JT_OK)
        goto done;

    status = jt_onednn_in_shape(plan, input_tensor(b, 0), op->in, op->layer, &source, b->why);
    if (status == JT_OK)
        status = jt_onednn_in_layout(plan, source, wanted(&p, dnnl_query_src_md), op->layer, &source, b->why);
    if (status == JT_OK)
        status =
            jt_onednn_add_weights(plan, given_weights, op->weight, wanted(&p, dnnl_query_weights_md), &weights, b->why);
    if (status == JT_OK)
        status = jt_onednn_add_constant(plan, given_bias, op->bias, &bias, b->why);
    if (status != JT_OK)
        goto done;
    const_dnnl_memory_desc_t layout = wanted(&p, dnnl_query_dst_md);
    status = summand >= 0 ? sum_target(b, summand, source, layout, &out)
                          : jt_onednn_new_tensor(plan, layout, op->out, &out, b->why);
    if (status != JT_OK)
        goto done;
    const jt_onednn_argument arguments[] = {
        {DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, out}};
    status = add_step(b, &p, arguments, 4);
    if (status != JT_OK)
        goto done;
    if (summand >= 0)
        b->op++; /* the sum is done */
    set_value(b, b->op, out);

done:
    if (given_bias)
        dnnl_memory_desc_destroy(given_bias);
    if (given_weights)
        dnnl_memory_desc_destroy(given_weights);
    pending_free(&p);
    return status;
}

/* A flattened image is read as the image, with weights arranged to match. */
static jt_status dense(builder *b)
{
    const jt_op *op = op_at_hand(b);
    jt_plan *plan = b->plan;
    const jt_shape in = plan->tensors[input_tensor(b, 0)].shape;
    int32_t source, weights, bias, row, out;
    dnnl_memory_desc_t given_weights = NULL, given_bias = NULL, vector = NULL;
    pending p = {0};
    dnnl_status_t s = jt_onednn_attributes(0, op->activation, &p.attributes);
    if (s == dnnl_success)
        s = jt_onednn_describe_dense(plan->engine, op->out.c, in, p.attributes, &p.primitive);
    if (s == dnnl_success)
        s = jt_onednn_describe_dense_weights(op->out.c, in, 0, &given_weights);
    if (s == dnnl_success)
        s = jt_onednn_describe_bias(op->out.c, &given_bias);
    if (s == dnnl_success)
        s = jt_onednn_describe_image(op->out, dnnl_nchw, &vector);
    jt_status status = jt_onednn_check(b->why, s, "dense");
    if (status == JT_OK)
        status =
            jt_onednn_in_layout(plan, input_tensor(b, 0), wanted(&p, dnnl_query_src_md), op->layer, &source, b->why);
    if (status == JT_OK)
        status =
            jt_onednn_add_weights(plan, given_weights, op->weight, wanted(&p, dnnl_query_weights_md), &weights, b->why);
    if (status == JT_OK)
        status = jt_onednn_add_constant(plan, given_bias, op->bias, &bias, b->why);
    if (status == JT_OK)
        status = jt_onednn_new_tensor(plan, wanted(&p, dnnl_query_dst_md), op->out, &row, b->why);
    if (status == JT_OK) {
        const jt_onednn_argument arguments[] = {
            {DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, row}};
        status = add_step(b, &p, arguments, 4);
    }
    if (status == JT_OK)
        status = jt_onednn_add_tensor(plan, vector, op->out, plan->tensors[row].buffer, &out, b->why);
    if (status == JT_OK)
        set_value(b, b->op, out);

    if (vector)
        dnnl_memory_desc_destroy(vector);
    if (given_bias)
        dnnl_memory_desc_destroy(given_bias);
    if (given_weights)
        dnnl_memory_desc_destroy(given_weights);
    pending_free(&p);
    return status;
}

static jt_status pool(builder *b)
{
    const jt_op *op = op_at_hand(b);
    int32_t source, out;
    jt_status status = jt_onednn_in_shape(b->plan, input_tensor(b, 0), op->in, op->layer, &source, b->why);
    if (status != JT_OK)
        return status;
    pending p = {0};
    dnnl_status_t s = jt_onednn_attributes(0, op->activation, &p.attributes);
    if (s == dnnl_success)
        s = jt_onednn_describe_pool(b->plan->engine, op, b->plan->tensors[source].description, p.attributes,
                                    &p.primitive);
    status = jt_onednn_check(b->why, s, "pooling");
    if (status == JT_OK)
        status = jt_onednn_new_tensor(b->plan, wanted(&p, dnnl_query_dst_md), op->out, &out, b->why);
    if (status == JT_OK) {
        const jt_onednn_argument arguments[] = {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, out}};
        status = add_step(b, &p, arguments, 2);
    }
    if (status == JT_OK)
        set_value(b, b->op, out);
    pending_free(&p);
    return status;
}

/* Add and scale: the first input with the second, over the first if that is no longer needed. */
static jt_status binary(builder *b)
{
    const jt_op *op = op_at_hand(b);
    const int is_add = op->kind == JT_OP_ADD;
    const jt_shape second_shape = is_add ? op->in : (jt_shape){op->in.c, 1, 1};
    jt_plan *plan = b->plan;
    int32_t first, second, out;
    jt_status status = jt_onednn_in_shape(plan, input_tensor(b, 0), op->in, op->layer, &first, b->why);
    if (status == JT_OK)
        status = jt_onednn_in_shape(plan, input_tensor(b, 1), second_shape, op->layer, &second, b->why);
    if (status == JT_OK && is_add)
        status = jt_onednn_in_layout(plan, second, plan->tensors[first].description, op->layer, &second, b->why);
    if (status == JT_OK && shares_buffer(b, first, second))
        status = jt_onednn_copy_as(plan, second, plan->tensors[second].description, op->layer, &second, b->why);
    if (status == JT_OK)
        status = target_like(b, first, &out);
    if (status != JT_OK)
        return status;

    pending p = {0};
    dnnl_status_t s = jt_onednn_attributes(0, op->activation, &p.attributes);
    if (s == dnnl_success)
        s = dnnl_binary_primitive_desc_create(&p.primitive, plan->engine, is_add ? dnnl_binary_add : dnnl_binary_mul,
                                              plan->tensors[first].description, plan->tensors[second].description,
                                              plan->tensors[out].description, p.attributes);
    status = jt_onednn_check(b->why, s, is_add ? "sum" : "scale");
    if (status == JT_OK) {
        const jt_onednn_argument arguments[] = {{DNNL_ARG_SRC_0, first}, {DNNL_ARG_SRC_1, second}, {DNNL_ARG_DST, out}};
        status = add_step(b, &p, arguments, 3);
    }
    if (status == JT_OK)
        set_value(b, b->op, out);
    pending_free(&p);
    return status;
}

static jt_status concat(builder *b)
{
    const jt_op *op = op_at_hand(b);
    jt_plan *plan = b->plan;
    jt_onednn_argument arguments[JT_MAX_INPUTS + 1];
    const_dnnl_memory_desc_t sources[JT_MAX_INPUTS];
    for (int32_t k = 0; k < op->n_inputs; k++) {
        const jt_shape vector = {(int32_t)b->graph->values[op->inputs[k]].floats, 1, 1};
        arguments[k].name = DNNL_ARG_MULTIPLE_SRC + k;
        jt_status status = jt_onednn_plain(plan, input_tensor(b, k), vector, op->layer, &arguments[k].tensor, b->why);
        if (status != JT_OK)
            return status;
    }
    for (int32_t k = 0; k < op->n_inputs; k++) /* after the last tensor is made: descriptions stay, the array moves */
        sources[k] = plan->tensors[arguments[k].tensor].description;

    int32_t out;
    dnnl_memory_desc_t joined = NULL;
    pending p = {0};
    dnnl_status_t s = jt_onednn_attributes(0, JT_ACTIVATION_NONE, &p.attributes);
    if (s == dnnl_success)
        s = jt_onednn_describe_image(op->out, dnnl_nchw, &joined);
    if (s == dnnl_success)
        s = dnnl_concat_primitive_desc_create(&p.primitive, plan->engine, joined, op->n_inputs, 1, sources,
                                              p.attributes);
    jt_status status = jt_onednn_check(b->why, s, "concat");
    if (status == JT_OK)
        status = jt_onednn_new_tensor(plan, joined, op->out, &out, b->why);
    if (status == JT_OK) {
        arguments[op->n_inputs] = (jt_onednn_argument){DNNL_ARG_DST, out};
        status = add_step(b, &p, arguments, op->n_inputs + 1);
    }
    if (joined)
        dnnl_memory_desc_destroy(joined);
    pending_free(&p);
    return status == JT_OK ? activate(b, out, op->activation) : status;
}

static jt_status add_op(builder *b)
{
    const jt_op *op = op_at_hand(b);
    switch (op->kind) {
    case JT_OP_CONV2D:
        return conv2d(b);
    case JT_OP_DENSE:
        return dense(b);
    case JT_OP_MAX_POOL:
    case JT_OP_GLOBAL_AVERAGE:
        return pool(b);
    case JT_OP_ADD:
    case JT_OP_SCALE:
        return binary(b);
    case JT_OP_CONCAT:
        return concat(b);
    case JT_OP_FLATTEN: /* the tensor stays the image that it is: see jt_onednn_in_shape */
    case JT_OP_ACTIVATION:
        return activate(b, input_tensor(b, 0), op->activation);
    case JT_OP_KINDS:
        break;
    }
    return jt_fail(b->why, JT_ERROR_UNSUPPORTED, "the oneDNN backend has no op %d", (int)op->kind);
}

/* Put the layer's name before the words of an error. */
static jt_status name_layer(const builder *b, jt_status status)
{
    char text[sizeof b->why->text];
    snprintf(text, sizeof text, "%s", b->why->text);
    const char *name = b->graph->layers[op_at_hand(b)->layer].name;
    return jt_fail(b->why, status, "layer %.100s: %.120s", name, text);
}

static jt_status add_input(builder *b, int32_t value, int32_t *tensor)
{
    dnnl_memory_desc_t plain;
    const jt_value *given = &b->graph->values[value];
    jt_status status = jt_onednn_check(b->why, jt_onednn_describe_image(given->shape, dnnl_nchw, &plain), "input");
    if (status != JT_OK)
        return status;
    status = jt_onednn_new_tensor(b->plan, plain, given->shape, tensor, b->why);
    dnnl_memory_desc_destroy(plain);
    if (status != JT_OK)
        return status;
    b->tensors[value] = *tensor;
    b->plan->buffers[b->plan->tensors[*tensor].buffer].last_op = given->last_use;
    return JT_OK;
}

static jt_status build(builder *b)
{
    const jt_graph *graph = b->graph;
    jt_plan *plan = b->plan;
    jt_status status = JT_OK;
    for (int32_t v = 0; v < JT_FIRST_OUTPUT && status == JT_OK; v++)
        if (graph->values[v].floats > 0)
            status = add_input(b, v, &plan->given[v]);
    if (status != JT_OK)
        return status;
    for (b->op = 0; b->op < graph->n_ops; b->op++) {
        status = add_op(b);
        if (status != JT_OK)
            return name_layer(b, status);
    }
    b->op = graph->n_ops - 1;
    const jt_shape out = graph->values[graph->output].shape;
    status = jt_onednn_plain(plan, b->tensors[graph->output], out, op_at_hand(b)->layer, &plan->output, b->why);
    if (status != JT_OK)
        return status;
    return jt_onednn_place_buffers(plan, b->why);
}

jt_status jt_onednn_compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why)
{
    const size_t n_values = (size_t)graph->n_values;
    jt_status status = JT_ERROR_MEMORY;
    jt_plan *made = jt_allocate(host, 1, sizeof *made);
    builder b = {.plan = made, .graph = graph, .why = why};
    b.tensors = jt_allocate(host, n_values, sizeof *b.tensors);
    if (made) {
        made->graph = graph;
        made->host = *host;
        for (int32_t v = 0; v < JT_FIRST_OUTPUT; v++)
            made->given[v] = -1;
    }
    if (!made || !b.tensors) {
        jt_fail(why, status, "no memory for a plan");
        goto done;
    }
    status = jt_onednn_check(why, dnnl_engine_create(&made->engine, dnnl_cpu, 0), "engine");
    if (status != JT_OK)
        goto done;
    status = build(&b);
    if (status == JT_OK)
        *plan = made;

done:
    jt_release(host, b.tensors);
    if (status != JT_OK && made)
        jt_onednn_plan_free(made);
    return status;
}
