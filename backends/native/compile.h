/* From a graph to a plan. */
#ifndef JT_NATIVE_COMPILE_H
#define JT_NATIVE_COMPILE_H

#include "plan.h"

/* Status and words as jt_backend.compile has them. */
jt_status jt_native_compile(const jt_graph *graph, const jt_host *host, const jt_native_kernel *kernel, jt_plan **plan,
                            jt_why *why);

#endif /* JT_NATIVE_COMPILE_H */
