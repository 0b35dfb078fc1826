/* Dense layers, pooling and what goes element by element: see kernel.h. Compiled once per instruction set. */
#include "activate.h"
#include "parts.h"

void JT_NATIVE(activate)(const float *in, float *out, size_t n, jt_activation activation)
{
    if (activation == JT_ACTIVATION_SWISH)
        for (size_t i = 0; i < n; i++)
            lanes_store(out + i * JT_LANES, lanes_activate(lanes_load(in + i * JT_LANES), JT_ACTIVATION_SWISH));
    else
        for (size_t i = 0; i < n; i++)
            lanes_store(out + i * JT_LANES, lanes_activate(lanes_load(in + i * JT_LANES), activation));
}

static void add(const float *a, const float *b, float *out, size_t n, jt_activation activation)
{
    for (size_t i = 0; i < n; i++) {
        const lanes sum = lanes_add(lanes_load(a + i * JT_LANES), lanes_load(b + i * JT_LANES));
        lanes_store(out + i * JT_LANES, lanes_activate(sum, activation));
    }
}

static void scale(const float *in, const float *factors, float *out, size_t n)
{
    const lanes factor = lanes_load(factors);
    for (size_t i = 0; i < n; i++)
        lanes_store(out + i * JT_LANES, lanes_multiply(lanes_load(in + i * JT_LANES), factor));
}

static void scale_taps(const float *weights, const float *factors, float *out, int32_t n_taps, int32_t blocks,
                       int pairs)
{
    for (int32_t k = 0; k < n_taps; k++, factors += pairs ? 2 : 1) {
        const lanes factor = pairs ? lanes_all_pairs(factors) : lanes_all(*factors);
        for (int32_t b = 0; b < blocks; b++, weights += JT_LANES, out += JT_LANES)
            lanes_store(out, lanes_multiply(lanes_load(weights), factor));
    }
}

/* The last sixteen may overlap those before, and the last eight of fewer. */
static void copy_rows(const float *in, size_t in_row, float *out, size_t out_row, int32_t rows, int32_t w)
{
    for (int32_t y = 0; y < rows; y++, in += in_row, out += out_row) {
        for (int32_t x = 0; w >= JT_LANES && x < w; x += JT_LANES) {
            x = x < w - JT_LANES ? x : w - JT_LANES;
            lanes_store(out + x, lanes_load(in + x));
        }
        if (w < JT_HALF)
            memcpy(out, in, (size_t)w * sizeof *out);
        else if (w < JT_LANES)
            lanes_store_halves(out, out + w - JT_HALF, lanes_load_halves(in, in + w - JT_HALF));
    }
}

/* A row sixteen columns at a time; the last sixteen may overlap those before. */
static jt_span find_lit_row(const float *in, const float *dark, jt_shape shape)
{
    const size_t plane = (size_t)shape.h * (size_t)shape.w;
    jt_span span = {shape.w, 0};
    for (int32_t x = 0; x < shape.w; x += JT_LANES) {
        x = x < shape.w - JT_LANES ? x : shape.w - JT_LANES;
        uint32_t lit = 0;
        for (int32_t c = 0; c < shape.c; c++)
            lit |= lanes_differ(lanes_load(in + (size_t)c * plane + x), lanes_load(dark + (size_t)c * plane + x));
        if (!lit)
            continue;
        const int32_t first = x + __builtin_ctz(lit);
        span.first = first < span.first ? first : span.first;
        span.end = x + 32 - __builtin_clz(lit);
    }
    return span.end ? span : (jt_span){0, 0};
}

static void find_lit(const float *in, const float *dark, jt_shape shape, jt_span *spans)
{
    for (int32_t y = 0; y < shape.h; y++, in += shape.w, dark += shape.w)
        spans[y] = find_lit_row(in, dark, shape);
}

static void average(const float *in, size_t block, size_t row, int32_t n_blocks, int32_t h, int32_t w, float n,
                    float *out)
{
    const lanes divisor = lanes_all(n);
    for (int32_t b = 0; b < n_blocks; b++, in += block) {
        lanes sum = lanes_zero();
        for (int32_t y = 0; y < h; y++)
            for (int32_t x = 0; x < w; x++)
                sum = lanes_add(sum, lanes_load(in + (size_t)y * row + (size_t)(x * JT_LANES)));
        lanes_store(out + b * JT_LANES, lanes_divide(sum, divisor));
    }
}

/* A NaN never wins: of a comparison with one, lanes_max takes the second. */
static void largest(const jt_window *s, const float *in, float *out)
{
    for (int32_t y = 0; y < s->h; y++, out += s->out_row) {
        const int32_t top = y * s->stride[0] - s->before[0];
        const int32_t first_y = top < 0 ? 0 : top;
        const int32_t end_y = top + s->kernel[0] < s->in_h ? top + s->kernel[0] : s->in_h;
        for (int32_t x = 0; x < s->w; x++) {
            const int32_t left = x * s->stride[1] - s->before[1];
            const int32_t first_x = left < 0 ? 0 : left;
            const int32_t end_x = left + s->kernel[1] < s->in_w ? left + s->kernel[1] : s->in_w;
            lanes most = lanes_all(-INFINITY);
            for (int32_t from_y = first_y; from_y < end_y; from_y++)
                for (int32_t from_x = first_x; from_x < end_x; from_x++)
                    most = lanes_max(lanes_load(in + (size_t)from_y * s->in_row + (size_t)(from_x * JT_LANES)), most);
            lanes_store(out + x * JT_LANES, most);
        }
    }
}

enum { AHEAD = 1024 };

