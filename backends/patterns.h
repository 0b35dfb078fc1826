/*
 * Ops of a graph that a backend may do as one: found by their shape, not by the layers they come from, and only where
 * nobody else reads what is between. Modules compile patterns.c into themselves, as they do fail.c.
 */
#ifndef JT_BACKENDS_PATTERNS_H
#define JT_BACKENDS_PATTERNS_H

#include "../lib/graph/graph.h"

enum { JT_SQUEEZE_EXCITE_OPS = 4 };

/* How often a value is read, the caller's reading of the output included. */
int32_t jt_readers(const jt_graph *graph, int32_t value);

/* A convolution of each channel by itself. */
int jt_is_depthwise(const jt_op *op);

/* 1 if ops i .. i + 3 are a squeeze-excite: average, dense, dense, and the scaling of what was averaged by that. */
int jt_is_squeeze_excite(const jt_graph *graph, int32_t i);

/* The other summand's value where op i + 1 adds the output of op i to something, with no activation between; else -1.
 */
int32_t jt_summand(const jt_graph *graph, int32_t i);

#endif /* JT_BACKENDS_PATTERNS_H */
