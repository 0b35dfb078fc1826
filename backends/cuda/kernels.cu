/*
 * The kernels: a thread for each output of each jet, or blocks that go through phases. Compiled to a fat binary that
 * the module carries (image.c).
 */
#include "resident.h"

#define KERNEL(name)                                                                                                   \
    extern "C" __global__ void name##_kernel(const jt_cuda_work work)                                                  \
    {                                                                                                                  \
        const uint64_t index = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;                                        \
        if (index < work.total)                                                                                        \
            name(&work, index);                                                                                        \
    }

#define BLOCK_KERNEL(name, phases)                                                                                     \
    extern "C" __global__ void __launch_bounds__(JT_CUDA_THREADS) name##_kernel(const jt_cuda_work work)               \
    {                                                                                                                  \
        extern __shared__ float shared[];                                                                              \
        _Pragma("unroll") for (int32_t phase = 0; phase < phases; phase++)                                             \
        {                                                                                                              \
            name(&work, shared, blockIdx.x, (int32_t)threadIdx.x, phase);                                              \
            __syncthreads();                                                                                           \
        }                                                                                                              \
    }

KERNEL(jt_cuda_conv2d)
KERNEL(jt_cuda_dense)
KERNEL(jt_cuda_max_pool)
KERNEL(jt_cuda_average)
KERNEL(jt_cuda_copy)
KERNEL(jt_cuda_add)
KERNEL(jt_cuda_scale)
KERNEL(jt_cuda_finish)
BLOCK_KERNEL(jt_cuda_depthwise, JT_CUDA_DEPTHWISE_PHASES)
BLOCK_KERNEL(jt_cuda_squeeze_excite, JT_CUDA_SQUEEZE_EXCITE_PHASES)
BLOCK_KERNEL(jt_cuda_light, JT_CUDA_LIGHT_PHASES)

/* A phase for each stage of the network, which is not known when this is compiled, and one before. */
extern "C" __global__ void __launch_bounds__(JT_CUDA_RESIDENT_THREADS, 3) jt_cuda_resident_kernel(const jt_cuda_work work)
{
    extern __shared__ float shared[];
    for (int32_t phase = 0; phase <= work.n_stages; phase++) {
        jt_cuda_resident(&work, shared, blockIdx.x, (int32_t)threadIdx.x, phase);
        __syncthreads();
    }
}
