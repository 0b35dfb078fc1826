/* Descriptors of cuDNN's graph interface: what is wanted, told attribute by attribute. */
#ifndef JT_CUDA_DESCRIBE_H
#define JT_CUDA_DESCRIBE_H

#include "dnn.h"

/* The functions that are used. */
typedef struct jt_cuda_dnn {
    __typeof__(&cudnnGetVersion) get_version;
    __typeof__(&cudnnGetCudartVersion) get_cudart_version;
    __typeof__(&cudnnGraphVersionCheck) graph_version_check;
    __typeof__(&cudnnOpsVersionCheck) ops_version_check;
    __typeof__(&cudnnCnnVersionCheck) cnn_version_check;
    __typeof__(&cudnnAdvVersionCheck) adv_version_check;
    __typeof__(&cudnnGetErrorString) get_error_string;
    __typeof__(&cudnnCreate) create;
    __typeof__(&cudnnDestroy) destroy;
    __typeof__(&cudnnSetStream) set_stream;
    __typeof__(&cudnnBackendCreateDescriptor) create_descriptor;
    __typeof__(&cudnnBackendDestroyDescriptor) destroy_descriptor;
    __typeof__(&cudnnBackendSetAttribute) set_attribute;
    __typeof__(&cudnnBackendGetAttribute) get_attribute;
    __typeof__(&cudnnBackendFinalize) finalize;
    __typeof__(&cudnnBackendExecute) execute;
} jt_cuda_dnn;

/* Filled by jt_cuda_open_dnn. */
const jt_cuda_dnn *jt_cuda_dnn_table(void);

/*
 * What cuDNN returned, as a status of ours: JT_OK for success, else with words that begin with `doing`.
 * JT_ERROR_UNSUPPORTED is what it can do nowhere, JT_ERROR_BACKEND what went wrong this time.
 */
jt_status jt_cuda_dnn_check(jt_why *why, cudnnStatus_t returned, const char *doing);

/* An op for JT_CUDA_TILE jets: a graph of one convolution. */
typedef struct jt_cuda_described {
    cudnnBackendDescriptor_t in, weight, out, convolution, operation, graph;
} jt_cuda_described;

/* Also after an error `described` is to be freed. */
jt_status jt_cuda_describe_op(cudnnHandle_t handle, const jt_op *op, jt_cuda_described *described, jt_why *why);
void jt_cuda_described_free(jt_cuda_described *described);

/* The caller destroys what comes back; nothing does after an error. */
jt_status jt_cuda_describe(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t *made, jt_why *why);
jt_status jt_cuda_describe_heuristics(cudnnBackendDescriptor_t graph, cudnnBackendHeurMode_t mode,
                                      cudnnBackendDescriptor_t *made, jt_why *why);
jt_status jt_cuda_describe_plan(cudnnHandle_t handle, cudnnBackendDescriptor_t configuration,
                                cudnnBackendDescriptor_t *made, jt_why *why);
/* Pointers to what comes in, weights and what goes out. */
jt_status jt_cuda_describe_pack(void *const *pointers, void *workspace, cudnnBackendDescriptor_t *made, jt_why *why);

#endif /* JT_CUDA_DESCRIBE_H */
