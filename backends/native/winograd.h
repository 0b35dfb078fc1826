/*
 * 4 x 4 convolutions of many channels by Winograd's way (transforms.c): tiles of 3 x 3 outputs, a few rows of tiles at
 * a time so that what lies between stays in the cache. Each of the 36 products is a matrix product of tiles and
 * channels.
 */
#ifndef JT_NATIVE_WINOGRAD_H
#define JT_NATIVE_WINOGRAD_H

#include "nodes.h"
#include "pack.h"

/* 1 where it is right for a node. */
int jt_native_is_winograd(const jt_graph *graph, const jt_node *node);

/* What its tiles need around the input. */
void jt_native_winograd_halo(const jt_op *op, int32_t halo[4]);

/* Weights transformed and packed; inputs and products are placed. 0 when there is no memory. */
int jt_native_pack_winograd(jt_arena *arena, const jt_native_kernel *kernel, const jt_op *op, const jt_spot *in,
                            jt_activation activation, jt_winograd *winograd);

/* Floats of the transformed inputs and products of a strip. */
void jt_native_winograd_sizes(const jt_op *op, int32_t *strip, size_t *inputs, size_t *products);

#endif /* JT_NATIVE_WINOGRAD_H */
