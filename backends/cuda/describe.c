#include "describe.h"

enum { IN = 1, WEIGHT, OUT, TENSORS = 3, AXES = 4, ALIGNMENT = 16 };

/* In cuDNN 9 these carry a handle that later versions no longer want, and mark as such. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

jt_status jt_cuda_describe(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t *made, jt_why *why)
{
    *made = NULL;
    return jt_cuda_dnn_check(why, jt_cuda_dnn_table()->create_descriptor(type, made), "a descriptor");
}

/* One attribute of a descriptor. */
typedef struct attribute {
    cudnnBackendAttributeName_t name;
    cudnnBackendAttributeType_t type;
    int64_t count;
    const void *values;
} attribute;

/* A descriptor with its attributes, ready for use. */
static jt_status complete(cudnnBackendDescriptorType_t type, const attribute *attributes, size_t n, const char *doing,
                          cudnnBackendDescriptor_t *made, jt_why *why)
{
    const jt_cuda_dnn *dnn = jt_cuda_dnn_table();
    jt_status status = jt_cuda_describe(type, made, why);
    if (status != JT_OK)
        return status;
    cudnnStatus_t returned = CUDNN_STATUS_SUCCESS;
    for (size_t i = 0; i < n && returned == CUDNN_STATUS_SUCCESS; i++)
        returned = dnn->set_attribute(*made, attributes[i].name, attributes[i].type, attributes[i].count,
                                      attributes[i].values);
    if (returned == CUDNN_STATUS_SUCCESS)
        returned = dnn->finalize(*made);
    status = jt_cuda_dnn_check(why, returned, doing);
    if (status != JT_OK) {
        (void)dnn->destroy_descriptor(*made);
        *made = NULL;
    }
    return status;
}

/* Floats, packed. */
static jt_status describe_tensor(const int64_t *dimensions, int64_t name, cudnnBackendDescriptor_t *made, jt_why *why)
{
    const cudnnDataType_t type = CUDNN_DATA_FLOAT;
    const int64_t alignment = ALIGNMENT;
    int64_t strides[AXES] = {0, 0, 0, 1};
    for (int axis = AXES - 2; axis >= 0; axis--)
        strides[axis] = strides[axis + 1] * dimensions[axis + 1];
    const attribute attributes[] = {
        {CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type},
        {CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, AXES, dimensions},
        {CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, AXES, strides},
        {CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &name},
        {CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &alignment},
    };
    return complete(CUDNN_BACKEND_TENSOR_DESCRIPTOR, attributes, sizeof attributes / sizeof *attributes, "a tensor",
                    made, why);
}

static jt_status describe_convolution(const jt_op *op, cudnnBackendDescriptor_t *made, jt_why *why)
{
    const int is_dense = op->kind == JT_OP_DENSE;
    const cudnnDataType_t type = CUDNN_DATA_FLOAT;
    const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    const int64_t axes = 2, dilations[] = {1, 1};
    const int64_t strides[] = {is_dense ? 1 : op->stride[0], is_dense ? 1 : op->stride[1]};
    const int64_t before[] = {is_dense ? 0 : op->pad[0], is_dense ? 0 : op->pad[2]};
    const int64_t after[] = {is_dense ? 0 : op->pad[1], is_dense ? 0 : op->pad[3]};
    const attribute attributes[] = {
        {CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type},
        {CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode},
        {CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &axes},
        {CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, dilations},
        {CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, strides},
        {CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, before},
        {CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, after},
    };
    return complete(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, attributes, sizeof attributes / sizeof *attributes,
                    "a convolution", made, why);
}

static jt_status describe_operation(const jt_cuda_described *d, cudnnBackendDescriptor_t *made, jt_why *why)
{
    const float one = 1.0f, none = 0.0f;
    const attribute attributes[] = {
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &d->in},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &d->weight},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &d->out},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &d->convolution},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_FLOAT, 1, &one},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_FLOAT, 1, &none},
    };
    return complete(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, attributes,
                    sizeof attributes / sizeof *attributes, "an operation", made, why);
}

jt_status jt_cuda_describe_op(cudnnHandle_t handle, const jt_op *op, jt_cuda_described *d, jt_why *why)
{
    const int is_dense = op->kind == JT_OP_DENSE;
    const int64_t in[] = {JT_CUDA_TILE, op->in.c, op->in.h, op->in.w};
    const int64_t weight[] = {op->out.c, op->in.c, is_dense ? 1 : op->kernel[0], is_dense ? 1 : op->kernel[1]};
    const int64_t out[] = {JT_CUDA_TILE, op->out.c, op->out.h, op->out.w};
    *d = (jt_cuda_described){0};
    jt_status status = describe_tensor(in, IN, &d->in, why);
    if (status == JT_OK)
        status = describe_tensor(weight, WEIGHT, &d->weight, why);
    if (status == JT_OK)
        status = describe_tensor(out, OUT, &d->out, why);
    if (status == JT_OK)
        status = describe_convolution(op, &d->convolution, why);
    if (status == JT_OK)
        status = describe_operation(d, &d->operation, why);
    if (status != JT_OK)
        return status;
    const attribute attributes[] = {
        {CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle},
        {CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &d->operation},
    };
    return complete(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, attributes, sizeof attributes / sizeof *attributes,
                    "a graph", &d->graph, why);
}

void jt_cuda_described_free(jt_cuda_described *d)
{
    const cudnnBackendDescriptor_t all[] = {d->graph, d->operation, d->convolution, d->out, d->weight, d->in};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i])
            (void)jt_cuda_dnn_table()->destroy_descriptor(all[i]);
    *d = (jt_cuda_described){0};
}

jt_status jt_cuda_describe_heuristics(cudnnBackendDescriptor_t graph, cudnnBackendHeurMode_t mode,
                                      cudnnBackendDescriptor_t *made, jt_why *why)
{
    const attribute attributes[] = {
        {CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &graph},
        {CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode},
    };
    return complete(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, attributes, sizeof attributes / sizeof *attributes,
                    "heuristics", made, why);
}

jt_status jt_cuda_describe_plan(cudnnHandle_t handle, cudnnBackendDescriptor_t configuration,
                                cudnnBackendDescriptor_t *made, jt_why *why)
{
    const attribute attributes[] = {
        {CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle},
        {CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &configuration},
    };
    return complete(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, attributes, sizeof attributes / sizeof *attributes,
                    "a plan", made, why);
}

jt_status jt_cuda_describe_pack(void *const *pointers, void *workspace, cudnnBackendDescriptor_t *made, jt_why *why)
{
    const int64_t names[TENSORS] = {IN, WEIGHT, OUT};
    const attribute attributes[] = {
        {CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, TENSORS, names},
        {CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, TENSORS, pointers},
        {CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace},
    };
    return complete(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, attributes, sizeof attributes / sizeof *attributes, "a pack",
                    made, why);
}
