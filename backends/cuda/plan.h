/*
 * A graph prepared for a GPU: each op is one or a few steps; a step is a kernel of ours or a product of cuDNN's with a
 * kernel that adds bias and activation behind it.
 *
 * The plan holds the weights, once, on the device, and is shared; everything that changes is in a context.
 */
#ifndef JT_CUDA_PLAN_H
#define JT_CUDA_PLAN_H

#include "dnn.h"
#include "kernels.h"

typedef struct jt_cuda_step {
    int32_t op;
    jt_cuda_kernel kernel;
    int32_t is_product;  /* cuDNN's, then the kernel JT_CUDA_FINISH */
    const float *weight; /* on the device; NULL where there is none */
    const float *bias;
    int32_t n_inputs, inputs[2]; /* values */
    size_t out_offset;           /* floats behind the begin of the op's value: parts of a concatenation */
    jt_shape out;                /* what the step makes of it */
} jt_cuda_step;

struct jt_plan {
    const jt_graph *graph;
    jt_host host;
    int device;
    cudaLibrary_t library;
    cudaKernel_t kernels[JT_CUDA_KERNELS];
    float *weights; /* on the device, all of them */
    jt_cuda_step *steps;
    int32_t n_steps, n_products;
};

jt_status jt_cuda_compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why);
void jt_cuda_plan_free(jt_plan *plan);

/* The kernels' fat binary. */
extern const unsigned char jt_cuda_image[];

#endif /* JT_CUDA_PLAN_H */
