#include "reach.h"

jt_reach jt_native_reach_of(const jt_op *op)
{
    return (jt_reach){{op->kernel[0], op->kernel[1]},
                      {op->stride[0], op->stride[1]},
                      {op->pad[0], op->pad[2]},
                      {op->in.h, op->in.w},
                      {op->out.h, op->out.w}};
}

static jt_span spread(const jt_reach *reach, const jt_span *inputs, int32_t y)
{
    const int32_t top = y * reach->stride[0] - reach->before[0];
    int32_t first = reach->in[1], end = 0;
    for (int32_t row = top < 0 ? 0 : top; row < top + reach->kernel[0] && row < reach->in[0]; row++) {
        if (inputs[row].first == inputs[row].end)
            continue;
        first = inputs[row].first < first ? inputs[row].first : first;
        end = inputs[row].end > end ? inputs[row].end : end;
    }
    if (end == 0)
        return (jt_span){0, 0};
    /* The first whose last tap is at `first` or after it; the last whose first tap is before `end`. */
    const int32_t step = reach->stride[1], ahead = first + reach->before[1] - reach->kernel[1] + 1;
    const int32_t from = ahead > 0 ? (ahead + step - 1) / step : 0;
    const int32_t beyond = (end - 1 + reach->before[1]) / step + 1;
    const int32_t to = beyond < reach->out[1] ? beyond : reach->out[1];
    return from < to ? (jt_span){from, to} : (jt_span){0, 0};
}

void jt_native_spread_rows(const jt_reach *reach, const jt_run *run, const jt_span *from, jt_span *to)
{
    for (int32_t y = 0; y < reach->out[0]; y++)
        to[y] = run->everything ? (jt_span){0, reach->out[1]} : spread(reach, from, y);
}

jt_span *jt_native_spans_at(const jt_spot *spans, const jt_run *run)
{
    return (jt_span *)(void *)(run->shared + spans->offset);
}
