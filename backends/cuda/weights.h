/* What of a plan is constant, sent to the device: weights, biases, and the image without light. */
#ifndef JT_CUDA_WEIGHTS_H
#define JT_CUDA_WEIGHTS_H

#include "plan.h"

/* How many numbers an op's weight has. */
size_t jt_cuda_weight_floats(const jt_op *op);

/* Convolutions and dense ops. */
int jt_cuda_has_weights(const jt_op *op);

/* All as one block, each begin aligned for cuDNN; sent at once. How they lie is settled before. */
jt_status jt_cuda_send_weights(jt_plan *plan, const jt_cuda_runtime *runtime, jt_why *why);

#endif /* JT_CUDA_WEIGHTS_H */
