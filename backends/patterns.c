#include "patterns.h"

static int32_t value_of(int32_t op)
{
    return JT_FIRST_OUTPUT + op;
}

int32_t jt_readers(const jt_graph *graph, int32_t value)
{
    int32_t n = value == graph->output;
    for (int32_t i = 0; i < graph->n_ops; i++)
        for (int32_t k = 0; k < graph->ops[i].n_inputs; k++)
            n += graph->ops[i].inputs[k] == value;
    return n;
}

int jt_is_depthwise(const jt_op *op)
{
    return op->kind == JT_OP_CONV2D && op->groups == op->in.c && op->in.c == op->out.c;
}

/* Op i reads the output of the one before, and nobody else does. */
static int continues(const jt_graph *graph, int32_t i, int32_t input)
{
    return graph->ops[i].inputs[input] == value_of(i - 1) && jt_readers(graph, value_of(i - 1)) == 1;
}

int jt_is_squeeze_excite(const jt_graph *graph, int32_t i)
{
    if (i + JT_SQUEEZE_EXCITE_OPS > graph->n_ops)
        return 0;
    const jt_op *op = graph->ops + i;
    return op[0].kind == JT_OP_GLOBAL_AVERAGE && op[0].activation == JT_ACTIVATION_NONE && op[1].kind == JT_OP_DENSE &&
           continues(graph, i + 1, 0) && op[2].kind == JT_OP_DENSE && continues(graph, i + 2, 0) &&
           op[3].kind == JT_OP_SCALE && op[3].activation == JT_ACTIVATION_NONE && op[3].inputs[0] == op[0].inputs[0] &&
           continues(graph, i + 3, 1);
}

int32_t jt_summand(const jt_graph *graph, int32_t i)
{
    const int32_t value = value_of(i);
    if (i + 1 >= graph->n_ops || graph->ops[i].activation != JT_ACTIVATION_NONE || jt_readers(graph, value) != 1)
        return -1;
    const jt_op *next = &graph->ops[i + 1];
    if (next->kind != JT_OP_ADD || (next->inputs[0] != value && next->inputs[1] != value))
        return -1;
    return next->inputs[0] == value ? next->inputs[1] : next->inputs[0];
}
