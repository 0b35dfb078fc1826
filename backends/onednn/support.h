/*
 * What the other files of the oneDNN backend lean on: words for errors, one OpenMP thread.
 */
#ifndef JT_ONEDNN_SUPPORT_H
#define JT_ONEDNN_SUPPORT_H

#include <oneapi/dnnl/dnnl.h>

#include "../../lib/core/memory.h"
#include "../fail.h"

/* What oneDNN returned, as a status of ours: JT_OK for success, else with words that begin with `doing`. */
jt_status jt_onednn_check(jt_why *why, dnnl_status_t returned, const char *doing);

/*
 * oneDNN splits its work over as many threads as the calling thread's OpenMP setting says. Set it to one; returns what
 * it was, for jt_onednn_restore_threads. Other threads' settings are not touched.
 */
int jt_onednn_use_one_thread(void);
void jt_onednn_restore_threads(int threads);

#endif /* JT_ONEDNN_SUPPORT_H */
