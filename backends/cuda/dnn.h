/*
 * Convolutions and dense layers as cuDNN's: through its graph interface, which is the one that stays.
 *
 * A product is made for a fixed number of jets, JT_CUDA_TILE, whatever the batch is: cuDNN may choose another way of
 * summing for another size. Nothing is measured to choose one: of the engines that its heuristics name, in their order,
 * the first is taken that calculates in single precision and gives the same bits in each run.
 */
#ifndef JT_CUDA_DNN_H
#define JT_CUDA_DNN_H

#include <cudnn.h>

#include "runtime.h"

enum { JT_CUDA_TILE = 32 };

/* One product: an execution plan of cuDNN's and what it works with. */
typedef struct jt_cuda_product {
    cudnnBackendDescriptor_t plan;
    size_t workspace; /* bytes */
} jt_cuda_product;

/* 1 when cuDNN can be used; 0 with words when it is not there, or its parts are of different versions. */
int jt_cuda_open_dnn(jt_why *why);
/* Versions of CUDA and, once it is open, of cuDNN. */
const char *jt_cuda_versions(void);

/* A handle on a stream (NULL: the default one), of the thread's device. */
jt_status jt_cuda_dnn_create(cudaStream_t stream, cudnnHandle_t *handle, jt_why *why);
/* Takes NULL. */
void jt_cuda_dnn_destroy(cudnnHandle_t handle);

/* A convolution (groups 1) or dense op for JT_CUDA_TILE jets. JT_ERROR_UNSUPPORTED when no engine fits. */
jt_status jt_cuda_product_create(cudnnHandle_t handle, const jt_op *op, jt_cuda_product *product, jt_why *why);
/* Takes one that is all zero. */
void jt_cuda_product_free(jt_cuda_product *product);

/* Without bias and activation: in and out are of JT_CUDA_TILE jets, one behind the other, on the device. */
jt_status jt_cuda_product_run(cudnnHandle_t handle, const jt_cuda_product *product, const float *in,
                              const float *weight, float *out, void *workspace, jt_why *why);

#endif /* JT_CUDA_DNN_H */
