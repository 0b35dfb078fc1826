/* libcudnn.so.9 for machines without a GPU: descriptors and convolutions of its graph interface. See fake.h. */
#include "fake.h"

#include <cudnn.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC visibility push(default)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

enum { ATTRIBUTES = 12, ROOM = 64, WORKSPACE = 4096, GIGABYTE = 1 << 30 };

typedef struct attribute {
    cudnnBackendAttributeName_t name;
    cudnnBackendAttributeType_t type;
    int64_t count;
    char values[ROOM];
} attribute;

/* Engines that heuristics name: the first two do not suit, the third cannot after all, the fourth wants a gigabyte. */
typedef enum engine_kind { TENSOR_CORES = 0, CHANCE, PROMISES, GREEDY, EXACT } engine_kind;

typedef struct geometry {
    int64_t in[4], weight[4], out[4], before[2], after[2], stride[2];
} geometry;

typedef struct descriptor {
    cudnnBackendDescriptorType_t type;
    int finished, n;
    attribute attributes[ATTRIBUTES];
    engine_kind engine; /* of configurations and engines */
    geometry geometry;  /* of configurations and plans */
} descriptor;

struct cudnnContext {
    cudaStream_t stream;
};

static cudnnStatus_t outcome(void)
{
    int memory;
    if (!fake_fails(&memory))
        return CUDNN_STATUS_SUCCESS;
    return memory ? CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED : CUDNN_STATUS_INTERNAL_ERROR;
}

size_t cudnnGetVersion(void)
{
    const char *text = getenv("FAKE_CUDNN_VERSION");
    return text ? (size_t)atol(text) : CUDNN_VERSION;
}

size_t cudnnGetCudartVersion(void)
{
    return getenv("FAKE_CUDNN_FOR_CUDA") ? (size_t)atol(getenv("FAKE_CUDNN_FOR_CUDA")) : 13000;
}

