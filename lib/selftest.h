/* A model against its own golden jets. */
#ifndef JT_SELFTEST_H
#define JT_SELFTEST_H

#include "handle.h"

/* The largest absolute difference in score that a healthy installation shows. */
#define JT_SELFTEST_TOLERANCE 1e-5

jt_status jt_selftest(const jt_model *model, double *largest_difference, jt_error *error);

#endif /* JT_SELFTEST_H */
