/* Memory through a host. Modules compile memory.c into themselves: it needs nothing else of the library. */
#ifndef JT_CORE_MEMORY_H
#define JT_CORE_MEMORY_H

#include "../../backends/backend.h"

/* Memory through the host, aligned to 64 bytes and zeroed; NULL on failure or when count * bytes overflows. */
void *jt_allocate(const jt_host *host, size_t count, size_t bytes);
/* The same with whatever is in it, for those who write all of it. */
void *jt_allocate_unset(const jt_host *host, size_t count, size_t bytes);
/* Takes NULL. */
void jt_release(const jt_host *host, void *memory);

/* What a piece of a block takes, so that the next piece is aligned to 64 bytes as well. */
size_t jt_rounded_up(size_t bytes);

#endif /* JT_CORE_MEMORY_H */