/* FAKE_CUDNN_PARTS names one that is of another version. */
static cudnnStatus_t check_part(const char *name)
{
    const char *other = getenv("FAKE_CUDNN_PARTS");
    return other && strcmp(other, name) == 0 ? CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH : CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGraphVersionCheck(void)
{
    return check_part("graph");
}

cudnnStatus_t cudnnOpsVersionCheck(void)
{
    return check_part("ops");
}

cudnnStatus_t cudnnCnnVersionCheck(void)
{
    return check_part("cnn");
}

cudnnStatus_t cudnnAdvVersionCheck(void)
{
    return check_part("adv");
}

const char *cudnnGetErrorString(cudnnStatus_t status)
{
    switch (status) {
    case CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH:
        return "CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH";
    case CUDNN_STATUS_NOT_SUPPORTED:
        return "CUDNN_STATUS_NOT_SUPPORTED";
    case CUDNN_STATUS_BAD_PARAM:
        return "CUDNN_STATUS_BAD_PARAM";
    default:
        return "CUDNN_STATUS_INTERNAL_ERROR";
    }
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle)
{
    const cudnnStatus_t result = outcome();
    if (result != CUDNN_STATUS_SUCCESS)
        return result;
    *handle = calloc(1, sizeof **handle);
    fake_made(1);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle)
{
    free(handle);
    fake_made(-1);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream)
{
    handle->stream = stream;
    return outcome();
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t *made)
{
    const cudnnStatus_t result = outcome();
    if (result != CUDNN_STATUS_SUCCESS)
        return result;
    descriptor *d = calloc(1, sizeof *d);
    d->type = type;
    *made = d;
    fake_made(1);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t given)
{
    free(given);
    fake_made(-1);
    return CUDNN_STATUS_SUCCESS;
}

static size_t size_of(cudnnBackendAttributeType_t type)
{
    switch (type) {
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
        return 8;
    default:
        return 4;
    }
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t given, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count, const void *values)
{
    descriptor *d = given;
    const size_t bytes = size_of(type) * (size_t)count;
    if (d->finished || d->n == ATTRIBUTES || bytes > ROOM)
        return CUDNN_STATUS_BAD_PARAM;
    attribute *a = &d->attributes[d->n++];
    *a = (attribute){name, type, count, {0}};
    memcpy(a->values, values, bytes);
    return outcome();
}

static const void *get(const descriptor *d, cudnnBackendAttributeName_t name, int64_t count)
{
    for (int i = 0; i < d->n; i++)
        if (d->attributes[i].name == name && d->attributes[i].count == count)
            return d->attributes[i].values;
    return NULL;
}

static const descriptor *get_descriptor(const descriptor *d, cudnnBackendAttributeName_t name)
{
    descriptor *const *found = get(d, name, 1);
    return found && (*found)->finished ? *found : NULL;
}

/* 0 when something is missing or not as it has to be. */
static int copy_numbers(const descriptor *d, cudnnBackendAttributeName_t name, int64_t count, int64_t *to)
{
    const int64_t *found = d ? get(d, name, count) : NULL;
    if (found)
        memcpy(to, found, (size_t)count * sizeof *to);
    return found != NULL;
}

static int read_tensor(const descriptor *tensor, int64_t *dimensions)
{
    int64_t strides[4], name, alignment;
    if (!copy_numbers(tensor, CUDNN_ATTR_TENSOR_DIMENSIONS, 4, dimensions) ||
        !copy_numbers(tensor, CUDNN_ATTR_TENSOR_STRIDES, 4, strides) ||
        !copy_numbers(tensor, CUDNN_ATTR_TENSOR_UNIQUE_ID, 1, &name) ||
        !copy_numbers(tensor, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 1, &alignment))
        return 0;
    const cudnnDataType_t *type = get(tensor, CUDNN_ATTR_TENSOR_DATA_TYPE, 1);
    return type && *type == CUDNN_DATA_FLOAT && strides[3] == 1 && strides[2] == dimensions[3] &&
           strides[1] == dimensions[2] * strides[2] && strides[0] == dimensions[1] * strides[1];
}

static int read_graph(const descriptor *graph, geometry *g)
{
    const descriptor *operation = graph ? get_descriptor(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS) : NULL;
    if (!operation)
        return 0;
    const descriptor *how = get_descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC);
    const descriptor *in = get_descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X);
    const descriptor *weight = get_descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W);
    const descriptor *out = get_descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y);
    const float *alpha = get(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1);
    int64_t dilation[2];
    return in && weight && out && alpha && *alpha == 1.0f && read_tensor(in, g->in) && read_tensor(weight, g->weight) &&
           read_tensor(out, g->out) && copy_numbers(how, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, 2, g->before) &&
           copy_numbers(how, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, 2, g->after) &&
           copy_numbers(how, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, 2, g->stride) &&
           copy_numbers(how, CUDNN_ATTR_CONVOLUTION_DILATIONS, 2, dilation) && dilation[0] == 1 && dilation[1] == 1;
}

