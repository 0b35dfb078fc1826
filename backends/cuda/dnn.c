#include "dnn.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "describe.h"

#define LIBRARY "libcudnn.so.9"

enum { NEEDED_MAJOR = CUDNN_MAJOR, MAX_ENGINES = 64 };

/* Device memory that an engine may ask for, once for each context; one that wants more is passed over. */
static const int64_t most_workspace = (int64_t)64 << 20;

static jt_cuda_dnn dnn;
static int ready;
static jt_why reason;
static char versions[48] = "CUDA";

const jt_cuda_dnn *jt_cuda_dnn_table(void)
{
    return &dnn;
}

/* A part of cuDNN: where cuDNN itself is, else where the system finds it. Kept, as cuDNN keeps it. */
static void *open_part(const char *name)
{
    Dl_info found;
    void *symbol;
    char path[PATH_MAX];
    memcpy(&symbol, &dnn.get_version, sizeof symbol);
    if (dladdr(symbol, &found) && found.dli_fname) {
        const char *slash = strrchr(found.dli_fname, '/');
        const int folder = slash ? (int)(slash - found.dli_fname) : 0;
        const int length = snprintf(path, sizeof path, "%.*s/%s", folder, found.dli_fname, name);
        if (folder > 0 && length < (int)sizeof path && access(path, F_OK) == 0)
            return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

/*
 * cuDNN is several libraries that have to be of one version. It opens them when it first needs them and ends the
 * process where one is missing, so that they are opened here before it is asked. Those that cannot tell their version,
 * engines and heuristics, at least have to find all that they need of the others.
 */
static int check_parts(void)
{
    const struct {
        const char *name;
        cudnnStatus_t (*check)(void);
    } parts[] = {
        {"libcudnn_graph.so.9", dnn.graph_version_check},
        {"libcudnn_ops.so.9", dnn.ops_version_check},
        {"libcudnn_cnn.so.9", dnn.cnn_version_check},
        {"libcudnn_adv.so.9", dnn.adv_version_check},
        {"libcudnn_engines_precompiled.so.9", NULL},
        {"libcudnn_engines_runtime_compiled.so.9", NULL},
        {"libcudnn_heuristic.so.9", NULL},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!open_part(parts[i].name)) {
            const char *words = dlerror();
            jt_fail(&reason, JT_ERROR_BACKEND, "a part of cuDNN cannot be used: %.190s", words ? words : parts[i].name);
            return 0;
        }
        const cudnnStatus_t checked = parts[i].check ? parts[i].check() : CUDNN_STATUS_SUCCESS;
        if (checked != CUDNN_STATUS_SUCCESS) {
            jt_fail(&reason, JT_ERROR_BACKEND, "%s does not fit %s: cuDNN says '%s'", parts[i].name, LIBRARY,
                    dnn.get_error_string(checked));
            return 0;
        }
    }
    return 1;
}

static void open_dnn(void)
{
    static const jt_cuda_symbol symbols[] = {
        {"cudnnGetVersion", offsetof(jt_cuda_dnn, get_version)},
        {"cudnnGetCudartVersion", offsetof(jt_cuda_dnn, get_cudart_version)},
        {"cudnnGraphVersionCheck", offsetof(jt_cuda_dnn, graph_version_check)},
        {"cudnnOpsVersionCheck", offsetof(jt_cuda_dnn, ops_version_check)},
        {"cudnnCnnVersionCheck", offsetof(jt_cuda_dnn, cnn_version_check)},
        {"cudnnAdvVersionCheck", offsetof(jt_cuda_dnn, adv_version_check)},
        {"cudnnGetErrorString", offsetof(jt_cuda_dnn, get_error_string)},
        {"cudnnCreate", offsetof(jt_cuda_dnn, create)},
        {"cudnnDestroy", offsetof(jt_cuda_dnn, destroy)},
        {"cudnnSetStream", offsetof(jt_cuda_dnn, set_stream)},
        {"cudnnBackendCreateDescriptor", offsetof(jt_cuda_dnn, create_descriptor)},
        {"cudnnBackendDestroyDescriptor", offsetof(jt_cuda_dnn, destroy_descriptor)},
        {"cudnnBackendSetAttribute", offsetof(jt_cuda_dnn, set_attribute)},
        {"cudnnBackendGetAttribute", offsetof(jt_cuda_dnn, get_attribute)},
        {"cudnnBackendFinalize", offsetof(jt_cuda_dnn, finalize)},
        {"cudnnBackendExecute", offsetof(jt_cuda_dnn, execute)},
    };
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *words = dlerror();
        jt_fail(&reason, JT_ERROR_BACKEND, "cuDNN is not there: %.180s", words ? words : LIBRARY);
        return;
    }
    if (!jt_cuda_find_all(library, LIBRARY, symbols, sizeof symbols / sizeof *symbols, &dnn, &reason))
        return;
    const size_t version = dnn.get_version(), built_for = dnn.get_cudart_version() / 1000;
    if (version / 10000 != NEEDED_MAJOR) {
        jt_fail(&reason, JT_ERROR_BACKEND, LIBRARY " is version %zu, %d is needed", version / 10000, NEEDED_MAJOR);
        return;
    }
    if (built_for != CUDART_VERSION / 1000) {
        jt_fail(&reason, JT_ERROR_BACKEND, LIBRARY " is for CUDA %zu, %d is needed", built_for, CUDART_VERSION / 1000);
        return;
    }
    if (!check_parts())
        return;
    snprintf(versions, sizeof versions, "CUDA %d, cuDNN %zu.%zu.%zu", CUDART_VERSION / 1000, version / 10000,
             version / 100 % 100, version % 100);
    ready = 1;
}

