#include "pack.h"

#include "spots.h"

int32_t jt_native_blocks(int32_t channels)
{
    return (channels + JT_LANES - 1) / JT_LANES;
}

int64_t jt_native_weights(const jt_op *op)
{
    const int64_t n = (int64_t)op->out.c * op->in.c;
    return op->kind == JT_OP_DENSE ? n : n / op->groups * op->kernel[0] * op->kernel[1];
}

enum { SHORT_ROW = 4 /* pixels */ };

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

float *jt_native_pack_bias(jt_arena *arena, const jt_op *op, int32_t first, int32_t n)
{
    float *bias = jt_arena_take(arena, (size_t)n * JT_LANES, sizeof *bias);
    for (int32_t i = 0; bias && i < n * JT_LANES && first * JT_LANES + i < op->out.c; i++)
        bias[i] = op->bias[first * JT_LANES + i];
    return bias;
}

/* --- convolutions ------------------------------------------------------------------------------------------------- */

int32_t jt_native_most_pixels(const jt_native_kernel *kernel, int32_t blocks)
{
    /* Registers for the weights are needed, too. */
    const int32_t pixels = (kernel->sums - (blocks == JT_MOST_BLOCKS ? blocks : 0)) / blocks;
    return pixels < 1 ? 1 : smaller(pixels, JT_MOST_PIXELS);
}

/* More blocks for fewer pixels: there have to be enough sums at a time to hide the time each takes. */
int32_t jt_native_blocks_for(const jt_native_kernel *kernel, int32_t width)
{
    for (int32_t blocks = JT_MOST_BLOCKS; blocks > 1; blocks--)
        if (jt_native_most_pixels(kernel, blocks) >= width)
            return blocks;
    return jt_native_most_pixels(kernel, 2) == JT_MOST_PIXELS ? 2 : 1;
}

typedef struct tap {
    int32_t c, ky, kx; /* c among all input channels */
} tap;

/* The taps of output channels first .. end - 1, in the order of summation; only counts them when taps is NULL. */
static int32_t find_taps(const jt_op *op, int planes, int32_t first, int32_t end, tap *taps)
{
    const int32_t per_in = op->in.c / op->groups, per_out = op->out.c / op->groups;
    const int32_t first_in = first / per_out * per_in, end_in = ((end - 1) / per_out + 1) * per_in;
    const int32_t step = planes ? 1 : JT_LANES;
    int32_t n = 0;
    for (int32_t c = first_in / step * step; c < end_in; c += step)
        for (int32_t ky = 0; ky < op->kernel[0]; ky++)
            for (int32_t kx = 0; kx < op->kernel[1]; kx++)
                for (int32_t i = c < first_in ? first_in : c; i < smaller(c + step, end_in); i++, n++)
                    if (taps)
                        taps[n] = (tap){i, ky, kx};
    return n;
}

static float weight_of(const jt_op *op, int32_t out, tap at)
{
    const int32_t per_in = op->in.c / op->groups, per_out = op->out.c / op->groups;
    const int32_t c = at.c - out / per_out * per_in;
    if (c < 0 || c >= per_in)
        return 0.0f;
    return op->weight[((out * per_in + c) * op->kernel[0] + at.ky) * op->kernel[1] + at.kx];
}

/*
 * Weights of output channels first .. end - 1: those of one tap side by side, taps `apart` from each other. Zeros for
 * input channels of other groups stay.
 */
static void pack_channels(const jt_op *op, int32_t first, int32_t end, const tap *taps, int32_t n, float *to,
                          int32_t apart)
{
    const int32_t per_in = op->in.c / op->groups, per_out = op->out.c / op->groups;
    const int32_t width = op->kernel[1], pixels = op->kernel[0] * width, per_output = per_in * pixels;
    for (int32_t k = 0; k < n; k++, to += apart) {
        const int32_t group = taps[k].c / per_in;
        const int32_t from = first > group * per_out ? first : group * per_out;
        const int32_t until = smaller(end, (group + 1) * per_out);
        const float *weight =
            op->weight + (taps[k].c - group * per_in) * pixels + taps[k].ky * width + taps[k].kx + from * per_output;
        for (int32_t i = from; i < until; i++, weight += per_output)
            to[i - first] = *weight;
    }
}

