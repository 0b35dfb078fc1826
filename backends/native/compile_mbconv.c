/* The step of an mbconv: see mbconv.c. */
#include <string.h>

#include "build.h"
#include "lit.h"
#include "pack.h"
#include "steps.h"

enum {
    CHUNK_BYTES = 163840, /* of the wide value: part of a second-level cache, beside the weights */
    FEWEST_PIXELS = 4     /* of its tiles: else loads take longer than multiplications */
};

static const int32_t no_halo[4] = {0, 0, 0, 0};

static jt_spot place_inside(jt_builder *b, jt_shape shape, int32_t node)
{
    jt_spot spot = jt_native_spot(shape, no_halo, 0);
    if (node >= b->n_head)
        jt_native_make_room_for_neighbour(&spot);
    jt_native_place(b, &spot, node, node);
    return spot;
}

static jt_shape vector(int32_t n)
{
    return (jt_shape){n, 1, 1};
}

/* Room for the projection's weights times the gate, where that is less to multiply than what they are applied to. */
static jt_spot room_for_gated(jt_builder *b, const jt_conv *project, const jt_spot *filtered, int32_t node)
{
    int32_t largest = 0, all = 0;
    for (int32_t g = 0; g < project->n_groups; g++) {
        const int32_t here = project->groups[g].tile.n_taps * project->groups[g].n_blocks;
        largest = here > largest ? here : largest;
        all += here;
    }
    if (all >= jt_native_blocks(filtered->shape.c) * filtered->shape.h * filtered->shape.w)
        return (jt_spot){.floats = 0};
    return place_inside(b, (jt_shape){largest * JT_LANES, 1, 1}, node);
}

/* How many blocks of the wide value are there at a time. In the tail with those of a neighbour, where both are few. */
static void lay_out_wide(jt_mbconv *m, const jt_native_kernel *kernel, const jt_op *depthwise, int in_tail)
{
    int32_t halo[4];
    jt_native_halo(depthwise, halo);
    if (jt_native_whole(depthwise))
        memset(halo, 0, sizeof halo);
    const jt_spot whole = jt_native_spot(depthwise->in, halo, 0);
    const size_t fits = CHUNK_BYTES / (whole.block * sizeof(float));
    m->chunk = fits < 1 ? 1 : fits > JT_MOST_BLOCKS ? JT_MOST_BLOCKS : (int32_t)fits;
    while (m->chunk > 1 && jt_native_most_pixels(kernel, m->chunk) < FEWEST_PIXELS)
        m->chunk--;
    const int neighbours = in_tail && jt_native_shares_blocks(&whole);
    if (neighbours) {
        const int32_t most = jt_native_blocks_for(kernel, JT_TOGETHER * whole.shape.h * whole.shape.w);
        m->chunk = m->chunk < most ? m->chunk : most;
    }
    jt_shape chunk = depthwise->in;
    chunk.c = m->chunk * JT_LANES < chunk.c ? m->chunk * JT_LANES : chunk.c;
    m->wide = jt_native_spot(chunk, halo, 0);
    if (neighbours)
        jt_native_make_room_for_neighbour(&m->wide);
}

/* The five layers inside, where swish and sigmoid save a multiplication: see JT_SCALED_SWISH. */
typedef struct layers {
    jt_op expand, depthwise, squeeze, excite, project;
} layers;

jt_op jt_native_scaled_op(const jt_op *op, float weight, float bias, float **room)
{
    jt_op scaled = *op;
    const size_t n = (size_t)jt_native_weights(op), n_bias = (size_t)op->out.c;
    float *weights = *room, *biases = weights + n;
    for (size_t i = 0; i < n; i++)
        weights[i] = op->weight[i] * weight;
    for (size_t i = 0; i < n_bias; i++)
        biases[i] = op->bias[i] * bias;
    scaled.weight = weights;
    scaled.bias = biases;
    *room = biases + n_bias;
    return scaled;
}

/*
 * A layer with swish makes it of its sums times JT_SWISH_SCALE and gives it times that; whoever reads it has weights
 * without. The means become sums on the way. What is returned is the memory of the weights, for jt_release.
 */
