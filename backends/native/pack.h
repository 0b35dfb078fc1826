/*
 * Weights in the order in which the kernels read them, and the tiles of convolutions. Memory is the arena's; a function
 * that returns an int returns 0 when there is none left.
 */
#ifndef JT_NATIVE_PACK_H
#define JT_NATIVE_PACK_H

#include "plan.h"

/* Blocks of 16 channels. */
int32_t jt_native_blocks(int32_t channels);

/* Of a convolution or a dense layer. */
int64_t jt_native_weights(const jt_op *op);

/* Pixels that a tile of so many blocks can have, and how many blocks serve best for a row of so many pixels. */
int32_t jt_native_most_pixels(const jt_native_kernel *kernel, int32_t blocks);
int32_t jt_native_blocks_for(const jt_native_kernel *kernel, int32_t width);

/* Biases of blocks first .. first + n - 1, zeros beyond the last channel; NULL when there is no memory. */
float *jt_native_pack_bias(jt_arena *arena, const jt_op *op, int32_t first, int32_t n);

/*
 * A convolution from `in` to `out`, of which `residual` (or NULL) is a summand. `chunk` blocks make a group, or as many
 * as serve best when it is 0; all groups of a chunked one write to block 0 of out. An input in JT_ROOM_IMAGES, or
 * `planes` set, is in planes.
 */
int jt_native_pack_conv(jt_arena *arena, const jt_native_kernel *kernel, const jt_op *op, const jt_spot *in, int planes,
                        const jt_spot *out, const jt_spot *residual, jt_activation activation, int32_t chunk,
                        jt_conv *conv);
/* Side of the input when there is a kernel for the depthwise convolution of a small square; else 0. */
int32_t jt_native_whole(const jt_op *op);
/* `whole`: the input is one of those squares, and has no halo. */
int jt_native_pack_slides(jt_arena *arena, const jt_op *op, const jt_spot *in, const jt_spot *out, int32_t whole,
                          jt_slides *slides);
/* A convolution with stride 1 from planes to planes. */
int jt_native_pack_planes(jt_arena *arena, const jt_op *op, const jt_spot *in, const jt_spot *out, jt_planes *planes);
/* Both layers of squeeze-excite. */
int jt_native_pack_gate(jt_arena *arena, const jt_op *squeeze, const jt_op *excite, jt_gate *gate);
int jt_native_pack_matrix(jt_arena *arena, const jt_native_kernel *kernel, const jt_op *op, jt_matrix *matrix);

#endif /* JT_NATIVE_PACK_H */
