/* The whole networks of graphs.h. */
#include "graphs.h"

static const jt_activation activations[] = {JT_ACTIVATION_NONE, JT_ACTIVATION_RELU, JT_ACTIVATION_SWISH,
                                            JT_ACTIVATION_SIGMOID};

static int32_t between(net *n, int32_t least, int32_t most)
{
    return least + net_choose(&n->state, most - least + 1);
}

static jt_activation any_activation(net *n)
{
    return activations[net_choose(&n->state, 4)];
}

/* A window that fits into the shape: SAME, none, or numbers below the kernel's extent. */
static window any_window(net *n, jt_shape in, int32_t largest)
{
    int32_t rows = between(n, 1, in.h < largest ? in.h : largest);
    int32_t columns = between(n, 1, in.w < largest ? in.w : largest);
    int32_t stride = between(n, 1, 2);
    switch (net_choose(&n->state, 3)) {
    case 0:
        return window_same(rows, columns, stride, in.h, in.w);
    case 1:
        return window_valid(rows, columns, stride);
    default:
        break;
    }
    window slide = window_valid(rows, columns, stride);
    slide.stride[1] = between(n, 1, 3);
    for (int side = 0; side < 4; side++)
        slide.pad[side] = net_choose(&n->state, slide.kernel[side / 2]);
    return slide;
}

static int32_t any_conv(net *n, int32_t v)
{
    const jt_shape in = net_shape(n, v);
    int32_t groups = between(n, 1, 4);
    while (in.c % groups != 0)
        groups--;
    int32_t channels = groups * between(n, 1, 40 / groups);
    return net_conv(n, v, channels, any_window(n, in, 5), groups, any_activation(n), NULL, NULL);
}

static int32_t any_residual(net *n, int32_t v)
{
    const jt_shape in = net_shape(n, v);
    window slide = window_same(3, 3, 1, in.h, in.w);
    int32_t branch = net_conv(n, v, in.c, slide, 1, any_activation(n), NULL, NULL);
    if (net_choose(&n->state, 2)) /* the summand is needed again */
        return net_add(n, net_add(n, branch, v, any_activation(n)), v, JT_ACTIVATION_NONE);
    return net_choose(&n->state, 2) ? net_add(n, branch, v, any_activation(n))
                                    : net_add(n, v, branch, any_activation(n));
}

static int32_t any_gate(net *n, int32_t v)
{
    int32_t factors = net_dense(n, net_average(n, v), net_shape(n, v).c, JT_ACTIVATION_SIGMOID, NULL, NULL);
    return net_scale(n, v, factors);
}

static int32_t any_op(net *n, int32_t v)
{
    const jt_shape in = net_shape(n, v);
    switch (net_choose(&n->state, 8)) {
    case 0:
    case 1:
        return any_conv(n, v);
    case 2:
        return net_conv(n, v, in.c, any_window(n, in, 5), in.c, any_activation(n), NULL, NULL);
    case 3:
        return net_max_pool(n, v, any_window(n, in, 3));
    case 4:
        return any_residual(n, v);
    case 5:
        return any_gate(n, v);
    case 6:
        return net_activation(n, v, any_activation(n));
    default:
        return net_mbconv(n, v, net_choose(&n->state, 2) ? in.c : between(n, 1, 24), 3, 1, between(n, 1, 3));
    }
}

/* A layer or two over each of constituents and pairs; returns a vector. */
static int32_t any_over_set(net *n, int32_t value)
{
    net_give(n, value, (jt_shape){between(n, 2, 9), 1, between(n, 3, 60)});
    int32_t v = value;
    for (int32_t i = between(n, 0, 3); i > 0; i--)
        v = net_conv(n, v, between(n, 1, 50), window_valid(1, 1, 1), 1, any_activation(n), NULL, NULL);
    return net_choose(&n->state, 3) == 0 ? net_flatten(n, v) : net_average(n, v);
}