/* Neighbouring input channels of one pixel as one tap: see jt_tile. */
static int pack_pairs(jt_arena *arena, const jt_op *op, const jt_spot *in, jt_tiles *tiles)
{
    const int32_t pairs = (smaller(op->in.c, JT_LANES) + 1) / 2;
    const int32_t n = jt_native_blocks(op->in.c) * op->kernel[0] * op->kernel[1] * pairs;
    int32_t *offsets = jt_arena_take(arena, (size_t)n, sizeof *offsets);
    float *weights = jt_arena_take(arena, (size_t)n * JT_LANES, sizeof *weights);
    float *bias = jt_arena_take(arena, JT_LANES, sizeof *bias);
    if (!offsets || !weights || !bias)
        return 0;
    for (int32_t i = 0; i < op->out.c; i++)
        bias[2 * i] = op->bias[i];
    int32_t k = 0;
    for (int32_t c = 0; c < op->in.c; c += JT_LANES)
        for (int32_t ky = 0; ky < op->kernel[0]; ky++)
            for (int32_t kx = 0; kx < op->kernel[1]; kx++)
                for (int32_t i = c; i < smaller(c + JT_LANES, op->in.c); i += 2, k++) {
                    offsets[k] = c / JT_LANES * (int32_t)in->block + ky * (int32_t)in->row + kx * JT_LANES + i - c;
                    for (int32_t lane = 0; lane < 2 * op->out.c; lane++)
                        weights[k * JT_LANES + lane] = weight_of(op, lane / 2, (tap){i + lane % 2, ky, kx});
                }
    tiles->tile.offsets = offsets;
    tiles->tile.n_taps = k;
    tiles->tile.weights = weights;
    tiles->tile.bias = bias;
    tiles->first_block = 0;
    tiles->n_blocks = 1;
    return 1;
}

static int pack_tiles(jt_arena *arena, const jt_op *op, const jt_spot *in, int planes, int32_t first, int32_t n_blocks,
                      jt_tiles *tiles)
{
    const int32_t end = smaller((first + n_blocks) * JT_LANES, op->out.c);
    const int32_t n = find_taps(op, planes, first * JT_LANES, end, NULL);
    tap *taps = jt_arena_take(arena, (size_t)n, sizeof *taps);
    int32_t *offsets = jt_arena_take(arena, (size_t)n, sizeof *offsets);
    float *weights = jt_arena_take(arena, (size_t)n * (size_t)n_blocks * JT_LANES, sizeof *weights);
    tiles->tile.bias = jt_native_pack_bias(arena, op, first, n_blocks);
    if (!taps || !offsets || !weights || !tiles->tile.bias)
        return 0;
    find_taps(op, planes, first * JT_LANES, end, taps);
    const int32_t step = planes ? 1 : JT_LANES;
    for (int32_t k = 0; k < n; k++)
        offsets[k] = taps[k].c / step * (int32_t)in->block + taps[k].ky * (int32_t)in->row + taps[k].kx * step +
                     taps[k].c % step;
    pack_channels(op, first * JT_LANES, end, taps, n, weights, n_blocks * JT_LANES);
    tiles->tile.offsets = offsets;
    tiles->tile.n_taps = n;
    tiles->tile.weights = weights;
    tiles->first_block = first;
    tiles->n_blocks = n_blocks;
    return 1;
}

static jt_tile_step step_of(int planes, int32_t stride)
{
    if (stride > 2)
        return JT_STEP_ANY;
    if (planes)
        return stride == 1 ? JT_STEP_PLANE : JT_STEP_PLANE_TWICE;
    return stride == 1 ? JT_STEP_BLOCK : JT_STEP_BLOCK_TWICE;
}

static int without_gaps(const jt_spot *spot)
{
    return !spot || (spot->row == (size_t)spot->shape.w * JT_LANES && spot->halo[0] + spot->halo[1] == 0);
}

static int shares_blocks(const jt_spot *spot)
{
    return !spot || (spot->jet && jt_native_shares_blocks(spot));
}

/* Every output is made of its own pixel alone, and the inputs have no gaps. */
static int is_pointwise(const jt_op *op, const jt_spot *in, int planes)
{
    return op->in.h == op->out.h && op->in.w == op->out.w && op->kernel[0] == 1 && op->kernel[1] == 1 &&
           op->stride[0] == 1 && op->stride[1] == 1 && !planes && without_gaps(in);
}

