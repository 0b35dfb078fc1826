/*
 * Memory that is freed all at once: what is built step by step, and lives and dies together.
 *
 * Small pieces share blocks, large ones have their own until there is so much that they share larger blocks. The list
 * of blocks is all that has to be kept to free it.
 */
#ifndef JT_CORE_ARENA_H
#define JT_CORE_ARENA_H

#include "core.h"

typedef struct jt_arena {
    jt_host host;
    void *blocks; /* list of everything taken so far, for jt_arena_free */
    char *next;   /* room left in the newest shared block */
    size_t left;
    size_t taken; /* bytes handed out so far */
} jt_arena;

void jt_arena_init(jt_arena *arena, const jt_host *host);

/* count * bytes of memory, zeroed, aligned to 64 bytes; NULL on failure. Also for 0 bytes it is not NULL. */
void *jt_arena_take(jt_arena *arena, size_t count, size_t bytes);

/* A copy of a text; NULL on failure. */
char *jt_arena_text(jt_arena *arena, const char *text, size_t length);

/* Free all of it. `blocks` may be NULL; `host` is the one of jt_arena_init. */
void jt_arena_free(const jt_host *host, void *blocks);

#endif /* JT_CORE_ARENA_H */
