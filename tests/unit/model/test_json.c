/* Headers that are JSON: what the parse refuses still, and the typed functions that take values out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"
#include "lib/model/json.h"

/* A text being read. */
typedef struct document {
    counting memory;
    jt_host host;
    jt_arena arena;
    jt_error error;
    jt_json_reader reader;
    cJSON *tree;
    jt_json top;
} document;

static void start(document *d, const char *text)
{
    *d = (document){.error = {.size = sizeof d->error}};
    d->host = counting_host(&d->memory);
    jt_arena_init(&d->arena, &d->host);
    d->reader = (jt_json_reader){.arena = &d->arena, .error = &d->error};
    d->tree = jt_json_parse(&d->reader, text, strlen(text), 0);
    d->top = (jt_json){.item = d->tree};
    /* What the parse itself needs is gone again. */
    assert_int_equal(d->memory.live, 0);
}

static void end(document *d)
{
    cJSON_Delete(d->tree);
    jt_arena_free(&d->host, d->arena.blocks);
    assert_int_equal(d->memory.live, 0);
}

static void expect(document *d, jt_status status, const char *key)
{
    if (d->reader.status != status || (status != JT_OK && strcmp(d->error.key, key) != 0))
        fail_msg("status %d and key \"%s\", not %d and \"%s\": %s", (int)d->reader.status, d->error.key, (int)status,
                 key ? key : "", d->error.text);
    if (status == JT_OK)
        return;
    assert_int_equal(d->error.status, status);
    assert_int_equal(d->error.offset, -1);
    assert_int_equal(strncmp(d->error.text, key, strlen(key)), 0);
}

static jt_json member(document *d, const char *key)
{
    jt_json found = jt_json_find(&d->top, key);
    assert_non_null(found.item);
    return found;
}

static void test_duplicates(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key;
    } cases[] = {
        {"{\"a\":1,\"b\":2,\"a\":3}", "a"},
        {"{\"a\":1,\"\\u0061\":2}", "a"},
        {"{\"\\/\":1,\"/\":2}", "/"},
        {"{\"\":1,\"\":2}", ""},
        {"{\"\xC3\xA9\":1,\"\\u00e9\":2}", "\xC3\xA9"},
        {"{\"x\":[0,{\"a\":1,\"a\":2}]}", "x[1].a"},
        {"{\"x\":{\"y\":{\"z\":1,\"z\":{}}}}", "x.y.z"},
        {"{\"x\":[[[],[{\"y\":{\"a\":1,\"a\":1}}]]]}", "x[0][1][0].y.a"},
        {"{\"a\":1,\"A\":2}", NULL},
        {"{\"a\":1,\"a \":2,\"aa\":3,\"\":4}", NULL},
        {"{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}", NULL},
        {"{\"\xC3\xA9\":1,\"e\\u0301\":2}", NULL}, /* looks alike, is not equal */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        document d;
        start(&d, cases[i].text);
        expect(&d, cases[i].key ? JT_ERROR_FORMAT : JT_OK, cases[i].key ? cases[i].key : "");
        assert_int_equal(!d.tree, cases[i].key != NULL);
        end(&d);
    }
}

