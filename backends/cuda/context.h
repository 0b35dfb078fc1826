/* One thread's share of a GPU: stream, memory, cuDNN handle and graphs. */
#ifndef JT_CUDA_CONTEXT_H
#define JT_CUDA_CONTEXT_H

#include "plan.h"

/* Batches are cut into pieces of so many jets at most. */
enum { JT_CUDA_BUCKETS = 5, JT_CUDA_MOST_AT_ONCE = 1024 };

/* Memory for a piece on its way: pinned on the host, and on the device for what comes while another is worked on. */
typedef struct jt_cuda_slot {
    void *sent;
    float *received;
    float *images, *given; /* on the device; as the context's */
    cudaEvent_t copied;    /* they are full */
    cudaEvent_t done;      /* the piece is through */
    int32_t jets;
} jt_cuda_slot;

struct jt_plan_context {
    const jt_plan *plan;
    const jt_cuda_runtime *runtime;
    cudaStream_t stream;
    cudaStream_t copies; /* of inputs, while the other one works */
    cudnnHandle_t handle;
    jt_cuda_product *products; /* of the steps that are such, in order */
    void *workspace;
    float *images, *working; /* on the device */
    float *given;            /* likewise: rows, and behind those of a piece its sparse images as they come */
    float *averages;         /* likewise: the plan's, of each jet */
    jt_cuda_slot slots[JT_MOST_BEGUN];
    uint32_t begun, finished; /* pieces ever; piece i has slot i % JT_MOST_BEGUN */
    int32_t capacity;         /* jets of the largest bucket */
    int32_t room;             /* that memory has room for: a whole number of tiles */
    int32_t n_buckets;
    int32_t jets[JT_CUDA_BUCKETS];
    cudaGraphExec_t graphs[JT_CUDA_BUCKETS];
};

jt_status jt_cuda_context_create(const jt_plan *plan, int32_t max_batch, jt_plan_context **context, jt_why *why);
void jt_cuda_context_free(jt_plan_context *context);

/* Entries that sparse images of a piece have at most. */
size_t jt_cuda_most_entries(const jt_plan_context *context);

/* --- steps.c ------------------------------------------------------------------------------------------------------ */

/* Where a value of the first jet is. */
float *jt_cuda_value_place(const jt_plan_context *context, int32_t value);

/* Launch the network for so many jets. */
jt_status jt_cuda_launch_network(const jt_plan_context *context, int32_t jets, jt_why *why);

/* Launch what makes images of sparse ones, which are on the device. */
jt_status jt_cuda_launch_light(const jt_plan_context *context, const jt_sparse_images *sparse, int32_t jets,
                               jt_why *why);

/* --- run.c: see jt_backend ---------------------------------------------------------------------------------------- */

jt_status jt_cuda_context_begin(jt_plan_context *context, const jt_inputs *inputs, int32_t n, jt_why *why);
jt_status jt_cuda_context_finish(jt_plan_context *context, float *outputs, jt_why *why);
jt_status jt_cuda_run(jt_plan_context *context, const float *images, const float *rows, int32_t n, float *outputs,
                      jt_why *why);

#endif /* JT_CUDA_CONTEXT_H */
