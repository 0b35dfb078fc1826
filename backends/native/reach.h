/* Which outputs of a layer depend on which of its inputs, row by row: what the light of a jet reaches. */
#ifndef JT_NATIVE_REACH_H
#define JT_NATIVE_REACH_H

#include "plan.h"

/* Rows first, columns second. */
typedef struct jt_reach {
    int32_t kernel[2], stride[2], before[2], in[2], out[2];
} jt_reach;

jt_reach jt_native_reach_of(const jt_op *op);

/* The outputs of each row that depend on what is in the spans of the inputs' rows; all of them in run->everything. */
void jt_native_spread_rows(const jt_reach *reach, const jt_run *run, const jt_span *from, jt_span *to);

/* Spans of a value's rows in the memory of the jet that is being run. */
jt_span *jt_native_spans_at(const jt_spot *spans, const jt_run *run);

#endif /* JT_NATIVE_REACH_H */
