/*
 * A whole network by one block for each jet: every value of the jet lies in the memory that the block's threads share,
 * and between two layers nothing goes to the GPU's memory and no kernel is launched. Weights are read where they are.
 *
 * The network is a list of stages, the same for every jet, which a block copies for itself first; each stage is a phase
 * as in blocks.h, whose threads share its outputs out. Sums have one fixed order, so that a jet's bits cannot depend on
 * the batch.
 */
#ifndef JT_CUDA_RESIDENT_H
#define JT_CUDA_RESIDENT_H

#include "blocks.h"

enum {
    JT_CUDA_TOGETHER = 4, /* channels that a thread makes together: weights lie padded to a multiple of it */
};

typedef enum jt_cuda_stage_kind {
    JT_CUDA_STAGE_TAKE = 0, /* out = what is given of the jet: images (source 0) or a part of its row (1) */
    JT_CUDA_STAGE_POINTS,   /* a convolution of single points: conv2d 1 x 1, and so is a dense layer of one point */
    JT_CUDA_STAGE_CONV2D,   /* any other without groups */
    JT_CUDA_STAGE_GROUPS,   /* a convolution with groups, a depthwise one too */
    JT_CUDA_STAGE_PARTS,    /* parts of a dense layer's sums: JT_CUDA_PARTS for each unit */
    JT_CUDA_STAGE_UNITS,    /* the dense layer of these parts */
    JT_CUDA_STAGE_TALLIES,  /* parts of averages of planes: JT_CUDA_PARTS for each channel */
    JT_CUDA_STAGE_AVERAGE,  /* the averages of these parts */
    JT_CUDA_STAGE_MAX_POOL,
    JT_CUDA_STAGE_COPY, /* also an activation alone, and each part of a concatenation */
    JT_CUDA_STAGE_ADD,
    JT_CUDA_STAGE_SCALE,
    JT_CUDA_STAGE_GIVE, /* the logits, to where they are fetched from */
} jt_cuda_stage_kind;

/* Floats with those that fill them up to whole groups of channels. */
JT_CUDA_BOTH int32_t jt_cuda_padded(int32_t floats)
{
    return (floats + JT_CUDA_TOGETHER - 1) / JT_CUDA_TOGETHER * JT_CUDA_TOGETHER;
}

/* One of them. Places are floats behind the begin of the block's values; weights, floats behind the plan's memory. */
typedef struct jt_cuda_stage {
    int32_t kind; /* a jt_cuda_stage_kind */
    int32_t in[2], out;
    int32_t source, source_at; /* of a TAKE */
    int32_t weight, bias;      /* of POINTS, CONV2D and PARTS: [k][out channels], a row of weight_stride floats */
    int32_t weight_stride;
    int32_t in_c, in_h, in_w, out_c, out_h, out_w;
    int32_t kernel[2], stride[2], pad[2]; /* pad: top, left */
    int32_t per_group, out_per_group;
    int32_t activation;
} jt_cuda_stage;

/* Floats that stages take at the begin of what a block shares. */
JT_CUDA_BOTH uint64_t jt_cuda_stage_floats(int32_t n_stages)
{
    return (uint64_t)jt_cuda_padded(n_stages * (int32_t)(sizeof(jt_cuda_stage) / sizeof(float)));
}

/* Neighbouring channels of one point. */
typedef struct jt_cuda_four {
    float x, y, z, w;
} jt_cuda_four;

/* From a place that is a multiple of 16 bytes: one load. */
JT_CUDA_HERE jt_cuda_four jt_cuda_read_four(const float *from)
{
#ifdef __CUDACC__
    const float4 read = __ldg((const float4 *)from);
    const jt_cuda_four four = {read.x, read.y, read.z, read.w};
#else
    const jt_cuda_four four = {from[0], from[1], from[2], from[3]};
#endif
    return four;
}

JT_CUDA_HERE jt_cuda_four jt_cuda_add_product(jt_cuda_four sum, jt_cuda_four weight, float value)
{
    const jt_cuda_four four = {fmaf(weight.x, value, sum.x), fmaf(weight.y, value, sum.y), fmaf(weight.z, value, sum.z),
                               fmaf(weight.w, value, sum.w)};
    return four;
}

/* Channels from `channel` on of a point, as far as there are so many. */
JT_CUDA_HERE void jt_cuda_write_four(const jt_cuda_stage *s, float *out, int32_t channel, int32_t point,
                                     jt_cuda_four sum)
{
    const int32_t points = s->out_h * s->out_w, left = s->out_c - channel;
    float *at = out + channel * points + point;
    at[0] = jt_cuda_activate(s->activation, sum.x);
    if (left > 1)
        at[points] = jt_cuda_activate(s->activation, sum.y);
    if (left > 2)
        at[2 * points] = jt_cuda_activate(s->activation, sum.z);
    if (left > 3)
        at[3 * points] = jt_cuda_activate(s->activation, sum.w);
}

