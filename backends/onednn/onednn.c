/*
 * The oneDNN backend: a module, jettag-onednn.so, that runs each op as a primitive of oneDNN (version 3, CPU).
 *
 * A primitive runs for one jet at a time, on the calling thread alone: so a jet's logits depend neither on the batch
 * nor on the position in it, and no thread is started.
 */
#include "compile.h"
#include "context.h"
#include "support.h"

#define STRINGS_OF(x) #x
#define STRING_OF(x) STRINGS_OF(x)

enum { NEEDED_MAJOR = 3 };

static const char *version(void)
{
    static const char *const minor_versions[] = {"3.0", "3.1", "3.2",  "3.3",  "3.4",  "3.5",  "3.6",  "3.7",
                                                 "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"};
    const dnnl_version_t *found = dnnl_version();
    if (found->major == DNNL_VERSION_MAJOR && found->minor == DNNL_VERSION_MINOR && found->patch == DNNL_VERSION_PATCH)
        return STRING_OF(DNNL_VERSION_MAJOR) "." STRING_OF(DNNL_VERSION_MINOR) "." STRING_OF(DNNL_VERSION_PATCH);
    if (found->major == NEEDED_MAJOR && (size_t)found->minor < sizeof minor_versions / sizeof *minor_versions)
        return minor_versions[found->minor];
    return "3";
}

/* Make a small primitive: oneDNN writes machine code for it, which some systems forbid. */
static dnnl_status_t try_primitive(void)
{
    const dnnl_dims_t dims = {16};
    dnnl_engine_t engine = NULL;
    dnnl_memory_desc_t row = NULL;
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_status_t s = dnnl_engine_create(&engine, dnnl_cpu, 0);
    if (s == dnnl_success)
        s = dnnl_memory_desc_create_with_tag(&row, 1, dims, dnnl_f32, dnnl_x);
    if (s == dnnl_success)
        s = dnnl_eltwise_forward_primitive_desc_create(&description, engine, dnnl_forward_inference, dnnl_eltwise_relu,
                                                       row, row, 0.0f, 0.0f, NULL);
    if (s == dnnl_success)
        s = dnnl_primitive_create(&primitive, description);
    if (primitive)
        dnnl_primitive_destroy(primitive);
    if (description)
        dnnl_primitive_desc_destroy(description);
    if (row)
        dnnl_memory_desc_destroy(row);
    if (engine)
        dnnl_engine_destroy(engine);
    return s;
}

static int probe(jt_why *why)
{
    const dnnl_version_t *found = dnnl_version();
    if (found->major != NEEDED_MAJOR) {
        jt_fail(why, JT_ERROR_BACKEND, "oneDNN %d.%d was found, version 3 is needed", found->major, found->minor);
        return 0;
    }
    if (found->cpu_runtime != DNNL_CPU_THREADING_RUNTIME) {
        jt_fail(why, JT_ERROR_BACKEND,
                "the oneDNN that was found runs its threads in another way (%u) than the one that this module "
                "was built with (%u)",
                found->cpu_runtime, DNNL_CPU_THREADING_RUNTIME);
        return 0;
    }
    int threads = jt_onednn_use_one_thread();
    jt_status status = jt_onednn_check(why, try_primitive(), "trying a primitive");
    jt_onednn_restore_threads(threads);
    return status == JT_OK;
}

static jt_status compile(const jt_graph *graph, const jt_host *host, jt_plan **plan, jt_why *why)
{
    int threads = jt_onednn_use_one_thread();
    jt_status status = jt_onednn_compile(graph, host, plan, why);
    jt_onednn_restore_threads(threads);
    return status;
}

/* One jet at a time: the batch does not matter. */
static jt_status context_create(const jt_plan *plan, int32_t max_batch, jt_plan_context **context, jt_why *why)
{
    (void)max_batch;
    int threads = jt_onednn_use_one_thread();
    jt_status status = jt_onednn_context_create(plan, context, why);
    jt_onednn_restore_threads(threads);
    return status;
}

static jt_status run(jt_plan_context *context, const float *images, const float *features, int32_t n, float *outputs,
                     jt_why *why)
{
    int threads = jt_onednn_use_one_thread();
    jt_status status = jt_onednn_run(context, images, features, n, outputs, why);
    jt_onednn_restore_threads(threads);
    return status;
}

static const jt_backend backend = {
    .abi = JT_BACKEND_ABI,
    .name = "onednn",
    .notes = "the same bits only with the same oneDNN on the same kind of processor; oneDNN allocates small blocks "
             "within a run, of which OpenMP keeps one per thread, and heeds its own environment variables",
    .keeps_weights = 1,
    .version = version,
    .probe = probe,
    .compile = compile,
    .plan_free = jt_onednn_plan_free,
    .context_create = context_create,
    .context_free = jt_onednn_context_free,
    .run = run,
};

__attribute__((visibility("default"))) const jt_backend *jt_backend_module(void);

const jt_backend *jt_backend_module(void)
{
    return &backend;
}
