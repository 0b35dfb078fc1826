#include "spots.h"

#include <string.h>

#include "../patterns.h"
#include "pack.h"
#include "winograd.h"

/* Memory for values one after the other. With a halo only values of one geometry share it: their zeros are the same. */
struct jt_area {
    size_t offset, floats;
    int32_t has_halo;
    jt_spot geometry;
    int32_t last; /* node after which it is free */
};

enum { SMALL = 2048, SMALL_WITHOUT_WEIGHTS = 4096 /* floats */ };

static const int32_t no_halo[4] = {0, 0, 0, 0};

static const jt_op *last_op(const jt_builder *b, const jt_node *node)
{
    return &b->graph->ops[node->first_op + node->n_ops - 1];
}

static int is_vector(jt_shape shape)
{
    return shape.h == 1 && shape.w == 1;
}

int jt_native_needs_import(const jt_builder *b, int32_t value)
{
    for (int32_t i = 0; i < b->n_nodes; i++) {
        const jt_node *node = &b->nodes[i];
        const int as_planes =
            value != JT_VALUE_FEATURES && node->residual != value &&
            (node->kind == JT_NODE_CONV || (node->kind == JT_NODE_OP && last_op(b, node)->kind == JT_OP_FLATTEN));
        if (!as_planes && jt_native_reads(b->graph, node, value))
            return 1;
    }
    return 0;
}

jt_spot jt_native_spot(jt_shape shape, const int32_t halo[4], int planes)
{
    const size_t step = planes ? 1 : JT_LANES;
    jt_spot spot = {.shape = shape};
    memcpy(spot.halo, halo, sizeof spot.halo);
    spot.row = (size_t)(halo[2] + shape.w + halo[3]) * step;
    spot.block = (size_t)(halo[0] + shape.h + halo[1]) * spot.row;
    spot.first = (size_t)halo[0] * spot.row + (size_t)halo[2] * step;
    spot.planes = planes;
    spot.floats = (size_t)(planes ? shape.c : jt_native_blocks(shape.c)) * spot.block;
    if (planes)
        spot.floats += JT_LANES; /* kernels of lanes of pixels read beyond the last row */
    return spot;
}

jt_spot jt_native_given(const jt_builder *b, int32_t value)
{
    jt_spot spot = jt_native_spot(b->graph->values[value].shape, no_halo, 1);
    spot.room = value == JT_VALUE_IMAGES ? JT_ROOM_IMAGES : JT_ROOM_ROWS;
    spot.offset = b->graph->values[value].offset;
    return spot;
}

/* From the first tap of the first output to the last of the last, where that is outside. */
void jt_native_halo(const jt_op *op, int32_t halo[4])
{
    const int32_t size_in[2] = {op->in.h, op->in.w}, size_out[2] = {op->out.h, op->out.w};
    for (int axis = 0; axis < 2; axis++) {
        const int32_t before = op->pad[2 * axis];
        const int32_t after = (size_out[axis] - 1) * op->stride[axis] + op->kernel[axis] - before - size_in[axis];
        halo[2 * axis] = before;
        halo[2 * axis + 1] = after > 0 ? after : 0;
    }
}

/* The convolution that a node's input goes into, or NULL. */
static const jt_op *first_conv(const jt_builder *b, const jt_node *node)
{
    const jt_op *op = &b->graph->ops[node->first_op];
    return node->kind == JT_NODE_OP ? NULL : op;
}

/* 1 if some node reads the value as a vector, which has no halo. */
static int read_as_vector(const jt_builder *b, int32_t value)
{
    if (value == b->graph->output)
        return 1;
    for (int32_t i = 0; i < b->n_nodes; i++) {
        const jt_op *op = last_op(b, &b->nodes[i]);
        if (b->nodes[i].kind != JT_NODE_OP || !jt_native_reads(b->graph, &b->nodes[i], value))
            continue;
        if (op->kind == JT_OP_DENSE || op->kind == JT_OP_CONCAT || (op->kind == JT_OP_SCALE && op->inputs[1] == value))
            return 1;
    }
    return 0;
}

