/*
 * The caller's floating-point state, put aside while the library calculates.
 *
 * A score must not depend on the caller's rounding mode or on flush-to-zero, and the caller's state (and errno, and
 * exception flags) must be as before afterwards.
 */
#ifndef JT_CORE_FLOAT_GUARD_H
#define JT_CORE_FLOAT_GUARD_H

#include <fenv.h>

typedef struct jt_float_guard {
    fenv_t environment;
    unsigned control; /* x86: MXCSR, which holds rounding, flush-to-zero and denormals-are-zero */
    int saved_errno;
} jt_float_guard;

/* Save the state and set the default: round to nearest, denormals kept, no traps. */
void jt_float_guard_enter(jt_float_guard *guard);
/* Put the caller's state back. */
void jt_float_guard_leave(const jt_float_guard *guard);

#endif /* JT_CORE_FLOAT_GUARD_H */
