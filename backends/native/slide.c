/* Depthwise and grouped convolutions within a block of channels: see kernel.h. Compiled once per instruction set. */
#include "activate.h"
#include "parts.h"

/* Pixels side by side; weights of both are shared. */
enum { MOST = LANES_SUMS >= 8 ? 8 : LANES_SUMS >= 6 ? 6 : 4, MOST_ROWS = LANES_SUMS >= 9 ? 9 : 4, MOST_IN_TWO = 7 };

/* Where lanes find the channel `j` of their group. */
static lanes_places places_of(int32_t group, int32_t j)
{
    int32_t places[JT_LANES];
    for (int32_t i = 0; i < JT_LANES; i++)
        places[i] = i / group * group + j;
    return lanes_places_load(places);
}

/* The same for sums that are in `out` already: for activations not worth room of their own in every kernel. */
static __attribute__((noinline)) lanes finish_stored(const jt_slide *s, float *out, lanes total, int down, int pixels)
{
    for (int y = 0; y < down; y++, out += s->out_row) {
        lanes of_row = down == 1 ? total : lanes_zero();
        JT_NATIVE(activate)(out, out, (size_t)pixels, s->activation);
        for (int p = 0; p < pixels; p++)
            of_row = lanes_add(of_row, lanes_load(out + p * JT_LANES));
        total = down == 1 ? of_row : lanes_add(total, of_row);
    }
    return total;
}

/* Activate, store and add up: row by row where there are several, else one by one. */
JT_ALWAYS_INLINE lanes finish_pixels(const jt_slide *s, const lanes *sums, float *out, lanes total, int down,
                                     int pixels)
{
    const int scaled_swish = (int)s->activation == JT_SCALED_SWISH;
    if (!scaled_swish) {
#pragma GCC unroll 9
        for (int p = 0; p < down * pixels; p++)
            lanes_store(out + (size_t)(p / pixels) * s->out_row + (size_t)(p % pixels * JT_LANES), sums[p]);
        return finish_stored(s, out, total, down, pixels);
    }
#pragma GCC unroll 3
    for (int y = 0; y < down; y++) {
        lanes of_row = down == 1 ? total : lanes_zero();
#pragma GCC unroll 8
        for (int p = 0; p < pixels; p++) {
            const lanes result = lanes_activate(sums[y * pixels + p], (jt_activation)JT_SCALED_SWISH);
            lanes_store(out + (size_t)y * s->out_row + (size_t)(p * JT_LANES), result);
            of_row = lanes_add(of_row, result);
        }
        total = down == 1 ? of_row : lanes_add(total, of_row);
    }
    return total;
}

/*
 * A few rows of `pixels` outputs each from `out` on, whose sum is added to total. All but s, in, out and total are
 * constants where this is used.
 */
JT_ALWAYS_INLINE lanes depthwise_pixels(const jt_slide *s, const float *in, float *out, lanes total, int rows,
                                        int columns, int stride, int down, int pixels)
{
    lanes sums[9];
    const lanes bias = lanes_load(s->bias);
    const size_t next = (size_t)stride * s->in_row;
#pragma GCC unroll 9
    for (int p = 0; p < down * pixels; p++)
        sums[p] = bias;
    const float *weights = s->weights;
    for (int ky = 0; ky < rows; ky++, in += s->in_row) {
#pragma GCC unroll 5
        for (int kx = 0; kx < columns; kx++, weights += JT_LANES) {
            const lanes w = lanes_load(weights);
#pragma GCC unroll 3
            for (int y = 0; y < down; y++)
#pragma GCC unroll 8
                for (int p = 0; p < pixels; p++)
                    sums[y * pixels + p] = lanes_fused(lanes_load(in + (size_t)y * next + (p * stride + kx) * JT_LANES),
                                                       w, sums[y * pixels + p]);
        }
    }
    return finish_pixels(s, sums, out, total, down, pixels);
}