/* sums[s][jet][block], where input k goes to the partial sum k mod n_sums; added up in a fixed tree. */
JT_ALWAYS_INLINE void run_rows(const float *weights, const float *bias, int32_t n, const float *const *inputs,
                               float *const *outputs, size_t first_out, jt_activation activation, int jets, int blocks,
                               int n_sums)
{
    lanes sums[JT_SHORT_SUMS * JT_MOST_TOGETHER];
    const int width = jets * blocks;
#pragma GCC unroll 24
    for (int i = 0; i < width * n_sums; i++)
        sums[i] = i < width ? lanes_load(bias + i % blocks * JT_LANES) : lanes_zero();
    int32_t k = 0;
    for (; k + n_sums <= n; k += n_sums)
#pragma GCC unroll 8
        for (int s = 0; s < n_sums; s++, weights += blocks * JT_LANES) {
            if (jets == 1)
#pragma GCC unroll 2
                for (int b = 0; b < blocks; b++)
                    __builtin_prefetch(weights + AHEAD + b * JT_LANES);
#pragma GCC unroll 6
            for (int j = 0; j < jets; j++) {
                const lanes x = lanes_all(inputs[j][k + s]);
#pragma GCC unroll 2
                for (int b = 0; b < blocks; b++) {
                    lanes *at = &sums[s * width + j * blocks + b];
                    *at = lanes_fused(x, lanes_load(weights + b * JT_LANES), *at);
                }
            }
        }
#pragma GCC unroll 8
    for (int s = 0; s + 1 < n_sums; s++) {
        if (k + s >= n)
            break;
#pragma GCC unroll 6
        for (int j = 0; j < jets; j++)
#pragma GCC unroll 2
            for (int b = 0; b < blocks; b++) {
                lanes *at = &sums[s * width + j * blocks + b];
                *at = lanes_fused(lanes_all(inputs[j][k + s]), lanes_load(weights + (s * blocks + b) * JT_LANES), *at);
            }
    }
#pragma GCC unroll 4
    for (int half = n_sums / 2; half > 0; half /= 2)
#pragma GCC unroll 24
        for (int i = 0; i < half * width; i++)
            sums[i] = lanes_add(sums[i], sums[i + half * width]);
#pragma GCC unroll 6
    for (int j = 0; j < jets; j++)
#pragma GCC unroll 2
        for (int b = 0; b < blocks; b++)
            lanes_store(outputs[j] + first_out + (size_t)(b * JT_LANES),
                        lanes_activate(sums[j * blocks + b], activation));
}

static void short_rows(const jt_matrix *m, const float *const *inputs, float *const *outputs, int32_t n_jets)
{
    for (int32_t j = 0; j < n_jets; j++)
        run_rows(m->weights, m->bias, m->n, inputs + j, outputs + j, 0, m->activation, 1, 1, JT_SHORT_SUMS);
}

/* As many jets at once as there are registers for. */
JT_ALWAYS_INLINE void long_rows(const jt_matrix *m, const float *weights, size_t block, const float *const *inputs,
                                float *const *outputs, int32_t n_jets, int blocks)
{
    enum { TOGETHER = LANES_SUMS >= 24 ? 6 : LANES_SUMS / 2 };
    const float *bias = m->bias + block * JT_LANES;
    const size_t first = block * JT_LANES;
    int32_t j = 0;
    for (; j + TOGETHER <= n_jets; j += TOGETHER)
        run_rows(weights, bias, m->n, inputs + j, outputs + j, first, m->activation, TOGETHER, blocks, JT_LONG_SUMS);
    for (; j + 2 <= n_jets; j += 2)
        run_rows(weights, bias, m->n, inputs + j, outputs + j, first, m->activation, 2, blocks, JT_LONG_SUMS);
    for (; j < n_jets; j++)
        run_rows(weights, bias, m->n, inputs + j, outputs + j, first, m->activation, 1, blocks, JT_LONG_SUMS);
}

enum { BLOCKS_TOGETHER = LANES_SUMS >= 24 ? 2 : 1 };

void JT_NATIVE(matrix)(const jt_matrix *m, const float *const *inputs, float *const *outputs, int32_t n_jets,
                       int32_t backwards)
{
    if (m->n_blocks == 1) {
        short_rows(m, inputs, outputs, n_jets);
        return;
    }
    const int32_t n_groups = (m->n_blocks + BLOCKS_TOGETHER - 1) / BLOCKS_TOGETHER;
    for (int32_t i = 0; i < n_groups; i++) {
        const size_t block = (size_t)(backwards ? n_groups - 1 - i : i) * BLOCKS_TOGETHER;
        const float *weights = m->weights + block * (size_t)m->n * JT_LANES;
        if ((int32_t)block + BLOCKS_TOGETHER <= m->n_blocks)
            long_rows(m, weights, block, inputs, outputs, n_jets, BLOCKS_TOGETHER);
        else
            long_rows(m, weights, block, inputs, outputs, n_jets, 1);
    }
}

const jt_native_kernel JT_NATIVE(kernel);
const jt_native_kernel JT_NATIVE(kernel) = {
    .name = JT_KERNEL_NAME,
    .sums = LANES_SUMS,
    .blocks_together = BLOCKS_TOGETHER,
    .tiles = &JT_NATIVE(tiles),
    .slide = JT_NATIVE(slide),
    .slide_span = JT_NATIVE(slide_span),
    .find_lit = find_lit,
    .planes = JT_NATIVE(planes),
    .largest_in_planes = JT_NATIVE(largest_in_planes),
    .winograd_in = JT_NATIVE(winograd_in),
    .winograd_out = JT_NATIVE(winograd_out),
    .largest = largest,
    .matrix = JT_NATIVE(matrix),
    .gate = JT_NATIVE(gate),
    .add = add,
    .scale = scale,
    .scale_taps = scale_taps,
    .activate = JT_NATIVE(activate),
    .copy_rows = copy_rows,
    .average = average,
};
