/* The kernels' fat binary, as nvcc wrote it; the build says where it is. */
#include "plan.h"

__asm__(".section .rodata\n"
        ".global jt_cuda_image\n"
        ".hidden jt_cuda_image\n"
        ".balign 64\n"
        "jt_cuda_image:\n"
        ".incbin \"" JT_CUDA_FATBIN "\"\n"
        ".byte 0\n"
        ".previous\n");
