#include "memory.h"

#include <string.h>

enum { ALIGNMENT = 64 };

void *jt_allocate(const jt_host *host, size_t count, size_t bytes)
{
    size_t extra = ALIGNMENT - 1 + sizeof(void *);
    if (bytes != 0 && count > (SIZE_MAX - extra) / bytes)
        return NULL;
    size_t wanted = count * bytes;
    char *raw = host->allocate(host->user, wanted + extra);
    if (!raw)
        return NULL;
    char *after = raw + sizeof(void *);
    char *memory = after + (ALIGNMENT - (uintptr_t)after % ALIGNMENT) % ALIGNMENT;
    /* What the host gave goes right before what the caller gets, for jt_release. */
    memcpy(memory - sizeof(void *), &raw, sizeof(void *));
    memset(memory, 0, wanted);
    return memory;
}

void jt_release(const jt_host *host, void *memory)
{
    if (!memory)
        return;
    void *raw;
    memcpy(&raw, (char *)memory - sizeof(void *), sizeof(void *));
    host->release(host->user, raw);
}

size_t jt_rounded_up(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}
