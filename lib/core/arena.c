#include "arena.h"

#include <string.h>

enum {
    ALIGNMENT = 64,
    SHARED_BLOCK = 64 * 1024,
    LARGEST_SHARED = 8 * 1024,
    /* From then on pieces share blocks of this size, which the system gives out by large pages. */
    MUCH = 512 * 1024,
    LARGE_BLOCK = 8 * 1024 * 1024
};

/* Stands at the start of each block; what is handed out begins ALIGNMENT bytes in. */
typedef struct block {
    struct block *older;
} block;

void jt_arena_init(jt_arena *arena, const jt_host *host)
{
    *arena = (jt_arena){.host = *host};
}

static char *new_block(jt_arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGNMENT)
        return NULL;
    block *made = jt_allocate_unset(&arena->host, 1, ALIGNMENT + bytes);
    if (!made)
        return NULL;
    made->older = arena->blocks;
    arena->blocks = made;
    return (char *)made + ALIGNMENT;
}

/* Room for a piece, in the newest shared block or in a block of its own. */
static char *find_room(jt_arena *arena, size_t wanted)
{
    const int is_much = arena->taken >= MUCH;
    const size_t shared = is_much ? LARGE_BLOCK : SHARED_BLOCK;
    if (wanted > (is_much ? shared : LARGEST_SHARED))
        return new_block(arena, wanted);
    const size_t rounded = jt_rounded_up(wanted);
    if (rounded > arena->left || !arena->next) {
        char *room = new_block(arena, shared);
        if (!room)
            return NULL;
        arena->next = room;
        arena->left = shared;
    }
    char *piece = arena->next;
    arena->next += rounded;
    arena->left -= rounded;
    return piece;
}

void *jt_arena_take(jt_arena *arena, size_t count, size_t bytes)
{
    if (bytes != 0 && count > SIZE_MAX / bytes)
        return NULL;
    const size_t wanted = count * bytes;
    char *piece = find_room(arena, wanted);
    if (!piece)
        return NULL;
    arena->taken += wanted;
    memset(piece, 0, wanted);
    return piece;
}

char *jt_arena_text(jt_arena *arena, const char *text, size_t length)
{
    char *copy = length < SIZE_MAX ? jt_arena_take(arena, length + 1, 1) : NULL;
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

void jt_arena_free(const jt_host *host, void *blocks)
{
    for (block *newest = blocks; newest;) {
        block *older = newest->older;
        jt_release(host, newest);
        newest = older;
    }
}