int jt_cuda_open_dnn(jt_why *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_dnn);
    if (!ready)
        *why = reason;
    return ready;
}

const char *jt_cuda_versions(void)
{
    return versions;
}

jt_status jt_cuda_dnn_check(jt_why *why, cudnnStatus_t returned, const char *doing)
{
    if (returned == CUDNN_STATUS_SUCCESS)
        return JT_OK;
    const int is_memory = returned == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED ||
                          returned == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED;
    /* The thousands are the class of an error. */
    const int is_unsupported = returned / 1000 == CUDNN_STATUS_NOT_SUPPORTED / 1000;
    const jt_status status = is_memory ? JT_ERROR_MEMORY : is_unsupported ? JT_ERROR_UNSUPPORTED : JT_ERROR_BACKEND;
    return jt_fail(why, status, "%s: cuDNN says '%s'", doing, dnn.get_error_string(returned));
}

jt_status jt_cuda_dnn_create(cudaStream_t stream, cudnnHandle_t *handle, jt_why *why)
{
    *handle = NULL;
    jt_status status = jt_cuda_dnn_check(why, dnn.create(handle), "a handle");
    if (status != JT_OK)
        return status;
    status = jt_cuda_dnn_check(why, dnn.set_stream(*handle, stream), "a handle's stream");
    if (status != JT_OK) {
        jt_cuda_dnn_destroy(*handle);
        *handle = NULL;
    }
    return status;
}

void jt_cuda_dnn_destroy(cudnnHandle_t handle)
{
    if (handle)
        (void)dnn.destroy(handle);
}

/* Whether an engine calculates as is wanted: in single precision throughout, and alike in each run. */
static jt_status suits(cudnnBackendDescriptor_t configuration, int *yes, jt_why *why)
{
    cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
    cudnnBackendDescriptor_t engine = NULL;
    int64_t n = 0;
    *yes = 0;
    jt_status status = jt_cuda_describe(CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine, why);
    if (status == JT_OK)
        status = jt_cuda_dnn_check(why,
                                   dnn.get_attribute(configuration, CUDNN_ATTR_ENGINECFG_ENGINE,
                                                     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &n, &engine),
                                   "an engine");
    if (status == JT_OK)
        status =
            jt_cuda_dnn_check(why,
                              dnn.get_attribute(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                                CUDNN_NUMERICAL_NOTE_TYPE_COUNT, &n, notes),
                              "an engine's notes");
    if (engine)
        (void)dnn.destroy_descriptor(engine);
    if (status != JT_OK)
        return status;
    *yes = 1;
    for (int64_t i = 0; i < n; i++)
        switch (notes[i]) {
        case CUDNN_NUMERICAL_NOTE_TENSOR_CORE: /* for floats that is TF32: ten bits */
        case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
        case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION:
        case CUDNN_NUMERICAL_NOTE_FFT:
        case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
        case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
        case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13:
            *yes = 0;
            break;
        default:
            break;
        }
    return JT_OK;
}