/* The last of many keys is one of those before it, wherever that stands. */
static void test_many_keys(void **state)
{
    (void)state;
    enum { KEYS = 500 };
    for (int same = 0; same <= KEYS; same += 25) {
        char text[KEYS * 12] = "{";
        for (int i = 0; i < KEYS; i++)
            sprintf(text + strlen(text), "\"k%d\":%d,", i * 7919 % KEYS, i);
        char key[16];
        sprintf(key, "k%d", same);
        sprintf(text + strlen(text), "\"%s\":0}", key);
        document d;
        start(&d, text);
        expect(&d, same < KEYS ? JT_ERROR_FORMAT : JT_OK, key);
        end(&d);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const infinite[] = {"1e999", "-1e999", "1e309", "1.8e308", "2e308"};
    for (size_t i = 0; i < sizeof infinite / sizeof *infinite; i++) {
        char text[64];
        document d;
        sprintf(text, "{\"a\":[0,%s]}", infinite[i]);
        start(&d, text);
        expect(&d, JT_ERROR_FORMAT, "a[1]");
        assert_null(d.tree);
        end(&d);
    }
    static const struct {
        const char *text;
        double value;
    } finite[] = {
        {"0", 0},
        {"-0", -0.0},
        {"0.1", 0.1},
        {"-1.5E+300", -1.5e300},
        {"1.7976931348623157e308", 0x1.fffffffffffffp1023},
        {"5e-324", 0x1p-1074},
        {"2e-324", 0},
        {"1e-999", 0},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
        {"9007199254740993", 9007199254740992.0},
        {"123456789012345678901234567890123456789012345678901234567890", 0x1.3aaf504e4bc1ep196},
        {"0.3000000000000000000000000000000000000000000000000000000001", 0.3},
    };
    for (size_t i = 0; i < sizeof finite / sizeof *finite; i++) {
        char text[128];
        document d;
        sprintf(text, "{\"a\":%s}", finite[i].text);
        start(&d, text);
        expect(&d, JT_OK, "");
        jt_json value = member(&d, "a");
        double got = jt_json_number(&d.reader, &value, -HUGE_VAL, HUGE_VAL);
        if (memcmp(&got, &finite[i].value, sizeof got) != 0)
            fail_msg("%s became %a", finite[i].text, got);
        end(&d);
    }
}

/* Every escape is the character that it stands for, encoded. */
static void test_escapes(void **state)
{
    (void)state;
    for (unsigned unit = 1; unit < 0x10000; unit++) {
        if (unit >= 0xD800 && unit <= 0xDFFF)
            continue;
        char expected[4] = {(char)unit};
        if (unit >= 0x800) {
            expected[0] = (char)(0xE0 | unit >> 12);
            expected[1] = (char)(0x80 | (unit >> 6 & 0x3F));
            expected[2] = (char)(0x80 | (unit & 0x3F));
        } else if (unit >= 0x80) {
            expected[0] = (char)(0xC0 | unit >> 6);
            expected[1] = (char)(0x80 | (unit & 0x3F));
        }
        char text[32];
        document d;
        sprintf(text, unit % 2 ? "{\"a\":\"\\u%04x\"}" : "{\"a\":\"\\u%04X\"}", unit);
        start(&d, text);
        jt_json value = member(&d, "a");
        assert_string_equal(jt_json_text(&d.reader, &value), expected);
        end(&d);
    }
    document d;
    start(&d, "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\ud83d\\ude00\\udbff\\udfff\\ud800\\udc00 \xF0\x9F\x98\x80\x7F\"}");
    jt_json value = member(&d, "a");
    assert_string_equal(jt_json_text(&d.reader, &value),
                        "\"\\/\b\f\n\r\t\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF\xF0\x90\x80\x80 \xF0\x9F\x98\x80\x7F");
    end(&d);
}

/* Which function takes a value of which type. */
static const char types[] =
    "{\"null\":null,\"true\":true,\"false\":false,\"number\":2,\"text\":\"top\",\"array\":[2,2],"
    "\"object\":{\"k\":2}}";

static int takes(document *d, int which, const jt_json *value)
{
    static const char *const names[] = {"qcd", "top"};
    static const char *const keys[] = {"k"};
    int32_t pair[2] = {7, 7};
    switch (which) {
    case 0:
        return jt_json_integer(&d->reader, value, -1, 5) == 2;
    case 1:
        return jt_json_number(&d->reader, value, -1, 5) == 2.0;
    case 2:
        return jt_json_flag(&d->reader, value) == (value->item->type == cJSON_True);
    case 3:
        return strcmp(jt_json_text(&d->reader, value), "top") == 0;
    case 4:
        return strcmp(jt_json_name(&d->reader, value), "top") == 0;
    case 5:
        return jt_json_choice(&d->reader, value, names, 2) == 1;
    case 6:
        return jt_json_array(&d->reader, value, 1, 9) == 2;
    case 7:
        jt_json_integers(&d->reader, value, 0, 9, 2, pair);
        return pair[0] == 2 && pair[1] == 2;
    case 8:
        jt_json_object(&d->reader, value, keys, 1);
        return 1;
    default:
        return jt_json_need(&d->reader, value, "k").item != NULL;
    }
}

static void test_types(void **state)
{
    (void)state;
    static const char *const wanted[] = {"number", "number", "true false", "text",   "text",
                                         "text",   "array",  "array",      "object", "object"};
    for (int which = 0; which < 10; which++) {
        document d;
        start(&d, types);
        for (const cJSON *item = d.tree->child; item; item = item->next) {
            d.reader.status = JT_OK;
            jt_json value = member(&d, item->string);
            if (strstr(wanted[which], item->string)) {
                assert_true(takes(&d, which, &value));
                expect(&d, JT_OK, "");
                continue;
            }
            takes(&d, which, &value);
            expect(&d, JT_ERROR_FORMAT, item->string);
        }
        end(&d);
    }
}

static void test_integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t low, high, value;
        int right;
    } cases[] = {
        {"0", 0, 5, 0, 1},
        {"-0", 0, 5, 0, 1},
        {"5", 0, 5, 5, 1},
        {"6", 0, 5, 0, 0},
        {"-1", 0, 5, 0, 0},
        {"3", 4, 5, 4, 0},
        {"1.0", 0, 5, 0, 0},
        {"1e0", 0, 5, 0, 0},
        {"1.5", 0, 5, 0, 0},
        {"10e-1", 0, 5, 0, 0},
        {"4294967297", 0, 5, 0, 0},
        {"18446744073709551617", 0, 5, 0, 0},
        {"9007199254740992", 0, JT_JSON_MAX_INTEGER, JT_JSON_MAX_INTEGER, 1},
        {"9007199254740993", 0, JT_JSON_MAX_INTEGER, 0, 0},
        {"18446744073709551616", 0, JT_JSON_MAX_INTEGER, 0, 0},
        {"-9007199254740993", -JT_JSON_MAX_INTEGER, 5, -JT_JSON_MAX_INTEGER, 0},
        {"-9007199254740992", -JT_JSON_MAX_INTEGER, 5, -JT_JSON_MAX_INTEGER, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        document d;
        sprintf(text, "{\"a\":%s}", cases[i].text);
        start(&d, text);
        jt_json value = member(&d, "a");
        assert_int_equal(jt_json_integer(&d.reader, &value, cases[i].low, cases[i].high), cases[i].value);
        expect(&d, cases[i].right ? JT_OK : JT_ERROR_FORMAT, "a");
        end(&d);
    }
}