static void wanted_halo(const jt_builder *b, int32_t value, int32_t halo[4])
{
    memcpy(halo, no_halo, sizeof no_halo);
    if (read_as_vector(b, value))
        return;
    for (int32_t i = 0; i < b->n_nodes; i++) {
        const jt_op *op = first_conv(b, &b->nodes[i]);
        if (!op || b->nodes[i].in != value)
            continue;
        if (value < JT_FIRST_OUTPUT && b->nodes[i].kind == JT_NODE_CONV)
            continue;
        int32_t needed[4];
        if (jt_native_is_winograd(b->graph, &b->nodes[i]))
            jt_native_winograd_halo(op, needed);
        else
            jt_native_halo(op, needed);
        for (int side = 0; side < 4; side++)
            halo[side] = needed[side] > halo[side] ? needed[side] : halo[side];
    }
}

static int32_t last_reader(const jt_builder *b, int32_t value)
{
    int32_t last = value == b->graph->output ? b->n_nodes : -1;
    for (int32_t i = 0; i < b->n_nodes; i++)
        if (jt_native_reads(b->graph, &b->nodes[i], value))
            last = i > last ? i : last;
    return last;
}

static int64_t weights_of(const jt_builder *b, const jt_node *node)
{
    int64_t n = 0;
    for (int32_t i = node->first_op; i < node->first_op + node->n_ops; i++) {
        const jt_op *op = &b->graph->ops[i];
        if (op->kind == JT_OP_CONV2D || op->kind == JT_OP_DENSE)
            n += jt_native_weights(op);
    }
    return n;
}

static int belongs_to_tail(const jt_builder *b, const jt_node *node)
{
    const jt_op *op = &b->graph->ops[node->first_op];
    const jt_shape in = op->in, out = last_op(b, node)->out;
    if (is_vector(in) && is_vector(out))
        return 1;
    /* Weights that outweigh the values are read once for all jets of a group. */
    const int64_t values = (int64_t)in.c * in.h * in.w + (int64_t)out.c * out.h * out.w;
    const int64_t weights = weights_of(b, node);
    return node->in >= JT_FIRST_OUTPUT && (weights > values || values < (weights ? SMALL : SMALL_WITHOUT_WEIGHTS));
}

/* From here on each step runs for all jets of a group, and values stay with a jet's own memory. */
static int32_t find_tail(const jt_builder *b)
{
    int32_t tail = b->n_nodes;
    while (tail > 0 && belongs_to_tail(b, &b->nodes[tail - 1]))
        tail--;
    return tail;
}

static int same_geometry(const jt_spot *a, const jt_spot *b)
{
    return a->floats == b->floats && a->block == b->block && a->row == b->row && a->first == b->first &&
           a->jet == b->jet && memcmp(&a->shape, &b->shape, sizeof a->shape) == 0 &&
           memcmp(a->halo, b->halo, sizeof a->halo) == 0;
}

void jt_native_place(jt_builder *b, jt_spot *spot, int32_t born, int32_t last)
{
    const int32_t has_halo = memcmp(spot->halo, no_halo, sizeof no_halo) != 0;
    jt_area *best = NULL;
    for (int32_t i = 0; i < b->n_areas; i++) {
        jt_area *area = &b->areas[i];
        if (area->last >= born || area->has_halo != has_halo)
            continue;
        if (has_halo ? !same_geometry(&area->geometry, spot) : area->floats < spot->floats)
            continue;
        if (!best || area->floats < best->floats)
            best = area;
    }
    if (!best) {
        best = &b->areas[b->n_areas++];
        *best = (jt_area){b->shared_floats, (spot->floats + 15) / 16 * 16, has_halo, *spot, last};
        b->shared_floats += best->floats;
    }
    best->last = last;
    spot->offset = best->offset;
}

/* A jt_span is as large as two floats. */
void jt_native_place_spans(jt_builder *b, int32_t rows, int32_t node, jt_spot *spans)
{
    *spans = jt_native_spot((jt_shape){1, 2, rows}, no_halo, 1);
    jt_native_place(b, spans, node, b->n_head);
}

int jt_native_shares_blocks(const jt_spot *spot)
{
    return !spot->planes && memcmp(spot->halo, no_halo, sizeof no_halo) == 0 && !is_vector(spot->shape) &&
           spot->shape.h * spot->shape.w <= JT_FEW_PIXELS;
}

