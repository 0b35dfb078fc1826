/*
 * Kernels whose threads work together: a block has memory that its threads share, and goes through phases. Between two
 * phases every thread has ended the one before any begins the next; within a phase their order means nothing.
 *
 * As in kernels.h the functions are compiled for the GPU and for the tests. A sum is cut into a number of parts that is
 * fixed here, each part and the sum of the parts in one fixed order, so that the bits do not hang on the other jets.
 */
#ifndef JT_CUDA_BLOCKS_H
#define JT_CUDA_BLOCKS_H

#include "kernels.h"

enum {
    JT_CUDA_LANES = 32, /* threads that share a plane of a depthwise convolution */
    JT_CUDA_PARTS = 8,  /* of a sum within a squeeze-excite */
    JT_CUDA_DEPTHWISE_PHASES = 2,
    JT_CUDA_SQUEEZE_EXCITE_PHASES = 6,
    JT_CUDA_LIGHT_PHASES = 2,
};

/* Floats that a block shares. */
JT_CUDA_BOTH uint64_t jt_cuda_depthwise_shared(void)
{
    return JT_CUDA_THREADS;
}

JT_CUDA_BOTH uint64_t jt_cuda_squeeze_excite_shared(int32_t channels, int32_t squeezed, int32_t has_averages)
{
    const uint64_t summed = (uint64_t)(has_averages || squeezed > channels ? squeezed : channels);
    return (uint64_t)channels + (uint64_t)squeezed + JT_CUDA_PARTS * summed;
}

JT_CUDA_HERE float jt_cuda_sum_of_parts(const float *part)
{
    return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

/*
 * A depthwise convolution with bias and activation, and the average of each plane that comes out. A block has some
 * planes, JT_CUDA_LANES threads each; total is the number of planes of all jets times JT_CUDA_LANES.
 */
JT_CUDA_HERE void jt_cuda_depthwise(const jt_cuda_work *w, float *shared, uint64_t block, int32_t thread, int32_t phase)
{
    const uint64_t plane = (block * JT_CUDA_THREADS + (uint64_t)thread) / JT_CUDA_LANES;
    const int32_t lane = thread % JT_CUDA_LANES, n = w->out_h * w->out_w;
    if (plane >= w->total / JT_CUDA_LANES)
        return;
    const uint64_t jet = plane / (uint64_t)w->out_c;
    const int32_t channel = (int32_t)(plane - jet * (uint64_t)w->out_c);
    if (phase == 0) {
        float *out = w->out + jet * w->out_stride + (uint64_t)channel * (uint64_t)n;
        float sum = 0.0f;
        for (int32_t at = lane; at < n; at += JT_CUDA_LANES) {
            const jt_cuda_place place = {jet, channel, at / w->out_w, at % w->out_w};
            out[at] = jt_cuda_activate(w->activation, jt_cuda_convolved(w, place));
            sum += out[at];
        }
        shared[thread] = sum;
    } else if (lane == 0) {
        float sum = shared[thread];
        for (int32_t i = 1; i < JT_CUDA_LANES; i++)
            sum += shared[thread + i];
        w->averages[plane] = sum / (float)n;
    }
}

/* Average over planes, dense, dense, and the planes scaled by what comes out. A block is a jet. */
JT_CUDA_HERE void jt_cuda_squeeze_excite(const jt_cuda_work *w, float *shared, uint64_t jet, int32_t thread,
                                         int32_t phase)
{
    const int32_t channels = w->out_c, squeezed = w->squeezed, n = w->out_h * w->out_w;
    const float *in = w->in[0].data + jet * w->in[0].stride;
    float *factors = shared; /* averages first */
    float *units = factors + channels, *parts = units + squeezed;
    switch (phase) {
    case 0:
        for (int32_t i = thread; !w->has_averages && i < channels * JT_CUDA_PARTS; i += JT_CUDA_THREADS) {
            const float *plane = in + (int64_t)(i / JT_CUDA_PARTS) * n;
            float sum = 0.0f;
            for (int32_t k = i % JT_CUDA_PARTS; k < n; k += JT_CUDA_PARTS)
                sum += plane[k];
            parts[i] = sum;
        }
        break;
    case 1:
        for (int32_t c = thread; c < channels; c += JT_CUDA_THREADS)
            factors[c] = w->has_averages ? w->averages[jet * (uint64_t)channels + (uint64_t)c]
                                         : jt_cuda_sum_of_parts(parts + c * JT_CUDA_PARTS) / (float)n;
        break;
    case 2:
        for (int32_t i = thread; i < squeezed * JT_CUDA_PARTS; i += JT_CUDA_THREADS) {
            const float *weight = w->weight + (int64_t)(i / JT_CUDA_PARTS) * channels;
            float sum = 0.0f;
            for (int32_t k = i % JT_CUDA_PARTS; k < channels; k += JT_CUDA_PARTS)
                sum = fmaf(weight[k], factors[k], sum);
            parts[i] = sum;
        }
        break;
    case 3:
        for (int32_t u = thread; u < squeezed; u += JT_CUDA_THREADS)
            units[u] = jt_cuda_activate(w->activation, w->bias[u] + jt_cuda_sum_of_parts(parts + u * JT_CUDA_PARTS));
        break;
    case 4:
        for (int32_t c = thread; c < channels; c += JT_CUDA_THREADS) {
            float sum = w->bias2[c];
            for (int32_t u = 0; u < squeezed; u++)
                sum = fmaf(w->weight2[(int64_t)u * channels + c], units[u], sum);
            factors[c] = jt_cuda_activate(w->activation2, sum);
        }
        break;
    default:
        for (int32_t i = thread; i < channels * n; i += JT_CUDA_THREADS)
            w->out[jet * w->out_stride + (uint64_t)i] = in[i] * factors[i / n];
        break;
    }
}

/* A jet's image: that without light, in[0], and on it what is lit. A block is a jet. */
JT_CUDA_HERE void jt_cuda_light(const jt_cuda_work *w, float *shared, uint64_t jet, int32_t thread, int32_t phase)
{
    const int32_t n = w->out_h * w->out_w;
    float *image = w->out + jet * w->out_stride;
    (void)shared;
    if (phase == 0)
        for (int32_t i = thread; i < w->out_c * n; i += JT_CUDA_THREADS)
            image[i] = w->in[0].data[i];
    else
        for (int32_t i = w->starts[jet] + thread; i < w->starts[jet + 1]; i += JT_CUDA_THREADS)
            for (int32_t c = 0; c < w->out_c; c++)
                image[(int64_t)c * n + w->places[i]] = w->values[(int64_t)i * w->out_c + c];
}

#endif /* JT_CUDA_BLOCKS_H */