net *net_draw(uint64_t seed)
{
    uint64_t state = seed;
    jt_shape image = {1 + net_choose(&state, 5), 6 + net_choose(&state, 16), 6 + net_choose(&state, 16)};
    int32_t n_features = net_choose(&state, 2) ? 1 + net_choose(&state, 60) : 0;
    net *n = net_new(image, n_features, state);
    int32_t v = JT_VALUE_IMAGES;
    for (int32_t i = between(n, 2, 7); i > 0; i--)
        v = any_op(n, v);
    int32_t parts[6];
    int32_t n_parts = 0;
    int32_t how = net_choose(&n->state, 3);
    if (how != 1)
        parts[n_parts++] = net_flatten(n, v);
    if (how != 0)
        parts[n_parts++] = net_average(n, v);
    if (n_features > 0)
        parts[n_parts++] = JT_VALUE_FEATURES;
    if (net_choose(&n->state, 3) == 0)
        parts[n_parts++] = net_flatten(n, JT_VALUE_IMAGES);
    if (net_choose(&n->state, 3) == 0)
        parts[n_parts++] = any_over_set(n, JT_VALUE_SINGLES);
    if (net_choose(&n->state, 3) == 0)
        parts[n_parts++] = any_over_set(n, JT_VALUE_PAIRS);
    v = n_parts > 1 ? net_concat(n, parts, n_parts) : parts[0];
    for (int32_t i = between(n, 0, 2); i > 0; i--)
        v = net_dense(n, v, between(n, 1, 70), any_activation(n), NULL, NULL);
    v = net_dense(n, v, 2, JT_ACTIVATION_NONE, NULL, NULL);
    net_finish(n, v);
    return n;
}

