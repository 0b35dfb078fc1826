/* One thread's memory for a plan, and the run. */
#ifndef JT_ONEDNN_CONTEXT_H
#define JT_ONEDNN_CONTEXT_H

#include "plan.h"

/* As in jt_backend. */
jt_status jt_onednn_context_create(const jt_plan *plan, jt_plan_context **context, jt_why *why);
void jt_onednn_context_free(jt_plan_context *context);

/* As jt_backend.run, for a calling thread whose OpenMP setting is one thread. */
jt_status jt_onednn_run(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                        jt_why *why);

#endif /* JT_ONEDNN_CONTEXT_H */
