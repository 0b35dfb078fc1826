#include "kernel.h"

extern const jt_native_kernel jt_native_kernel_portable;
#ifdef JT_HAVE_X86_KERNELS
extern const jt_native_kernel jt_native_kernel_avx512, jt_native_kernel_avx2;
#endif

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