/* Each number keeps its own form, however they are nested. */
static void test_forms(void **state)
{
    (void)state;
    static const int right[] = {1, 0, 1, 1, 0, 0, 1};
    document d;
    start(&d, "{\"a\":[1,1.0,1,{\"b\":1,\"c\":[\"1\",1e0,true]},1.0,1]}");
    jt_json array = member(&d, "a");
    jt_json object = jt_json_first(&array);
    for (int i = 0; i < 3; i++)
        object = jt_json_next(&object);
    jt_json b = jt_json_find(&object, "b");
    jt_json c = jt_json_find(&object, "c");
    jt_json text = jt_json_first(&c);
    jt_json last = jt_json_next(&object);
    jt_json first = jt_json_first(&array);
    jt_json second = jt_json_next(&first);
    const jt_json numbers[] = {first, second, jt_json_next(&second), b, jt_json_next(&text), last, jt_json_next(&last)};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        d.reader.status = JT_OK;
        jt_json_integer(&d.reader, &numbers[i], 1, 1);
        assert_int_equal(d.reader.status, right[i] ? JT_OK : JT_ERROR_FORMAT);
    }
    end(&d);
}

static void test_number_range(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int right;
    } cases[] = {{"0.25", 1}, {"2.5", 1}, {"1", 1}, {"0.2499999999999999", 0}, {"2.500000000000001", 0}, {"-1", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        document d;
        sprintf(text, "{\"a\":%s}", cases[i].text);
        start(&d, text);
        jt_json value = member(&d, "a");
        double got = jt_json_number(&d.reader, &value, 0.25, 2.5);
        assert_true(got == (cases[i].right ? strtod(cases[i].text, NULL) : 0.25));
        expect(&d, cases[i].right ? JT_OK : JT_ERROR_FORMAT, "a");
        end(&d);
    }
}