static int fits(const geometry *g)
{
    for (int axis = 0; axis < 2; axis++) {
        const int64_t room = g->in[2 + axis] + g->before[axis] + g->after[axis] - g->weight[2 + axis];
        if (room < 0 || g->out[2 + axis] != room / g->stride[axis] + 1)
            return 0;
    }
    return g->in[0] == g->out[0] && g->in[1] == g->weight[1] && g->out[1] == g->weight[0];
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t given)
{
    descriptor *d = given;
    const descriptor *configuration;
    geometry g;
    d->finished = 1;
    switch (d->type) {
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
        if (!get(d, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, 1) || !read_graph(d, &g) || !fits(&g))
            return CUDNN_STATUS_BAD_PARAM;
        break;
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
        /* A configuration comes finished from the heuristics. */
        configuration = get_descriptor(d, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
        if (!configuration || !get(d, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, 1))
            return CUDNN_STATUS_BAD_PARAM;
        if (configuration->engine == PROMISES)
            return CUDNN_STATUS_NOT_SUPPORTED;
        d->engine = configuration->engine;
        d->geometry = configuration->geometry;
        break;
    default:
        break;
    }
    return outcome();
}

/* No engine at all for kernels of this many rows. */
static int64_t refused_rows(void)
{
    return getenv("FAKE_CUDNN_REFUSES") ? atol(getenv("FAKE_CUDNN_REFUSES")) : 0;
}

static cudnnStatus_t name_engines(const descriptor *heuristics, int64_t room, int64_t *n, void *values)
{
    const cudnnBackendHeurMode_t *mode = get(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, 1);
    const engine_kind first[] = {TENSOR_CORES, PROMISES, GREEDY}, fallback[] = {CHANCE, GREEDY, EXACT};
    const engine_kind *kinds = *mode == CUDNN_HEUR_MODE_FALLBACK ? fallback : first;
    descriptor **to = values;
    geometry g;
    if (!read_graph(get_descriptor(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH), &g) || room < 3)
        return CUDNN_STATUS_BAD_PARAM;
    *n = g.weight[2] == refused_rows() ? 0 : 3;
    for (int64_t i = 0; i < *n; i++) {
        to[i]->engine = kinds[i];
        to[i]->geometry = g;
        to[i]->finished = 1;
    }
    return outcome();
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const given, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t room, int64_t *n, void *values)
{
    static const cudnnBackendNumericalNote_t notes[] = {
        [TENSOR_CORES] = CUDNN_NUMERICAL_NOTE_TENSOR_CORE, [CHANCE] = CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC,
        [PROMISES] = CUDNN_NUMERICAL_NOTE_WINOGRAD,        [GREEDY] = CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP,
        [EXACT] = CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP,
    };
    const descriptor *d = given;
    (void)type;
    *n = 1;
    switch (name) {
    case CUDNN_ATTR_ENGINEHEUR_RESULTS:
        return name_engines(d, room, n, values);
    case CUDNN_ATTR_ENGINECFG_ENGINE:
        (*(descriptor **)values)->engine = d->engine;
        return outcome();
    case CUDNN_ATTR_ENGINE_NUMERICAL_NOTE:
        *(cudnnBackendNumericalNote_t *)values = notes[d->engine];
        return outcome();
    case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE:
        *(int64_t *)values = d->engine == GREEDY ? GIGABYTE : WORKSPACE;
        return outcome();
    default:
        return CUDNN_STATUS_BAD_PARAM;
    }
}

typedef struct product {
    geometry g;
    const float *in, *weight;
    float *out;
    char *workspace;
} product;

static double at(const product *p, int64_t jet, int64_t channel, int64_t y, int64_t x)
{
    const geometry *g = &p->g;
    double sum = 0;
    for (int64_t c = 0; c < g->in[1]; c++)
        for (int64_t ky = 0; ky < g->weight[2]; ky++)
            for (int64_t kx = 0; kx < g->weight[3]; kx++) {
                const int64_t row = y * g->stride[0] + ky - g->before[0], column = x * g->stride[1] + kx - g->before[1];
                if (row < 0 || row >= g->in[2] || column < 0 || column >= g->in[3])
                    continue;
                sum += (double)p->in[((jet * g->in[1] + c) * g->in[2] + row) * g->in[3] + column] *
                       (double)p->weight[((channel * g->in[1] + c) * g->weight[2] + ky) * g->weight[3] + kx];
            }
    return sum;
}

static void multiply(void *data)
{
    const product *p = data;
    const geometry *g = &p->g;
    float *out = p->out;
    memset(p->workspace, 7, WORKSPACE);
    for (int64_t jet = 0; jet < g->out[0]; jet++)
        for (int64_t c = 0; c < g->out[1]; c++)
            for (int64_t y = 0; y < g->out[2]; y++)
                for (int64_t x = 0; x < g->out[3]; x++)
                    *out++ = (float)at(p, jet, c, y, x);
    fake_product_ran();
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t given)
{
    const descriptor *d = plan, *pack = given;
    void *const *pointers = get(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, 3);
    void *const *workspace = get(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, 1);
    const int64_t *names = get(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, 3);
    if (!pointers || !workspace || !*workspace || !names || names[0] != 1 || names[1] != 2 || names[2] != 3)
        return CUDNN_STATUS_BAD_PARAM;
    for (int i = 0; i < 3; i++)
        if ((uintptr_t)pointers[i] % 16 != 0)
            return CUDNN_STATUS_BAD_PARAM;
    if (d->engine != EXACT)
        return CUDNN_STATUS_BAD_PARAM; /* one that had to be passed over */
    const cudnnStatus_t result = outcome();
    if (result != CUDNN_STATUS_SUCCESS)
        return result;
    const product p = {d->geometry, pointers[0], pointers[1], pointers[2], *workspace};
    fake_enqueue(handle->stream, multiply, &p, sizeof p);
    return CUDNN_STATUS_SUCCESS;
}

#pragma GCC visibility pop