void jt_native_make_room_for_neighbour(jt_spot *spot)
{
    spot->jet = jt_native_shares_blocks(spot) ? spot->block : (spot->floats + JT_LANES - 1) / JT_LANES * JT_LANES;
    spot->block *= jt_native_shares_blocks(spot) ? JT_TOGETHER : 1;
    spot->floats =
        JT_TOGETHER * spot->jet * (jt_native_shares_blocks(spot) ? (size_t)jt_native_blocks(spot->shape.c) : 1);
}

/* A value of each jet's own. */
static void place_own(jt_builder *b, jt_spot *spot)
{
    jt_native_make_room_for_neighbour(spot);
    spot->room = JT_ROOM_OWN;
    spot->offset = b->own_floats;
    b->own_floats += spot->floats;
}

void jt_native_place_copy(jt_builder *b, jt_spot *spot, int32_t node)
{
    if (node >= b->n_head)
        place_own(b, spot);
    else
        jt_native_place(b, spot, node, node);
}

static void place_value(jt_builder *b, int32_t value, int32_t born)
{
    int32_t halo[4];
    wanted_halo(b, value, halo);
    jt_spot *spot = &b->spots[value];
    *spot = jt_native_spot(b->graph->values[value].shape, halo, born >= 0 && born < b->n_planes);
    const int32_t last = last_reader(b, value);
    if (born >= b->n_head || last >= b->n_head)
        place_own(b, spot);
    else
        jt_native_place(b, spot, born, last > born ? last : born);
}

/* A chain from the images to a flatten, each value read by the next node alone; returns how many nodes before that. */
static int32_t chain_of_planes(const jt_builder *b)
{
    int32_t value = JT_VALUE_IMAGES;
    for (int32_t i = 0; i < b->n_nodes; i++) {
        const jt_node *node = &b->nodes[i];
        const jt_op *op = last_op(b, node);
        if (node->in != value || (i > 0 && jt_readers(b->graph, value) != 1))
            return 0;
        if (node->kind == JT_NODE_OP && op->kind == JT_OP_FLATTEN)
            return i;
        const int is_conv = node->kind == JT_NODE_CONV && node->residual < 0 && op->groups == 1 && op->stride[0] == 1 &&
                            op->stride[1] == 1;
        const int is_pool = node->kind == JT_NODE_OP && op->kind == JT_OP_MAX_POOL && i > 0 &&
                            op->activation == JT_ACTIVATION_NONE &&
                            op->pad[0] + op->pad[1] + op->pad[2] + op->pad[3] == 0;
        if (!is_conv && !is_pool)
            return 0;
        value = node->out;
    }
    return 0;
}

/* Nodes whose results are planes: where that leaves fewer lanes idle. */
static int32_t find_planes(const jt_builder *b)
{
    const int32_t n = chain_of_planes(b);
    int64_t in_planes = 0, in_blocks = 0; /* steps of 16 lanes */
    for (int32_t i = 0; i < n; i++) {
        const jt_op *op = last_op(b, &b->nodes[i]);
        if (op->kind != JT_OP_CONV2D)
            continue;
        const int64_t taps = (int64_t)op->in.c * op->kernel[0] * op->kernel[1];
        in_planes += taps * op->out.c * (((op->out.w + 7) / 8 * op->out.h + 1) / 2);
        in_blocks += taps * jt_native_blocks(op->out.c) * op->out.h * op->out.w;
    }
    return 20 * in_planes < 19 * in_blocks ? n : 0;
}

int jt_native_place_values(jt_builder *b)
{
    /* Values, and for each node a copy with a halo or what is inside an mbconv. */
    const size_t most = (size_t)b->graph->n_values + 8 * (size_t)b->n_nodes + 8;
    b->areas = jt_arena_take(b->arena, most, sizeof *b->areas);
    b->spots = jt_arena_take(b->arena, (size_t)b->graph->n_values, sizeof *b->spots);
    if (!b->areas || !b->spots)
        return 0;
    b->n_head = find_tail(b);
    b->n_planes = find_planes(b);
    for (int32_t v = 0; v < JT_FIRST_OUTPUT; v++)
        if (jt_native_needs_import(b, v))
            place_value(b, v, -1);
    for (int32_t i = 0; i < b->n_nodes; i++)
        place_value(b, b->nodes[i].out, i);
    return 1;
}