net *net_effnet_s0(int with_features)
{
    static const int32_t channels[] = {8, 8, 16, 24, 32, 56, 96};
    static const int32_t kernels[] = {3, 3, 5, 3, 5, 5, 3};
    static const int32_t strides[] = {1, 2, 2, 2, 1, 2, 1};
    net *n = net_new((jt_shape){3, 36, 36}, with_features ? 53 : 0, 36);
    int32_t v = net_conv(n, JT_VALUE_IMAGES, 16, window_same(3, 3, 2, 36, 36), 1, JT_ACTIVATION_SWISH, NULL, NULL);
    for (int block = 0; block < 7; block++)
        v = net_mbconv(n, v, channels[block], kernels[block], strides[block], block == 0 ? 1 : 6);
    v = net_average(n, net_conv(n, v, 368, window_valid(1, 1, 1), 1, JT_ACTIVATION_SWISH, NULL, NULL));
    if (with_features) {
        const int32_t parts[] = {v, JT_VALUE_FEATURES};
        v = net_dense(n, net_concat(n, parts, 2), 200, JT_ACTIVATION_RELU, NULL, NULL);
    }
    net_finish(n, net_dense(n, v, 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

net *net_lenet(void)
{
    net *n = net_new((jt_shape){3, 28, 28}, 0, 28);
    int32_t v = net_conv(n, JT_VALUE_IMAGES, 20, window_valid(5, 5, 1), 1, JT_ACTIVATION_RELU, NULL, NULL);
    v = net_max_pool(n, v, window_valid(2, 2, 2));
    v = net_conv(n, v, 50, window_valid(5, 5, 1), 1, JT_ACTIVATION_RELU, NULL, NULL);
    v = net_max_pool(n, v, window_valid(2, 2, 2));
    v = net_dense(n, net_flatten(n, v), 500, JT_ACTIVATION_RELU, NULL, NULL);
    net_finish(n, net_dense(n, v, 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

net *net_deeptop(void)
{
    net *n = net_new((jt_shape){1, 17, 17}, 0, 17);
    int32_t v = JT_VALUE_IMAGES;
    for (int i = 0; i < 4; i++) {
        jt_shape in = net_shape(n, v);
        v = net_conv(n, v, 8, window_same(4, 4, 1, in.h, in.w), 1, JT_ACTIVATION_RELU, NULL, NULL);
        if (i == 1)
            v = net_max_pool(n, v, window_valid(2, 2, 2));
    }
    v = net_flatten(n, v);
    for (int i = 0; i < 3; i++)
        v = net_dense(n, v, 64, JT_ACTIVATION_RELU, NULL, NULL);
    net_finish(n, net_dense(n, v, 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

static int32_t bottleneck(net *n, int32_t input, int32_t inner, int32_t outer)
{
    jt_shape in = net_shape(n, input);
    int32_t v = net_conv(n, input, inner, window_valid(1, 1, 1), 1, JT_ACTIVATION_RELU, NULL, NULL);
    v = net_conv(n, v, inner, window_same(3, 3, 1, in.h, in.w), 32, JT_ACTIVATION_RELU, NULL, NULL);
    v = net_conv(n, v, outer, window_valid(1, 1, 1), 1, JT_ACTIVATION_NONE, NULL, NULL);
    int32_t shortcut = input;
    if (in.c != outer)
        shortcut = net_conv(n, input, outer, window_valid(1, 1, 1), 1, JT_ACTIVATION_NONE, NULL, NULL);
    return net_add(n, v, shortcut, JT_ACTIVATION_RELU);
}

net *net_resnext(void)
{
    net *n = net_new((jt_shape){1, 24, 24}, 0, 24);
    window stem = {{7, 7}, {2, 2}, {3, 3, 3, 3}};
    window pool = {{3, 3}, {2, 2}, {1, 1, 1, 1}};
    int32_t v = net_conv(n, JT_VALUE_IMAGES, 64, stem, 1, JT_ACTIVATION_RELU, NULL, NULL);
    v = net_max_pool(n, v, pool);
    v = bottleneck(n, v, 64, 128);
    v = bottleneck(n, v, 64, 128);
    net_finish(n, net_dense(n, net_average(n, v), 2, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

net *net_summand_again(int32_t channels)
{
    const window three = window_same(3, 3, 1, 6, 6);
    net *n = net_new((jt_shape){16, 6, 6}, 0, 2);
    int32_t x = net_conv(n, JT_VALUE_IMAGES, channels, three, 1, JT_ACTIVATION_SWISH, NULL, NULL);
    int32_t v = net_conv(n, x, channels, three, 1, JT_ACTIVATION_RELU, NULL, NULL);
    v = net_conv(n, v, channels, three, 1, JT_ACTIVATION_NONE, NULL, NULL);
    v = net_add(n, v, x, JT_ACTIVATION_SIGMOID);
    v = net_add(n, net_activation(n, v, JT_ACTIVATION_SWISH), net_add(n, v, x, JT_ACTIVATION_NONE), JT_ACTIVATION_NONE);
    net_finish(n, net_dense(n, net_flatten(n, v), 3, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}

net *net_sum_between(int32_t channels)
{
    const window three = window_same(3, 3, 1, 6, 6);
    net *n = net_new((jt_shape){16, 6, 6}, 0, 3);
    const int32_t a = net_conv(n, JT_VALUE_IMAGES, channels, three, 1, JT_ACTIVATION_SWISH, NULL, NULL);
    const int32_t b = net_conv(n, a, channels, three, 1, JT_ACTIVATION_RELU, NULL, NULL);
    const int32_t c = net_conv(n, b, channels, three, 1, JT_ACTIVATION_NONE, NULL, NULL);
    const int32_t sum = net_add(n, a, b, JT_ACTIVATION_SIGMOID);
    const int32_t v =
        net_conv(n, net_add(n, sum, c, JT_ACTIVATION_NONE), channels, three, 1, JT_ACTIVATION_NONE, NULL, NULL);
    net_finish(n, net_dense(n, net_average(n, v), 3, JT_ACTIVATION_NONE, NULL, NULL));
    return n;
}
