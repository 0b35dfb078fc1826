/*
 * The CUDA backend: a module, jettag-cuda.so, that runs networks on an NVIDIA GPU: small ones as one kernel, larger
 * ones with cuDNN for convolutions and dense layers and kernels of its own for the rest. Nothing of CUDA is needed to
 * load it.
 */
#include "context.h"

enum { LEAST_MAJOR = 7, LEAST_MINOR = 5 };

static const char *version(void)
{
    return jt_cuda_versions();
}

static int probe(jt_why *why)
{
    const jt_cuda_runtime *runtime = jt_cuda_open_runtime(why);
    if (!runtime)
        return 0;
    int devices = 0, device = 0, major = 0, minor = 0;
    if (jt_cuda_check(why, runtime->get_device_count(&devices), "no GPU can be used") != JT_OK)
        return 0;
    if (devices < 1) {
        jt_fail(why, JT_ERROR_BACKEND, "there is no GPU");
        return 0;
    }
    if (jt_cuda_check(why, runtime->get_device(&device), "asking for the thread's device") != JT_OK ||
        jt_cuda_check(why, runtime->device_get_attribute(&major, cudaDevAttrComputeCapabilityMajor, device),
                      "asking what the GPU can do") != JT_OK ||
        jt_cuda_check(why, runtime->device_get_attribute(&minor, cudaDevAttrComputeCapabilityMinor, device),
                      "asking what the GPU can do") != JT_OK)
        return 0;
    if (major < LEAST_MAJOR || (major == LEAST_MAJOR && minor < LEAST_MINOR)) {
        jt_fail(why, JT_ERROR_BACKEND, "the GPU is of compute capability %d.%d, %d.%d is needed", major, minor,
                LEAST_MAJOR, LEAST_MINOR);
        return 0;
    }
    return jt_cuda_open_dnn(why);
}

static const jt_backend backend = {
    .abi = JT_BACKEND_ABI,
    .name = "cuda",
    .notes =
        "other bits than on a processor, the same only on the same kind of GPU with the same cuDNN; CUDA and cuDNN "
        "heed their own environment variables",
    .keeps_weights = 0,
    .version = version,
    .probe = probe,
    .compile = jt_cuda_compile,
    .plan_free = jt_cuda_plan_free,
    .context_create = jt_cuda_context_create,
    .context_free = jt_cuda_context_free,
    .run = jt_cuda_run,
    .most_at_once = JT_CUDA_MOST_AT_ONCE,
    .begin = jt_cuda_context_begin,
    .finish = jt_cuda_context_finish,
};

__attribute__((visibility("default"))) const jt_backend *jt_backend_module(void);

const jt_backend *jt_backend_module(void)
{
    return &backend;
}
