#include "winograd.h"

#include "steps.h"
#include "trail.h"

enum {
    KERNEL = 4,
    OUTPUTS = 3,
    TILE = KERNEL + OUTPUTS - 1,
    STRIP_BYTES = 512 * 1024 /* half of a second-level cache */
};

int jt_native_is_winograd(const jt_graph *graph, const jt_node *node)
{
    const jt_op *op = &graph->ops[node->first_op];
    return node->kind == JT_NODE_CONV && node->residual < 0 && node->in >= JT_FIRST_OUTPUT && op->groups == 1 &&
           op->kernel[0] == KERNEL && op->kernel[1] == KERNEL && op->stride[0] == 1 && op->stride[1] == 1 &&
           op->in.c >= 2 * JT_LANES && op->out.c >= 2 * JT_LANES && op->out.h >= TILE && op->out.w >= TILE;
}

static int32_t tiles_of(int32_t size)
{
    return (size + OUTPUTS - 1) / OUTPUTS;
}

void jt_native_winograd_halo(const jt_op *op, int32_t halo[4])
{
    halo[0] = op->pad[0];
    halo[1] = tiles_of(op->out.h) * OUTPUTS + KERNEL - 1 - op->pad[0] - op->in.h;
    halo[2] = op->pad[2];
    halo[3] = tiles_of(op->out.w) * OUTPUTS + KERNEL - 1 - op->pad[2] - op->in.w;
    for (int side = 1; side < 4; side += 2)
        halo[side] = halo[side] > 0 ? halo[side] : 0;
}

void jt_native_winograd_sizes(const jt_op *op, int32_t *strip, size_t *inputs, size_t *products)
{
    const int32_t rows = tiles_of(op->out.h);
    const size_t blocks_in = (size_t)jt_native_blocks(op->in.c), blocks_out = (size_t)jt_native_blocks(op->out.c);
    const size_t row = (size_t)JT_PRODUCTS * (size_t)tiles_of(op->out.w) * JT_LANES;
    const size_t fits = STRIP_BYTES / ((blocks_in + blocks_out) * row * sizeof(float));
    const int32_t most = fits < 1 ? 1 : fits < (size_t)rows ? (int32_t)fits : rows;
    const int32_t n_strips = (rows + most - 1) / most;
    *strip = (rows + n_strips - 1) / n_strips;
    *inputs = blocks_in * row * (size_t)*strip;
    *products = blocks_out * row * (size_t)*strip;
}

/* One axis of a kernel's transform: the value at each point, over the product of its distances to the others. */
static void transform_axis(const double g[KERNEL], double out[TILE])
{
    static const double points[TILE - 1] = {0.0, 2.0 / 3.0, -2.0 / 3.0, 1.5, -1.5};
    for (int i = 0; i < TILE - 1; i++) {
        double distance = 1.0;
        for (int j = 0; j < TILE - 1; j++)
            distance *= j == i ? 1.0 : points[i] - points[j];
        out[i] = (((g[3] * points[i] + g[2]) * points[i] + g[1]) * points[i] + g[0]) / distance;
    }
    out[TILE - 1] = g[KERNEL - 1];
}

static void transform(const float g[KERNEL * KERNEL], float out[JT_PRODUCTS])
{
    double half_way[TILE][KERNEL];
    for (int x = 0; x < KERNEL; x++) {
        double column[KERNEL], t[TILE];
        for (int y = 0; y < KERNEL; y++)
            column[y] = (double)g[y * KERNEL + x];
        transform_axis(column, t);
        for (int y = 0; y < TILE; y++)
            half_way[y][x] = t[y];
    }
    for (int y = 0; y < TILE; y++) {
        double t[TILE];
        transform_axis(half_way[y], t);
        for (int x = 0; x < TILE; x++)
            out[y * TILE + x] = (float)t[x];
    }
}

/* Transformed weights of one group of blocks, for each product [in.c][blocks][16]. */
static void pack_group(const jt_op *op, int32_t first, int32_t blocks, float *const weights[JT_PRODUCTS])
{
    for (int32_t i = first * JT_LANES; i < (first + blocks) * JT_LANES && i < op->out.c; i++)
        for (int32_t c = 0; c < op->in.c; c++) {
            float products[JT_PRODUCTS];
            transform(op->weight + ((size_t)i * (size_t)op->in.c + (size_t)c) * (KERNEL * KERNEL), products);
            for (int t = 0; t < JT_PRODUCTS; t++)
                weights[t][c * blocks * JT_LANES + i - first * JT_LANES] = products[t];
        }
}

