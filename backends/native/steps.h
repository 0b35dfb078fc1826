/* What a step does, one function per kind, for jets run->first .. run->first + run->n - 1. */
#ifndef JT_NATIVE_STEPS_H
#define JT_NATIVE_STEPS_H

#include "plan.h"

void jt_native_pad_image(const jt_step *step, const jt_run *run);    /* planes into planes with a halo */
void jt_native_import_image(const jt_step *step, const jt_run *run); /* planes into blocks */
void jt_native_copy_vector(const jt_step *step, const jt_run *run);  /* features, or a flattened image */
void jt_native_run_conv(const jt_step *step, const jt_run *run);
void jt_native_run_lit_conv(const jt_step *step, const jt_run *run);
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

/* Rows of a convolution's outputs of a group of blocks: `in` and `out` are those of row 0. */
void jt_native_run_rows(const jt_conv *conv, const jt_tiles *tiles, int32_t first, int32_t end, const float *in,
                        float *out, const float *residual);
void jt_native_run_tiled(const jt_conv *conv, const float *in, float *out, const float *residual);

/* The same of n neighbours, the first one's pixels first: for a convolution with `together`. */
void jt_native_run_tiles_together(const jt_conv *conv, const jt_tiles *tiles, int32_t n, const float *in, float *out,
                                  const float *residual);
void jt_native_run_together(const jt_conv *conv, int32_t n, const float *in, float *out, const float *residual);

/* Blocks first .. end - 1 of a slide; in and out are those of block `first`, totals (or NULL) of block 0. */
void jt_native_run_blocks(const jt_slides *slides, const jt_native_kernel *kernel, const float *in, float *out,
                          float *totals, int32_t first, int32_t end);

/* The depthwise convolution of an mbconv of one jet, right after a lit one: its results, added to totals as well. */
void jt_native_slide_lit(const jt_lit *lit, const jt_slides *slides, const jt_run *run, const float *in, float *out,
                         float *totals);

#endif /* JT_NATIVE_STEPS_H */
