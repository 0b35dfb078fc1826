#include "json.h"

#include <string.h>

/* Where the scan is; every function below leaves `at` behind what it took. */
typedef struct scan {
    const unsigned char *text;
    size_t length;
    size_t at;
    int64_t base;
    int32_t depth;
    int32_t n_values;
    int32_t n_numbers;
    unsigned char *forms; /* per number a jt_json_form, NULL: nobody asks */
    jt_error *error;
} scan;

static jt_status refuse(const scan *s, size_t at, const char *what)
{
    return jt_fail(s->error, JT_ERROR_FORMAT, s->base + (int64_t)at, NULL, "header byte %zu: %s", at, what);
}

static jt_status refuse_byte(const scan *s, const char *wanted)
{
    if (s->at >= s->length)
        return jt_fail(s->error, JT_ERROR_FORMAT, s->base + (int64_t)s->at, NULL,
                       "the header ends after %zu bytes, where %s is due", s->length, wanted);
    return jt_fail(s->error, JT_ERROR_FORMAT, s->base + (int64_t)s->at, NULL, "header byte %zu: 0x%02X where %s is due",
                   s->at, s->text[s->at], wanted);
}

/* The byte that comes next; 0, which nothing allows, at the end. */
static unsigned char peek(const scan *s)
{
    return s->at < s->length ? s->text[s->at] : 0;
}

static void skip_space(scan *s)
{
    while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\n' || peek(s) == '\r')
        s->at++;
}