int jt_native_pack_winograd(jt_arena *arena, const jt_native_kernel *kernel, const jt_op *op, const jt_spot *in,
                            jt_activation activation, jt_winograd *w)
{
    w->n_blocks_in = jt_native_blocks(op->in.c);
    w->n_blocks_out = jt_native_blocks(op->out.c);
    w->tile_rows = tiles_of(op->out.h);
    w->tiles = tiles_of(op->out.w);
    w->activation = activation;
    w->bias = jt_native_pack_bias(arena, op, 0, w->n_blocks_out);
    w->in_first = -((ptrdiff_t)op->pad[0] * (ptrdiff_t)in->row + (ptrdiff_t)op->pad[2] * JT_LANES);
    const int32_t together = jt_native_blocks_for(kernel, w->strip * w->tiles);
    w->most_pixels = jt_native_most_pixels(kernel, together);
    w->n_groups = (w->n_blocks_out + together - 1) / together;
    const size_t block_in = (size_t)(w->strip * w->tiles * JT_LANES);
    int32_t *offsets = jt_arena_take(arena, (size_t)op->in.c, sizeof *offsets);
    float *zeros = jt_arena_take(arena, JT_MOST_BLOCKS * JT_LANES, sizeof *zeros);
    jt_tiles *groups = jt_arena_take(arena, (size_t)(w->n_groups * JT_PRODUCTS), sizeof *groups);
    if (!w->bias || !offsets || !zeros || !groups)
        return 0;
    for (int32_t c = 0; c < op->in.c; c++)
        offsets[c] = c / JT_LANES * (int32_t)block_in + c % JT_LANES;
    for (int32_t g = 0, first = 0; g < w->n_groups; g++) {
        const int32_t blocks = (w->n_blocks_out - first + w->n_groups - g - 1) / (w->n_groups - g);
        float *weights[JT_PRODUCTS];
        for (int32_t t = 0; t < JT_PRODUCTS; t++) {
            weights[t] = jt_arena_take(arena, (size_t)(op->in.c * blocks * JT_LANES), sizeof(float));
            if (!weights[t])
                return 0;
            jt_tiles *tiles = &groups[t * w->n_groups + g];
            tiles->tile = (jt_tile){.offsets = offsets,
                                    .n_taps = op->in.c,
                                    .activation = JT_ACTIVATION_NONE,
                                    .weights = weights[t],
                                    .bias = zeros,
                                    .out_block = block_in};
            tiles->kernel = (*kernel->tiles)[JT_STEP_BLOCK][blocks - 1];
            tiles->first_block = first;
        }
        pack_group(op, first, blocks, weights);
        first += blocks;
    }
    w->groups = groups;
    return 1;
}

/* All products of `n` tiles. */
static void multiply(const jt_winograd *w, int32_t n, const float *inputs, float *products)
{
    const size_t block = (size_t)(w->strip * w->tiles * JT_LANES);
    const int32_t n_tiles = (n + w->most_pixels - 1) / w->most_pixels;
    for (int32_t t = 0; t < JT_PRODUCTS; t++) {
        const float *in = inputs + (size_t)t * (size_t)w->n_blocks_in * block;
        float *out = products + (size_t)t * (size_t)w->n_blocks_out * block;
        for (int32_t g = 0; g < w->n_groups; g++) {
            const jt_tiles *tiles = &w->groups[t * w->n_groups + g];
            float *to = out + (size_t)tiles->first_block * block;
            for (int32_t i = 0, at = 0; i < n_tiles; i++) {
                const int32_t pixels = (n - at + n_tiles - i - 1) / (n_tiles - i);
                tiles->kernel(&tiles->tile, pixels, in + at * JT_LANES, to + at * JT_LANES, NULL);
                at += pixels;
            }
        }
    }
}

/*
 * Whole tiles: what one pixel of a tile is made of goes into the rounding of all of them. So the three rows of a row of
 * tiles have one span each, of the pixels of the tiles that light reaches.
 */
