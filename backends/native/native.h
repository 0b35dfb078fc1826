/* Our own kernels, without any dependency: see kernel.h and plan.h. */
#ifndef JT_BACKENDS_NATIVE_H
#define JT_BACKENDS_NATIVE_H

#include "../backend.h"

extern const jt_backend jt_native_backend;

#endif /* JT_BACKENDS_NATIVE_H */
