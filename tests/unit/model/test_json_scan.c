/* Which bytes are JSON, and at which byte they stop being it: the scan before cJSON sees anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/model/json.h"

enum { BASE = 1000 }; /* where the text is said to lie in its file */

/* Scan a copy that ends where the text does, so that the sanitizer sees what reads on. */
static jt_status scan(const char *text, size_t length, int32_t *n_values, jt_error *error)
{
    char *copy = malloc(length);
    memcpy(copy, text, length);
    *error = (jt_error){.size = sizeof *error, .offset = -1};
    jt_status status = jt_json_scan(copy, length, BASE, n_values, NULL, error);
    free(copy);
    return status;
}

/* Of a text in a message. */
static int shown(size_t length)
{
    return length < 60 ? (int)length : 60;
}

static void accept(const char *text, size_t length, int32_t values)
{
    jt_error error;
    int32_t n_values = -1;
    if (scan(text, length, &n_values, &error) != JT_OK)
        fail_msg("refused: %.*s: %s", shown(length), text, error.text);
    if (values > 0)
        assert_int_equal(n_values, values);
}

static void refuse(const char *text, size_t length, jt_status status, int64_t at)
{
    jt_error error;
    int32_t n_values;
    jt_status got = scan(text, length, &n_values, &error);
    if (got != status || error.status != status || error.offset != BASE + at)
        fail_msg("%.*s: status %d at %lld, not %d at %lld: %s", shown(length), text, (int)got,
                 (long long)(error.offset - BASE), (int)status, (long long)at, error.text);
    assert_string_equal(error.key, "");
    assert_true(strlen(error.text) > 10);
}

/* `value` as the only member's; at -1: it is accepted, else refused at that byte of it. */
static void member(const char *value, size_t length, int64_t at)
{
    static const char before[] = "{\"a\":";
    char text[256];
    size_t start = sizeof before - 1;
    assert_in_range(length, 0, sizeof text - start - 1);
    memcpy(text, before, start);
    memcpy(text + start, value, length);
    text[start + length] = '}';
    if (at < 0)
        accept(text, start + length + 1, 0);
    else
        refuse(text, start + length + 1, JT_ERROR_FORMAT, (int64_t)start + at);
}

static const struct row {
    const char *value;
    int64_t at;
} rows[] = {
    /* numbers */
    {"0", -1},
    {"-0", -1},
    {"10", -1},
    {"-1.5e-3", -1},
    {"1E+2", -1},
    {"0.0", -1},
    {"0e0", -1},
    {"1e00", -1},
    {"01", 0},
    {"-01", 0},
    {"00", 0},
    {"-00.5", 0},
    {"1.", 2},
    {"1.e5", 2},
    {".5", 0},
    {"-.5", 1},
    {"+1", 0},
    {"-", 1},
    {"--1", 1},
    {"1e", 2},
    {"1e+", 3},
    {"1e+-1", 3},
    {"1e5.5", 3},
    {"1.5.5", 3},
    {"0x10", 1},
    {"1_000", 1},
    {"1,5", 2},
    {"1 2", 2},
    {"1f", 1},
    {"NaN", 0},
    {"nan", 0},
    {"inf", 0},
    {"Infinity", 0},
    {"-Infinity", 1},
    /* words */
    {"true", -1},
    {"false", -1},
    {"null", -1},
    {" \t\n\rnull \t\n\r", -1},
    {"\fnull", 0},
    {"\vnull", 0},
    {"tru", 0},
    {"True", 0},
    {"NULL", 0},
    {"nullx", 4},
    {"undefined", 0},
    {"", 0},
    /* texts */
    {"\"\"", -1},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", -1},
    {"'a'", 0},
    {"a", 0},
    {"\"a\"b", 3},
    {"\"\\x41\"", 1},
    {"\"\\'\"", 1},
    {"\"\\U0041\"", 1},
    {"\"\\u\"", 1},
    {"\"\\u004\"", 1},
    {"\"\\u004g\"", 1},
    {"\"\\u 041\"", 1},
    {"\"\\u-041\"", 1},
    {"\"a\\u0000b\"", 2},
    {"\"\\u0001\"", -1},
    {"\"\\uD83D\\uDE00\"", -1},
    {"\"\\ud83d\\ude00\"", -1},
    {"\"\\ud83d\"", 1},
    {"\"\\ud83dx\"", 1},
    {"\"\\ud83d\\n\"", 1},
    {"\"\\ud83d\\u0041\"", 1},
    {"\"\\ud83d\\ud83d\"", 1},
    {"\"\\ud83d\\ude0\"", 1},
    {"\"\\ude00\\ud83d\"", 1},
    /* arrays and objects */
    {"[]", -1},
    {"[ ]", -1},
    {"{}", -1},
    {"{ }", -1},
    {"[[],{},[{}]]", -1},
    {"{\"\":0}", -1},
    {"[1,]", 3},
    {"[,1]", 1},
    {"[1,,2]", 3},
    {"[1 2]", 3},
    {"[1;2]", 2},
    {"[1}", 2},
    {"[", 1},
    {"]", 0},
    {"{\"b\"}", 4},
    {"{\"b\":}", 5},
    {"{\"b\" 1}", 5},
    {"{\"b\"=1}", 4},
    {"{\"b\":1,}", 7},
    {"{,\"b\":1}", 1},
    {"{\"b\":1 \"c\":2}", 7},
    {"{\"b\":1]", 6},
    {"{b:1}", 1},
    {"{1:2}", 1},
    {"{null:2}", 1},
    {"/**/1", 0},
    {"1//", 1},
    {"1#", 1},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        member(rows[i].value, strlen(rows[i].value), rows[i].at);
}

