#include "graphs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t next(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

float net_random(uint64_t *state)
{
    return (float)((double)(next(state) >> 11) / 4503599627370496.0 - 1.0);
}

void net_fill(uint64_t *state, float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = net_random(state);
}

int32_t net_choose(uint64_t *state, int32_t n)
{
    return (int32_t)(next(state) % (uint64_t)n);
}

static void same_axis(int32_t size, int32_t kernel, int32_t stride, int32_t pad[2])
{
    int32_t total = ((size + stride - 1) / stride - 1) * stride + kernel - size;
    total = total > 0 ? total : 0;
    pad[0] = total / 2;
    pad[1] = total - total / 2;
}

window window_same(int32_t kernel_rows, int32_t kernel_columns, int32_t stride, int32_t h, int32_t w)
{
    window slide = window_valid(kernel_rows, kernel_columns, stride);
    same_axis(h, kernel_rows, stride, slide.pad);
    same_axis(w, kernel_columns, stride, slide.pad + 2);
    return slide;
}

window window_valid(int32_t kernel_rows, int32_t kernel_columns, int32_t stride)
{
    return (window){{kernel_rows, kernel_columns}, {stride, stride}, {0, 0, 0, 0}};
}

static size_t floats_of(jt_shape shape)
{
    return (size_t)shape.c * (size_t)shape.h * (size_t)shape.w;
}

static void set_value(net *n, int32_t value, jt_shape shape)
{
    n->values[value] = (jt_value){.shape = shape, .floats = floats_of(shape), .last_use = -1};
}

net *net_new(jt_shape image, int32_t n_features, uint64_t seed)
{
    net *n = calloc(1, sizeof *n);
    assert_non_null(n);
    n->state = seed;
    set_value(n, JT_VALUE_IMAGES, image);
    set_value(n, JT_VALUE_FEATURES, (jt_shape){n_features, n_features ? 1 : 0, n_features ? 1 : 0});
    return n;
}

void net_give(net *n, int32_t value, jt_shape shape)
{
    set_value(n, value, shape);
}

void net_free(net *n)
{
    for (int i = 0; i < n->n_memory; i++)
        free(n->memory[i]);
    free(n);
}

jt_shape net_shape(const net *n, int32_t value)
{
    return n->values[value].shape;
}

const jt_graph *net_finish(net *n, int32_t output)
{
    jt_graph *g = &n->graph;
    g->n_layers = g->n_ops;
    g->layers = n->layers;
    g->ops = n->ops;
    g->n_values = JT_FIRST_OUTPUT + g->n_ops;
    g->values = n->values;
    g->row_floats = 0;
    for (int32_t v = 0; v < JT_FIRST_OUTPUT; v++)
        if (jt_is_in_row(v)) {
            n->values[v].offset = g->row_floats;
            g->row_floats += n->values[v].floats;
        }
    g->output = output;
    n->values[output].last_use = g->n_ops;
    /* Values share no memory, so that an op that writes where it should not spoils nothing of the others. */
    size_t offset = 0;
    for (int32_t v = JT_FIRST_OUTPUT; v < g->n_values; v++) {
        n->values[v].offset = offset;
        offset += (n->values[v].floats + 15) / 16 * 16;
    }
    g->working_floats = offset;
    return g;
}

static int32_t add_op(net *n, jt_op op)
{
    int32_t index = n->graph.n_ops++;
    assert_in_range(index, 0, NET_OPS - 1);
    for (int32_t k = 0; k < op.n_inputs; k++)
        n->values[op.inputs[k]].last_use = index;
    op.in = net_shape(n, op.inputs[0]);
    op.layer = index;
    n->ops[index] = op;
    snprintf(n->names[index], sizeof n->names[index], "layer%d", (int)index);
    n->layers[index] = (jt_layer){JT_LAYER_CONV2D, n->names[index], index, 1};
    set_value(n, JT_FIRST_OUTPUT + index, op.out);
    return JT_FIRST_OUTPUT + index;
}

/* A copy of `given`, or random numbers of up to `scale`. */
static const float *parameters(net *n, size_t count, const float *given, float scale)
{
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    n->memory[n->n_memory++] = values;
    for (size_t i = 0; i < count; i++)
        values[i] = given ? given[i] : scale * net_random(&n->state);
    return values;
}

static int32_t slid(int32_t size, int32_t before, int32_t after, int32_t kernel, int32_t stride)
{
    assert_true(size + before + after >= kernel);
    return (size + before + after - kernel) / stride + 1;
}

static jt_op slide_op(const net *n, jt_op_kind kind, int32_t input, int32_t channels, window slide)
{
    jt_shape in = net_shape(n, input);
    jt_op op = {.kind = kind, .n_inputs = 1, .inputs = {input}, .groups = 1};
    memcpy(op.kernel, slide.kernel, sizeof op.kernel);
    memcpy(op.stride, slide.stride, sizeof op.stride);
    memcpy(op.pad, slide.pad, sizeof op.pad);
    op.out.c = channels;
    op.out.h = slid(in.h, slide.pad[0], slide.pad[1], slide.kernel[0], slide.stride[0]);
    op.out.w = slid(in.w, slide.pad[2], slide.pad[3], slide.kernel[1], slide.stride[1]);
    return op;
}

