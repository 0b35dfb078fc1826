#include <stddef.h>

#include "../core/processor.h"
#include "kernel.h"

extern const jt_feature_kernel jt_feature_kernel_portable;
#ifdef JT_HAVE_X86_KERNELS
extern const jt_feature_kernel jt_feature_kernel_avx512, jt_feature_kernel_avx2;
#endif

typedef struct row {
    const jt_feature_kernel *kernel;
    jt_processor needs;
} row;

static const row rows[] = {
#ifdef JT_HAVE_X86_KERNELS
    {&jt_feature_kernel_avx512, JT_PROCESSOR_AVX512},
    {&jt_feature_kernel_avx2, JT_PROCESSOR_AVX2},
#endif
    {&jt_feature_kernel_portable, JT_PROCESSOR_PORTABLE},
};

enum { N_ROWS = sizeof rows / sizeof *rows };

const jt_feature_kernel *jt_feature_kernel_at(int32_t index, int *available)
{
    if (index < 0 || index >= N_ROWS)
        return NULL;
    if (available)
        *available = jt_processor_level() >= rows[index].needs;
    return rows[index].kernel;
}

const jt_feature_kernel *jt_feature_kernel_best(void)
{
    const jt_processor level = jt_processor_level();
    int32_t i = 0;
    while (rows[i].needs > level)
        i++;
    return rows[i].kernel;
}
