#include "json.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* cJSON reads numbers by the locale of the thread (strtod, localeconv), so it gets the C locale while it does. */
static cJSON *parse_in_c_locale(const char *text, size_t length)
{
    locale_t neutral = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!neutral)
        return NULL;
    locale_t before = uselocale(neutral);
    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts(text, length + 1, &end, 1);
    uselocale(before);
    freelocale(neutral);
    return tree;
}

static int by_key(const void *a, const void *b)
{
    const cJSON *const *left = a;
    const cJSON *const *right = b;
    return strcmp((*left)->string, (*right)->string);
}

/* What check_tree walks with: `sorted` has room for every value of the header, `forms` goes on with each number. */
typedef struct walk {
    const cJSON **sorted;
    const unsigned char *forms;
} walk;

static void refuse_duplicates(jt_json_reader *reader, const jt_json *object, const cJSON **sorted)
{
    size_t n = 0;
    for (const cJSON *child = object->item->child; child; child = child->next)
        sorted[n++] = child;
    qsort(sorted, n, sizeof *sorted, by_key);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->string, sorted[i]->string) == 0) {
            jt_json member = {sorted[i], object, sorted[i]->string, 0};
            jt_json_refuse(reader, &member, JT_ERROR_FORMAT, "the key is there twice");
            return;
        }
    }
}

/*
 * What the scan cannot see: numbers beyond doubles, keys that are equal once unescaped. And what the tree does not
 * keep, how numbers are written: both have the numbers in the same order. No deeper than the scan allows.
 */
static void check_tree(jt_json_reader *reader, const jt_json *value, cJSON *item, walk *w)
{
    if (cJSON_IsNumber(item)) {
        if (!isfinite(item->valuedouble))
            jt_json_refuse(reader, value, JT_ERROR_FORMAT, "the number is too large");
        item->valueint = *w->forms++;
    }
    if (cJSON_IsObject(item))
        refuse_duplicates(reader, value, w->sorted);
    jt_json child = jt_json_first(value);
    for (cJSON *below = item->child; below && reader->status == JT_OK; below = below->next) {
        check_tree(reader, &child, below, w);
        child = jt_json_next(&child);
    }
}

cJSON *jt_json_parse(jt_json_reader *reader, const char *text, size_t length, int64_t base)
{
    const jt_host *host = &reader->arena->host;
    int32_t n_values = 0;
    reader->status = jt_json_scan(text, length, base, &n_values, NULL, reader->error);
    if (reader->status != JT_OK)
        return NULL;

    cJSON *tree = NULL;
    const cJSON **sorted = jt_allocate(host, (size_t)n_values, sizeof *sorted);
    unsigned char *forms = jt_allocate(host, (size_t)n_values, 1);
    if (sorted && forms) {
        reader->status = jt_json_scan(text, length, base, &n_values, forms, reader->error);
        /* After the scan there is nothing in the text for cJSON to refuse: NULL is a failed allocation. */
        tree = parse_in_c_locale(text, length);
    }
    if (!tree) {
        jt_json_refuse(reader, NULL, JT_ERROR_MEMORY, "no memory to parse a header of %zu bytes", length);
        goto done;
    }
    jt_json top = {.item = tree};
    walk w = {sorted, forms};
    check_tree(reader, &top, tree, &w);
    if (reader->status != JT_OK) {
        cJSON_Delete(tree);
        tree = NULL;
    }
done:
    jt_release(host, forms);
    jt_release(host, sorted);
    return tree;
}
