#include "nodes.h"

#include "../patterns.h"

static int32_t value_of(int32_t op)
{
    return JT_FIRST_OUTPUT + op;
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
    return i < graph->n_ops && graph->ops[i].inputs[0] == value_of(i - 1) && jt_readers(graph, value_of(i - 1)) == 1;
}

/* The sum of the op before and something older, which is put into the node. */
static int add_follows(const jt_graph *graph, int32_t i, jt_node *node)
{
    const int32_t summand = jt_summand(graph, i - 1);
    if (summand < 0)
        return 0;
    node->residual = summand;
    node->activation = graph->ops[i].activation;
    node->n_ops++;
    return 1;
}

/* depthwise, average, dense, dense, scale, pointwise from op i on. */
static int is_body_of_mbconv(const jt_graph *graph, int32_t i)
{
    if (i + 6 > graph->n_ops)
        return 0;
    return jt_is_depthwise(&graph->ops[i]) && jt_is_squeeze_excite(graph, i + 1) &&
           graph->ops[i + 1].inputs[0] == value_of(i) && jt_readers(graph, value_of(i)) == 2 &&
           is_pointwise(&graph->ops[i + 5]) && continues(graph, i + 5);
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