static void test_number_length(void **state)
{
    (void)state;
    char digits[128];
    memset(digits, '1', sizeof digits);
    member(digits, 60, -1);
    member(digits, 61, 0);
    digits[0] = '-';
    member(digits, 60, -1);
    member(digits, 61, 0);
    memcpy(digits + 20, ".1e-", 4);
    member(digits, 60, -1);
    member(digits, 61, 0);
}

/* Every byte in a text, in a key, and where a value or space is due. */
static void test_single_bytes(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        char text[] = {'"', 'a', c, 'b', '"'};
        int64_t in_text = byte < 0x20 || byte >= 0x80 ? 2 : -1;
        if (byte == '"')
            in_text = 3;
        member(text, sizeof text, byte == '\\' ? -1 : in_text); /* \b is an escape */
        char key[] = {'{', '"', 'a', c, 'b', '"', ':', '0', '}'};
        member(key, sizeof key, byte == '\\' || in_text < 0 ? -1 : in_text + 1);
        char value[] = {'[', c, ']'};
        int opens_nothing = (byte >= '0' && byte <= '9') || byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
        if (!opens_nothing && !strchr("\"-[]{", byte))
            member(value, sizeof value, 1);
        else if (opens_nothing)
            member(value, sizeof value, -1);
    }
}