/*
 * An execution plan by an engine's configuration; JT_ERROR_UNSUPPORTED when that engine cannot after all. Any other
 * error ends the search: the next engine would give other bits than this one does on a better day.
 */
static jt_status try_configuration(cudnnHandle_t handle, cudnnBackendDescriptor_t configuration,
                                   jt_cuda_product *product, jt_why *why)
{
    int64_t n = 0, bytes = 0;
    int yes = 0;
    jt_status status = suits(configuration, &yes, why);
    if (status != JT_OK)
        return status;
    if (!yes)
        return jt_fail(why, JT_ERROR_UNSUPPORTED, "the engine is not exact");
    status = jt_cuda_describe_plan(handle, configuration, &product->plan, why);
    if (status != JT_OK)
        return status;
    status = jt_cuda_dnn_check(
        why,
        dnn.get_attribute(product->plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &n, &bytes),
        "a plan's workspace");
    product->workspace = (size_t)bytes;
    if (status == JT_OK && bytes > most_workspace)
        status = jt_fail(why, JT_ERROR_UNSUPPORTED, "the engine needs %lld bytes of memory", (long long)bytes);
    if (status != JT_OK)
        jt_cuda_product_free(product);
    return status;
}

/* The first of a kind of heuristics' engines that will do. */
static jt_status choose(cudnnHandle_t handle, cudnnBackendDescriptor_t graph, cudnnBackendHeurMode_t mode,
                        jt_cuda_product *product, jt_why *why)
{
    cudnnBackendDescriptor_t configurations[MAX_ENGINES] = {NULL};
    cudnnBackendDescriptor_t heuristics = NULL;
    int64_t n = 0;
    jt_status status = JT_OK;
    for (int i = 0; i < MAX_ENGINES && status == JT_OK; i++)
        status = jt_cuda_describe(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, &configurations[i], why);
    if (status == JT_OK)
        status = jt_cuda_describe_heuristics(graph, mode, &heuristics, why);
    if (status == JT_OK)
        status = jt_cuda_dnn_check(why,
                                   dnn.get_attribute(heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                                     CUDNN_TYPE_BACKEND_DESCRIPTOR, MAX_ENGINES, &n, configurations),
                                   "engines");
    if (status == JT_OK) {
        status = jt_fail(why, JT_ERROR_UNSUPPORTED, "cuDNN has no engine for it");
        for (int64_t i = 0; i < n && i < MAX_ENGINES && status == JT_ERROR_UNSUPPORTED; i++)
            status = try_configuration(handle, configurations[i], product, why);
    }
    if (heuristics)
        (void)dnn.destroy_descriptor(heuristics);
    for (int i = 0; i < MAX_ENGINES; i++)
        if (configurations[i])
            (void)dnn.destroy_descriptor(configurations[i]);
    return status;
}

jt_status jt_cuda_product_create(cudnnHandle_t handle, const jt_op *op, jt_cuda_product *product, jt_why *why)
{
    *product = (jt_cuda_product){0};
    jt_cuda_described described;
    jt_status status = jt_cuda_describe_op(handle, op, &described, why);
    if (status == JT_OK)
        status = choose(handle, described.graph, CUDNN_HEUR_MODE_A, product, why);
    if (status == JT_ERROR_UNSUPPORTED)
        status = choose(handle, described.graph, CUDNN_HEUR_MODE_FALLBACK, product, why);
    jt_cuda_described_free(&described);
    return status;
}

void jt_cuda_product_free(jt_cuda_product *product)
{
    if (product->plan)
        (void)dnn.destroy_descriptor(product->plan);
    *product = (jt_cuda_product){0};
}

jt_status jt_cuda_product_run(cudnnHandle_t handle, const jt_cuda_product *product, const float *in,
                              const float *weight, float *out, void *workspace, jt_why *why)
{
    /* cuDNN takes what it only reads as it takes what it writes. */
    void *const pointers[] = {(void *)(uintptr_t)in, (void *)(uintptr_t)weight, out};
    cudnnBackendDescriptor_t pack = NULL;
    jt_status status = jt_cuda_describe_pack(pointers, workspace, &pack, why);
    if (status == JT_OK)
        status = jt_cuda_dnn_check(why, dnn.execute(handle, product->plan, pack), "a product");
    if (pack)
        (void)dnn.destroy_descriptor(pack);
    return status;
}
