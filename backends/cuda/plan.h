/*
 * A graph prepared for a GPU: an op is one or a few steps, or a few ops are one; a step is a kernel of ours or a
 * product of cuDNN's with a kernel that adds bias, a sum where one follows, and activation behind it.
 *
 * The plan holds the weights, once, on the device, and is shared; everything that changes is in a context.
 */
#ifndef JT_CUDA_PLAN_H
#define JT_CUDA_PLAN_H

#include "blocks.h"
#include "dnn.h"

typedef struct jt_cuda_step {
    int32_t op, last; /* the first of its ops, and the last, whose output it makes */
    jt_cuda_kernel kernel;
    int32_t is_product;          /* cuDNN's, then the kernel JT_CUDA_FINISH */
    int32_t n_inputs, inputs[2]; /* values; of a product the second is what is added to it */
    int32_t has_averages;        /* of a squeeze-excite: the step before made them */
    size_t out_offset;           /* floats behind the begin of the output: parts of a concatenation */
    size_t shared;               /* bytes that a block's threads share */
    jt_shape out;                /* what the step makes of it */
} jt_cuda_step;

/* Of an op, on the device; NULL where there are none. */
typedef struct jt_cuda_weights {
    const float *weight, *bias;
    int32_t is_transposed; /* of dense ops: [in][out], which neighbouring threads read as neighbours */
} jt_cuda_weights;

struct jt_plan {
    const jt_graph *graph;
    jt_host host;
    int device;
    cudaLibrary_t library;
    cudaKernel_t kernels[JT_CUDA_KERNELS];
    float *memory;            /* on the device: all weights, and the image without light */
    const float *dark;        /* in there; NULL where it is not known */
    jt_cuda_weights *weights; /* of each op */
    jt_cuda_step *steps;
    int32_t n_steps, n_products;
    int32_t averages; /* of a jet, between a depthwise convolution and the squeeze-excite after it */
};

jt_status jt_cuda_compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why);
void jt_cuda_plan_free(jt_plan *plan);

/* The kernels' fat binary. */
extern const unsigned char jt_cuda_image[];

#endif /* JT_CUDA_PLAN_H */