static void test_limits(void **state)
{
    (void)state;
    static const struct {
        int bytes;
        jt_status text, name;
    } cases[] = {{0, JT_OK, JT_ERROR_FORMAT},   {1, JT_OK, JT_OK},
                 {120, JT_OK, JT_OK},           {121, JT_OK, JT_ERROR_LIMIT},
                 {4096, JT_OK, JT_ERROR_LIMIT}, {4097, JT_ERROR_LIMIT, JT_ERROR_LIMIT}};
    char letters[4098];
    char text[4200];
    memset(letters, 'x', sizeof letters);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        document d;
        snprintf(text, sizeof text, "{\"a\":\"%.*s\"}", cases[i].bytes, letters);
        start(&d, text);
        jt_json value = member(&d, "a");
        size_t length = strlen(jt_json_text(&d.reader, &value));
        assert_int_equal(length, cases[i].text == JT_OK ? cases[i].bytes : 0);
        expect(&d, cases[i].text, "a");
        d.reader.status = JT_OK;
        length = strlen(jt_json_name(&d.reader, &value));
        assert_int_equal(length, cases[i].name == JT_OK ? cases[i].bytes : 0);
        expect(&d, cases[i].name, "a");
        end(&d);
    }
    document d;
    start(&d, "{\"a\":[0,0,0]}");
    jt_json array = member(&d, "a");
    static const struct {
        int32_t low, high, n;
        jt_status status;
    } ranges[] = {{0, 3, 3, JT_OK},
                  {3, 9, 3, JT_OK},
                  {4, 9, 0, JT_ERROR_FORMAT},
                  {0, 2, 0, JT_ERROR_LIMIT},
                  {2, 2, 0, JT_ERROR_FORMAT}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        d.reader.status = JT_OK;
        assert_int_equal(jt_json_array(&d.reader, &array, ranges[i].low, ranges[i].high), ranges[i].n);
        expect(&d, ranges[i].status, "a");
    }
    end(&d);
}

/* Names are printable ASCII but for the two bytes that would need an escape. */
static void test_names(void **state)
{
    (void)state;
    for (int byte = 1; byte < 0x100; byte++) {
        char text[32];
        document d;
        sprintf(text, "{\"a\":\"x\\u%04x\"}", byte);
        start(&d, text);
        jt_json value = member(&d, "a");
        const char *name = jt_json_name(&d.reader, &value);
        int right = byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
        expect(&d, right ? JT_OK : JT_ERROR_FORMAT, "a");
        char expected[] = {'x', (char)byte, '\0'};
        assert_string_equal(name, right ? expected : "");
        end(&d);
    }
}

