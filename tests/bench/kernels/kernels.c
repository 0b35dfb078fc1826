/*
 * Every kernel of the native backend on every instruction set of this processor: the same bits as the portable one on
 * random and extreme inputs, nothing written outside, and its time.
 *
 *     jettag-kernels [ROUNDS]
 *
 * Outputs lie between guards that must not change. Exits with 1 when anything differs. Times are the least of ROUNDS
 * (default 200) calls in nanoseconds; compare columns of one run.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/native/kernel.h"

enum { ROOM = 1 << 17, GUARD = 256, LEVELS = 3, MOST_TAPS = 512 };

static float input[ROOM], weights[ROOM], bias[256];
static float outputs[LEVELS][ROOM + 2 * GUARD];
static int rounds = 200, failures;

static uint64_t state = 1;

static float random_float(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(state >> 32) / 1073741824.0f;
}

/* Now and then something extreme. */
static void fill(float *values, size_t n, int extremes)
{
    static const float rare[] = {0.0f, -0.0f, 1e-42f, -1e-42f, 1e30f, -1e30f, 100.0f, -100.0f, 3e38f};
    for (size_t i = 0; i < n; i++) {
        values[i] = random_float();
        if (extremes && (state >> 40) % 61 == 0)
            values[i] = rare[(state >> 20) % (sizeof rare / sizeof *rare)];
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* A case: what to call, on what. */
typedef struct trial {
    void (*call)(const jt_native_kernel *kernel, const struct trial *trial, float *out);
    const char *name;
    int32_t numbers[6];
    jt_activation activation;
} trial;

static void name_of(const trial *t, char *text, size_t capacity)
{
    int used = snprintf(text, capacity, "%s", t->name);
    for (int i = 0; i < 6 && t->numbers[i]; i++)
        used += snprintf(text + used, capacity - (size_t)used, " %d", (int)t->numbers[i]);
}

/* --- the kernels -------------------------------------------------------------------------------------------------- */

/* pixels, blocks, taps, step */
static void call_tile(const jt_native_kernel *kernel, const trial *t, float *out)
{
    static const int32_t steps[JT_TILE_STEPS] = {1, 2, 16, 32, 16, 48};
    static int32_t offsets[MOST_TAPS];
    const int32_t pixels = t->numbers[0], blocks = t->numbers[1], taps = t->numbers[2], step = t->numbers[3] - 1;
    for (int32_t k = 0; k < taps; k++)
        offsets[k] = k * 37 % 1000;
    const jt_tile tile = {offsets, taps, t->activation, weights, bias, 16 * 16, 16 * 32, steps[step]};
    /* A table may take fewer pixels at once; the same outputs in more calls. */
    const int32_t most = blocks == JT_MOST_BLOCKS ? (kernel->sums - 4) / 4 : kernel->sums / blocks;
    const int32_t at_once = most < 1 ? 1 : most;
    for (int32_t p = 0; p < pixels; p += at_once)
        (*kernel->tiles)[step][blocks - 1](&tile, pixels - p < at_once ? pixels - p : at_once, input + p * steps[step],
                                           out + p * 16, input + 5000 + p * 16);
}

/* Two blocks of a slide, with their totals. */
static void slide_twice(const jt_native_kernel *kernel, jt_slide slide, float *out)
{
    slide.weights = weights;
    slide.bias = bias;
    slide.weights_block = (size_t)(slide.kernel[0] * slide.kernel[1] * slide.group) * 16;
    slide.in_block = 7000;
    slide.out_block = (size_t)slide.h * slide.out_row;
    memcpy(out, bias, 32 * sizeof *out);
    kernel->slide(&slide, 2, input, out + 32, out);
}

/* h, w, kernel, stride, group */
static void call_slide(const jt_native_kernel *kernel, const trial *t, float *out)
{
    const int32_t h = t->numbers[0], w = t->numbers[1], size = t->numbers[2], stride = t->numbers[3];
    slide_twice(kernel,
                (jt_slide){.group = t->numbers[4],
                           .kernel = {size, size},
                           .stride = {stride, stride},
                           .h = h,
                           .w = w,
                           .activation = t->activation,
                           .in_row = (size_t)((w - 1) * stride + size) * 16,
                           .out_row = (size_t)(w + 1) * 16},
                out);
}

/* number of a square, + 1 */
static void call_square(const jt_native_kernel *kernel, const trial *t, float *out)
{
    const jt_square q = jt_native_squares[t->numbers[0] - 1];
    slide_twice(kernel,
                (jt_slide){.group = 1,
                           .kernel = {q.kernel, q.kernel},
                           .stride = {q.stride, q.stride},
                           .h = q.out,
                           .w = q.out,
                           .activation = t->activation,
                           .in_row = (size_t)q.in * 16,
                           .out_row = (size_t)(q.out + 1) * 16,
                           .whole = q.in},
                out);
}

/* first, end, w, size, stride */
static void call_span(const jt_native_kernel *kernel, const trial *t, float *out)
{
    const int32_t size = t->numbers[3], stride = t->numbers[4];
    const jt_slide slide = {.group = 1,
                            .kernel = {size, size},
                            .stride = {stride, stride},
                            .h = 1,
                            .w = t->numbers[2],
                            .activation = t->activation,
                            .weights = weights,
                            .bias = bias,
                            .in_row = 600};
    memcpy(out, bias, 16 * sizeof *out);
    kernel->slide_span(&slide, input, out + 16, input + 7000, t->numbers[0], t->numbers[1], out);
}

/* h, w, channels; where they differ is compared as floats */
static void call_lit(const jt_native_kernel *kernel, const trial *t, float *out)
{
    static float dark[ROOM];
    jt_span spans[64];
    const jt_shape shape = {t->numbers[2], t->numbers[0], t->numbers[1]};
    memcpy(dark, input, sizeof dark);
    for (int32_t i = 0; i < 5; i++)
        dark[i * i * 37 % (shape.c * shape.h * shape.w)] += 1e20f;
    kernel->find_lit(input, dark, shape, spans);
    for (int32_t y = 0; y < shape.h; y++) {
        out[ROOM - 2 * y - 1] = (float)spans[y].first;
        out[ROOM - 2 * y - 2] = (float)spans[y].end;
    }
}

/* n, outputs, jets */
static void call_matrix(const jt_native_kernel *kernel, const trial *t, float *out)
{
    static float packed[ROOM];
    const int32_t n = t->numbers[0], n_blocks = (t->numbers[1] + 15) / 16, jets = t->numbers[2];
    const int32_t together = n_blocks == 1 ? 1 : kernel->blocks_together;
    const float *ins[JT_MOST_TOGETHER];
    float *outs[JT_MOST_TOGETHER];
    float *to = packed;
    for (int32_t first = 0; first < n_blocks; first += together)
        for (int32_t k = 0; k < n; k++)
            for (int32_t b = first; b < first + together && b < n_blocks; b++, to += 16)
                memcpy(to, weights + (size_t)(b * n + k) * 16, 16 * sizeof *to);
    for (int32_t j = 0; j < jets; j++) {
        ins[j] = input + j * (n + 3);
        outs[j] = out + (size_t)(j * n_blocks) * 16;
    }
    const jt_matrix matrix = {n, n_blocks, together, t->activation, packed, bias};
    kernel->matrix(&matrix, ins, outs, jets, n % 2);
}

/* blocks, squeezed channels, jets */
static void call_gate(const jt_native_kernel *kernel, const trial *t, float *out)
{
    const int32_t n_blocks = t->numbers[0], n_squeezed = t->numbers[1], jets = t->numbers[2];
    const float *totals[JT_MOST_TOGETHER];
    float *squeezed[JT_MOST_TOGETHER], *gates[JT_MOST_TOGETHER];
    const size_t each = (size_t)n_blocks * 16 + 32;
    for (int32_t j = 0; j < jets; j++) {
        totals[j] = input + j * n_blocks * 16;
        squeezed[j] = out + (size_t)j * each;
        gates[j] = squeezed[j] + 32;
    }
    const int scaled = t->activation == JT_ACTIVATION_SWISH;
    const jt_gate gate = {n_blocks,
                          n_squeezed,
                          scaled ? (jt_activation)JT_SCALED_SWISH : t->activation,
                          scaled ? (jt_activation)JT_SCALED_SIGMOID : t->activation,
                          weights,
                          bias,
                          weights + ROOM / 4,
                          weights + ROOM / 2};
    kernel->gate(&gate, totals, squeezed, gates, jets);
}

/* h, w, channels, taps */
static void call_planes(const jt_native_kernel *kernel, const trial *t, float *out)
{
    static int32_t offsets[MOST_TAPS];
    const int32_t h = t->numbers[0], w = t->numbers[1], taps = t->numbers[3];
    for (int32_t k = 0; k < taps; k++)
        offsets[k] = k * 29 % 500;
    const jt_planes planes = {offsets,       taps,          t->numbers[2],        h, w, t->activation, weights, bias,
                              (size_t)w + 4, (size_t)w + 1, (size_t)((w + 1) * h)};
    /* All of them, and every third once more in the other order. */
    const int32_t n = h * jt_native_halves_of(w);
    static int32_t some[MOST_TAPS];
    int32_t n_some = 0;
    for (int32_t i = n - 1; i >= 0; i -= 3)
        some[n_some++] = i;
    kernel->planes(&planes, NULL, n, input, out);
    kernel->planes(&planes, some, n_some, input, out + (size_t)t->numbers[2] * planes.out_plane);
}

/* h, w, size, stride */
static void call_window(const jt_native_kernel *kernel, const trial *t, float *out)
{
    const int32_t h = t->numbers[0], w = t->numbers[1], size = t->numbers[2], stride = t->numbers[3];
    const int32_t in_w = (w - 1) * stride + size - 1, in_h = (h - 1) * stride + size - 1;
    const jt_window window = {{size, size},      {stride, stride}, {1, 0}, in_h, in_w, h, w,
                              (size_t)in_w * 16, (size_t)w * 16};
    kernel->largest(&window, input, out);
    const jt_plane_window plane = {
        {size, size}, {stride, stride}, 3, h, w, (size_t)in_w + 1, (size_t)((in_w + 1) * (in_h + 1)),
        (size_t)w,    (size_t)(h * w)};
    kernel->largest_in_planes(&plane, input, out + h * w * 16);
}

/* tiles, rows, columns beyond the last whole tile */
static void call_winograd(const jt_native_kernel *kernel, const trial *t, float *out)
{
    static float products[36 * 16 * 16];
    const int32_t tiles = t->numbers[0];
    kernel->winograd_in(input, (size_t)(tiles * 3 + 3) * 16, tiles, products, 16 * 16);
    kernel->winograd_out(products, 16 * 16, bias, t->activation, t->numbers[1], tiles * 3 - 3 + t->numbers[2], out,
                         (size_t)tiles * 48);
}

/* lanes */
static void call_elements(const jt_native_kernel *kernel, const trial *t, float *out)
{
    const size_t n = (size_t)t->numbers[0];
    kernel->add(input, input + 2000, out, n, t->activation);
    kernel->scale(input, bias, out + n * 16, n);
    kernel->scale_taps(input, bias, out + n * 16, (int32_t)n / 4, 2, 0);
    kernel->scale_taps(input, bias, out + n * 24, (int32_t)n / 2, 1, 1);
    kernel->activate(input, out + 2 * n * 16, n, t->activation);
    kernel->average(input, n * 16, 16, 3, (int32_t)n, 1, 7.0f, out + 3 * n * 16);
    for (int32_t w = 1; w < 40; w++)
        kernel->copy_rows(input, 50, out + 4 * n * 16 + w * 400, 60, 5, w);
}

/* --- running them ------------------------------------------------------------------------------------------------- */

static void set_guards(float *room)
{
    for (size_t i = 0; i < ROOM + 2 * GUARD; i++)
        room[i] = 12345.0f;
}

static int guards_hold(const float *room)
{
    for (size_t i = 0; i < GUARD; i++)
        if (room[i] != 12345.0f || room[ROOM + GUARD + i] != 12345.0f)
            return 0;
    return 1;
}

static double time_of(const jt_native_kernel *kernel, const trial *t, float *out)
{
    double least = 1e30;
    for (int round = 0; round < rounds; round++) {
        const double before = now();
        t->call(kernel, t, out);
        const double took = now() - before;
        least = took < least ? took : least;
    }
    return least;
}

static void run(const trial *t, int timed)
{
    const int levels = (int)jt_processor_level() + 1;
    char name[96];
    name_of(t, name, sizeof name);
    for (int level = 0; level < levels; level++) {
        const jt_native_kernel *kernel = jt_native_kernel_for((jt_processor)level);
        set_guards(outputs[level]);
        t->call(kernel, t, outputs[level] + GUARD);
        /* Unwritten places are compared, too: all tables write the same ones. */
        if (!guards_hold(outputs[level]) || memcmp(outputs[0], outputs[level], sizeof outputs[0]) != 0) {
            printf("%-32s activation %d: %s differs from portable, or writes outside\n", name, t->activation,
                   kernel->name);
            failures++;
        }
    }
    if (!timed)
        return;
    printf("%-32s", name);
    for (int level = 0; level < levels; level++) {
        const jt_native_kernel *kernel = jt_native_kernel_for((jt_processor)level);
        printf(" %9.0f", time_of(kernel, t, outputs[level] + GUARD));
    }
    printf("\n");
}

/* Every activation, ordinary and extreme inputs; the time with swish. */
static void check(trial t)
{
    for (int activation = t.call == call_tile || t.call == call_slide ? JT_SCALED_SWISH : JT_ACTIVATIONS - 1;
         activation >= 0; activation--)
        for (int extremes = 0; extremes < 2; extremes++) {
            t.activation = (jt_activation)activation;
            fill(input, ROOM, extremes);
            fill(weights, ROOM, 0);
            fill(bias, sizeof bias / sizeof *bias, 0);
            run(&t, activation == JT_ACTIVATION_SWISH && !extremes);
        }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = atoi(argv[1]);
    printf("%-32s %9s %9s %9s\n", "ns a call", "portable", "avx2", "avx512");
    for (int32_t step = 1; step <= JT_TILE_STEPS; step++)
        for (int32_t blocks = 1; blocks <= (step - 1 == JT_STEP_PAIRS ? 1 : JT_MOST_BLOCKS); blocks++)
            for (int32_t pixels = 1; pixels <= (blocks < 3 ? 14 : blocks == 3 ? 9 : 6); pixels++)
                check((trial){call_tile, "tile", {pixels, blocks, 100, step}, 0});
    for (int32_t size = 1; size <= 5; size += 1)
        for (int32_t stride = 1; stride <= 3; stride++)
            for (int32_t w = 1; w <= 18; w += w < 9 ? 1 : 3)
                check((trial){call_slide, "depthwise", {w < 5 ? w : w % 4 + 2, w, size, stride, 1}, 0});
    for (int32_t size = 3; size <= 5; size += 2)
        for (int32_t stride = 1; stride <= 2; stride++)
            for (int32_t end = 0; end <= 20; end += 5)
                check((trial){call_span, "span", {end / 3, end, 20, size, stride}, 0});
    for (int32_t i = 1; i <= JT_SQUARES; i++)
        check((trial){call_square, "square", {i}, 0});
    for (int32_t w = 16; w <= 40; w += 3)
        check((trial){call_lit, "lit", {9, w, 3}, 0});
    for (int32_t group = 2; group <= 8; group *= 2)
        check((trial){call_slide, "grouped", {5, 7, 3, 1, group}, 0});
    for (int32_t jets = 1; jets <= JT_MOST_TOGETHER; jets++)
        for (int32_t n = 1; n <= 61; n += 12)
            for (int32_t out = 16; out <= 80; out += 32)
                check((trial){call_matrix, "dense", {n, out, jets}, 0});
    for (int32_t blocks = 1; blocks <= 21; blocks += blocks < 9 ? 1 : 4)
        for (int32_t squeezed = 2; squeezed <= 18; squeezed += 3)
            for (int32_t jets = 1; jets <= 2; jets++)
                check((trial){call_gate, "gate", {blocks, squeezed, jets}, 0});
    for (int32_t w = 1; w <= 40; w += w < 17 ? 1 : 5)
        for (int32_t channels = 1; channels <= 13; channels += 3)
            check((trial){call_planes, "planes", {5, w, channels, 75}, 0});
    for (int32_t size = 2; size <= 3; size++)
        for (int32_t w = 1; w <= 20; w += 3)
            check((trial){call_window, "pool", {4, w, size, 2}, 0});
    for (int32_t tiles = 1; tiles <= 13; tiles += 4)
        for (int32_t rest = 1; rest <= 3; rest++)
            check((trial){call_winograd, "winograd", {tiles, rest, 4 - rest}, 0});
    check((trial){call_elements, "elements", {81}, 0});
    if (failures)
        printf("%d cases differ\n", failures);
    else
        printf("all the same bits, nothing written outside\n");
    return failures > 0;
}
