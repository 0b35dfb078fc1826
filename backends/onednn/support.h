/*
 * What the other files of the oneDNN backend lean on: memory from the host, words for errors, one OpenMP thread.
 */
#ifndef JT_ONEDNN_SUPPORT_H
#define JT_ONEDNN_SUPPORT_H

#include <oneapi/dnnl/dnnl.h>

#include "../backend.h"

/* Memory through the host, aligned to 64 bytes and zeroed; NULL on failure or when count * bytes overflows. */
void *jt_onednn_allocate(const jt_host *host, size_t count, size_t bytes);
/* Takes NULL. */
void jt_onednn_release(const jt_host *host, void *memory);

/* Write words and return `status`. format as printf. */
jt_status jt_onednn_fail(jt_why *why, jt_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What oneDNN returned, as a status of ours: JT_OK for success, else with words that begin with `doing`. */
jt_status jt_onednn_check(jt_why *why, dnnl_status_t returned, const char *doing);

/*
 * oneDNN splits its work over as many threads as the calling thread's OpenMP setting says. Set it to one; returns what
 * it was, for jt_onednn_restore_threads. Other threads' settings are not touched.
 */
int jt_onednn_use_one_thread(void);
void jt_onednn_restore_threads(int threads);

#endif /* JT_ONEDNN_SUPPORT_H */