static int is_digit(unsigned char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Value of a hexadecimal digit, -1 for another byte. */
static int hex_digit(unsigned char byte)
{
    if (is_digit(byte))
        return byte - '0';
    unsigned char lower = byte | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The four digits at `at`, -1 when they are not. */
static int32_t hex_quad(const scan *s, size_t at)
{
    int32_t value = 0;
    if (s->length < 4 || at > s->length - 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(s->text[at + i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static jt_status scan_escape(scan *s)
{
    size_t start = s->at++;
    unsigned char letter = peek(s);
    if (letter != 0 && strchr("\"\\/bfnrt", letter)) {
        s->at++;
        return JT_OK;
    }
    if (letter != 'u')
        return refuse(s, start, "this is no escape of JSON");
    int32_t unit = hex_quad(s, s->at + 1);
    if (unit < 0)
        return refuse(s, start, "\\u needs four hexadecimal digits");
    if (unit == 0)
        return refuse(s, start, "\\u0000 is not allowed");
    s->at += 5;
    if (unit < 0xD800 || unit > 0xDFFF)
        return JT_OK;
    int32_t low = peek(s) == '\\' && s->at + 1 < s->length && s->text[s->at + 1] == 'u' ? hex_quad(s, s->at + 2) : -1;
    if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
        return refuse(s, start, "half of a surrogate pair");
    s->at += 6;
    return JT_OK;
}

static jt_status scan_string(scan *s)
{
    s->at++;
    for (;;) {
        unsigned char byte = peek(s);
        if (s->at >= s->length)
            return refuse_byte(s, "the end of a text");
        if (byte < 0x20)
            return refuse(s, s->at, "a control byte in a text");
        if (byte == '"') {
            s->at++;
            return JT_OK;
        }
        if (byte == '\\') {
            jt_status status = scan_escape(s);
            if (status != JT_OK)
                return status;
            continue;
        }
        size_t character = jt_utf8_character((const char *)s->text + s->at, s->length - s->at);
        if (character == 0)
            return refuse(s, s->at, "invalid UTF-8");
        s->at += character;
    }
}

static void skip_digits(scan *s)
{
    while (is_digit(peek(s)))
        s->at++;
}

/* Integers above 2^53 are told from the digits: as a double, 2^53 + 1 is 2^53. */
static jt_json_form integer_form(const unsigned char *digits, size_t n)
{
    static const char largest[] = "9007199254740992";
    size_t n_largest = sizeof largest - 1;
    return n < n_largest || (n == n_largest && memcmp(digits, largest, n) <= 0) ? JT_JSON_INTEGER
                                                                                : JT_JSON_LARGE_INTEGER;
}

static jt_status scan_number(scan *s)
{
    size_t start = s->at;
    if (peek(s) == '-')
        s->at++;
    if (!is_digit(peek(s)))
        return refuse_byte(s, "a digit");
    size_t digits = s->at;
    int zero = peek(s) == '0';
    s->at++;
    if (zero && is_digit(peek(s)))
        return refuse(s, start, "a number that begins with a needless zero");
    skip_digits(s);
    jt_json_form form = integer_form(s->text + digits, s->at - digits);
    if (peek(s) == '.') {
        form = JT_JSON_OTHER;
        s->at++;
        if (!is_digit(peek(s)))
            return refuse_byte(s, "a digit");
        skip_digits(s);
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        form = JT_JSON_OTHER;
        s->at++;
        if (peek(s) == '+' || peek(s) == '-')
            s->at++;
        if (!is_digit(peek(s)))
            return refuse_byte(s, "a digit");
        skip_digits(s);
    }
    if (s->at - start > JT_JSON_MAX_NUMBER)
        return refuse(s, start, "a number of more than 60 characters");
    if (s->forms)
        s->forms[s->n_numbers] = (unsigned char)form;
    s->n_numbers++;
    return JT_OK;
}

static jt_status scan_word(scan *s, const char *word)
{
    size_t length = strlen(word);
    if (s->length - s->at < length || memcmp(s->text + s->at, word, length) != 0)
        return refuse_byte(s, "a value");
    s->at += length;
    return JT_OK;
}

static jt_status scan_value(scan *s);

/* What is between the brackets of an array or, with keys, of an object. */
static jt_status scan_members(scan *s, int with_keys, unsigned char close)
{
    s->at++;
    if (++s->depth > JT_JSON_MAX_DEPTH)
        return jt_fail(s->error, JT_ERROR_LIMIT, s->base + (int64_t)s->at - 1, NULL,
                       "header byte %zu: nested deeper than %d", s->at - 1, (int)JT_JSON_MAX_DEPTH);
    skip_space(s);
    if (peek(s) != close) {
        for (;;) {
            if (with_keys) {
                skip_space(s);
                if (peek(s) != '"')
                    return refuse_byte(s, "a key");
                jt_status status = scan_string(s);
                if (status != JT_OK)
                    return status;
                skip_space(s);
                if (peek(s) != ':')
                    return refuse_byte(s, "a colon");
                s->at++;
            }
            jt_status status = scan_value(s);
            if (status != JT_OK)
                return status;
            skip_space(s);
            if (peek(s) != ',')
                break;
            s->at++;
        }
        if (peek(s) != close)
            return refuse_byte(s, close == '}' ? "a comma or }" : "a comma or ]");
    }
    s->at++;
    s->depth--;
    return JT_OK;
}

static jt_status scan_value(scan *s)
{
    skip_space(s);
    if (++s->n_values > JT_JSON_MAX_VALUES)
        return jt_fail(s->error, JT_ERROR_LIMIT, s->base + (int64_t)s->at, NULL, "the header has more than %d values",
                       (int)JT_JSON_MAX_VALUES);
    switch (peek(s)) {
    case '{':
        return scan_members(s, 1, '}');
    case '[':
        return scan_members(s, 0, ']');
    case '"':
        return scan_string(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    case '-':
        return scan_number(s);
    default:
        return is_digit(peek(s)) ? scan_number(s) : refuse_byte(s, "a value");
    }
}

jt_status jt_json_scan(const char *text, size_t length, int64_t base, int32_t *n_values, unsigned char *forms,
                       jt_error *error)
{
    scan s = {.text = (const unsigned char *)text, .length = length, .base = base, .forms = forms, .error = error};
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        return refuse(&s, 0, "a byte order mark");
    skip_space(&s);
    if (peek(&s) != '{')
        return refuse_byte(&s, "{");
    jt_status status = scan_value(&s);
    if (status != JT_OK)
        return status;
    if (s.at != length)
        return jt_fail(error, JT_ERROR_FORMAT, base + (int64_t)s.at, NULL, "%zu bytes after the header's closing brace",
                       length - s.at);
    *n_values = s.n_values;
    return JT_OK;
}
