/*
 * What the kernels calculate, one output at a time.
 *
 * The functions are compiled twice: by nvcc, for the kernels in kernels.cu, and by the tests' C compiler, which holds
 * them against the reference backend on machines without a GPU. A sum runs over its terms in one fixed order, with
 * fused multiply-adds in single precision: what comes out for a jet does not depend on the other jets.
 */
#ifndef JT_CUDA_KERNELS_H
#define JT_CUDA_KERNELS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __CUDACC__
#define JT_CUDA_HERE static __device__ __forceinline__
#define JT_CUDA_BOTH static __host__ __device__ __forceinline__
#define JT_CUDA_UNROLLED _Pragma("unroll 4")
#else
#define JT_CUDA_HERE static inline
#define JT_CUDA_BOTH static inline
#define JT_CUDA_UNROLLED
#endif

/* Names of the kernels in the order of jt_cuda_kernel; a kernel takes one jt_cuda_work by value. */
typedef enum jt_cuda_kernel {
    JT_CUDA_CONV2D = 0,
    JT_CUDA_DENSE,
    JT_CUDA_MAX_POOL,
    JT_CUDA_AVERAGE,
    JT_CUDA_COPY, /* also an activation alone, and each part of a concatenation */
    JT_CUDA_ADD,
    JT_CUDA_SCALE,
    JT_CUDA_FINISH,         /* bias, a sum where one follows, and activation behind a product of cuDNN's */
    JT_CUDA_DEPTHWISE,      /* a depthwise convolution and the average of each plane of it: blocks.h */
    JT_CUDA_SQUEEZE_EXCITE, /* likewise in blocks.h */
    JT_CUDA_LIGHT,          /* likewise: images of sparse ones */
    JT_CUDA_RESIDENT,       /* the whole network, a block for each jet: resident.h */
    JT_CUDA_KERNELS
} jt_cuda_kernel;

/* Threads of a block: of every kernel but the resident one, and of that. */
enum { JT_CUDA_THREADS = 128, JT_CUDA_RESIDENT_THREADS = 256 };

/* A value of every jet of a batch: jet i's begins `stride` floats behind that of jet i - 1. */
typedef struct jt_cuda_rows {
    const float *data;
    uint64_t stride;
} jt_cuda_rows;

typedef struct jt_cuda_work {
    uint64_t total; /* outputs, of all jets: so many threads have work */
    jt_cuda_rows in[2];
    float *out;
    uint64_t out_stride;
    const float *weight; /* conv2d: as in the graph; dense: transposed, [in.c][out.c] */
    const float *bias;
    int32_t in_c, in_h, in_w, out_c, out_h, out_w;
    int32_t kernel[2], stride[2], pad[2]; /* pad: top, left */
    int32_t per_group, out_per_group;     /* channels of a group that come in and go out */
    int32_t activation;                   /* a jt_activation */
    /* Of a depthwise convolution and of a squeeze-excite: averages of planes, out.c of each jet. */
    float *averages;
    /* Of a squeeze-excite: what is above is the first dense layer's, its weights as in the graph; this the second's. */
    int32_t has_averages; /* 0: it makes them itself */
    int32_t squeezed;     /* units of the first */
    int32_t activation2;
    const float *weight2; /* transposed, [squeezed][out.c] */
    const float *bias2;
    /* Of sparse images: see jt_sparse_images. */
    const int32_t *starts, *places;
    const float *values;
    /* Of a resident network: in is images and rows, out the logits, weight the plan's memory. */
    const struct jt_cuda_stage *stages;
    int32_t n_stages;
} jt_cuda_work;

/* 1 / (1 + exp(-x)); the numbers are those of jt_activation, whose header nvcc does not read. */
JT_CUDA_HERE float jt_cuda_activate(int32_t activation, float x)
{
    if (activation == 1)
        return x < 0.0f ? 0.0f : x; /* a NaN stays one */
    if (activation == 2)
        return x / (1.0f + expf(-x));
    if (activation == 3)
        return 1.0f / (1.0f + expf(-x));
    return x;
}

/* Which output of which jet a thread makes. */
typedef struct jt_cuda_place {
    uint64_t jet;
    int32_t channel, row, column;
} jt_cuda_place;

JT_CUDA_HERE jt_cuda_place jt_cuda_place_of(const jt_cuda_work *w, uint64_t index)
{
    const uint32_t columns = (uint32_t)w->out_w, rows = (uint32_t)w->out_h, channels = (uint32_t)w->out_c;
    const uint32_t floats = columns * rows * channels;
    const uint64_t jet = index / floats;
    const uint32_t rest = (uint32_t)(index - jet * floats);
    const uint32_t line = rest / columns;
    jt_cuda_place place = {jet, (int32_t)(line / rows), (int32_t)(line % rows), (int32_t)(rest % columns)};
    return place;
}

JT_CUDA_HERE void jt_cuda_put(const jt_cuda_work *w, uint64_t index, uint64_t floats, float value)
{
    const uint64_t jet = index / floats;
    w->out[jet * w->out_stride + (index - jet * floats)] = jt_cuda_activate(w->activation, value);
}

JT_CUDA_HERE uint64_t jt_cuda_floats_out(const jt_cuda_work *w)
{
    return (uint64_t)w->out_c * (uint64_t)w->out_h * (uint64_t)w->out_w;
}