/* Four channels of two points at a time, half of all points apart: neighbouring threads read neighbours. */
JT_CUDA_HERE void jt_cuda_points(const jt_cuda_stage *s, const float *weights, const float *in, float *out,
                                 int32_t thread)
{
    const int32_t points = s->out_h * s->out_w, half = (points + 1) / 2;
    const int32_t tiles = jt_cuda_padded(s->out_c) / JT_CUDA_TOGETHER * half;
    for (int32_t tile = thread; tile < tiles; tile += JT_CUDA_RESIDENT_THREADS) {
        const int32_t channel = tile / half * JT_CUDA_TOGETHER, first = tile % half;
        const int32_t second = first + half < points ? first + half : first;
        const float *weight = weights + s->weight + channel;
        jt_cuda_four a = jt_cuda_read_four(weights + s->bias + channel), b = a;
        JT_CUDA_UNROLLED
        for (int32_t k = 0; k < s->in_c; k++) {
            const jt_cuda_four four = jt_cuda_read_four(weight + (int64_t)k * s->weight_stride);
            a = jt_cuda_add_product(a, four, in[k * points + first]);
            b = jt_cuda_add_product(b, four, in[k * points + second]);
        }
        jt_cuda_write_four(s, out, channel, first, a);
        if (second != first)
            jt_cuda_write_four(s, out, channel, second, b);
    }
}

/* Four channels of a point at a time. */
JT_CUDA_HERE void jt_cuda_windows(const jt_cuda_stage *s, const float *weights, const float *in, float *out,
                                  int32_t thread)
{
    const int32_t points = s->out_h * s->out_w;
    const int32_t tiles = jt_cuda_padded(s->out_c) / JT_CUDA_TOGETHER * points;
    for (int32_t tile = thread; tile < tiles; tile += JT_CUDA_RESIDENT_THREADS) {
        const int32_t channel = tile / points * JT_CUDA_TOGETHER, point = tile % points;
        const int32_t top = point / s->out_w * s->stride[0] - s->pad[0];
        const int32_t left = point % s->out_w * s->stride[1] - s->pad[1];
        const float *weight = weights + s->weight + channel, *plane = in;
        jt_cuda_four sum = jt_cuda_read_four(weights + s->bias + channel);
        for (int32_t c = 0; c < s->in_c; c++, plane += s->in_h * s->in_w)
            for (int32_t y = top; y < top + s->kernel[0]; y++) {
                JT_CUDA_UNROLLED
                for (int32_t x = left; x < left + s->kernel[1]; x++, weight += s->weight_stride)
                    if (y >= 0 && y < s->in_h && x >= 0 && x < s->in_w)
                        sum = jt_cuda_add_product(sum, jt_cuda_read_four(weight), plane[y * s->in_w + x]);
            }
        jt_cuda_write_four(s, out, channel, point, sum);
    }
}

/* Part p of a unit's sum has the inputs p, p + JT_CUDA_PARTS, ..; parts lie [part][units, padded]. */
JT_CUDA_HERE void jt_cuda_parts(const jt_cuda_stage *s, const float *weights, const float *in, float *out,
                                int32_t thread)
{
    const int32_t fours = s->weight_stride / JT_CUDA_TOGETHER;
    for (int32_t tile = thread; tile < fours * JT_CUDA_PARTS; tile += JT_CUDA_RESIDENT_THREADS) {
        const int32_t part = tile / fours, unit = tile % fours * JT_CUDA_TOGETHER;
        const float *weight = weights + s->weight + unit;
        jt_cuda_four sum = {0.0f, 0.0f, 0.0f, 0.0f};
        JT_CUDA_UNROLLED
        for (int32_t k = part; k < s->in_c; k += JT_CUDA_PARTS)
            sum = jt_cuda_add_product(sum, jt_cuda_read_four(weight + (int64_t)k * s->weight_stride), in[k]);
        float *at = out + part * s->weight_stride + unit;
        at[0] = sum.x;
        at[1] = sum.y;
        at[2] = sum.z;
        at[3] = sum.w;
    }
}

/* The parts that jt_cuda_parts and the tallies leave, `apart` floats from one to the next. */
JT_CUDA_HERE float jt_cuda_sum_apart(const float *part, int32_t apart)
{
    float parts[JT_CUDA_PARTS];
    for (int32_t i = 0; i < JT_CUDA_PARTS; i++)
        parts[i] = part[i * apart];
    return jt_cuda_sum_of_parts(parts);
}

