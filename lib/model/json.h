/*
 * A strict reader of JSON headers over cJSON.
 *
 * The text is checked byte by byte first (json_scan.c), so that cJSON sees only what RFC 8259 and models/FORMAT.md
 * allow. Then values are taken out by typed functions that compare keys with regard to case and know where they are: a
 * refusal names the path, such as "layers[3].kernel[1]".
 *
 * The first refusal is kept in the reader; from then on the functions return harmless values (0, "", absent). A caller
 * looks at `status` before it uses what it read for anything that could hurt.
 */
#ifndef JT_MODEL_JSON_H
#define JT_MODEL_JSON_H

#include <cjson/cJSON.h>

#include "../core/arena.h"

enum {
    JT_JSON_MAX_DEPTH = 16,
    JT_JSON_MAX_VALUES = 262144,
    JT_JSON_MAX_NUMBER = 60, /* characters */
    JT_JSON_MAX_TEXT = 4096, /* bytes */
    JT_JSON_MAX_NAME = 120   /* bytes */
};

/* Largest integer in a header, 2^53. */
static const int64_t JT_JSON_MAX_INTEGER = (int64_t)1 << 53;

/* How a number is written. */
typedef enum jt_json_form {
    JT_JSON_OTHER = 0,    /* with fraction or exponent */
    JT_JSON_INTEGER,      /* digits, with or without a minus, up to 2^53 */
    JT_JSON_LARGE_INTEGER /* the same beyond 2^53 */
} jt_json_form;

typedef struct jt_json_reader {
    jt_arena *arena; /* for the texts */
    jt_error *error;
    jt_status status;
    int newer; /* the file has a newer minor version: keys that we do not know are passed over */
} jt_json_reader;

/* A value and the way to it. Lives on the stack of whoever reads it; the parent lives longer. */
typedef struct jt_json {
    const cJSON *item; /* NULL: absent */
    const struct jt_json *parent;
    const char *key; /* in its parent when that is an object, else NULL */
    int32_t index;   /* in its parent when that is an array */
} jt_json;

/*
 * Check `length` bytes of JSON, one object and nothing after it. `base` is the offset of the text in the file, for
 * messages. *n_values receives the number of values of any kind; forms[i], unless that is NULL, the jt_json_form of
 * number i.
 */
jt_status jt_json_scan(const char *text, size_t length, int64_t base, int32_t *n_values, unsigned char *forms,
                       jt_error *error);

/*
 * Scan and parse; text[length] must be NUL. NULL on refusal. The tree is freed with cJSON_Delete; valueint of its
 * numbers is their jt_json_form.
 */
cJSON *jt_json_parse(jt_json_reader *reader, const char *text, size_t length, int64_t base);

/* Keep a refusal, unless there is one already. */
void jt_json_refuse(jt_json_reader *reader, const jt_json *at, jt_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Refuse a value that is not an object, and keys that are not in `keys`. */
void jt_json_object(jt_json_reader *reader, const jt_json *value, const char *const *keys, size_t n_keys);

/* A member, which must be there; absent after a refusal. Object and key outlive it. */
jt_json jt_json_need(jt_json_reader *reader, const jt_json *object, const char *key);
/* A member that may be absent. */
jt_json jt_json_find(const jt_json *object, const char *key);

/* Number of elements of an array of low .. high; 0 after a refusal. */
int32_t jt_json_array(jt_json_reader *reader, const jt_json *value, int32_t low, int32_t high);
/* Its elements, one after the other; item is NULL past the last one. */
jt_json jt_json_first(const jt_json *array);
jt_json jt_json_next(const jt_json *element);

/* Each returns something harmless for an absent value, and after a refusal. */
int64_t jt_json_integer(jt_json_reader *reader, const jt_json *value, int64_t low, int64_t high);
double jt_json_number(jt_json_reader *reader, const jt_json *value, double low, double high);
int32_t jt_json_flag(jt_json_reader *reader, const jt_json *value);
const char *jt_json_text(jt_json_reader *reader, const jt_json *value);
const char *jt_json_name(jt_json_reader *reader, const jt_json *value);
/* Place of a text among `names`. */
int32_t jt_json_choice(jt_json_reader *reader, const jt_json *value, const char *const *names, int32_t n);
/* Integers of an array of exactly n. */
void jt_json_integers(jt_json_reader *reader, const jt_json *value, int64_t low, int64_t high, int32_t n,
                      int32_t *integers);

#endif /* JT_MODEL_JSON_H */
