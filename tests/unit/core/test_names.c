/* Names to numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/names.h"

enum { MANY = 5000 };

static void *no_memory(void *user, size_t bytes)
{
    (void)user;
    (void)bytes;
    return NULL;
}

static void numbers_in_order_of_addition(void **state)
{
    (void)state;
    jt_arena arena;
    jt_arena_init(&arena, &jt_default_host);
    jt_names names;
    static char texts[MANY][16];
    assert_true(jt_names_init(&names, &arena, MANY));
    for (int i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "n%d", 7 * i);
        assert_int_equal(jt_names_find(&names, texts[i]), -1);
        assert_int_equal(jt_names_add(&names, texts[i]), i);
    }
    assert_int_equal(names.n, MANY);
    for (int i = 0; i < MANY; i++) {
        char copy[16]; /* found by its bytes, not by its address */
        memcpy(copy, texts[i], sizeof copy);
        assert_int_equal(jt_names_find(&names, copy), i);
        assert_int_equal(jt_names_add(&names, copy), -1);
        assert_ptr_equal(names.names[i], texts[i]);
    }
    assert_int_equal(names.n, MANY);
    jt_arena_free(&arena.host, arena.blocks);
}

static void names_that_are_nearly_equal(void **state)
{
    (void)state;
    jt_arena arena;
    jt_arena_init(&arena, &jt_default_host);
    jt_names names;
    assert_true(jt_names_init(&names, &arena, 8));
    const char *texts[] = {"", "a", "A", "aa", "a ", " a", "\xc3\xa9", "e"};
    for (int i = 0; i < 8; i++)
        assert_int_equal(jt_names_add(&names, texts[i]), i);
    for (int i = 0; i < 8; i++)
        assert_int_equal(jt_names_find(&names, texts[i]), i);
    assert_int_equal(jt_names_find(&names, "aA"), -1);
    jt_arena_free(&arena.host, arena.blocks);
}

/* FNV-1a as published (draft-eastlake-fnv): to find names that all want one slot. */
static uint32_t fnv1a(const char *text)
{
    uint32_t hash = 0x811c9dc5u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x01000193u;
    return hash;
}

static void names_that_want_one_slot(void **state)
{
    (void)state;
    enum { FEW = 40 };
    jt_arena arena;
    jt_arena_init(&arena, &jt_default_host);
    jt_names names;
    static char texts[FEW][16];
    int found = 0;
    assert_true(jt_names_init(&names, &arena, FEW));
    /* What lies behind the slots is somebody else's. */
    unsigned char *behind = jt_arena_take(&arena, 256, 1);
    unsigned char rubbish[256];
    memset(rubbish, 0x7f, sizeof rubbish);
    memcpy(behind, rubbish, sizeof rubbish);
    for (int i = 0; found < FEW; i++) {
        snprintf(texts[found], sizeof texts[found], "%d", i);
        /* The last slot: what does not fit goes round to the first. */
        if ((fnv1a(texts[found]) & names.mask) == names.mask)
            found++;
    }
    for (int i = 0; i < FEW; i++)
        assert_int_equal(jt_names_add(&names, texts[i]), i);
    for (int i = 0; i < FEW; i++)
        assert_int_equal(jt_names_find(&names, texts[i]), i);
    assert_int_equal(jt_names_find(&names, "none"), -1);
    assert_memory_equal(behind, rubbish, sizeof rubbish);
    jt_arena_free(&arena.host, arena.blocks);
}

static void none_at_all(void **state)
{
    (void)state;
    jt_arena arena;
    jt_arena_init(&arena, &jt_default_host);
    jt_names names;
    assert_true(jt_names_init(&names, &arena, 0));
    assert_int_equal(jt_names_find(&names, "x"), -1);
    assert_true(jt_names_init(&names, &arena, 1));
    assert_int_equal(jt_names_add(&names, "x"), 0);
    assert_int_equal(jt_names_find(&names, "x"), 0);
    assert_int_equal(jt_names_find(&names, "y"), -1);
    jt_arena_free(&arena.host, arena.blocks);

    jt_host host = {no_memory, NULL, NULL, NULL, NULL};
    jt_arena_init(&arena, &host);
    assert_false(jt_names_init(&names, &arena, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_order_of_addition),
        cmocka_unit_test(names_that_are_nearly_equal),
        cmocka_unit_test(names_that_want_one_slot),
        cmocka_unit_test(none_at_all),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