/* One output of a convolution, before its activation. */
JT_CUDA_HERE float jt_cuda_convolved(const jt_cuda_work *w, jt_cuda_place p)
{
    const int32_t first = p.channel / w->out_per_group * w->per_group;
    const int32_t top = p.row * w->stride[0] - w->pad[0], left = p.column * w->stride[1] - w->pad[1];
    const float *weight = w->weight + (int64_t)p.channel * w->per_group * w->kernel[0] * w->kernel[1];
    const float *image = w->in[0].data + p.jet * w->in[0].stride + (int64_t)first * w->in_h * w->in_w;
    float sum = w->bias[p.channel];
    for (int32_t c = 0; c < w->per_group; c++, image += (int64_t)w->in_h * w->in_w)
        for (int32_t ky = 0; ky < w->kernel[0]; ky++)
            for (int32_t kx = 0; kx < w->kernel[1]; kx++, weight++) {
                const int32_t y = top + ky, x = left + kx;
                if (y >= 0 && y < w->in_h && x >= 0 && x < w->in_w)
                    sum = fmaf(*weight, image[(int64_t)y * w->in_w + x], sum);
            }
    return sum;
}

JT_CUDA_HERE void jt_cuda_conv2d(const jt_cuda_work *w, uint64_t index)
{
    jt_cuda_put(w, index, jt_cuda_floats_out(w), jt_cuda_convolved(w, jt_cuda_place_of(w, index)));
}

JT_CUDA_HERE void jt_cuda_dense(const jt_cuda_work *w, uint64_t index)
{
    const uint64_t units = (uint64_t)w->out_c, jet = index / units, unit = index - jet * units;
    const float *in = w->in[0].data + jet * w->in[0].stride;
    float sum = w->bias[unit];
    for (int32_t k = 0; k < w->in_c; k++)
        sum = fmaf(w->weight[(uint64_t)k * units + unit], in[k], sum);
    jt_cuda_put(w, index, units, sum);
}

/* One output of a max pooling, before its activation. */
JT_CUDA_HERE float jt_cuda_pooled(const jt_cuda_work *w, jt_cuda_place p)
{
    const int32_t top = p.row * w->stride[0] - w->pad[0], left = p.column * w->stride[1] - w->pad[1];
    const float *plane = w->in[0].data + p.jet * w->in[0].stride + (int64_t)p.channel * w->in_h * w->in_w;
    float largest = -INFINITY;
    for (int32_t y = top < 0 ? 0 : top; y < top + w->kernel[0] && y < w->in_h; y++)
        for (int32_t x = left < 0 ? 0 : left; x < left + w->kernel[1] && x < w->in_w; x++) {
            const float value = plane[(int64_t)y * w->in_w + x];
            largest = value > largest ? value : largest;
        }
    return largest;
}

JT_CUDA_HERE void jt_cuda_max_pool(const jt_cuda_work *w, uint64_t index)
{
    jt_cuda_put(w, index, jt_cuda_floats_out(w), jt_cuda_pooled(w, jt_cuda_place_of(w, index)));
}

JT_CUDA_HERE void jt_cuda_average(const jt_cuda_work *w, uint64_t index)
{
    const uint64_t channels = (uint64_t)w->out_c, jet = index / channels, channel = index - jet * channels;
    const int32_t n = w->in_h * w->in_w;
    const float *plane = w->in[0].data + jet * w->in[0].stride + channel * (uint64_t)n;
    float sum = 0.0f;
    for (int32_t i = 0; i < n; i++)
        sum += plane[i];
    jt_cuda_put(w, index, channels, sum / (float)n);
}

JT_CUDA_HERE void jt_cuda_copy(const jt_cuda_work *w, uint64_t index)
{
    const uint64_t floats = jt_cuda_floats_out(w), jet = index / floats;
    jt_cuda_put(w, index, floats, w->in[0].data[jet * w->in[0].stride + (index - jet * floats)]);
}

JT_CUDA_HERE void jt_cuda_add(const jt_cuda_work *w, uint64_t index)
{
    const uint64_t floats = jt_cuda_floats_out(w), jet = index / floats, at = index - jet * floats;
    jt_cuda_put(w, index, floats,
                w->in[0].data[jet * w->in[0].stride + at] + w->in[1].data[jet * w->in[1].stride + at]);
}

JT_CUDA_HERE void jt_cuda_scale(const jt_cuda_work *w, uint64_t index)
{
    const jt_cuda_place p = jt_cuda_place_of(w, index);
    const uint64_t floats = jt_cuda_floats_out(w), at = index - p.jet * floats;
    const float factor = w->in[1].data[p.jet * w->in[1].stride + (uint64_t)p.channel];
    jt_cuda_put(w, index, floats, w->in[0].data[p.jet * w->in[0].stride + at] * factor);
}

/* in[1] is the other summand, where there is a sum. Without one it may be in place: in[0] is out. */
JT_CUDA_HERE void jt_cuda_finish(const jt_cuda_work *w, uint64_t index)
{
    const jt_cuda_place p = jt_cuda_place_of(w, index);
    const uint64_t floats = jt_cuda_floats_out(w), at = index - p.jet * floats;
    float value = w->in[0].data[p.jet * w->in[0].stride + at] + w->bias[p.channel];
    if (w->in[1].data)
        value += w->in[1].data[p.jet * w->in[1].stride + at];
    jt_cuda_put(w, index, floats, value);
}

#endif /* JT_CUDA_KERNELS_H */
