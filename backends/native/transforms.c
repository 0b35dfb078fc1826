/*
 * Winograd's convolution F(3 x 3, 4 x 4): 9 outputs of a 4 x 4 kernel from 36 products instead of 144. Compiled once
 * per instruction set.
 *
 * Toom and Cook's construction at 0, +-2/3, +-3/2 and infinity: of the usual choices of points these lose least to
 * rounding, 1.5 times what plain summation does. Along one axis, with inputs d and products m:
 *
 *     t0 = d0 - 97/36 d2 + d4             y0 = m0 + m1 + m2 + m3 + m4
 *     t1, t2 = d4 - 9/4 d2 +- (2/3 d3 - 3/2 d1)     y1 = 2/3 (m1 - m2) + 3/2 (m3 - m4)
 *     t3, t4 = d4 - 4/9 d2 +- (3/2 d3 - 2/3 d1)     y2 = 4/9 (m1 + m2) + 9/4 (m3 + m4) + m5
 *     t5 = d1 - 97/36 d3 + d5
 */
#include "activate.h"
#include "parts.h"

JT_ALWAYS_INLINE void forward(const lanes d[6], lanes t[6])
{
    const lanes s = lanes_all(-97.0f / 36.0f), two_thirds = lanes_all(2.0f / 3.0f), three_halves = lanes_all(1.5f);
    const lanes far = lanes_fused(d[2], lanes_all(-9.0f / 4.0f), d[4]);
    const lanes far_odd = lanes_fused(d[1], lanes_all(-1.5f), lanes_multiply(d[3], two_thirds));
    const lanes near = lanes_fused(d[2], lanes_all(-4.0f / 9.0f), d[4]);
    const lanes near_odd = lanes_fused(d[1], lanes_all(-2.0f / 3.0f), lanes_multiply(d[3], three_halves));
    t[0] = lanes_add(lanes_fused(d[2], s, d[0]), d[4]);
    t[1] = lanes_add(far, far_odd);
    t[2] = lanes_subtract(far, far_odd);
    t[3] = lanes_add(near, near_odd);
    t[4] = lanes_subtract(near, near_odd);
    t[5] = lanes_add(lanes_fused(d[3], s, d[1]), d[5]);
}

JT_ALWAYS_INLINE void back(const lanes m[6], lanes y[3])
{
    const lanes sum = lanes_add(m[1], m[2]), difference = lanes_subtract(m[1], m[2]);
    const lanes far_sum = lanes_add(m[3], m[4]), far_difference = lanes_subtract(m[3], m[4]);
    y[0] = lanes_add(lanes_add(m[0], sum), far_sum);
    y[1] = lanes_fused(difference, lanes_all(2.0f / 3.0f), lanes_multiply(far_difference, lanes_all(1.5f)));
    y[2] = lanes_fused(sum, lanes_all(4.0f / 9.0f), lanes_fused(far_sum, lanes_all(9.0f / 4.0f), m[5]));
}

void JT_NATIVE(winograd_in)(const float *in, size_t row, int32_t n_tiles, float *out, size_t product)
{
    for (int32_t tile = 0; tile < n_tiles; tile++, in += 3 * JT_LANES, out += JT_LANES) {
        float half_way[36 * JT_LANES];
        for (int x = 0; x < 6; x++) {
            lanes d[6], t[6];
#pragma GCC unroll 6
            for (int y = 0; y < 6; y++)
                d[y] = lanes_load(in + (size_t)y * row + (size_t)(x * JT_LANES));
            forward(d, t);
#pragma GCC unroll 6
            for (int y = 0; y < 6; y++)
                lanes_store(half_way + (y * 6 + x) * JT_LANES, t[y]);
        }
        for (int y = 0; y < 6; y++) {
            lanes d[6], t[6];
#pragma GCC unroll 6
            for (int x = 0; x < 6; x++)
                d[x] = lanes_load(half_way + (y * 6 + x) * JT_LANES);
            forward(d, t);
#pragma GCC unroll 6
            for (int x = 0; x < 6; x++)
                lanes_store(out + (size_t)(y * 6 + x) * product, t[x]);
        }
    }
}

void JT_NATIVE(winograd_out)(const float *in, size_t product, const float *bias, jt_activation activation, int32_t h,
                             int32_t w, float *out, size_t row)
{
    const lanes add = lanes_load(bias);
    for (int32_t left = w; left > 0; left -= 3, in += JT_LANES, out += 3 * JT_LANES) {
        float half_way[18 * JT_LANES];
        for (int x = 0; x < 6; x++) {
            lanes m[6], y[3];
#pragma GCC unroll 6
            for (int i = 0; i < 6; i++)
                m[i] = lanes_load(in + (size_t)(i * 6 + x) * product);
            back(m, y);
#pragma GCC unroll 3
            for (int i = 0; i < 3; i++)
                lanes_store(half_way + (i * 6 + x) * JT_LANES, y[i]);
        }
        for (int y = 0; y < h; y++) {
            lanes m[6], results[3];
#pragma GCC unroll 6
            for (int x = 0; x < 6; x++)
                m[x] = lanes_load(half_way + (y * 6 + x) * JT_LANES);
            back(m, results);
#pragma GCC unroll 3
            for (int x = 0; x < 3; x++)
                if (x < left)
                    lanes_store(out + (size_t)y * row + (size_t)(x * JT_LANES),
                                lanes_activate(lanes_add(results[x], add), activation));
        }
    }
}