/* UTF-8 as RFC 3629 encodes a code point: the definition that the scan is compared with. */
static size_t encode(uint32_t point, unsigned char *bytes)
{
    if (point < 0x80) {
        bytes[0] = (unsigned char)point;
        return 1;
    }
    size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
    bytes[0] = (unsigned char)(leads[more] | point >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        bytes[i] = (unsigned char)(0x80 | (point >> 6 * (more - i) & 0x3F));
    return more + 1;
}

static int scans(const unsigned char *bytes, size_t n)
{
    unsigned char text[16] = "{\"";
    int32_t n_values;
    memcpy(text + 2, bytes, n);
    memcpy(text + 2 + n, "\":0}", 4);
    return jt_json_scan((const char *)text, n + 6, 0, &n_values, NULL, NULL) == JT_OK;
}

static void test_code_points(void **state)
{
    (void)state;
    /* Every one of two and three bytes; of four, where the one before the last byte changes, and its neighbours. */
    for (uint32_t point = 0x80; point < 0x120000; point += point < 0x10000 || (point + 2) % 64 < 3 ? 1 : 61) {
        unsigned char bytes[4];
        size_t n = encode(point, bytes);
        int right = point <= 0x10FFFF && !(point >= 0xD800 && point <= 0xDFFF);
        if (scans(bytes, n) != right)
            fail_msg("U+%04X is %s", (unsigned)point, right ? "refused" : "accepted");
    }
}

/* Bytes on both sides of every border that UTF-8 and JSON have. */
static const unsigned char edges[] = {0x00, 0x1F, 0x20, 0x22, 0x41, 0x5B, 0x5D, 0x7F, 0x80, 0x8F, 0x90,
                                      0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xEF, 0xF0, 0xFF};
enum { EDGES = sizeof edges };

/* Every two bytes that begin with one above 0x7F, and three where the third is at an edge: right when they are the
   encoding of some code points. */
static void test_byte_sequences(void **state)
{
    (void)state;
    unsigned char *two = calloc(1 << 16, 1);
    unsigned char *three = calloc(1 << 24, 1);
    for (uint32_t point = 0x80; point < 0x10000; point++) {
        unsigned char b[4];
        if (point >= 0xD800 && point <= 0xDFFF)
            continue;
        if (encode(point, b) == 3) {
            three[b[0] << 16 | b[1] << 8 | b[2]] = 1;
            continue;
        }
        two[b[0] << 8 | b[1]] = 1;
        for (int ascii = 0x20; ascii < 0x80; ascii++)
            if (ascii != '"' && ascii != '\\')
                three[b[0] << 16 | b[1] << 8 | ascii] = 1;
    }
    for (uint32_t i = 0x8000; i < 0x10000; i++) {
        unsigned char b[] = {(unsigned char)(i >> 8), (unsigned char)i, 0};
        if (scans(b, 2) != two[i])
            fail_msg("%04X is %s", (unsigned)i, two[i] ? "refused" : "accepted");
        for (int k = 0; k < EDGES; k++) {
            b[2] = edges[k];
            if (scans(b, 3) != three[i << 8 | b[2]])
                fail_msg("%04X%02X is %s", (unsigned)i, b[2], three[i << 8 | b[2]] ? "refused" : "accepted");
        }
    }
    free(two);
    free(three);
}

/* Sequences of four. */
static void test_four_bytes(void **state)
{
    (void)state;
    for (int lead = 0xF0; lead < 0x100; lead++)
        for (int i = 0; i < EDGES * EDGES * EDGES; i++) {
            unsigned char b[] = {(unsigned char)lead, edges[i % EDGES], edges[i / EDGES % EDGES],
                                 edges[i / EDGES / EDGES]};
            int continued = (b[1] & 0xC0) == 0x80 && (b[2] & 0xC0) == 0x80 && (b[3] & 0xC0) == 0x80;
            uint32_t point = (uint32_t)(lead & 0x0F) << 18 | (uint32_t)(b[1] & 0x3F) << 12 |
                             (uint32_t)(b[2] & 0x3F) << 6 | (uint32_t)(b[3] & 0x3F);
            int right = continued && lead < 0xF8 && point >= 0x10000 && point <= 0x10FFFF;
            if (scans(b, 4) != right)
                fail_msg("%02X%02X%02X%02X is %s", b[0], b[1], b[2], b[3], right ? "refused" : "accepted");
        }
}

/* Two escapes in a row, around every border of surrogates. */
static void test_escaped_pairs(void **state)
{
    (void)state;
    static const unsigned firsts[] = {0x0001, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0xFFFF};
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++)
        for (unsigned second = 0; second < 0x10000; second += second >= 0xD700 && second < 0xE100 ? 1 : 7) {
            char text[32];
            int length = snprintf(text, sizeof text, "{\"\\u%04X\\u%04x\":0}", firsts[i], second);
            int high = firsts[i] >= 0xD800 && firsts[i] <= 0xDBFF;
            int low = firsts[i] >= 0xDC00 && firsts[i] <= 0xDFFF;
            int right = high ? second >= 0xDC00 && second <= 0xDFFF
                             : !low && second != 0 && !(second >= 0xD800 && second <= 0xDFFF);
            int32_t n_values;
            if ((jt_json_scan(text, (size_t)length, 0, &n_values, NULL, NULL) == JT_OK) != right)
                fail_msg("%s is %s", text, right ? "refused" : "accepted");
        }
}

/* Where a wrong character begins, also when the text ends in it. */
static void test_utf8_offsets(void **state)
{
    (void)state;
    member("\"ab\xC3\xA9\xC3\"", 7, 5);
    member("\"\xE2\x82\"", 4, 1);
    member("\"\xE2\x82\xAC\xF0\x9F\x98\"", 8, 4);
    refuse("{\"\xE2\x82", 4, JT_ERROR_FORMAT, 2);
    refuse("{\"\xF0\x9F\x98", 5, JT_ERROR_FORMAT, 2);
    refuse("{\"\xC3", 3, JT_ERROR_FORMAT, 2);
}

static void test_top(void **state)
{
    (void)state;
    accept("{}", 2, 1);
    accept(" \n\t\r{ }", 7, 1);
    static const char *const others[] = {"", "[]", "0", "\"a\"", "null", "x", "}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        refuse(others[i], strlen(others[i]), JT_ERROR_FORMAT, 0);
    refuse("\xEF\xBB\xBF{}", 5, JT_ERROR_FORMAT, 0);
    jt_error error;
    int32_t n_values;
    scan("\xEF\xBB\xBF{}", 5, &n_values, &error);
    assert_non_null(strstr(error.text, "byte order mark"));
    scan("\xEF\xBB\xBF", 3, &n_values, &error);
    assert_non_null(strstr(error.text, "byte order mark"));
    refuse("\xFF\xFE{\0}\0", 6, JT_ERROR_FORMAT, 0);
    refuse("{\0}\0", 4, JT_ERROR_FORMAT, 1);
    refuse("{} ", 3, JT_ERROR_FORMAT, 2);
    refuse("{}\n", 3, JT_ERROR_FORMAT, 2);
    refuse("{}\0", 3, JT_ERROR_FORMAT, 2);
    refuse("{}{}", 4, JT_ERROR_FORMAT, 2);
    refuse("{},", 3, JT_ERROR_FORMAT, 2);
    refuse("{}\xEF\xBB\xBF", 5, JT_ERROR_FORMAT, 2);
}

/* A text cut anywhere is refused there, or before when a word or an escape is what is cut. */
static void test_cut(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"a\":[1.5e-3,true,null,\"b\\u00e9\\ud83d\\ude00\xC3\xA9\",{\"c\":-0}],\"d\":\"\\\\\"}";
    accept(whole, sizeof whole - 1, 9);
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        jt_error error;
        int32_t n_values;
        assert_int_equal(scan(whole, length, &n_values, &error), JT_ERROR_FORMAT);
        assert_in_range(error.offset, BASE + (int64_t)length - (length < 12 ? 6 : 12), BASE + (int64_t)length);
    }
}

