#include "support.h"

#include <stdio.h>

static const char *words(dnnl_status_t returned)
{
    switch (returned) {
    case dnnl_success:
        return "success";
    case dnnl_out_of_memory:
        return "out of memory";
    case dnnl_invalid_arguments:
        return "invalid arguments";
    case dnnl_unimplemented:
        return "not implemented";
    case dnnl_last_impl_reached:
        return "no implementation left";
    case dnnl_runtime_error:
        return "error at run time";
    case dnnl_not_required:
        return "not required";
    case dnnl_invalid_graph:
    case dnnl_invalid_graph_op:
    case dnnl_invalid_shape:
    case dnnl_invalid_data_type:
        break;
    }
    return "unknown status";
}

jt_status jt_onednn_check(jt_why *why, dnnl_status_t returned, const char *doing)
{
    if (returned == dnnl_success)
        return JT_OK;
    jt_status status = returned == dnnl_out_of_memory   ? JT_ERROR_MEMORY
                       : returned == dnnl_unimplemented ? JT_ERROR_UNSUPPORTED
                                                        : JT_ERROR_BACKEND;
    return jt_fail(why, status, "%s: oneDNN says '%s' (%d)", doing, words(returned), (int)returned);
}

#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP

/* libgomp's, declared here so that no compiler flag for OpenMP is needed. */
int omp_get_max_threads(void);
void omp_set_num_threads(int threads);

int jt_onednn_use_one_thread(void)
{
    int threads = omp_get_max_threads();
    if (threads != 1)
        omp_set_num_threads(1);
    return threads;
}

void jt_onednn_restore_threads(int threads)
{
    if (threads != 1)
        omp_set_num_threads(threads);
}

#else

int jt_onednn_use_one_thread(void)
{
    return 1;
}

void jt_onednn_restore_threads(int threads)
{
    (void)threads;
}

#endif
