/*
 * Networks put together by hand, for tests of backends: jt_graph structs without a model file.
 *
 * A function that adds an op returns the value that comes out. Weights are pseudo-random, from the net's own seed, and
 * as large as 1 / sqrt(number of inputs), so that values keep their size; or they are the caller's.
 * Misuse (a shape that does not fit) fails the test.
 */
#ifndef JT_TESTS_BACKENDS_GRAPHS_H
#define JT_TESTS_BACKENDS_GRAPHS_H

#include "backends/backend.h"

enum { NET_OPS = 160 };

typedef struct net {
    jt_graph graph; /* ready after net_finish */
    jt_op ops[NET_OPS];
    jt_value values[JT_FIRST_OUTPUT + NET_OPS];
    jt_layer layers[NET_OPS]; /* one per op */
    char names[NET_OPS][16];
    float *memory[2 * NET_OPS]; /* weights and biases */
    int n_memory;
    uint64_t state;
} net;

/* A window that slides: kernel, stride and padding. */
typedef struct window {
    int32_t kernel[2], stride[2], pad[4];
} window;

/* Padding as TensorFlow's SAME has it, worked out for an input of h x w. */
window window_same(int32_t kernel_rows, int32_t kernel_columns, int32_t stride, int32_t h, int32_t w);
window window_valid(int32_t kernel_rows, int32_t kernel_columns, int32_t stride);

net *net_new(jt_shape image, int32_t n_features, uint64_t seed);
/* Constituents or pairs for the network to read: before anything does. */
void net_give(net *n, int32_t value, jt_shape shape);
void net_free(net *n);
/* The value is the output. */
const jt_graph *net_finish(net *n, int32_t output);

jt_shape net_shape(const net *n, int32_t value);

/* weight and bias NULL: random ones. Otherwise copied. */
int32_t net_conv(net *n, int32_t input, int32_t channels, window slide, int32_t groups, jt_activation activation,
                 const float *weight, const float *bias);
int32_t net_dense(net *n, int32_t input, int32_t units, jt_activation activation, const float *weight,
                  const float *bias);
int32_t net_max_pool(net *n, int32_t input, window slide);
int32_t net_average(net *n, int32_t input);
int32_t net_flatten(net *n, int32_t input);
int32_t net_concat(net *n, const int32_t *inputs, int32_t n_inputs);
int32_t net_add(net *n, int32_t a, int32_t b, jt_activation activation);
int32_t net_scale(net *n, int32_t input, int32_t factors);
int32_t net_activation(net *n, int32_t input, jt_activation activation);
/* The eight ops of an mbconv; the sum where stride is 1 and the channels match. */
int32_t net_mbconv(net *n, int32_t input, int32_t channels, int32_t kernel, int32_t stride, int32_t expansion);

/* Pseudo-random numbers in -1 .. 1. */
float net_random(uint64_t *state);
void net_fill(uint64_t *state, float *values, size_t n);
/* 0 .. n - 1 */
int32_t net_choose(uint64_t *state, int32_t n);

/* A network of everything there is, its shapes and order drawn from the seed. Two classes. */
net *net_draw(uint64_t seed);
/* EffNet-S0 of arXiv:2512.05031 on 36 x 36 images: with global features or without. */
net *net_effnet_s0(int with_features);
/* LeNet of the same paper on 28 x 28 images. */
net *net_lenet(void);
/* DeepTop-like: 4 x 4 SAME convolutions of arXiv:1803.00107 on a small image. */
net *net_deeptop(void);
/* Two ResNeXt bottlenecks with 32 groups, one with a projection on the shortcut. */
net *net_resnext(void);
/* A sum whose summand is read again after it, as the sum is, so that neither's memory is free. */
net *net_summand_again(int32_t channels);
/* A convolution, next a sum of two other values, and only then a sum that reads the convolution. */
net *net_sum_between(int32_t channels);

#endif /* JT_TESTS_BACKENDS_GRAPHS_H */
