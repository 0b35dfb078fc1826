/*
 * Threads of a context, for callers who asked for them: started with it, asleep between calls, stopped with it.
 *
 * A call's jets are handed out in pieces; every thread works on one jet at a time with a context of its own, so that
 * scores do not depend on how many there are.
 */
#ifndef JT_WORKERS_H
#define JT_WORKERS_H

#include "handle.h"

/* Work on jets first .. first + n - 1 of a call, with the context's memory. Words of a failure go to context->error. */
typedef jt_status (*jt_piece_function)(jt_context *context, const void *call, int64_t first, int64_t n);

/* Start options->threads - 1 threads for the context. On failure none is left. */
jt_status jt_workers_start(jt_context *context, const jt_context_options *options, jt_error *error);

/* Stop them. Takes a context without any. */
void jt_workers_stop(jt_context *context);

/* Work on all n jets of a call, with whatever threads the context has. */
jt_status jt_workers_run(jt_context *context, jt_piece_function function, const void *call, int64_t n);

#endif /* JT_WORKERS_H */
