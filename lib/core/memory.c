#include "memory.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, LARGE_PAGE = 2 * 1024 * 1024 };

/*
 * A process that touches memory for the first time waits for each of its pages; two megabytes at a time, much less.
 * Only a wish, on pages that are all within the piece: whoever owns the rest sees nothing of it.
 */
static void wish_for_large_pages(char *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    const size_t before = (LARGE_PAGE - (uintptr_t)memory % LARGE_PAGE) % LARGE_PAGE;
    if (bytes >= before + LARGE_PAGE)
        (void)madvise(memory + before, (bytes - before) / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)bytes;
#endif
}

void *jt_allocate_unset(const jt_host *host, size_t count, size_t bytes)
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
    wish_for_large_pages(memory, wanted);
    return memory;
}

void *jt_allocate(const jt_host *host, size_t count, size_t bytes)
{
    void *memory = jt_allocate_unset(host, count, bytes);
    if (memory)
        memset(memory, 0, count * bytes);
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
