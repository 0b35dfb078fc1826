/* The definition of right: each op as its formula, in plain C, without any dependency. */
#ifndef JT_BACKENDS_REFERENCE_H
#define JT_BACKENDS_REFERENCE_H

#include "../backend.h"

extern const jt_backend jt_reference_backend;

#endif /* JT_BACKENDS_REFERENCE_H */
