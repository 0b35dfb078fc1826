/*
 * A graph prepared for a GPU. Either the whole network is resident: stages that one block goes through for a jet
 * (resident.h). Or it is steps, each for all jets of a batch: an op is one or a few of them, or a few ops are one; a
 * step is a kernel of ours or a product of cuDNN's with a kernel that adds bias, a sum where one follows, and
 * activation behind it.
 *
 * The plan holds the weights, once, on the device, and is shared; everything that changes is in a context.
 */
#ifndef JT_CUDA_PLAN_H
#define JT_CUDA_PLAN_H

#include "dnn.h"
#include "resident.h"

/* Bytes that a block may share on every GPU without asking for more. */
enum { JT_CUDA_SHARED_UNASKED = 48 * 1024 };

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

/* How the weights of a conv2d or a dense op lie; k runs over all that goes into an output. */
typedef enum jt_cuda_order {
    JT_CUDA_AS_IN_GRAPH = 0, /* [out][k] */
    JT_CUDA_BY_INPUT,        /* [k][out], which neighbouring threads read as neighbours */
    JT_CUDA_BY_INPUT_PADDED, /* likewise, each row with zeros to a multiple of JT_CUDA_TOGETHER */
} jt_cuda_order;

/* Of an op, on the device; NULL where there are none. */
typedef struct jt_cuda_weights {
    const float *weight, *bias;
    jt_cuda_order order;
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
    /* Of a resident network, which has no steps; else 0. */
    int32_t n_stages;
    size_t shared;         /* bytes of a block */
    jt_cuda_stage *stages; /* on the device */
};

jt_status jt_cuda_compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why);
void jt_cuda_plan_free(jt_plan *plan);

/* The kernels' fat binary. */
extern const unsigned char jt_cuda_image[];

#endif /* JT_CUDA_PLAN_H */
