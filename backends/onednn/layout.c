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

jt_status jt_onednn_in_layout(jt_plan *plan, int32_t tensor, const_dnnl_memory_desc_t wanted, int32_t layer,
                              int32_t *result, jt_why *why)
{
    if (dnnl_memory_desc_equal(plan->tensors[tensor].description, wanted)) {
        *result = tensor;
        return JT_OK;
    }
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