static void widen(const jt_winograd *w, jt_shape out, jt_span *spans)
{
    for (int32_t row = 0; row < w->tile_rows; row++, spans += OUTPUTS) {
        const int32_t below = out.h - row * OUTPUTS, h = below < OUTPUTS ? below : OUTPUTS;
        int32_t first = out.w, end = 0;
        for (int32_t y = 0; y < h; y++) {
            if (spans[y].first == spans[y].end)
                continue;
            first = spans[y].first < first ? spans[y].first : first;
            end = spans[y].end > end ? spans[y].end : end;
        }
        const int32_t right = tiles_of(end) * OUTPUTS;
        for (int32_t y = 0; y < h; y++)
            spans[y] = end ? (jt_span){first / OUTPUTS * OUTPUTS, right < out.w ? right : out.w} : (jt_span){0, 0};
    }
}

/* Tiles of a row of tiles that light reaches. */
static jt_span lit_tiles(const jt_winograd *w, const jt_span *spans, int32_t row)
{
    if (!spans)
        return (jt_span){0, w->tiles};
    return (jt_span){spans[row * OUTPUTS].first / OUTPUTS, tiles_of(spans[row * OUTPUTS].end)};
}

/* Transform a row's tiles, which are the strip's from `at` on. */
static void take_in(const jt_step *step, const jt_run *run, const float *in, float *inputs, int32_t row, jt_span tiles,
                    int32_t at)
{
    const jt_winograd *w = step->winograd;
    const size_t block = (size_t)(w->strip * w->tiles * JT_LANES);
    in += (size_t)(row * OUTPUTS) * step->in.row + (size_t)(tiles.first * OUTPUTS * JT_LANES);
    for (int32_t b = 0; b < w->n_blocks_in; b++)
        run->kernel->winograd_in(in + (size_t)b * step->in.block, step->in.row, tiles.end - tiles.first,
                                 inputs + (size_t)b * block + at * JT_LANES, (size_t)w->n_blocks_in * block);
}

/* The way back of the same; what is dark in the row's outputs is filled. */
static void give_out(const jt_step *step, const jt_run *run, const float *products, float *out, int32_t row,
                     jt_span tiles, int32_t at)
{
    const jt_winograd *w = step->winograd;
    const size_t block = (size_t)(w->strip * w->tiles * JT_LANES);
    const int32_t top = row * OUTPUTS, below = step->out.shape.h - top, h = below < OUTPUTS ? below : OUTPUTS;
    const int32_t right = tiles.end * OUTPUTS < step->out.shape.w ? tiles.end * OUTPUTS : step->out.shape.w;
    const jt_span lit = {tiles.first * OUTPUTS, right};
    const size_t place = (size_t)top * step->out.row + (size_t)(lit.first * JT_LANES);
    for (int32_t b = 0; b < w->n_blocks_out; b++)
        run->kernel->winograd_out(products + (size_t)b * block + at * JT_LANES, (size_t)w->n_blocks_out * block,
                                  w->bias + b * JT_LANES, w->activation, h, lit.end - lit.first,
                                  out + (size_t)b * step->out.block + place, step->out.row);
    for (int32_t y = top; step->trail && y < top + h; y++)
        jt_native_fill_dark(step, run, out, y, lit);
}

/* As many rows of tiles at a time as there is room for. */
static void run_jet(const jt_step *step, const jt_run *run, int32_t jet)
{
    const jt_winograd *w = step->winograd;
    jt_span *spans = step->trail ? jt_native_find_spans(step->trail, run) : NULL;
    if (spans)
        widen(w, step->out.shape, spans);
    const float *in = jt_spot_at(&step->in, run, jet) + w->in_first;
    float *out = jt_spot_at(&step->out, run, jet);
    float *inputs = jt_spot_at(&w->inputs, run, jet), *products = jt_spot_at(&w->products, run, jet);
    const int32_t room = w->strip * w->tiles;
    for (int32_t first = 0, end = 0; first < w->tile_rows; first = end) {
        int32_t n = 0;
        for (; end < w->tile_rows; end++) {
            const jt_span tiles = lit_tiles(w, spans, end);
            if (n + tiles.end - tiles.first > room)
                break;
            take_in(step, run, in, inputs, end, tiles, n);
            n += tiles.end - tiles.first;
        }
        multiply(w, n, inputs, products);
        for (int32_t row = first, at = 0; row < end; row++) {
            const jt_span tiles = lit_tiles(w, spans, row);
            give_out(step, run, products, out, row, tiles, at);
            at += tiles.end - tiles.first;
        }
    }
}

void jt_native_run_winograd(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        run_jet(step, run, jet);
}