/* Part p of a plane's sum has its points p, p + JT_CUDA_PARTS, ..; parts lie [part][channels]. */
JT_CUDA_HERE float jt_cuda_tally(const jt_cuda_stage *s, const float *in, int32_t index)
{
    const int32_t n = s->in_h * s->in_w;
    const float *plane = in + index % s->in_c * n;
    float sum = 0.0f;
    for (int32_t i = index / s->in_c; i < n; i += JT_CUDA_PARTS)
        sum += plane[i];
    return sum;
}

/* A stage as the kernels of single outputs know it, for what they share with it. */
JT_CUDA_HERE jt_cuda_work jt_cuda_work_of_stage(const jt_cuda_stage *s, const float *weights, const float *in)
{
    jt_cuda_work w;
    w.in[0].data = in;
    w.in[0].stride = 0;
    w.weight = weights + s->weight;
    w.bias = weights + s->bias;
    w.in_h = s->in_h;
    w.in_w = s->in_w;
    w.per_group = s->per_group;
    w.out_per_group = s->out_per_group;
    for (int32_t i = 0; i < 2; i++) {
        w.kernel[i] = s->kernel[i];
        w.stride[i] = s->stride[i];
        w.pad[i] = s->pad[i];
    }
    return w;
}

/* One output, before its activation, of a stage whose threads make one at a time. */
JT_CUDA_HERE float jt_cuda_single(const jt_cuda_stage *s, const jt_cuda_work *given, const float *values, uint64_t jet,
                                  int32_t index)
{
    const float *in = values + s->in[0];
    const int32_t points = s->out_h * s->out_w, point = index % points;
    const jt_cuda_place place = {0, index / points, point / s->out_w, point % s->out_w};
    const jt_cuda_work w = jt_cuda_work_of_stage(s, given->weight, in);
    switch (s->kind) {
    case JT_CUDA_STAGE_TAKE:
        return given->in[s->source].data[jet * given->in[s->source].stride + (uint64_t)(s->source_at + index)];
    case JT_CUDA_STAGE_GROUPS:
        return jt_cuda_convolved(&w, place);
    case JT_CUDA_STAGE_UNITS:
        return w.bias[index] + jt_cuda_sum_apart(in + index, s->weight_stride);
    case JT_CUDA_STAGE_TALLIES:
        return jt_cuda_tally(s, in, index);
    case JT_CUDA_STAGE_AVERAGE:
        return jt_cuda_sum_apart(in + index, s->in_c) / (float)(s->in_h * s->in_w);
    case JT_CUDA_STAGE_MAX_POOL:
        return jt_cuda_pooled(&w, place);
    case JT_CUDA_STAGE_ADD:
        return in[index] + values[s->in[1] + index];
    case JT_CUDA_STAGE_SCALE:
        return in[index] * values[s->in[1] + place.channel];
    default: /* COPY, GIVE */
        return in[index];
    }
}

/* Stage phase - 1 of a jet; first the stages are copied. */
JT_CUDA_HERE void jt_cuda_resident(const jt_cuda_work *w, float *shared, uint64_t jet, int32_t thread, int32_t phase)
{
    float *values = shared + jt_cuda_stage_floats(w->n_stages);
    if (phase == 0) {
        const int32_t words = (int32_t)((uint64_t)w->n_stages * sizeof(jt_cuda_stage) / sizeof(int32_t));
        for (int32_t i = thread; i < words; i += JT_CUDA_RESIDENT_THREADS)
            ((int32_t *)(void *)shared)[i] = ((const int32_t *)(const void *)w->stages)[i];
        return;
    }
    const jt_cuda_stage *s = (const jt_cuda_stage *)(const void *)shared + (phase - 1);
    float *out = s->kind == JT_CUDA_STAGE_GIVE ? w->out + jet * w->out_stride : values + s->out;
    switch (s->kind) {
    case JT_CUDA_STAGE_POINTS:
        jt_cuda_points(s, w->weight, values + s->in[0], values + s->out, thread);
        break;
    case JT_CUDA_STAGE_CONV2D:
        jt_cuda_windows(s, w->weight, values + s->in[0], values + s->out, thread);
        break;
    case JT_CUDA_STAGE_PARTS:
        jt_cuda_parts(s, w->weight, values + s->in[0], values + s->out, thread);
        break;
    default:
        for (int32_t i = thread; i < s->out_c * s->out_h * s->out_w; i += JT_CUDA_RESIDENT_THREADS)
            out[i] = jt_cuda_activate(s->activation, jt_cuda_single(s, w, values, jet, i));
        break;
    }
}

#endif /* JT_CUDA_RESIDENT_H */
