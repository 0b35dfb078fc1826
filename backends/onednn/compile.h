/* From a graph to a plan: one pass over the ops, in order. */
#ifndef JT_ONEDNN_COMPILE_H
#define JT_ONEDNN_COMPILE_H

#include "plan.h"

/* As jt_backend.compile, for a calling thread whose OpenMP setting is one thread. */
jt_status jt_onednn_compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why);

#endif /* JT_ONEDNN_COMPILE_H */