int32_t net_conv(net *n, int32_t input, int32_t channels, window slide, int32_t groups, jt_activation activation,
                 const float *weight, const float *bias)
{
    jt_op op = slide_op(n, JT_OP_CONV2D, input, channels, slide);
    int32_t in = net_shape(n, input).c;
    assert_int_equal(in % groups, 0);
    assert_int_equal(channels % groups, 0);
    size_t taps = (size_t)(in / groups * slide.kernel[0] * slide.kernel[1]);
    op.groups = groups;
    op.activation = activation;
    op.weight = parameters(n, taps * (size_t)channels, weight, sqrtf(3.0f / (float)taps));
    op.bias = parameters(n, (size_t)channels, bias, 0.2f);
    return add_op(n, op);
}

int32_t net_dense(net *n, int32_t input, int32_t units, jt_activation activation, const float *weight,
                  const float *bias)
{
    jt_op op = {.kind = JT_OP_DENSE, .activation = activation, .n_inputs = 1, .inputs = {input}, .out = {units, 1, 1}};
    size_t in = n->values[input].floats;
    op.groups = 1;
    op.weight = parameters(n, in * (size_t)units, weight, sqrtf(3.0f / (float)in));
    op.bias = parameters(n, (size_t)units, bias, 0.2f);
    return add_op(n, op);
}

int32_t net_max_pool(net *n, int32_t input, window slide)
{
    return add_op(n, slide_op(n, JT_OP_MAX_POOL, input, net_shape(n, input).c, slide));
}

static int32_t plain_op(net *n, jt_op_kind kind, jt_activation activation, int32_t input, jt_shape out)
{
    jt_op op = {.kind = kind, .activation = activation, .n_inputs = 1, .inputs = {input}, .out = out, .groups = 1};
    return add_op(n, op);
}

int32_t net_average(net *n, int32_t input)
{
    return plain_op(n, JT_OP_GLOBAL_AVERAGE, JT_ACTIVATION_NONE, input, (jt_shape){net_shape(n, input).c, 1, 1});
}

int32_t net_flatten(net *n, int32_t input)
{
    jt_shape vector = {(int32_t)n->values[input].floats, 1, 1};
    return plain_op(n, JT_OP_FLATTEN, JT_ACTIVATION_NONE, input, vector);
}

int32_t net_activation(net *n, int32_t input, jt_activation activation)
{
    return plain_op(n, JT_OP_ACTIVATION, activation, input, net_shape(n, input));
}

int32_t net_concat(net *n, const int32_t *inputs, int32_t n_inputs)
{
    jt_op op = {.kind = JT_OP_CONCAT, .n_inputs = n_inputs, .out = {0, 1, 1}, .groups = 1};
    for (int32_t k = 0; k < n_inputs; k++) {
        op.inputs[k] = inputs[k];
        op.out.c += (int32_t)n->values[inputs[k]].floats;
    }
    return add_op(n, op);
}

int32_t net_add(net *n, int32_t a, int32_t b, jt_activation activation)
{
    jt_op op = {.kind = JT_OP_ADD, .activation = activation, .n_inputs = 2, .inputs = {a, b}, .groups = 1};
    assert_int_equal(n->values[a].floats, n->values[b].floats);
    op.out = net_shape(n, a);
    return add_op(n, op);
}

int32_t net_scale(net *n, int32_t input, int32_t factors)
{
    jt_op op = {.kind = JT_OP_SCALE, .n_inputs = 2, .inputs = {input, factors}, .groups = 1};
    assert_int_equal(n->values[factors].floats, net_shape(n, input).c);
    op.out = net_shape(n, input);
    return add_op(n, op);
}

static int32_t squeeze_excite(net *n, int32_t input, int32_t squeeze)
{
    int32_t v = net_average(n, input);
    v = net_dense(n, v, squeeze, JT_ACTIVATION_SWISH, NULL, NULL);
    v = net_dense(n, v, net_shape(n, input).c, JT_ACTIVATION_SIGMOID, NULL, NULL);
    return net_scale(n, input, v);
}

int32_t net_mbconv(net *n, int32_t input, int32_t channels, int32_t kernel, int32_t stride, int32_t expansion)
{
    const jt_shape in = net_shape(n, input);
    const int32_t wide = in.c * expansion;
    int32_t v = input;
    if (expansion > 1)
        v = net_conv(n, v, wide, window_valid(1, 1, 1), 1, JT_ACTIVATION_SWISH, NULL, NULL);
    v = net_conv(n, v, wide, window_same(kernel, kernel, stride, in.h, in.w), wide, JT_ACTIVATION_SWISH, NULL, NULL);
    v = squeeze_excite(n, v, in.c / 4 > 0 ? in.c / 4 : 1);
    v = net_conv(n, v, channels, window_valid(1, 1, 1), 1, JT_ACTIVATION_NONE, NULL, NULL);
    return stride == 1 && channels == in.c ? net_add(n, v, input, JT_ACTIVATION_NONE) : v;
}
