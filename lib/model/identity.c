#include <string.h>

#include "reading.h"

enum { MAX_CLASSES = 16 };

/* YYYY-MM-DD, alone or with a time of day behind a T. */
static int is_date(const char *text)
{
    static const char pattern[] = "0000-00-00";
    for (size_t i = 0; pattern[i]; i++) {
        int digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == '0' ? !digit : text[i] != pattern[i])
            return 0;
    }
    return text[10] == '\0' || text[10] == 'T';
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
