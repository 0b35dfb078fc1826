/* Memory: single pieces through a host, and arenas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/arena.h"

/* A host that gives memory full of rubbish, aligned to 16 as malloc's is and to no more. */
typedef struct heap {
    int taken, live, fail_at;
} heap;

enum { SHIFT = 16 };

static void *heap_take(void *user, size_t bytes)
{
    heap *h = user;
    if (++h->taken == h->fail_at)
        return NULL;
    char *memory = aligned_alloc(64, (bytes + SHIFT + 63) / 64 * 64);
    assert_non_null(memory);
    memset(memory, 0xa5, bytes + SHIFT);
    h->live++;
    return memory + SHIFT;
}

static void heap_release(void *user, void *memory)
{
    heap *h = user;
    assert_non_null(memory);
    h->live--;
    free((char *)memory - SHIFT);
}

static jt_host heap_host(heap *h)
{
    return (jt_host){heap_take, heap_release, h, NULL, NULL};
}

static int is_zero(const char *memory, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (memory[i] != 0)
            return 0;
    return 1;
}

static void single_pieces(void **state)
{
    (void)state;
    heap h = {0};
    jt_host host = heap_host(&h);
    for (size_t bytes = 0; bytes < 300; bytes++) {
        char *memory = jt_allocate(&host, bytes, 1);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        assert_true(is_zero(memory, bytes));
        memset(memory, 0xff, bytes); /* all of it is ours: the sanitizer looks on */
        jt_release(&host, memory);
    }
    jt_release(&host, NULL);
    assert_int_equal(h.live, 0);
}

static void sizes_that_overflow(void **state)
{
    (void)state;
    heap h = {0};
    jt_host host = heap_host(&h);
    const size_t pairs[][2] = {{SIZE_MAX / 2, 4},    {SIZE_MAX, 1},      {1, SIZE_MAX},
                               {SIZE_MAX - 64, 1},   {1, SIZE_MAX - 70}, {(size_t)1 << 32, (size_t)1 << 32},
                               {SIZE_MAX, SIZE_MAX}, {SIZE_MAX / 3, 3},  {SIZE_MAX / 64 + 1, 64}};
    jt_arena arena;
    jt_arena_init(&arena, &host);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_null(jt_allocate(&host, pairs[i][0], pairs[i][1]));
        assert_null(jt_arena_take(&arena, pairs[i][0], pairs[i][1]));
    }
    assert_null(jt_arena_text(&arena, "", SIZE_MAX));
    assert_int_equal(h.taken, 0); /* refused before anybody was asked */
    assert_null(arena.blocks);
}

static void host_that_fails(void **state)
{
    (void)state;
    heap h = {.fail_at = 1};
    jt_host host = heap_host(&h);
    assert_null(jt_allocate(&host, 10, 10));
    jt_arena arena;
    jt_arena_init(&arena, &host);
    h.fail_at = 2;
    assert_null(jt_arena_take(&arena, 1, 8));
    h.fail_at = 3;
    assert_null(jt_arena_take(&arena, 1, 1 << 20));
    h.fail_at = 4;
    assert_null(jt_arena_text(&arena, "text", 4));
    /* It goes on working after a failure. */
    assert_string_equal(jt_arena_text(&arena, "text", 4), "text");
    h.fail_at = h.taken + 1;
    assert_null(jt_arena_take(&arena, 1, 1 << 20));
    assert_non_null(jt_arena_take(&arena, 1, 64)); /* from the block that there is */
    jt_arena_free(&host, arena.blocks);
    assert_int_equal(h.live, 0);
}

/* Pieces of all sizes are zero, aligned, and nobody else's. */
static void pieces_do_not_overlap(void **state)
{
    (void)state;
    enum { PIECES = 2000 };
    heap h = {0};
    jt_host host = heap_host(&h);
    jt_arena arena;
    jt_arena_init(&arena, &host);
    unsigned char *pieces[PIECES];
    size_t sizes[PIECES];
    uint32_t random = 7;
    for (int i = 0; i < PIECES; i++) {
        random = random * 1664525u + 1013904223u;
        /* Mostly small; some around the size from which a piece has a block of its own, some larger than blocks. */
        sizes[i] = i % 50 == 0 ? 60000 + (random >> 16) : i % 7 == 0 ? 8100 + (random >> 24) : random >> 22;
        pieces[i] = jt_arena_take(&arena, sizes[i], 1);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        assert_true(is_zero((char *)pieces[i], sizes[i]));
        memset(pieces[i], i & 0xff, sizes[i]);
    }
    for (int i = 0; i < PIECES; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], i & 0xff);
    assert_true(h.taken < PIECES / 2); /* small ones share */
    jt_arena_free(&host, arena.blocks);
    assert_int_equal(h.live, 0);
}