/* `left` outputs of one row, in tiles of about the same width. */
JT_ALWAYS_INLINE lanes depthwise_row(const jt_slide *s, const float *in, float *out, int32_t left, lanes total,
                                     int rows, int columns, int stride)
{
    for (int32_t n_tiles = (left + MOST - 1) / MOST; n_tiles > 0; n_tiles--) {
        const int32_t pixels = (left + n_tiles - 1) / n_tiles;
        switch (pixels) {
        case 1:
            total = depthwise_pixels(s, in, out, total, rows, columns, stride, 1, 1);
            break;
        case 2:
            total = depthwise_pixels(s, in, out, total, rows, columns, stride, 1, 2);
            break;
        case 3:
            total = depthwise_pixels(s, in, out, total, rows, columns, stride, 1, 3);
            break;
        case 4:
            total = depthwise_pixels(s, in, out, total, rows, columns, stride, 1, 4);
            break;
        case 5:
            total = depthwise_pixels(s, in, out, total, rows, columns, stride, 1, MOST < 5 ? 1 : 5);
            break;
        case 6:
            total = depthwise_pixels(s, in, out, total, rows, columns, stride, 1, MOST < 6 ? 1 : 6);
            break;
        case 7:
            total = depthwise_pixels(s, in, out, total, rows, columns, stride, 1, MOST < 7 ? 1 : 7);
            break;
        default:
            total = depthwise_pixels(s, in, out, total, rows, columns, stride, 1, MOST < 8 ? 1 : 8);
            break;
        }
        in += pixels * stride * JT_LANES;
        out += pixels * JT_LANES;
        left -= pixels;
    }
    return total;
}

static lanes row_3(const jt_slide *s, const float *in, float *out, int32_t n, lanes total)
{
    return depthwise_row(s, in, out, n, total, 3, 3, 1);
}
static lanes row_3_twice(const jt_slide *s, const float *in, float *out, int32_t n, lanes total)
{
    return depthwise_row(s, in, out, n, total, 3, 3, 2);
}
static lanes row_5(const jt_slide *s, const float *in, float *out, int32_t n, lanes total)
{
    return depthwise_row(s, in, out, n, total, 5, 5, 1);
}
static lanes row_5_twice(const jt_slide *s, const float *in, float *out, int32_t n, lanes total)
{
    return depthwise_row(s, in, out, n, total, 5, 5, 2);
}

/* `n` outputs of one row, whose sum is added to total one by one. */
typedef lanes (*row_function)(const jt_slide *s, const float *in, float *out, int32_t n, lanes total);

static row_function row_of(int size, int stride)
{
    if (size == 3)
        return stride == 1 ? row_3 : row_3_twice;
    return stride == 1 ? row_5 : row_5_twice;
}

/* Two rows of `pixels` outputs each; the sum of each is added to its own total. */
JT_ALWAYS_INLINE void depthwise_two(const jt_slide *s, const float *in, float *out, lanes totals[2], int rows,
                                    int columns, int stride, int pixels)
{
    lanes sums[2 * MOST_IN_TWO];
    const lanes bias = lanes_load(s->bias);
    const size_t next = (size_t)stride * s->in_row;
#pragma GCC unroll 14
    for (int p = 0; p < 2 * pixels; p++)
        sums[p] = bias;
    const float *weights = s->weights;
    for (int ky = 0; ky < rows; ky++, in += s->in_row) {
#pragma GCC unroll 5
        for (int kx = 0; kx < columns; kx++, weights += JT_LANES) {
            const lanes w = lanes_load(weights);
#pragma GCC unroll 14
            for (int p = 0; p < 2 * pixels; p++)
                sums[p] = lanes_fused(
                    lanes_load(in + (size_t)(p / pixels) * next + (p % pixels * stride + kx) * JT_LANES), w, sums[p]);
        }
    }
    totals[0] = finish_pixels(s, sums, out, totals[0], 1, pixels);
    totals[1] = finish_pixels(s, sums + pixels, out + s->out_row, totals[1], 1, pixels);
}

/* Two rows in tiles of about the same width: more sums at a time than one has, and half as many weights to load. */
JT_ALWAYS_INLINE lanes depthwise_rows(const jt_slide *s, const float *in, float *out, lanes total, int rows,
                                      int columns, int stride)
{
    lanes totals[2] = {lanes_zero(), lanes_zero()};
    int32_t left = s->w;
    for (int32_t n_tiles = (left + MOST_IN_TWO - 1) / MOST_IN_TWO; n_tiles > 0; n_tiles--) {
        const int32_t pixels = (left + n_tiles - 1) / n_tiles;
        switch (pixels) {
        case 1:
            depthwise_two(s, in, out, totals, rows, columns, stride, 1);
            break;
        case 2:
            depthwise_two(s, in, out, totals, rows, columns, stride, 2);
            break;
        case 3:
            depthwise_two(s, in, out, totals, rows, columns, stride, 3);
            break;
        case 4:
            depthwise_two(s, in, out, totals, rows, columns, stride, 4);
            break;
        case 5:
            depthwise_two(s, in, out, totals, rows, columns, stride, 5);
            break;
        case 6:
            depthwise_two(s, in, out, totals, rows, columns, stride, 6);
            break;
        default:
            depthwise_two(s, in, out, totals, rows, columns, stride, 7);
            break;
        }
        in += pixels * stride * JT_LANES;
        out += pixels * JT_LANES;
        left -= pixels;
    }
    return lanes_add(lanes_add(total, totals[0]), totals[1]);
}

