/* The run: one batch after another from jets to scores, in the context's memory. Arguments were checked before. */
#ifndef JT_TAG_H
#define JT_TAG_H

#include "handle.h"

/* Clean, render, calculate features, execute, softmax. Words of a failure go to context->error. */
jt_status jt_run_jets(jt_context *context, const jt_jets_view *jets, const jt_output *output);

/* Execute and softmax on ready inputs. */
jt_status jt_run_inputs(jt_context *context, const float *images, const float *rows, int64_t n,
                        const jt_output *output);

/* Clean, render, calculate features and sets; images, rows and statuses may each be NULL. */
void jt_run_network_inputs(jt_context *context, const jt_jets_view *jets, float *images, float *rows,
                           uint8_t *statuses);

#endif /* JT_TAG_H */
