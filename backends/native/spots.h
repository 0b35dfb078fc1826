/*
 * Places for all values of a graph: who needs a halo, who lives in the head and who in the tail, who may share memory.
 */
#ifndef JT_NATIVE_SPOTS_H
#define JT_NATIVE_SPOTS_H

#include "nodes.h"

typedef struct jt_area jt_area;

/* Everything that compile works on. */
typedef struct jt_builder {
    const jt_graph *graph;
    const jt_native_kernel *kernel;
    jt_arena *arena;
    jt_node *nodes;
    int32_t n_nodes, n_head; /* nodes of the head */
    int32_t n_planes;        /* nodes from the first on whose results are planes */
    jt_spot *spots;          /* per value; those of what is given where it is imported */
    jt_area *areas;
    int32_t n_areas;
    size_t shared_floats, own_floats;
    jt_lit *lit; /* the images' convolution, where lit pixels alone are calculated (lit.h); else NULL */
    /* The last value to which light was followed (trail.h), the spans of its rows, and the layer that made it if that
     * does not look at its own trail. */
    int32_t trail_known, trail_value;
    jt_spot trail_spans;
    const jt_trail *trail_before;
} jt_builder;

/*
 * 1 if a value that is given has to be brought into the form that all others have: features where anyone reads them,
 * and images where anything but a plain convolution does, which takes them in planes.
 */
int jt_native_needs_import(const jt_builder *b, int32_t value);

/* What is given of a jet, as planes; a vector is one plane. */
jt_spot jt_native_given(const jt_builder *b, int32_t value);

/* A value in blocks (or planes, one a channel) without a place yet. */
jt_spot jt_native_spot(jt_shape shape, const int32_t halo[4], int planes);

/* Room in a spot for a second jet: in its blocks where it has few pixels and no halo, else after it. */
int jt_native_shares_blocks(const jt_spot *spot);
void jt_native_make_room_for_neighbour(jt_spot *spot);

/* What a convolution or its like needs around its input. */
void jt_native_halo(const jt_op *op, int32_t halo[4]);

/* Memory shared by all jets, from node `born` to node `last`; the halo's zeros are kept. */
void jt_native_place(jt_builder *b, jt_spot *spot, int32_t born, int32_t last);

/* A jt_span for each row, from a node on to the end of the head. */
void jt_native_place_spans(jt_builder *b, int32_t rows, int32_t node, jt_spot *spans);

/* A node's input that a step of its own copies: of each jet's own in the tail. */
void jt_native_place_copy(jt_builder *b, jt_spot *spot, int32_t node);

/* Lay out and place the images' blocks, the features and the results of all nodes. 0 when there is no memory. */
int jt_native_place_values(jt_builder *b);

#endif /* JT_NATIVE_SPOTS_H */
