#include "backends.h"

#include <stdio.h>
#include <string.h>

#include "../../backends/native/native.h"
#include "../../backends/reference/reference.h"

/* In the order in which auto tries them. Without a table of its own a backend is a module. */
typedef struct entry {
    const char *name;
    const jt_backend *built_in;
} entry;

static const entry entries[] = {
    {"native", &jt_native_backend},
    {"onednn", NULL},
    {"reference", &jt_reference_backend},
    /* Last, so that auto never comes to it: a GPU is asked for by name. */
    {"cuda", NULL},
};

enum { N_ENTRIES = sizeof entries / sizeof *entries };

/* Load if need be, and probe. 0 with words when it cannot be used; choice is all zero then. */
static int try_entry(const entry *entry, const char *module_directory, jt_backend_choice *choice, jt_why *why)
{
    *choice = (jt_backend_choice){.backend = entry->built_in};
    if (!entry->built_in) {
        if (!jt_module_open(entry->name, module_directory, &choice->module, why))
            return 0;
        choice->backend = choice->module.backend;
    }
    if (choice->backend->probe(why))
        return 1;
    jt_backend_close(choice);
    return 0;
}

static jt_status open_by_name(const char *name, const char *module_directory, jt_backend_choice *choice, jt_why *why)
{
    for (int i = 0; i < N_ENTRIES; i++) {
        if (strcmp(entries[i].name, name) != 0)
            continue;
        jt_why reason = {""};
        if (try_entry(&entries[i], module_directory, choice, &reason)) {
            snprintf(choice->reason, sizeof choice->reason, "asked for by name");
            return JT_OK;
        }
        snprintf(why->text, sizeof why->text, "backend %s is not available: %.200s", name, reason.text);
        return JT_ERROR_BACKEND;
    }
    size_t used = (size_t)snprintf(why->text, sizeof why->text, "there is no backend '%.32s'; there are auto", name);
    for (int i = 0; i < N_ENTRIES && used < sizeof why->text; i++)
        used += (size_t)snprintf(why->text + used, sizeof why->text - used, ", %s", entries[i].name);
    return JT_ERROR_BACKEND;
}

jt_status jt_backend_open(const char *name, const char *module_directory, const jt_host *host,
                          jt_backend_choice *choice, jt_why *why)
{
    *choice = (jt_backend_choice){0};
    if (name && strcmp(name, "auto") != 0)
        return open_by_name(name, module_directory, choice, why);

    char passed_over[160] = "";
    for (int i = 0; i < N_ENTRIES; i++) {
        jt_why reason = {""};
        if (try_entry(&entries[i], module_directory, choice, &reason)) {
            if (passed_over[0])
                snprintf(choice->reason, sizeof choice->reason, "the first that is available; %s", passed_over);
            else
                snprintf(choice->reason, sizeof choice->reason, "the first in the list, and available");
            return JT_OK;
        }
        jt_log(host, JT_LOG_INFO, "backend %s is not available: %s", entries[i].name, reason.text);
        snprintf(passed_over, sizeof passed_over, "%s: %.120s", entries[i].name, reason.text);
    }
    snprintf(why->text, sizeof why->text, "no backend is available");
    return JT_ERROR_BACKEND;
}

void jt_backend_close(jt_backend_choice *choice)
{
    jt_module_close(&choice->module);
    choice->backend = NULL;
}

int jt_backend_describe(int32_t index, const char *module_directory, jt_backend_info *info)
{
    if (index < 0 || index >= N_ENTRIES)
        return 0;
    const entry *entry = &entries[index];
    jt_backend_choice choice;
    jt_why why = {""};
    *info = (jt_backend_info){.size = sizeof *info};
    snprintf(info->name, sizeof info->name, "%s", entry->name);
    info->available = try_entry(entry, module_directory, &choice, &why);
    if (!info->available) {
        snprintf(info->reason, sizeof info->reason, "%s", why.text);
        return 1;
    }
    snprintf(info->version, sizeof info->version, "%s", choice.backend->version());
    snprintf(info->notes, sizeof info->notes, "%s", choice.backend->notes);
    jt_backend_close(&choice);
    return 1;
}
