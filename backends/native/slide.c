/* Depthwise and grouped convolutions within a block of channels: see kernel.h. Compiled once per instruction set. */
#include "activate.h"
#include "parts.h"

/* Pixels side by side; weights of both are shared. */
enum { MOST = LANES_SUMS >= 8 ? 8 : 4 };

/* Where lanes find the channel `j` of their group. */
static lanes_places places_of(int32_t group, int32_t j)
{
    int32_t places[JT_LANES];
    for (int32_t i = 0; i < JT_LANES; i++)
        places[i] = i / group * group + j;
    return lanes_places_load(places);
}

/* One row of `pixels` outputs from `out` on. Kernel, stride and pixels are constants where this is used. */
JT_ALWAYS_INLINE void depthwise_pixels(const jt_slide *s, const float *in, float *out, float *sum, int rows,
                                       int columns, int stride, int pixels)
{
    lanes sums[MOST];
    const lanes bias = lanes_load(s->bias);
#pragma GCC unroll 8
    for (int p = 0; p < pixels; p++)
        sums[p] = bias;
    const float *weights = s->weights;
    for (int ky = 0; ky < rows; ky++, in += s->in_row) {
#pragma GCC unroll 5
        for (int kx = 0; kx < columns; kx++, weights += JT_LANES) {
            const lanes w = lanes_load(weights);
#pragma GCC unroll 8
            for (int p = 0; p < pixels; p++)
                sums[p] = lanes_fused(lanes_load(in + (p * stride + kx) * JT_LANES), w, sums[p]);
        }
    }
    lanes total = lanes_load(sum);
#pragma GCC unroll 8
    for (int p = 0; p < pixels; p++) {
        sums[p] = lanes_activate(sums[p], s->activation);
        lanes_store(out + p * JT_LANES, sums[p]);
        total = lanes_add(total, sums[p]);
    }
    lanes_store(sum, total);
}

JT_ALWAYS_INLINE void depthwise(const jt_slide *s, const float *in, float *out, float *sum, int rows, int columns,
                                int stride)
{
    for (int32_t y = 0; y < s->h; y++, in += (size_t)s->stride[0] * s->in_row, out += s->out_row) {
        const float *from = in;
        float *to = out;
        int32_t left = s->w;
        for (int32_t n_tiles = (s->w + MOST - 1) / MOST; n_tiles > 0; n_tiles--) {
            const int32_t pixels = (left + n_tiles - 1) / n_tiles;
            switch (pixels) {
            case 1:
                depthwise_pixels(s, from, to, sum, rows, columns, stride, 1);
                break;
            case 2:
                depthwise_pixels(s, from, to, sum, rows, columns, stride, 2);
                break;
            case 3:
                depthwise_pixels(s, from, to, sum, rows, columns, stride, 3);
                break;
            case 4:
                depthwise_pixels(s, from, to, sum, rows, columns, stride, 4);
                break;
            case 5:
                depthwise_pixels(s, from, to, sum, rows, columns, stride, MOST < 5 ? 1 : 5);
                break;
            case 6:
                depthwise_pixels(s, from, to, sum, rows, columns, stride, MOST < 6 ? 1 : 6);
                break;
            case 7:
                depthwise_pixels(s, from, to, sum, rows, columns, stride, MOST < 7 ? 1 : 7);
                break;
            default:
                depthwise_pixels(s, from, to, sum, rows, columns, stride, MOST < 8 ? 1 : 8);
                break;
            }
            from += pixels * stride * JT_LANES;
            to += pixels * JT_LANES;
            left -= pixels;
        }
    }
}

static void depthwise_3(const jt_slide *s, const float *in, float *out, float *sum)
{
    depthwise(s, in, out, sum, 3, 3, 1);
}
static void depthwise_3_twice(const jt_slide *s, const float *in, float *out, float *sum)
{
    depthwise(s, in, out, sum, 3, 3, 2);
}
static void depthwise_5(const jt_slide *s, const float *in, float *out, float *sum)
{
    depthwise(s, in, out, sum, 5, 5, 1);
}
static void depthwise_5_twice(const jt_slide *s, const float *in, float *out, float *sum)
{
    depthwise(s, in, out, sum, 5, 5, 2);
}

/* Any kernel, stride and group: a few pixels at once. */
JT_ALWAYS_INLINE void grouped_pixels(const jt_slide *s, const lanes_places *places, const float *in, float *out,
                                     float *sum, int pixels)
{
    lanes sums[4];
    const ptrdiff_t step = (ptrdiff_t)s->stride[1] * JT_LANES;
    for (int p = 0; p < pixels; p++)
        sums[p] = lanes_load(s->bias);
    const float *weights = s->weights;
    for (int32_t ky = 0; ky < s->kernel[0]; ky++, in += s->in_row) {
        for (int32_t kx = 0; kx < s->kernel[1]; kx++) {
            lanes x[4];
#pragma GCC unroll 4
            for (int p = 0; p < pixels; p++)
                x[p] = lanes_load(in + p * step + kx * JT_LANES);
            for (int32_t j = 0; j < s->group; j++, weights += JT_LANES) {
                const lanes w = lanes_load(weights);
#pragma GCC unroll 4
                for (int p = 0; p < pixels; p++)
                    sums[p] = lanes_fused(lanes_permute(x[p], places[j]), w, sums[p]);
            }
        }
    }
    lanes total = lanes_load(sum);
#pragma GCC unroll 4
    for (int p = 0; p < pixels; p++) {
        sums[p] = lanes_activate(sums[p], s->activation);
        lanes_store(out + p * JT_LANES, sums[p]);
        total = lanes_add(total, sums[p]);
    }
    lanes_store(sum, total);
}

static void grouped(const jt_slide *s, const float *in, float *out, float *sum)
{
    lanes_places places[8];
    for (int32_t j = 0; j < s->group; j++)
        places[j] = places_of(s->group, j);
    for (int32_t y = 0; y < s->h; y++, in += (size_t)s->stride[0] * s->in_row, out += s->out_row) {
        int32_t x = 0;
        const ptrdiff_t step = (ptrdiff_t)s->stride[1] * JT_LANES;
        for (; x + 4 <= s->w; x += 4)
            grouped_pixels(s, places, in + x * step, out + x * JT_LANES, sum, 4);
        for (; x < s->w; x++)
            grouped_pixels(s, places, in + x * step, out + x * JT_LANES, sum, 1);
    }
}

void JT_NATIVE(slide)(const jt_slide *s, const float *in, float *out, float *sum)
{
    float nobodys[JT_LANES] = {0.0f};
    sum = sum ? sum : nobodys;
    const int square = s->group == 1 && s->kernel[0] == s->kernel[1] ? s->kernel[0] : 0;
    if (square == 3 && s->stride[1] == 1)
        depthwise_3(s, in, out, sum);
    else if (square == 3 && s->stride[1] == 2)
        depthwise_3_twice(s, in, out, sum);
    else if (square == 5 && s->stride[1] == 1)
        depthwise_5(s, in, out, sum);
    else if (square == 5 && s->stride[1] == 2)
        depthwise_5_twice(s, in, out, sum);
    else
        grouped(s, in, out, sum);
}
