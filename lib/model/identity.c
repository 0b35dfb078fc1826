#include <string.h>

#include "reading.h"

enum { MAX_CLASSES = 16 };

/* Whether a text begins as the pattern has it, 0 standing for any digit; moves on behind that if so. */
static int skip(const char **text, const char *pattern)
{
    for (size_t i = 0; pattern[i]; i++) {
        char byte = (*text)[i];
        int digit = byte >= '0' && byte <= '9';
        if (pattern[i] == '0' ? !digit : byte != pattern[i])
            return 0;
    }
    *text += strlen(pattern);
    return 1;
}

/* The number that two digits are. */
static int two_digits(const char *digits)
{
    return 10 * (digits[0] - '0') + digits[1] - '0';
}

/* A day of the calendar at the start of a text. */
static int skip_day(const char **text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *date = *text;
    if (!skip(text, "0000-00-00"))
        return 0;
    int year = 100 * two_digits(date) + two_digits(date + 2), month = two_digits(date + 5), day = two_digits(date + 8);
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* hh:mm, up to 23:59. */
static int skip_minutes(const char **text)
{
    const char *time = *text;
    return skip(text, "00:00") && two_digits(time) < 24 && two_digits(time + 3) < 60;
}

/* ISO 8601: 2026-01-31, alone or with a time behind a T: 10:00, 10:00:59, 10:00:59.123, each with Z or +02:00 or not.
 */
static int is_date(const char *text)
{
    if (!skip_day(&text))
        return 0;
    if (*text == '\0')
        return 1;
    if (!skip(&text, "T") || !skip_minutes(&text))
        return 0;
    const char *seconds = text;
    if (skip(&text, ":00")) {
        if (two_digits(seconds + 1) > 60) /* 60 is a leap second */
            return 0;
        if (skip(&text, ".0"))
            while (skip(&text, "0"))
                continue;
    }
    if (!skip(&text, "Z") && (skip(&text, "+") || skip(&text, "-")) && !skip_minutes(&text))
        return 0;
    return *text == '\0';
}

static void read_classes(jt_reading *reading, const jt_json *value)
{
    jt_json_reader *json = &reading->json;
    int32_t n = jt_json_array(json, value, 2, MAX_CLASSES);
    const char **names = jt_reading_take(reading, (size_t)n, sizeof *names);
    int32_t top = -1;
    int32_t i = 0;
    if (!names)
        return;
    for (jt_json element = jt_json_first(value); element.item && json->status == JT_OK;
         element = jt_json_next(&element)) {
        names[i] = jt_json_name(json, &element);
        for (int32_t k = 0; k < i; k++)
            if (strcmp(names[k], names[i]) == 0)
                jt_json_refuse(json, &element, JT_ERROR_FORMAT, "class \"%s\" is there twice", names[i]);
        if (strcmp(names[i], "top") == 0)
            top = i;
        i++;
    }
    if (top < 0)
        jt_json_refuse(json, value, JT_ERROR_FORMAT, "no class is called \"top\"");
    reading->file->class_names = names;
    reading->file->n_classes = n;
    reading->file->top_class = top;
}

void jt_read_identity(jt_reading *reading, const jt_json *top)
{
    jt_json_reader *json = &reading->json;
    jt_model_file *file = reading->file;
    jt_json name = jt_json_need(json, top, "name");
    jt_json version = jt_json_need(json, top, "version");
    jt_json created = jt_json_need(json, top, "created");
    jt_json licence = jt_json_need(json, top, "licence");
    jt_json description = jt_json_need(json, top, "description");
    jt_json classes = jt_json_need(json, top, "classes");
    file->name = jt_json_name(json, &name);
    file->version = jt_json_text(json, &version);
    file->created = jt_json_text(json, &created);
    if (json->status == JT_OK && !is_date(file->created))
        jt_json_refuse(json, &created, JT_ERROR_FORMAT, "\"%.40s\" is no date such as 2026-01-31", file->created);
    file->licence = jt_json_text(json, &licence);
    file->description = jt_json_text(json, &description);
    read_classes(reading, &classes);
}