static float *scale_layers(const jt_host *host, const jt_op *ops, int32_t expands, layers *made)
{
    const jt_op *depthwise = ops + expands, *squeeze = depthwise + 2, *excite = depthwise + 3, *project = depthwise + 5;
    const jt_op *const scaled[] = {depthwise, squeeze, excite, project, ops};
    size_t floats = 0;
    for (int32_t i = 0; i < 4 + expands; i++)
        floats += (size_t)jt_native_weights(scaled[i]) + (size_t)scaled[i]->out.c;
    float *memory = jt_allocate(host, floats, sizeof *memory), *room = memory;
    if (!memory)
        return NULL;
    const float wide = expands && ops->activation == JT_ACTIVATION_SWISH ? JT_SWISH_SCALE : 1.0f;
    const float deep = depthwise->activation == JT_ACTIVATION_SWISH ? JT_SWISH_SCALE : 1.0f;
    const float pixels = (float)(depthwise->out.h * depthwise->out.w);
    if (expands)
        made->expand = jt_native_scaled_op(ops, wide, wide, &room);
    made->depthwise = jt_native_scaled_op(depthwise, deep / wide, deep, &room);
    const float narrow = squeeze->activation == JT_ACTIVATION_SWISH ? JT_SWISH_SCALE : 1.0f;
    const float gate = excite->activation == JT_ACTIVATION_SIGMOID ? JT_SWISH_SCALE : 1.0f;
    made->squeeze = jt_native_scaled_op(squeeze, narrow / (deep * pixels), narrow, &room);
    made->excite = jt_native_scaled_op(excite, gate / narrow, gate, &room);
    made->project = jt_native_scaled_op(project, 1.0f / deep, 1.0f, &room);
    if (wide != 1.0f)
        made->expand.activation = (jt_activation)JT_SCALED_SWISH;
    if (deep != 1.0f)
        made->depthwise.activation = (jt_activation)JT_SCALED_SWISH;
    if (narrow != 1.0f)
        made->squeeze.activation = (jt_activation)JT_SCALED_SWISH;
    if (gate != 1.0f)
        made->excite.activation = (jt_activation)JT_SCALED_SIGMOID;
    return memory;
}

static int pack(jt_builder *b, const layers *l, int32_t index, const jt_spot *residual, jt_step *step, jt_mbconv *m)
{
    if (m->expands) {
        lay_out_wide(m, b->kernel, &l->depthwise, index >= b->n_head);
        jt_native_place(b, &m->wide, index, index);
        if (!jt_native_pack_conv(b->arena, b->kernel, &l->expand, &step->in, 0, &m->wide, NULL, l->expand.activation,
                                 m->chunk, &m->expand))
            return 0;
    }
    if (!jt_native_pack_slides(b->arena, &l->depthwise, &m->wide, &m->filtered,
                               m->expands ? jt_native_whole(&l->depthwise) : 0, &m->slides) ||
        !jt_native_pack_gate(b->arena, &l->squeeze, &l->excite, &m->gates) ||
        !jt_native_pack_conv(b->arena, b->kernel, &l->project, &m->filtered, 0, &step->out, residual,
                             b->nodes[index].activation, 0, &m->project))
        return 0;
    m->gated = room_for_gated(b, &m->project, &m->filtered, index);
    return 1;
}

int jt_native_add_mbconv(jt_builder *b, jt_plan *plan, int32_t index)
{
    const jt_node *node = &b->nodes[index];
    const jt_op *op = &b->graph->ops[node->first_op];
    jt_mbconv *m = jt_arena_take(b->arena, 1, sizeof *m);
    if (!m)
        return 0;
    m->expands = op[1].kind != JT_OP_GLOBAL_AVERAGE;
    const jt_op *depthwise = op + m->expands, *squeeze = depthwise + 2, *excite = depthwise + 3;
    m->wide = m->expands ? b->spots[node->in] : jt_native_with_halo(b, plan, index, depthwise);
    const jt_spot *residual = node->residual >= 0 ? &b->spots[node->residual] : NULL;
    jt_step *step = jt_native_add_step(plan, jt_native_run_mbconv, &m->wide, &b->spots[node->out]);
    step->mbconv = m;
    if (residual)
        jt_native_set_other(step, residual);
    if (!m->expands && b->lit && step == &plan->steps[b->lit->trail->first_step + 1] &&
        jt_native_may_stay_lit(b, index, depthwise, node->in)) {
        if (!jt_native_extend_lit(b, b->lit, depthwise, index))
            return 0;
        m->lit = b->lit;
    }
    m->filtered = place_inside(b, depthwise->out, index);
    m->totals = place_inside(b, vector(depthwise->out.c), index);
    m->squeezed = place_inside(b, vector(squeeze->out.c), index);
    m->gate = place_inside(b, vector(excite->out.c), index);
    layers scaled;
    float *memory = scale_layers(&b->arena->host, op, m->expands, &scaled);
    const int packed = memory && pack(b, &scaled, index, residual, step, m);
    jt_release(&b->arena->host, memory);
    return packed;
}