static void test_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {"a", "bc"};
    document d;
    start(&d, "{\"x\":{\"a\":1,\"bc\":2},\"y\":{\"a\":1,\"BC\":2},\"z\":[{},{\"b\":1}]}");
    jt_json x = member(&d, "x");
    jt_json y = member(&d, "y");
    jt_json_object(&d.reader, &x, keys, 2);
    expect(&d, JT_OK, "");
    assert_null(jt_json_find(&x, "A").item);
    assert_null(jt_json_find(&x, "b").item);
    assert_int_equal(jt_json_find(&x, "bc").item->valuedouble, 2);
    jt_json missing = jt_json_need(&d.reader, &y, "bc");
    assert_null(missing.item);
    expect(&d, JT_ERROR_FORMAT, "y.bc");
    d.reader.status = JT_OK;
    jt_json_object(&d.reader, &y, keys, 2);
    expect(&d, JT_ERROR_FORMAT, "y.BC");
    d.reader.status = JT_OK;
    jt_json z = member(&d, "z");
    jt_json first = jt_json_first(&z);
    jt_json second = jt_json_next(&first);
    assert_null(jt_json_next(&second).item);
    jt_json_need(&d.reader, &first, "a");
    expect(&d, JT_ERROR_FORMAT, "z[0].a");
    d.reader.status = JT_OK;
    jt_json_object(&d.reader, &second, keys, 2);
    expect(&d, JT_ERROR_FORMAT, "z[1].b");
    /* A newer file may have keys that we do not know; what we need is needed nevertheless. */
    d.reader.status = JT_OK;
    d.reader.newer = 1;
    jt_json_object(&d.reader, &y, keys, 2);
    expect(&d, JT_OK, "");
    jt_json_need(&d.reader, &y, "bc");
    expect(&d, JT_ERROR_FORMAT, "y.bc");
    end(&d);
}

/* A path that has no room is cut, at a whole character. */
static void test_long_paths(void **state)
{
    (void)state;
    for (int bytes = 100; bytes < 160; bytes++) {
        char text[600] = "{\"";
        for (int i = 0; i < bytes; i++)
            strcat(text, i % 2 ? "\xC3\xA9" : "e");
        strcat(text, "\":{\"k\":\"\"}}");
        document d;
        start(&d, text);
        jt_json outer = jt_json_first(&d.top);
        jt_json inner = jt_json_first(&outer);
        jt_json_number(&d.reader, &inner, 0, 1);
        assert_int_equal(d.reader.status, JT_ERROR_FORMAT);
        size_t length = strlen(d.error.key);
        assert_in_range(length, sizeof d.error.key - 2, sizeof d.error.key - 1);
        assert_memory_equal(d.error.key, text + 2, length);
        assert_true((d.error.key[length - 1] & 0xFF) != 0xC3);
        end(&d);
    }
}

/* The first refusal stays; after it, and for what is absent, every function gives something harmless. */
static void test_harmless(void **state)
{
    (void)state;
    document d;
    start(&d, types);
    jt_json absent = jt_json_find(&d.top, "nothing");
    for (int refused = 0; refused < 2; refused++) {
        if (refused)
            jt_json_refuse(&d.reader, &absent, JT_ERROR_GRAPH, "the first of %d", 2);
        for (const cJSON *item = d.tree->child; item; item = item->next) {
            jt_json value = refused ? member(&d, item->string) : absent;
            int32_t pair[2] = {7, 7};
            static const char *const names[] = {"top"};
            assert_int_equal(jt_json_integer(&d.reader, &value, 3, 5), 3);
            assert_true(jt_json_number(&d.reader, &value, 3, 5) == 3.0);
            assert_int_equal(jt_json_flag(&d.reader, &value), 0);
            assert_string_equal(jt_json_text(&d.reader, &value), "");
            assert_string_equal(jt_json_name(&d.reader, &value), "");
            assert_int_equal(jt_json_choice(&d.reader, &value, names, 1), 0);
            assert_int_equal(jt_json_array(&d.reader, &value, 1, 9), 0);
            jt_json_integers(&d.reader, &value, 0, 9, 2, pair);
            assert_int_equal(pair[0], 7);
            jt_json_object(&d.reader, &value, names, 0);
            assert_null(jt_json_need(&d.reader, &value, "q").item);
            assert_null(jt_json_first(&absent).item);
        }
        expect(&d, refused ? JT_ERROR_GRAPH : JT_OK, "nothing");
    }
    assert_string_equal(d.error.text, "nothing: the first of 2");
    end(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duplicates), cmocka_unit_test(test_many_keys),    cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_escapes),    cmocka_unit_test(test_types),        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_forms),      cmocka_unit_test(test_number_range), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_names),      cmocka_unit_test(test_keys),         cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
