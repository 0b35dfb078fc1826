#include "layout.h"

#include "describe.h"
#include "support.h"

jt_status jt_onednn_new_tensor(jt_plan *plan, const_dnnl_memory_desc_t description, jt_shape shape, int32_t *tensor,
                               jt_why *why)
{
    int32_t buffer;
    jt_status status = jt_onednn_add_buffer(plan, description, &buffer, why);
    if (status != JT_OK)
        return status;
    return jt_onednn_add_tensor(plan, description, shape, buffer, tensor, why);
}

jt_status jt_onednn_copy_as(jt_plan *plan, int32_t tensor, const_dnnl_memory_desc_t wanted, int32_t layer,
                            int32_t *copy, jt_why *why)
{
    jt_status status = jt_onednn_new_tensor(plan, wanted, plan->tensors[tensor].shape, copy, why);
    if (status != JT_OK)
        return status;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t primitive = NULL;
    dnnl_status_t s = jt_onednn_attributes(0, JT_ACTIVATION_NONE, &attributes);
    if (s == dnnl_success)
        s = dnnl_reorder_primitive_desc_create(&primitive, plan->tensors[tensor].description, plan->engine, wanted,
                                               plan->engine, attributes);
    status = jt_onednn_check(why, s, "reorder");
    if (status == JT_OK) {
        const jt_onednn_argument arguments[] = {{DNNL_ARG_FROM, tensor}, {DNNL_ARG_TO, *copy}};
        status = jt_onednn_add_step(plan, primitive, layer, arguments, 2, why);
    }
    if (primitive)
        dnnl_primitive_desc_destroy(primitive);
    if (attributes)
        dnnl_primitive_attr_destroy(attributes);
    return status;
}

/* Whether a vector {1, c, 1, 1} lies in memory value after value: so it does in plain and in channel-blocked layouts.
 */
static int lies_in_order(const_dnnl_memory_desc_t description)
{
    const dnnl_dims_t *strides, *blocks, *places, *padded;
    int32_t n_blocks;
    if (dnnl_memory_desc_query(description, dnnl_query_strides, &strides) != dnnl_success ||
        dnnl_memory_desc_query(description, dnnl_query_inner_nblks_s32, &n_blocks) != dnnl_success ||
        dnnl_memory_desc_query(description, dnnl_query_inner_blks, &blocks) != dnnl_success ||
        dnnl_memory_desc_query(description, dnnl_query_inner_idxs, &places) != dnnl_success ||
        dnnl_memory_desc_query(description, dnnl_query_padded_dims, &padded) != dnnl_success)
        return 0;
    if (n_blocks == 0)
        return (*strides)[1] == 1;
    return n_blocks == 1 && (*places)[0] == 1 && ((*strides)[1] == (*blocks)[0] || (*padded)[1] == (*blocks)[0]);
}

jt_status jt_onednn_in_layout(jt_plan *plan, int32_t tensor, const_dnnl_memory_desc_t wanted, int32_t layer,
                              int32_t *result, jt_why *why)
{
    const jt_onednn_tensor *given = &plan->tensors[tensor];
    if (dnnl_memory_desc_equal(given->description, wanted)) {
        *result = tensor;
        return JT_OK;
    }
    /* A vector's layouts differ only in the zeros behind it, which the shorter one leaves out. */
    if (given->shape.h == 1 && given->shape.w == 1 && lies_in_order(given->description) && lies_in_order(wanted) &&
        dnnl_memory_desc_get_size(wanted) <= dnnl_memory_desc_get_size(given->description))
        return jt_onednn_add_tensor(plan, wanted, given->shape, given->buffer, result, why);
    return jt_onednn_copy_as(plan, tensor, wanted, layer, result, why);
}

jt_status jt_onednn_plain(jt_plan *plan, int32_t tensor, jt_shape shape, int32_t layer, int32_t *result, jt_why *why)
{
    dnnl_memory_desc_t plain;
    jt_status status =
        jt_onednn_check(why, jt_onednn_describe_image(plan->tensors[tensor].shape, dnnl_nchw, &plain), "layout");
    if (status != JT_OK)
        return status;
    status = jt_onednn_in_layout(plan, tensor, plain, layer, result, why);
    dnnl_memory_desc_destroy(plain);
    if (status != JT_OK)
        return status;

    status = jt_onednn_check(why, jt_onednn_describe_image(shape, dnnl_nchw, &plain), "layout");
    if (status != JT_OK)
        return status;
    status = jt_onednn_add_tensor(plan, plain, shape, plan->tensors[*result].buffer, result, why);
    dnnl_memory_desc_destroy(plain);
    return status;
}

jt_status jt_onednn_in_shape(jt_plan *plan, int32_t tensor, jt_shape shape, int32_t layer, int32_t *result, jt_why *why)
{
    const jt_shape given = plan->tensors[tensor].shape;
    *result = tensor;
    if (given.c == shape.c && given.h == shape.h && given.w == shape.w)
        return JT_OK;
    return jt_onednn_plain(plan, tensor, shape, layer, result, why);
}