/* Large pieces share blocks as soon as there are many; what is in between is nobody's, what they hold is zero. */
static void many_large_pieces(void **state)
{
    (void)state;
    enum { PIECES = 400, LARGEST = 12 << 20 };
    heap h = {0};
    jt_host host = heap_host(&h);
    jt_arena arena;
    jt_arena_init(&arena, &host);
    char *pieces[PIECES];
    size_t sizes[PIECES];
    for (int i = 0; i < PIECES; i++) {
        /* One is larger than any block, and small ones are among them. */
        sizes[i] = i == 300 ? LARGEST : i % 3 == 0 ? (size_t)(i + 1) : 40000 + 300 * (size_t)i;
        pieces[i] = jt_arena_take(&arena, sizes[i], 1);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        assert_true(is_zero(pieces[i], sizes[i]));
        memset(pieces[i], i & 0xff, sizes[i]);
    }
    for (int i = 0; i < PIECES; i++)
        assert_true(pieces[i][0] == (char)i && memcmp(pieces[i], pieces[i] + 1, sizes[i] - 1) == 0);
    assert_true(h.taken < 25);
    jt_arena_free(&host, arena.blocks);
    assert_int_equal(h.live, 0);
}

/* Memory of many pages, which are asked for as large ones: all of it can be written, and has its host's bytes before.
 */
static void whole_pages(void **state)
{
    (void)state;
    heap h = {0};
    jt_host host = heap_host(&h);
    for (size_t bytes = (2 << 20) - 64; bytes < 7 << 20; bytes += 777777) {
        char *memory = jt_allocate_unset(&host, bytes, 1);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        assert_true(memory[0] == (char)0xa5 && memcmp(memory, memory + 1, bytes - 1) == 0);
        memset(memory, 1, bytes);
        jt_release(&host, memory);
    }
    h.fail_at = h.taken + 1;
    assert_null(jt_allocate_unset(&host, 3 << 20, 1));
    assert_null(jt_allocate_unset(&host, SIZE_MAX, 2));
    assert_int_equal(h.live, 0);
}

static void texts_and_nothing(void **state)
{
    (void)state;
    heap h = {0};
    jt_host host = heap_host(&h);
    jt_arena arena;
    jt_arena_init(&arena, &host);
    assert_non_null(jt_arena_take(&arena, 0, 4));
    assert_non_null(jt_arena_take(&arena, 4, 0));
    assert_non_null(jt_arena_take(&arena, SIZE_MAX, 0));
    assert_string_equal(jt_arena_text(&arena, "abcdef", 3), "abc");
    assert_string_equal(jt_arena_text(&arena, "", 0), "");
    char *long_text = malloc(100001);
    memset(long_text, 'x', 100000);
    long_text[100000] = '\0';
    assert_string_equal(jt_arena_text(&arena, long_text, 100000), long_text);
    free(long_text);
    jt_arena_free(&host, arena.blocks);
    jt_arena_free(&host, NULL);
    assert_int_equal(h.live, 0);
}

/* A shared block that is used to its last byte. */
static void full_blocks(void **state)
{
    (void)state;
    heap h = {0};
    jt_host host = heap_host(&h);
    jt_arena arena;
    jt_arena_init(&arena, &host);
    for (int i = 0; i < 64 * 3; i++) {
        char *piece = jt_arena_take(&arena, 1024, 1);
        assert_non_null(piece);
        memset(piece, 1, 1024);
    }
    assert_int_equal(h.taken, 3);
    assert_non_null(jt_arena_take(&arena, 0, 1));
    jt_arena_free(&host, arena.blocks);
    assert_int_equal(h.live, 0);
}

static void a_callers_allocator(void **state)
{
    (void)state;
    heap h = {0};
    jt_allocator allocator = {heap_take, heap_release, &h};
    jt_host host = jt_host_make(&allocator, NULL, NULL);
    jt_release(&host, jt_allocate(&host, 3, 3));
    assert_int_equal(h.taken, 1);
    assert_int_equal(h.live, 0);
    /* Half an allocator is none. */
    allocator.release = NULL;
    host = jt_host_make(&allocator, NULL, NULL);
    jt_release(&host, jt_allocate(&host, 3, 3));
    host = jt_host_make(NULL, NULL, NULL);
    jt_release(&host, jt_allocate(&host, 3, 3));
    jt_release(&jt_default_host, jt_allocate(&jt_default_host, 3, 3));
    assert_int_equal(h.taken, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_pieces),       cmocka_unit_test(sizes_that_overflow),
        cmocka_unit_test(host_that_fails),     cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(texts_and_nothing),   cmocka_unit_test(full_blocks),
        cmocka_unit_test(a_callers_allocator), cmocka_unit_test(many_large_pieces),
        cmocka_unit_test(whole_pages),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
