/* What a step does, one function per kind, for jets run->first .. run->first + run->n - 1. */
#ifndef JT_NATIVE_STEPS_H
#define JT_NATIVE_STEPS_H

#include "plan.h"

void jt_native_pad_image(const jt_step *step, const jt_run *run);    /* planes into planes with a halo */
void jt_native_import_image(const jt_step *step, const jt_run *run); /* planes into blocks */
void jt_native_copy_vector(const jt_step *step, const jt_run *run);  /* features, or a flattened image */
void jt_native_run_conv(const jt_step *step, const jt_run *run);
void jt_native_run_slides(const jt_step *step, const jt_run *run);
void jt_native_run_planes(const jt_step *step, const jt_run *run);
void jt_native_run_plane_window(const jt_step *step, const jt_run *run);
void jt_native_run_winograd(const jt_step *step, const jt_run *run);
void jt_native_run_mbconv(const jt_step *step, const jt_run *run);
void jt_native_run_matrix(const jt_step *step, const jt_run *run);
void jt_native_run_window(const jt_step *step, const jt_run *run);
void jt_native_run_average(const jt_step *step, const jt_run *run);
void jt_native_run_flatten(const jt_step *step, const jt_run *run);
void jt_native_run_concat(const jt_step *step, const jt_run *run);
void jt_native_run_add(const jt_step *step, const jt_run *run);
void jt_native_run_scale(const jt_step *step, const jt_run *run);
void jt_native_run_activation(const jt_step *step, const jt_run *run);

#endif /* JT_NATIVE_STEPS_H */
