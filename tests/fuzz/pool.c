#include "pool.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"

#if defined(__has_feature) /* clang; gcc has the other name */
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

enum { REGION = 1 << 25, BEFORE = 16, FENCE = 16, WIDE = 256 };

static _Alignas(64) unsigned char region[REGION];
static size_t used;
static const unsigned char fence[FENCE] = {0xA5, 0x5A, 0xA5, 0x5A, 0xA5, 0x5A, 0xA5, 0x5A,
                                           0xA5, 0x5A, 0xA5, 0x5A, 0xA5, 0x5A, 0xA5, 0x5A};

/* Lies right before each piece. */
typedef struct piece {
    void *block; /* of malloc, or NULL */
    size_t bytes;
} piece;
_Static_assert(sizeof(piece) <= BEFORE, "there is room before a piece");

static size_t aligned(size_t at, size_t to)
{
    return (at + to - 1) / to * to;
}

void *pool_take(void *user, size_t bytes)
{
    pool_use *use = user;
    if (bytes > SIZE_MAX - 4 * WIDE)
        return NULL;
    const size_t to = bytes >= WIDE ? 64 : 16, start = aligned(used + BEFORE, to);
    const size_t end = aligned(start + bytes + FENCE, 16);
    piece head = {NULL, bytes};
    unsigned char *memory = region + start;
    if (start > REGION || end > REGION || end < start) {
        head.block = malloc(bytes + BEFORE + FENCE + 64);
        if (!head.block)
            return NULL;
        memory = (unsigned char *)head.block + aligned((uintptr_t)head.block + BEFORE, 64) - (uintptr_t)head.block;
    } else {
        used = end;
    }
    ASAN_UNPOISON_MEMORY_REGION(memory - BEFORE, BEFORE + bytes + FENCE);
    memcpy(memory - BEFORE, &head, sizeof head);
    memcpy(memory + bytes, fence, sizeof fence);
    ASAN_POISON_MEMORY_REGION(memory - BEFORE, BEFORE);
    ASAN_POISON_MEMORY_REGION(memory + bytes, FENCE);
    use->live++;
    use->live_bytes += bytes;
    if (use->live_bytes > use->most_bytes)
        use->most_bytes = use->live_bytes;
    return memory;
}

void pool_release(void *user, void *memory)
{
    pool_use *use = user;
    unsigned char *at = memory;
    piece head;
    ASAN_UNPOISON_MEMORY_REGION(at - BEFORE, BEFORE);
    memcpy(&head, at - BEFORE, sizeof head);
    ASAN_UNPOISON_MEMORY_REGION(at + head.bytes, FENCE);
    require(memcmp(at + head.bytes, fence, sizeof fence) == 0, "nothing is written behind a piece of memory");
    require(use->live > 0 && use->live_bytes >= head.bytes, "what is released was taken");
    use->live--;
    use->live_bytes -= head.bytes;
    if (head.block) {
        free(head.block);
        return;
    }
    ASAN_POISON_MEMORY_REGION(at - BEFORE, BEFORE + head.bytes + FENCE);
}

unsigned char *pool_copy(pool_use *use, const void *bytes, size_t length)
{
    unsigned char *copy = pool_take(use, length);
    require(copy != NULL, "there is memory for an input");
    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

pool_use pool_of_cjson;

static void *take_for_cjson(size_t bytes)
{
    return pool_take(&pool_of_cjson, bytes);
}

static void release_of_cjson(void *memory)
{
    if (memory)
        pool_release(&pool_of_cjson, memory);
}

void pool_serve_cjson(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){take_for_cjson, release_of_cjson});
}

void pool_reset(const pool_use *use)
{
    require(use->live == 0 && pool_of_cjson.live == 0, "nothing leaks");
    used = 0;
}