/* The object outside is the first of 16 levels. */
static void test_depth(void **state)
{
    (void)state;
    static const char *const open[] = {"[", "{\"k\":", "[0,"};
    static const char *const close[] = {"]", "}", "]"};
    static const char *const innermost[] = {"", "0", "1"};
    for (size_t kind = 0; kind < 3; kind++)
        for (int depth = 15; depth <= 17; depth++) {
            char text[256] = "{\"a\":";
            for (int i = 1; i < depth; i++)
                strcat(text, open[kind]);
            int64_t last = (int64_t)(strlen(text) - strlen(open[kind]));
            strcat(text, innermost[kind]);
            for (int i = 1; i < depth; i++)
                strcat(text, close[kind]);
            strcat(text, "}");
            if (depth <= 16)
                accept(text, strlen(text), 0);
            else
                refuse(text, strlen(text), JT_ERROR_LIMIT, last);
        }
    /* Depth is not a count: many siblings are as deep as one. */
    char wide[256] = "{\"a\":[";
    for (int i = 0; i < 60; i++)
        strcat(wide, "[],");
    strcat(wide, "{}]}");
    accept(wide, strlen(wide), 63);

    char *deep = malloc(1 << 20);
    memset(deep, '[', 1 << 20);
    memcpy(deep, "{\"a\":", 5);
    refuse(deep, 1 << 20, JT_ERROR_LIMIT, 5 + 15);
    free(deep);
}

static void test_values(void **state)
{
    (void)state;
    enum { LIMIT = 262144 };
    char *text = malloc(2 * LIMIT + 16);
    /* Two values are the object and the array. */
    for (int n = LIMIT - 3; n <= LIMIT - 1; n++) {
        size_t length = (size_t)sprintf(text, "{\"a\":[");
        for (int i = 0; i < n; i++) {
            text[length++] = i ? ',' : ' ';
            text[length++] = '0';
        }
        text[length++] = ']';
        text[length++] = '}';
        if (n + 2 <= LIMIT)
            accept(text, length, n + 2);
        else
            refuse(text, length, JT_ERROR_LIMIT, 6 + 2 * (n - 1) + 1);
    }
    free(text);
}

static void test_forms(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[0,1.0,-7,2e3,{\"b\":3,\"c\":\"4\",\"d\":5.5},true,600,9007199254740992,"
                               "9007199254740993,-9007199254740993,99999999999999999999999,18446744073709551617]}";
    static const unsigned char expected[] = {JT_JSON_INTEGER,       JT_JSON_OTHER,         JT_JSON_INTEGER,
                                             JT_JSON_OTHER,         JT_JSON_INTEGER,       JT_JSON_OTHER,
                                             JT_JSON_INTEGER,       JT_JSON_INTEGER,       JT_JSON_LARGE_INTEGER,
                                             JT_JSON_LARGE_INTEGER, JT_JSON_LARGE_INTEGER, JT_JSON_LARGE_INTEGER};
    unsigned char forms[64];
    memset(forms, 9, sizeof forms);
    int32_t n_values;
    assert_int_equal(jt_json_scan(text, sizeof text - 1, 0, &n_values, forms, NULL), JT_OK);
    assert_memory_equal(forms, expected, sizeof expected);
    assert_int_equal(forms[sizeof expected], 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),         cmocka_unit_test(test_number_length),  cmocka_unit_test(test_single_bytes),
        cmocka_unit_test(test_code_points),  cmocka_unit_test(test_byte_sequences), cmocka_unit_test(test_four_bytes),
        cmocka_unit_test(test_utf8_offsets), cmocka_unit_test(test_escaped_pairs),  cmocka_unit_test(test_top),
        cmocka_unit_test(test_cut),          cmocka_unit_test(test_depth),          cmocka_unit_test(test_values),
        cmocka_unit_test(test_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
