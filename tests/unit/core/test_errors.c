/* jt_fail and jt_log: what a caller gets to read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/core.h"

static void all_fields(void **state)
{
    (void)state;
    jt_error error = {.size = sizeof error};
    assert_int_equal(jt_fail(&error, JT_ERROR_FORMAT, 12, "layers[3].kernel", "%d is wrong", 5), JT_ERROR_FORMAT);
    assert_int_equal(error.size, sizeof error);
    assert_int_equal(error.status, JT_ERROR_FORMAT);
    assert_int_equal(error.offset, 12);
    assert_string_equal(error.key, "layers[3].kernel");
    assert_string_equal(error.text, "5 is wrong");
    /* A later one leaves nothing of the earlier one. */
    assert_int_equal(jt_fail(&error, JT_ERROR_MEMORY, -1, NULL, "no"), JT_ERROR_MEMORY);
    assert_int_equal(error.offset, -1);
    assert_string_equal(error.key, "");
    assert_string_equal(error.text, "no");
}

static void nobody_listens(void **state)
{
    (void)state;
    assert_int_equal(jt_fail(NULL, JT_ERROR_LIMIT, 0, "key", "text"), JT_ERROR_LIMIT);
    jt_error unset;
    memset(&unset, 0, sizeof unset);
    jt_error before = unset;
    assert_int_equal(jt_fail(&unset, JT_ERROR_LIMIT, 0, "key", "text"), JT_ERROR_LIMIT);
    assert_memory_equal(&unset, &before, sizeof unset); /* a size of 0 cannot be right: nothing is written */
}

/* A program that was compiled with a jt_error of an earlier day. */
static void a_smaller_struct(void **state)
{
    (void)state;
    typedef struct early_error {
        size_t size;
        jt_status status;
        int64_t offset;
    } early_error;
    struct {
        early_error error;
        char behind[sizeof(jt_error)];
    } caller;
    memset(&caller, 0x33, sizeof caller);
    caller.error.size = sizeof caller.error;
    assert_int_equal(jt_fail((jt_error *)(void *)&caller.error, JT_ERROR_GRAPH, 99, "a.key", "text"), JT_ERROR_GRAPH);
    assert_int_equal(caller.error.size, sizeof caller.error);
    assert_int_equal(caller.error.status, JT_ERROR_GRAPH);
    assert_int_equal(caller.error.offset, 99);
    for (size_t i = 0; i < sizeof caller.behind; i++)
        assert_int_equal(caller.behind[i], 0x33);

    struct {
        jt_error error;
        double later;
    } newer = {{.size = sizeof newer}, 3.5};
    jt_fail(&newer.error, JT_ERROR_GRAPH, 99, "a.key", "text");
    assert_int_equal(newer.error.size, sizeof newer);
    assert_string_equal(newer.error.text, "text");
    assert_true(newer.later == 3.5);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    jt_error error = {.size = sizeof error};
    jt_fail(&error, JT_ERROR_FORMAT, 0, text, "%s", text);
    assert_int_equal(strlen(error.key), sizeof error.key - 1);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

typedef struct tidied {
    const char *given, *shown;
} tidied;

static const tidied texts[] = {
    {"plain", "plain"},
    {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"}, /* two to four bytes */
    {"a\nb\tc\x1b[31md\x7f", "a?b?c?[31md?"},
    {"\xff \x80 \xc3", "? ? ?"},
    {"\xc3(", "?("},
    {"\xc0\xaf \xc1\xbf", "?? ??"},                    /* overlong */
    {"\xe0\x9f\xbf \xe0\xa0\x80", "??? \xe0\xa0\x80"}, /* overlong, and the first that is not */
    {"\xf0\x8f\xbf\xbf \xf0\x90\x80\x80", "???? \xf0\x90\x80\x80"},
    {"\xed\x9f\xbf \xed\xa0\x80 \xed\xbf\xbf", "\xed\x9f\xbf ??? ???"}, /* surrogates */
    {"\xf4\x8f\xbf\xbf \xf4\x90\x80\x80 \xf5\x80\x80\x80", "\xf4\x8f\xbf\xbf ???? ????"},
    {"\xe2\x82 \xf0\x9f\x98", "?? ???"}, /* half characters */
    {"\xe2\x82", "??"},
    {"\xc3\xa9\xa9", "\xc3\xa9?"},
};

static void what_is_no_utf8_is_not_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        jt_error error = {.size = sizeof error};
        jt_fail(&error, JT_ERROR_FORMAT, 0, texts[i].given, "<%s>", texts[i].given);
        assert_string_equal(error.key, texts[i].shown);
        assert_int_equal(strlen(error.text), strlen(texts[i].shown) + 2);
        assert_memory_equal(error.text + 1, texts[i].shown, strlen(texts[i].shown));
    }
}

/* A cut may fall anywhere in a character. */
static void cut_characters(void **state)
{
    (void)state;
    for (int shift = 0; shift < 4; shift++) {
        char given[600] = "";
        for (int i = 0; i < shift; i++)
            strcat(given, "x");
        while (strlen(given) < 500)
            strcat(given, "\xf0\x9f\x98\x80");
        jt_error error = {.size = sizeof error};
        jt_fail(&error, JT_ERROR_FORMAT, 0, given, "%s", given);
        for (size_t at = 0; error.text[at]; at += jt_utf8_character(error.text + at, 4))
            assert_int_not_equal(jt_utf8_character(error.text + at, strlen(error.text + at)), 0);
        for (size_t at = 0; error.key[at]; at += jt_utf8_character(error.key + at, 4))
            assert_int_not_equal(jt_utf8_character(error.key + at, strlen(error.key + at)), 0);
    }
    assert_int_equal(jt_utf8_character("x", 0), 0);
    assert_int_equal(jt_utf8_character("", 1), 1);
    assert_int_equal(jt_utf8_character("\xc3\xa9", 1), 0);
}

typedef struct heard {
    int lines, level;
    char text[1024];
} heard;

static void listen(void *user, jt_log_level level, const char *text)
{
    heard *h = user;
    h->lines++;
    h->level = (int)level;
    strncpy(h->text, text, sizeof h->text - 1);
}

static void log_lines(void **state)
{
    (void)state;
    heard h = {0, 0, ""};
    jt_host host = jt_host_make(NULL, listen, &h);
    jt_log(&host, JT_LOG_WARNING, "%d of\n%s", 3, "\xc3");
    assert_int_equal(h.lines, 1);
    assert_int_equal(h.level, JT_LOG_WARNING);
    assert_string_equal(h.text, "3 of??");
    char many[2000];
    memset(many, 'y', sizeof many);
    many[sizeof many - 1] = '\0';
    jt_log(&host, JT_LOG_INFO, "%s", many);
    assert_true(strlen(h.text) > 400 && strlen(h.text) < 600);
    jt_log(&jt_default_host, JT_LOG_INFO, "%s", many);
    assert_int_equal(h.lines, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(a_smaller_struct),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(what_is_no_utf8_is_not_shown),
        cmocka_unit_test(cut_characters),
        cmocka_unit_test(log_lines),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
