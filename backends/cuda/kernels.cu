/* The kernels: a thread for each output of each jet. Compiled to a fat binary that the module carries (image.c). */
#include "kernels.h"

#define KERNEL(name)                                                                                                   \
    extern "C" __global__ void name##_kernel(const jt_cuda_work work)                                                  \
    {                                                                                                                  \
        const uint64_t index = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;                                        \
        if (index < work.total)                                                                                        \
            name(&work, index);                                                                                        \
    }

KERNEL(jt_cuda_conv2d)
KERNEL(jt_cuda_dense)
KERNEL(jt_cuda_max_pool)
KERNEL(jt_cuda_average)
KERNEL(jt_cuda_copy)
KERNEL(jt_cuda_add)
KERNEL(jt_cuda_scale)
KERNEL(jt_cuda_finish)
