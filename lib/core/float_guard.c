#include "float_guard.h"

#include <errno.h>

#if defined(__x86_64__) || defined(__i386__)
#include <xmmintrin.h>

enum { DEFAULT_CONTROL = 0x1f80 }; /* all exceptions masked, no flags, nearest, no flush-to-zero */

void jt_float_guard_enter(jt_float_guard *guard)
{
    guard->saved_errno = errno;
    /* fegetenv alone costs more than a small network's tail; all our arithmetic is SSE, so MXCSR is the whole state. */
    guard->control = _mm_getcsr();
    _mm_setcsr(DEFAULT_CONTROL);
}

void jt_float_guard_leave(const jt_float_guard *guard)
{
    _mm_setcsr(guard->control);
    errno = guard->saved_errno;
}

#else

void jt_float_guard_enter(jt_float_guard *guard)
{
    guard->saved_errno = errno;
    guard->control = 0;
    fegetenv(&guard->environment);
    fesetenv(FE_DFL_ENV);
}

void jt_float_guard_leave(const jt_float_guard *guard)
{
    fesetenv(&guard->environment);
    errno = guard->saved_errno;
}

#endif
