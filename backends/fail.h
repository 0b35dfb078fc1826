/* Words for a backend that fails. Modules compile fail.c into themselves, as they do lib/core/memory.c. */
#ifndef JT_BACKENDS_FAIL_H
#define JT_BACKENDS_FAIL_H

#include "backend.h"

/* Write words and return `status`. format as printf. */
jt_status jt_fail(jt_why *why, jt_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif /* JT_BACKENDS_FAIL_H */
