/*
 * No memory, at any moment of reading a model: JT_ERROR_MEMORY, and nothing is left. In turn fail: the host's
 * allocations; cJSON's own, which come from malloc; and every piece of the arena, most of which share an allocation of
 * the host (the linker puts __wrap_* in front of the arena). One fails alone, or it and every later one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "sample.h"
#include "lib/core/arena.h"

typedef struct supply {
    int taken, live;
    int from, to; /* numbers of the allocations that fail, from 1 */
} supply;

static void *take(supply *s, size_t bytes)
{
    s->taken++;
    if (s->taken >= s->from && s->taken <= s->to)
        return NULL;
    void *memory = malloc(bytes);
    s->live += memory != NULL;
    return memory;
}

static void *host_allocate(void *user, size_t bytes)
{
    return take(user, bytes);
}

static void host_release(void *user, void *memory)
{
    supply *s = user;
    s->live--;
    free(memory);
}

/* cJSON's hooks have no place for a user's pointer. */
static supply tree;

static void *tree_allocate(size_t bytes)
{
    return take(&tree, bytes);
}

static void tree_release(void *memory)
{
    tree.live -= memory != NULL;
    free(memory);
}

static supply pieces;

void *__real_jt_arena_take(jt_arena *arena, size_t count, size_t bytes);
void *__wrap_jt_arena_take(jt_arena *arena, size_t count, size_t bytes);
char *__real_jt_arena_text(jt_arena *arena, const char *text, size_t length);
char *__wrap_jt_arena_text(jt_arena *arena, const char *text, size_t length);

static int piece_fails(void)
{
    pieces.taken++;
    return pieces.taken >= pieces.from && pieces.taken <= pieces.to;
}

void *__wrap_jt_arena_take(jt_arena *arena, size_t count, size_t bytes)
{
    return piece_fails() ? NULL : __real_jt_arena_take(arena, count, bytes);
}

char *__wrap_jt_arena_text(jt_arena *arena, const char *text, size_t length)
{
    return piece_fails() ? NULL : __real_jt_arena_text(arena, text, length);
}

/* Read the sample; the two supplies say how, and count. */
static jt_status read_sample(const sample *s, supply *host_supply, jt_error *error)
{
    jtm bytes = jtm_pack(s->header, strlen(s->header), s->blob, s->blob_length);
    jt_host host = {host_allocate, host_release, host_supply, NULL, NULL};
    jt_model_file file;
    jt_model_file zero;
    memset(&zero, 0, sizeof zero);
    memset(&file, 0xA5, sizeof file);
    jt_status status = jt_model_file_read(bytes.bytes, bytes.length, &host, &file, error);
    jtm_free(&bytes);
    if (status == JT_OK)
        jt_model_file_free(&file);
    assert_memory_equal(&file, &zero, sizeof file);
    assert_int_equal(host_supply->live, 0);
    assert_int_equal(tree.live, 0);
    return status;
}

static void expect_no_memory(const sample *s, supply *host_supply)
{
    jt_error error = {.size = sizeof error};
    jt_status status = read_sample(s, host_supply, &error);
    if (status != JT_ERROR_MEMORY || error.status != JT_ERROR_MEMORY || strlen(error.text) < 10)
        fail_msg("host %d, cJSON %d, arena %d: status %d, %s", host_supply->from, tree.from, pieces.from, (int)status,
                 error.text);
    /* Nobody has to ask why. */
    host_supply->taken = tree.taken = pieces.taken = 0;
    assert_int_equal(read_sample(s, host_supply, NULL), JT_ERROR_MEMORY);
}

static void test_host(void **state)
{
    (void)state;
    sample s = sample_make();
    supply enough = {0};
    tree = (supply){0};
    assert_int_equal(read_sample(&s, &enough, NULL), JT_OK);
    /* One for the header's text at least, two of the parse, one of the layers. */
    assert_true(enough.taken >= 4);
    for (int k = 1; k <= enough.taken; k++) {
        supply one = {.from = k, .to = k};
        expect_no_memory(&s, &one);
        supply rest = {.from = k, .to = 1 << 30};
        expect_no_memory(&s, &rest);
    }
    supply later = {.from = enough.taken + 1, .to = 1 << 30};
    assert_int_equal(read_sample(&s, &later, NULL), JT_OK);
    sample_free(&s);
}

static void test_tree(void **state)
{
    (void)state;
    sample s = sample_make();
    cJSON_Hooks hooks = {tree_allocate, tree_release};
    cJSON_InitHooks(&hooks);
    supply enough = {0};
    tree = (supply){0};
    assert_int_equal(read_sample(&s, &enough, NULL), JT_OK);
    const int n = tree.taken;
    assert_true(n > 100);
    for (int k = 1; k <= n; k++) {
        supply host_supply = {0};
        tree = (supply){.from = k, .to = k};
        expect_no_memory(&s, &host_supply);
        host_supply = (supply){0};
        tree = (supply){.from = k, .to = 1 << 30};
        expect_no_memory(&s, &host_supply);
    }
    tree = (supply){.from = n + 1, .to = 1 << 30};
    assert_int_equal(read_sample(&s, &enough, NULL), JT_OK);
    cJSON_InitHooks(NULL);
    sample_free(&s);
}

static void test_arena(void **state)
{
    (void)state;
    sample s = sample_make();
    supply enough = {0};
    tree = pieces = (supply){0};
    assert_int_equal(read_sample(&s, &enough, NULL), JT_OK);
    const int n = pieces.taken;
    assert_true(n > 100);
    for (int k = 1; k <= n; k++) {
        pieces = (supply){.from = k, .to = k};
        expect_no_memory(&s, &enough);
        pieces = (supply){.from = k, .to = 1 << 30};
        expect_no_memory(&s, &enough);
    }
    pieces = (supply){0};
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
