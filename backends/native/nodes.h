/*
 * The graph's ops in groups that one step executes: an mbconv, a convolution and the sum after it, or one op.
 *
 * Groups are found by their shape, not by the layers they come from, and only where nobody else reads what is between.
 */
#ifndef JT_NATIVE_NODES_H
#define JT_NATIVE_NODES_H

#include "plan.h"

typedef enum jt_node_kind {
    JT_NODE_OP = 0, /* one op other than those below */
    JT_NODE_CONV,   /* a convolution, perhaps with the sum after it */
    JT_NODE_SLIDE,  /* a convolution within blocks of channels */
    JT_NODE_MBCONV
} jt_node_kind;

typedef struct jt_node {
    jt_node_kind kind;
    int32_t first_op, n_ops;
    int32_t in, out;          /* values */
    int32_t residual;         /* value that is added, or -1 */
    jt_activation activation; /* of all */
} jt_node;

/* nodes has room for one per op. Returns how many there are. */
int32_t jt_native_find_nodes(const jt_graph *graph, jt_node *nodes);

/* 1 if a value is read by the node. */
int jt_native_reads(const jt_graph *graph, const jt_node *node, int32_t value);

#endif /* JT_NATIVE_NODES_H */