/* As many rows at a time as there are registers for. */
JT_ALWAYS_INLINE void depthwise(const jt_slide *s, const float *in, float *out, float *sum, int size, int stride)
{
    lanes total = sum ? lanes_load(sum) : lanes_zero();
    int32_t y = 0;
    if (LANES_SUMS >= 2 * MOST_IN_TWO && s->stride[0] == stride) {
        if (s->h == 3 && s->w == 3) {
            total = depthwise_pixels(s, in, out, total, size, size, stride, 3, 3);
            y = 3;
        }
        for (; y + 2 <= s->h; y += 2, in += 2 * (size_t)stride * s->in_row, out += 2 * s->out_row)
            total = depthwise_rows(s, in, out, total, size, size, stride);
    }
    for (; y < s->h; y++, in += (size_t)s->stride[0] * s->in_row, out += s->out_row)
        total = lanes_add(total, row_of(size, stride)(s, in, out, s->w, lanes_zero()));
    if (sum)
        lanes_store(sum, total);
}

static void depthwise_3(const jt_slide *s, const float *in, float *out, float *sum)
{
    depthwise(s, in, out, sum, 3, 1);
}
static void depthwise_3_twice(const jt_slide *s, const float *in, float *out, float *sum)
{
    depthwise(s, in, out, sum, 3, 2);
}
static void depthwise_5(const jt_slide *s, const float *in, float *out, float *sum)
{
    depthwise(s, in, out, sum, 5, 1);
}
static void depthwise_5_twice(const jt_slide *s, const float *in, float *out, float *sum)
{
    depthwise(s, in, out, sum, 5, 2);
}

/* `down` rows from row `first` on. All but s, in, out and total are constants where this is used. */
JT_ALWAYS_INLINE lanes rows_of_square(const jt_slide *s, const float *in, float *out, lanes total, jt_square square,
                                      int first, int down)
{
    lanes sums[MOST_ROWS >= 9 ? 9 : 4];
    const float *weights = s->weights;
#pragma GCC unroll 9
    for (int p = 0; p < down * square.out; p++)
        sums[p] = lanes_load(s->bias);
#pragma GCC unroll 5
    for (int ky = 0; ky < square.kernel; ky++)
#pragma GCC unroll 5
        for (int kx = 0; kx < square.kernel; kx++, weights += JT_LANES) {
            const lanes w = lanes_load(weights);
#pragma GCC unroll 9
            for (int p = 0; p < down * square.out; p++) {
                const int y = (first + p / square.out) * square.stride + ky - square.before;
                const int x = p % square.out * square.stride + kx - square.before;
                if (y >= 0 && y < square.in && x >= 0 && x < square.in)
                    sums[p] = lanes_fused(lanes_load(in + (y * square.in + x) * JT_LANES), w, sums[p]);
            }
        }
    return finish_pixels(s, sums, out + (size_t)first * s->out_row, total, down, square.out);
}

/* As many rows at once as there are registers for. */
JT_ALWAYS_INLINE void whole_square(const jt_slide *s, const float *in, float *out, float *sum, jt_square square)
{
    lanes total = sum ? lanes_load(sum) : lanes_zero();
    if (MOST_ROWS >= square.out * square.out) {
        total = rows_of_square(s, in, out, total, square, 0, MOST_ROWS >= square.out * square.out ? square.out : 1);
    } else {
#pragma GCC unroll 4
        for (int y = 0; y < square.out; y++)
            total = lanes_add(total, rows_of_square(s, in, out, lanes_zero(), square, y, 1));
    }
    if (sum)
        lanes_store(sum, total);
}

/* jt_native_squares, one function each. */
#define SQUARE(name, ...)                                                                                              \
    static void name(const jt_slide *s, const float *in, float *out, float *sum)                                       \
    {                                                                                                                  \
        whole_square(s, in, out, sum, (jt_square){__VA_ARGS__});                                                       \
    }
