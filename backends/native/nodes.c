#include "nodes.h"

static int32_t value_of(int32_t op)
{
    return JT_FIRST_OUTPUT + op;
}

int32_t jt_native_readers(const jt_graph *graph, int32_t value)
{
    int32_t n = value == graph->output;
    for (int32_t i = 0; i < graph->n_ops; i++)
        for (int32_t k = 0; k < graph->ops[i].n_inputs; k++)
            n += graph->ops[i].inputs[k] == value;
    return n;
}

static int is_depthwise(const jt_op *op)
{
    return op->kind == JT_OP_CONV2D && op->groups == op->in.c && op->in.c == op->out.c;
}

/* A lane's inputs are lanes of the same block, and of the same half of it. The image is in planes. */
static int is_slide(const jt_op *op)
{
    if (op->kind != JT_OP_CONV2D || op->in.c != op->out.c || op->inputs[0] < JT_FIRST_OUTPUT)
        return 0;
    const int32_t group = op->in.c / op->groups;
    return group == 1 || ((group == 2 || group == 4 || group == 8) && op->groups > 1);
}

static int is_pointwise(const jt_op *op)
{
    return op->kind == JT_OP_CONV2D && op->groups == 1 && op->kernel[0] == 1 && op->kernel[1] == 1 &&
           op->stride[0] == 1 && op->stride[1] == 1 && op->pad[0] + op->pad[1] + op->pad[2] + op->pad[3] == 0;
}

/* The op before is read by this one alone. */
static int continues(const jt_graph *graph, int32_t i)
{
    return i < graph->n_ops && graph->ops[i].inputs[0] == value_of(i - 1) &&
           jt_native_readers(graph, value_of(i - 1)) == 1;
}

/* The sum of the op before and something older, which is put into the node. */
static int add_follows(const jt_graph *graph, int32_t i, jt_node *node)
{
    if (i >= graph->n_ops || graph->ops[i].kind != JT_OP_ADD || graph->ops[i - 1].activation != JT_ACTIVATION_NONE ||
        jt_native_readers(graph, value_of(i - 1)) != 1)
        return 0;
    const jt_op *op = &graph->ops[i];
    node->residual = op->inputs[0] == value_of(i - 1) ? op->inputs[1] : op->inputs[0];
    node->activation = op->activation;
    node->n_ops++;
    return 1;
}

/* depthwise, average, dense, dense, scale, pointwise from op i on. */
static int is_body_of_mbconv(const jt_graph *graph, int32_t i)
{
    if (i + 6 > graph->n_ops)
        return 0;
    const jt_op *op = graph->ops + i;
    const int32_t filtered = value_of(i);
    return is_depthwise(&op[0]) && op[1].kind == JT_OP_GLOBAL_AVERAGE && op[1].inputs[0] == filtered &&
           op[1].activation == JT_ACTIVATION_NONE && jt_native_readers(graph, filtered) == 2 &&
           op[2].kind == JT_OP_DENSE && continues(graph, i + 2) && op[3].kind == JT_OP_DENSE &&
           continues(graph, i + 3) && op[4].kind == JT_OP_SCALE && op[4].inputs[0] == filtered &&
           op[4].inputs[1] == value_of(i + 3) && op[4].activation == JT_ACTIVATION_NONE &&
           jt_native_readers(graph, value_of(i + 3)) == 1 && is_pointwise(&op[5]) && continues(graph, i + 5);
}

static jt_node find(const jt_graph *graph, int32_t i)
{
    const jt_op *op = &graph->ops[i];
    jt_node node = {.first_op = i, .n_ops = 1, .in = op->inputs[0], .residual = -1, .activation = op->activation};
    if (op->kind != JT_OP_CONV2D)
        return node;
    const int expands = is_pointwise(op) && continues(graph, i + 1) && is_body_of_mbconv(graph, i + 1);
    if (expands || is_body_of_mbconv(graph, i)) {
        node.kind = JT_NODE_MBCONV;
        node.n_ops = 6 + expands;
        node.activation = graph->ops[i + node.n_ops - 1].activation;
        add_follows(graph, i + node.n_ops, &node);
        return node;
    }
    node.kind = is_slide(op) ? JT_NODE_SLIDE : JT_NODE_CONV;
    if (node.kind == JT_NODE_CONV)
        add_follows(graph, i + 1, &node);
    return node;
}

int32_t jt_native_find_nodes(const jt_graph *graph, jt_node *nodes)
{
    int32_t n = 0;
    for (int32_t i = 0; i < graph->n_ops; i += nodes[n++].n_ops) {
        nodes[n] = find(graph, i);
        nodes[n].out = value_of(i + nodes[n].n_ops - 1);
    }
    return n;
}

int jt_native_reads(const jt_graph *graph, const jt_node *node, int32_t value)
{
    for (int32_t i = node->first_op; i < node->first_op + node->n_ops; i++)
        for (int32_t k = 0; k < graph->ops[i].n_inputs; k++)
            if (graph->ops[i].inputs[k] == value)
                return 1;
    return 0;
}
