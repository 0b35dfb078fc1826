/* Convolutions and pooling over planes: see kernel.h. Compiled once per instruction set. */
#include "activate.h"
#include "parts.h"

enum { HALF = JT_HALF, MOST = LANES_SUMS >= 24 ? 4 : 1 /* vectors of a tile */ };

/* Where the halves of a tile's vectors are: offsets of input and output, and how many pixels of each are real. */
typedef struct halves {
    size_t in[2 * MOST], out[2 * MOST];
    int32_t width[2 * MOST];
} halves;

static void store(const jt_planes *p, const halves *at, const float *results, float *out, int vectors, int channels)
{
    for (int c = 0; c < channels; c++, out += p->out_plane)
        for (int v = 0; v < vectors; v++, results += JT_LANES) {
            const lanes result = lanes_activate(lanes_load(results), p->activation);
            float *low = out + at->out[2 * v], *high = out + at->out[2 * v + 1];
            if (at->width[2 * v] == HALF && at->width[2 * v + 1] == HALF) {
                lanes_store_halves(low, high, result);
                continue;
            }
            float both[JT_LANES];
            lanes_store(both, result);
            memcpy(low, both, (size_t)at->width[2 * v] * sizeof *low);
            memcpy(high, both + HALF, (size_t)at->width[2 * v + 1] * sizeof *high);
        }
}

JT_ALWAYS_INLINE void run_planes(const jt_planes *p, const float *weights, const float *bias, const halves *at,
                                 const float *in, float *out, int vectors, int channels)
{
    lanes sums[MOST * JT_PLANE_CHANNELS];
#pragma GCC unroll 6
    for (int c = 0; c < channels; c++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            sums[c * vectors + v] = lanes_all(bias[c]);
    for (int32_t k = 0; k < p->n_taps; k++, weights += channels) {
        const float *from = in + p->offsets[k];
        lanes x[MOST];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            x[v] = lanes_load_halves(from + at->in[2 * v], from + at->in[2 * v + 1]);
#pragma GCC unroll 6
        for (int c = 0; c < channels; c++) {
            const lanes w = lanes_all(weights[c]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sums[c * vectors + v] = lanes_fused(x[v], w, sums[c * vectors + v]);
        }
    }
    float results[MOST * JT_PLANE_CHANNELS * JT_LANES];
#pragma GCC unroll 24
    for (int i = 0; i < channels * vectors; i++)
        lanes_store(results + i * JT_LANES, sums[i]);
    store(p, at, results, out, vectors, channels);
}

JT_ALWAYS_INLINE void run_channels(const jt_planes *p, const float *weights, const float *bias, const halves *at,
                                   const float *in, float *out, int32_t channels, int vectors)
{
    switch (channels) {
    case 1:
        run_planes(p, weights, bias, at, in, out, vectors, 1);
        break;
    case 2:
        run_planes(p, weights, bias, at, in, out, vectors, 2);
        break;
    case 3:
        run_planes(p, weights, bias, at, in, out, vectors, 3);
        break;
    case 4:
        run_planes(p, weights, bias, at, in, out, vectors, 4);
        break;
    case 5:
        run_planes(p, weights, bias, at, in, out, vectors, 5);
        break;
    default:
        run_planes(p, weights, bias, at, in, out, vectors, JT_PLANE_CHANNELS);
        break;
    }
}

/* Which halves to calculate: see kernel.h. */
typedef struct selection {
    const int32_t *which;
    int32_t n;
} selection;

/* The first'th of the selected halves and those after it; where they run out, the last one again. */
static void find_halves(const jt_planes *p, selection s, int32_t first, int32_t n, halves *at)
{
    const int32_t per_row = jt_native_halves_of(p->w);
    for (int32_t i = 0; i < n; i++) {
        const int32_t place = first + i < s.n ? first + i : s.n - 1, which = s.which ? s.which[place] : place;
        const int32_t y = which / per_row, x = which % per_row * HALF;
        at->in[i] = (size_t)y * p->in_row + (size_t)x;
        at->out[i] = (size_t)y * p->out_row + (size_t)x;
        at->width[i] = p->w - x < HALF ? p->w - x : HALF;
    }
}

/* A tile of all channels. */
JT_ALWAYS_INLINE void run_tile(const jt_planes *p, selection s, int32_t first_vector, const float *in, float *out,
                               int vectors)
{
    const int32_t n_groups = (p->n_channels + JT_PLANE_CHANNELS - 1) / JT_PLANE_CHANNELS;
    const float *weights = p->weights;
    halves at;
    find_halves(p, s, 2 * first_vector, 2 * vectors, &at);
    for (int32_t g = 0, first = 0; g < n_groups; g++) {
        const int32_t channels = (p->n_channels - first + n_groups - g - 1) / (n_groups - g);
        run_channels(p, weights, p->bias + first, &at, in, out + (size_t)first * p->out_plane, channels, vectors);
        weights += (size_t)p->n_taps * (size_t)channels;
        first += channels;
    }
}

void JT_NATIVE(planes)(const jt_planes *p, const int32_t *which, int32_t n, const float *in, float *out)
{
    const selection s = {which, n};
    const int32_t n_vectors = (n + 1) / 2;
    int32_t v = 0;
    for (; v + MOST <= n_vectors; v += MOST)
        run_tile(p, s, v, in, out, MOST);
    if (MOST > 2 && v + 2 <= n_vectors) {
        run_tile(p, s, v, in, out, MOST > 2 ? 2 : 1);
        v += 2;
    }
    for (; v < n_vectors; v++)
        run_tile(p, s, v, in, out, 1);
}

/* A NaN never wins. */
static inline float larger(float value, float most)
{
    return value > most ? value : most;
}

/* Windows of 2 x 2: eight at once, the last eight perhaps overlapping; fewer one by one. */
static void pairs(const float *top, const float *bottom, int32_t w, float *out)
{
    const lanes least = lanes_all(-INFINITY);
    for (int32_t x = 0; w >= HALF && x < w; x += HALF) {
        x = x < w - HALF ? x : w - HALF;
        const lanes most = lanes_max(lanes_load(top + 2 * x), least);
        lanes_store_pairs(out + x, lanes_max(lanes_load(bottom + 2 * x), most));
    }
    for (int32_t x = 0; w < HALF && x < w; x++) {
        const float left = larger(bottom[2 * x], larger(top[2 * x], -INFINITY));
        const float right = larger(bottom[2 * x + 1], larger(top[2 * x + 1], -INFINITY));
        out[x] = larger(right, left);
    }
}

static void any_window(const jt_plane_window *s, const float *in, float *out)
{
    for (int32_t x = 0; x < s->w; x++, in += s->stride[1]) {
        float most = -INFINITY;
        for (int32_t ky = 0; ky < s->kernel[0]; ky++)
            for (int32_t kx = 0; kx < s->kernel[1]; kx++)
                most = larger(in[(size_t)ky * s->in_row + (size_t)kx], most);
        out[x] = most;
    }
}

void JT_NATIVE(largest_in_planes)(const jt_plane_window *s, const float *in, float *out)
{
    const int by_pairs = s->kernel[0] == 2 && s->kernel[1] == 2 && s->stride[1] == 2;
    for (int32_t c = 0; c < s->n_channels; c++, in += s->in_plane, out += s->out_plane)
        for (int32_t y = 0; y < s->h; y++) {
            const float *from = in + (size_t)(y * s->stride[0]) * s->in_row;
            float *to = out + (size_t)y * s->out_row;
            if (by_pairs)
                pairs(from, from + s->in_row, s->w, to);
            else
                any_window(s, from, to);
        }
}
