#include "kernel.h"

extern const jt_native_kernel jt_native_kernel_portable;
#ifdef JT_HAVE_X86_KERNELS
extern const jt_native_kernel jt_native_kernel_avx512, jt_native_kernel_avx2;
#endif

/* As TensorFlow pads. */
const jt_square jt_native_squares[JT_SQUARES] = {
    {2, 3, 1, 1, 2}, {2, 5, 1, 2, 2}, {3, 3, 1, 1, 3}, {3, 5, 1, 2, 3}, {3, 3, 2, 1, 2},
    {3, 5, 2, 2, 2}, {4, 3, 1, 1, 4}, {4, 5, 1, 2, 4}, {4, 3, 2, 0, 2}, {4, 5, 2, 1, 2},
};

const jt_native_kernel *jt_native_kernel_for(jt_processor level)
{
#ifdef JT_HAVE_X86_KERNELS
    if (level >= JT_PROCESSOR_AVX512)
        return &jt_native_kernel_avx512;
    if (level >= JT_PROCESSOR_AVX2)
        return &jt_native_kernel_avx2;
#endif
    (void)level;
    return &jt_native_kernel_portable;
}