SQUARE(square_2_3, 2, 3, 1, 1, 2)
SQUARE(square_2_5, 2, 5, 1, 2, 2)
SQUARE(square_3_3, 3, 3, 1, 1, 3)
SQUARE(square_3_5, 3, 5, 1, 2, 3)
SQUARE(square_3_3_twice, 3, 3, 2, 1, 2)
SQUARE(square_3_5_twice, 3, 5, 2, 2, 2)
SQUARE(square_4_3, 4, 3, 1, 1, 4)
SQUARE(square_4_5, 4, 5, 1, 2, 4)
SQUARE(square_4_3_twice, 4, 3, 2, 0, 2)
SQUARE(square_4_5_twice, 4, 5, 2, 1, 2)

typedef void (*slide_function)(const jt_slide *s, const float *in, float *out, float *sum);

static slide_function square_of(const jt_slide *s)
{
    static const slide_function functions[3][2][2] = {
        {{square_2_3, NULL}, {square_2_5, NULL}},
        {{square_3_3, square_3_3_twice}, {square_3_5, square_3_5_twice}},
        {{square_4_3, square_4_3_twice}, {square_4_5, square_4_5_twice}},
    };
    return functions[s->whole - 2][s->kernel[0] == 5][s->stride[0] == 2];
}

/* Any kernel, stride and group: a few pixels at once. */
JT_ALWAYS_INLINE lanes grouped_pixels(const jt_slide *s, const lanes_places *places, const float *in, float *out,
                                      lanes total, int pixels)
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
#pragma GCC unroll 4
    for (int p = 0; p < pixels; p++) {
        sums[p] = lanes_activate(sums[p], s->activation);
        lanes_store(out + p * JT_LANES, sums[p]);
        total = lanes_add(total, sums[p]);
    }
    return total;
}

static void grouped(const jt_slide *s, const float *in, float *out, float *sum)
{
    lanes total = sum ? lanes_load(sum) : lanes_zero();
    lanes_places places[8];
    for (int32_t j = 0; j < s->group; j++)
        places[j] = places_of(s->group, j);
    for (int32_t y = 0; y < s->h; y++, in += (size_t)s->stride[0] * s->in_row, out += s->out_row) {
        int32_t x = 0;
        const ptrdiff_t step = (ptrdiff_t)s->stride[1] * JT_LANES;
        lanes of_row = lanes_zero();
        for (; x + 4 <= s->w; x += 4)
            of_row = grouped_pixels(s, places, in + x * step, out + x * JT_LANES, of_row, 4);
        for (; x < s->w; x++)
            of_row = grouped_pixels(s, places, in + x * step, out + x * JT_LANES, of_row, 1);
        total = lanes_add(total, of_row);
    }
    if (sum)
        lanes_store(sum, total);
}

static slide_function function_of(const jt_slide *s)
{
    if (s->whole)
        return square_of(s);
    const int square = s->group == 1 && s->kernel[0] == s->kernel[1] ? s->kernel[0] : 0;
    if (square == 3 && s->stride[1] <= 2)
        return s->stride[1] == 1 ? depthwise_3 : depthwise_3_twice;
    if (square == 5 && s->stride[1] <= 2)
        return s->stride[1] == 1 ? depthwise_5 : depthwise_5_twice;
    return grouped;
}

void JT_NATIVE(slide)(const jt_slide *s, int32_t n_blocks, const float *in, float *out, float *totals)
{
    const slide_function function = function_of(s);
    jt_slide block = *s;
    for (int32_t b = 0; b < n_blocks; b++) {
        function(&block, in, out, totals ? totals + b * JT_LANES : NULL);
        block.weights += s->weights_block;
        block.bias += JT_LANES;
        in += s->in_block;
        out += s->out_block;
    }
}

/* Copies outputs first .. end - 1 of a row and adds them up. */
static lanes copy_dark(const float *dark, float *out, int32_t first, int32_t end, lanes total)
{
    for (int32_t x = first; x < end; x++) {
        const lanes here = lanes_load(dark + x * JT_LANES);
        lanes_store(out + x * JT_LANES, here);
        total = lanes_add(total, here);
    }
    return total;
}

void JT_NATIVE(slide_span)(const jt_slide *s, const float *in, float *out, const float *dark, int32_t first,
                           int32_t end, float *total)
{
    lanes sum = copy_dark(dark, out, 0, first, lanes_zero());
    if (first < end)
        sum = row_of(s->kernel[0], s->stride[1])(s, in + (ptrdiff_t)first * s->stride[1] * JT_LANES,
                                                 out + first * JT_LANES, end - first, sum);
    sum = copy_dark(dark, out, end, s->w, sum);
    lanes_store(total, lanes_add(lanes_load(total), sum));
}