int jt_native_pack_conv(jt_arena *arena, const jt_native_kernel *kernel, const jt_op *op, const jt_spot *in, int planes,
                        const jt_spot *out, const jt_spot *residual, jt_activation activation, int32_t chunk,
                        jt_conv *conv)
{
    const int pointwise = is_pointwise(op, in, planes);
    const int buffered = pointwise && chunk && !without_gaps(out) && op->out.w <= SHORT_ROW;
    const int flat = buffered || (pointwise && without_gaps(out) && without_gaps(residual));
    const int32_t width = flat ? op->out.h * op->out.w : op->out.w;
    const int neighbours = flat && !buffered && shares_blocks(in) && shares_blocks(out) && shares_blocks(residual);
    const int32_t n_blocks = jt_native_blocks(op->out.c);
    int32_t together = chunk ? chunk : jt_native_blocks_for(kernel, neighbours ? JT_TOGETHER * width : width);
    if (op->groups > 1)
        together = 1;
    const int32_t n_groups = (n_blocks + together - 1) / together;
    const int32_t step = planes ? 1 : JT_LANES;
    const int pairs = !planes && op->groups == 1 && op->stride[1] == 1 && 2 * op->out.c <= JT_LANES;
    jt_tiles *groups = jt_arena_take(arena, (size_t)n_groups, sizeof *groups);
    if (!groups)
        return 0;
    for (int32_t g = 0, block = 0; g < n_groups; g++) {
        const int32_t blocks = (n_blocks - block + n_groups - g - 1) / (n_groups - g);
        jt_tiles *tiles = &groups[g];
        if (pairs ? !pack_pairs(arena, op, in, tiles) : !pack_tiles(arena, op, in, planes, block, blocks, tiles))
            return 0;
        tiles->kernel = (*kernel->tiles)[pairs ? JT_STEP_PAIRS : step_of(planes, op->stride[1])][blocks - 1];
        tiles->tile.activation = activation;
        tiles->tile.out_block = buffered ? JT_MOST_PIXELS * JT_LANES : out->block;
        tiles->tile.residual_block = residual ? residual->block : 0;
        tiles->tile.step = op->stride[1] * step;
        const int32_t most = jt_native_most_pixels(kernel, blocks);
        tiles->n_tiles = (width + most - 1) / most;
        tiles->pixels = width / tiles->n_tiles;
        tiles->n_larger = width % tiles->n_tiles;
        tiles->most = most < width ? most : most / width * width;
        block += blocks;
    }
    *conv = (jt_conv){
        .n_groups = n_groups,
        .groups = groups,
        .rows = flat ? 1 : op->out.h,
        .in_first = -((ptrdiff_t)op->pad[0] * (ptrdiff_t)in->row + (ptrdiff_t)op->pad[2] * step),
        .in_row = (size_t)op->stride[0] * in->row,
        .in_pixel = (size_t)(op->stride[1] * step),
        .out_row = out->row,
        .out_block = out->block,
        .residual_row = residual ? residual->row : 0,
        .residual_block = residual ? residual->block : 0,
        .width = buffered ? op->out.w : 0,
        .pairs = pairs,
        .together = neighbours ? width : 0,
    };
    return 1;
}

int32_t jt_native_whole(const jt_op *op)
{
    if (op->in.h != op->in.w || op->out.h != op->out.w || op->kernel[0] != op->kernel[1] ||
        op->stride[0] != op->stride[1] || op->pad[0] != op->pad[2] || op->groups != op->in.c || op->out.c != op->in.c)
        return 0;
    for (int i = 0; i < JT_SQUARES; i++) {
        const jt_square *square = &jt_native_squares[i];
        if (op->in.h == square->in && op->kernel[0] == square->kernel && op->stride[0] == square->stride &&
            op->pad[0] == square->before && op->out.h == square->out)
            return square->in;
    }
    return 0;
}

int jt_native_pack_slides(jt_arena *arena, const jt_op *op, const jt_spot *in, const jt_spot *out, int32_t whole,
                          jt_slides *slides)
{
    const int32_t taps = op->kernel[0] * op->kernel[1], group = op->in.c / op->groups;
    const int32_t n_blocks = jt_native_blocks(op->out.c);
    const size_t per_block = (size_t)(taps * group * JT_LANES);
    float *weights = jt_arena_take(arena, (size_t)n_blocks * per_block, sizeof *weights);
    float *bias = jt_native_pack_bias(arena, op, 0, n_blocks);
    if (!weights || !bias)
        return 0;
    for (int32_t c = 0; c < op->out.c; c++)
        for (int32_t t = 0; t < taps; t++)
            for (int32_t j = 0; j < group; j++)
                weights[(size_t)(c / JT_LANES) * per_block + (size_t)((t * group + j) * JT_LANES + c % JT_LANES)] =
                    op->weight[(c * group + j) * taps + t];
    *slides = (jt_slides){
        .slide = {.group = group,
                  .kernel = {op->kernel[0], op->kernel[1]},
                  .stride = {op->stride[0], op->stride[1]},
                  .h = op->out.h,
                  .w = op->out.w,
                  .activation = op->activation,
                  .weights = weights,
                  .bias = bias,
                  .in_row = in->row,
                  .out_row = out->row,
                  .whole = whole,
                  .weights_block = per_block,
                  .in_block = in->block,
                  .out_block = out->block},
        .n_blocks = n_blocks,
        .in_first = whole ? 0 : -((ptrdiff_t)op->pad[0] * (ptrdiff_t)in->row + (ptrdiff_t)op->pad[2] * JT_LANES),
    };
    return 1;
}

