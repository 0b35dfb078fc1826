/* Names of what is compiled once per instruction set, with JT_KERNEL set to its name, and what its files share. */
#ifndef JT_NATIVE_PARTS_H
#define JT_NATIVE_PARTS_H

#include "kernel.h"

#define JT_PASTE_NAMES(a, b) a##_##b
#define JT_PASTE(a, b) JT_PASTE_NAMES(a, b)
#define JT_NATIVE(name) JT_PASTE(jt_native_##name, JT_KERNEL)

/* Loops over what is known when compiling, so that arrays become registers. */
#define JT_ALWAYS_INLINE static inline __attribute__((always_inline))

extern const jt_tile_kernel JT_NATIVE(tiles)[JT_TILE_STEPS][JT_MOST_BLOCKS];
void JT_NATIVE(slide)(const jt_slide *slide, int32_t n_blocks, const float *in, float *out, float *totals);
void JT_NATIVE(slide_span)(const jt_slide *slide, const float *in, float *out, const float *dark, int32_t first,
                           int32_t end, float *total);
void JT_NATIVE(planes)(const jt_planes *planes, const int32_t *halves, int32_t n, const float *in, float *out);
void JT_NATIVE(largest_in_planes)(const jt_plane_window *window, const float *in, float *out);
void JT_NATIVE(winograd_in)(const float *in, size_t row, int32_t n_tiles, float *out, size_t product);
void JT_NATIVE(winograd_out)(const float *in, size_t product, const float *bias, jt_activation activation, int32_t h,
                             int32_t w, float *out, size_t row);
void JT_NATIVE(matrix)(const jt_matrix *matrix, const float *const *inputs, float *const *outputs, int32_t n_jets,
                       int32_t backwards);
void JT_NATIVE(gate)(const jt_gate *gate, const float *const *totals, float *const *squeezed, float *const *gates,
                     int32_t n_jets);
void JT_NATIVE(activate)(const float *in, float *out, size_t n, jt_activation activation);

#endif /* JT_NATIVE_PARTS_H */
