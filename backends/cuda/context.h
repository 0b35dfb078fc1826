/* One thread's share of a GPU: stream, memory, cuDNN handle and graphs; and the run. */
#ifndef JT_CUDA_CONTEXT_H
#define JT_CUDA_CONTEXT_H

#include "plan.h"

jt_status jt_cuda_context_create(const jt_plan *plan, int32_t max_batch, jt_plan_context **context, jt_why *why);
void jt_cuda_context_free(jt_plan_context *context);
jt_status jt_cuda_run(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                      jt_why *why);

#endif /* JT_CUDA_CONTEXT_H */