int jt_native_pack_planes(jt_arena *arena, const jt_op *op, const jt_spot *in, const jt_spot *out, jt_planes *planes)
{
    const int32_t n = op->in.c * op->kernel[0] * op->kernel[1];
    int32_t *offsets = jt_arena_take(arena, (size_t)n, sizeof *offsets);
    float *weights = jt_arena_take(arena, (size_t)n * (size_t)op->out.c, sizeof *weights);
    float *bias = jt_native_pack_bias(arena, op, 0, jt_native_blocks(op->out.c));
    if (!offsets || !weights || !bias)
        return 0;
    for (int32_t k = 0; k < n; k++) {
        const int32_t kx = k % op->kernel[1], ky = k / op->kernel[1] % op->kernel[0];
        offsets[k] = k / (op->kernel[0] * op->kernel[1]) * (int32_t)in->block + ky * (int32_t)in->row + kx;
    }
    const int32_t n_groups = (op->out.c + JT_PLANE_CHANNELS - 1) / JT_PLANE_CHANNELS;
    for (int32_t g = 0, first = 0, at = 0; g < n_groups; g++) {
        const int32_t channels = (op->out.c - first + n_groups - g - 1) / (n_groups - g);
        for (int32_t k = 0; k < n; k++)
            for (int32_t c = first; c < first + channels; c++)
                weights[at++] = op->weight[(size_t)c * (size_t)n + (size_t)k];
        first += channels;
    }
    *planes = (jt_planes){offsets, n,    op->out.c, op->out.h, op->out.w, op->activation,
                          weights, bias, in->row,   out->row,  out->block};
    return 1;
}

/* --- dense -------------------------------------------------------------------------------------------------------- */

int jt_native_pack_matrix(jt_arena *arena, const jt_native_kernel *kernel, const jt_op *op, jt_matrix *matrix)
{
    const int32_t n = op->in.c, n_blocks = jt_native_blocks(op->out.c);
    const int32_t together = n_blocks == 1 ? 1 : kernel->blocks_together;
    float *weights = jt_arena_take(arena, (size_t)n * (size_t)n_blocks * JT_LANES, sizeof *weights);
    float *bias = jt_native_pack_bias(arena, op, 0, n_blocks);
    if (!weights || !bias)
        return 0;
    float *to = weights;
    for (int32_t block = 0; block < n_blocks; block += together) {
        const int32_t width = smaller(together, n_blocks - block) * JT_LANES;
        for (int32_t k = 0; k < n; k++, to += width)
            for (int32_t i = 0; i < width && block * JT_LANES + i < op->out.c; i++)
                to[i] = op->weight[(size_t)(block * JT_LANES + i) * (size_t)n + (size_t)k];
    }
    *matrix = (jt_matrix){n, n_blocks, together, op->activation, weights, bias};
    return 1;
}

int jt_native_pack_gate(jt_arena *arena, const jt_op *squeeze, const jt_op *excite, jt_gate *gate)
{
    const int32_t n = squeeze->in.c, n_squeezed = squeeze->out.c, n_blocks = jt_native_blocks(n);
    const size_t groups = (size_t)jt_native_blocks(n_squeezed), lanes = (size_t)n_blocks * JT_LANES;
    float *to_squeeze = jt_arena_take(arena, groups * JT_LANES * lanes, sizeof *to_squeeze);
    float *to_excite = jt_arena_take(arena, (size_t)n_squeezed * lanes, sizeof *to_excite);
    const float *squeeze_bias = jt_native_pack_bias(arena, squeeze, 0, (int32_t)groups);
    const float *excite_bias = jt_native_pack_bias(arena, excite, 0, n_blocks);
    if (!to_squeeze || !to_excite || !squeeze_bias || !excite_bias)
        return 0;
    *gate = (jt_gate){n_blocks,   n_squeezed,   squeeze->activation, excite->activation,
                      to_squeeze, squeeze_bias, to_excite,           excite_bias};
    for (int32_t o = 0; o < n_squeezed; o++) {
        const int32_t in_group = o % JT_LANES, pitch = jt_gate_pitch(n_squeezed - o + in_group);
        float *group = to_squeeze + (size_t)(o / JT_LANES) * JT_LANES * lanes;
        for (int32_t c = 0; c < n; c++)
            group[(c / JT_LANES * pitch + in_group) * JT_LANES + c % JT_LANES] = squeeze->weight[o * n + c];
    }
    for (int32_t first = 0; first < n_blocks;) {
        const int32_t blocks = jt_gate_blocks(n_blocks - first);
        for (int32_t k = 0; k < n_squeezed; k++, to_excite += blocks * JT_LANES)
            for (int32_t i = 0; i < blocks * JT_LANES && first * JT_LANES + i < n; i++)
                to_excite[i] = excite->weight[(first * JT_LANES + i) * n_squeezed + k];
        first += blocks;
    }
    return 1;
}
