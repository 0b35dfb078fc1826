#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sized.h"

enum { ALIGNMENT = 64 };

static void *default_allocate(void *user, size_t bytes)
{
    (void)user;
    return malloc(bytes);
}

static void default_release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

const jt_host jt_default_host = {default_allocate, default_release, NULL, NULL, NULL};

void *jt_allocate(const jt_host *host, size_t count, size_t bytes)
{
    size_t extra = ALIGNMENT - 1 + sizeof(void *);
    if (bytes != 0 && count > (SIZE_MAX - extra) / bytes)
        return NULL;
    size_t wanted = count * bytes;
    char *raw = host->allocate(host->user, wanted + extra);
    if (!raw)
        return NULL;
    char *after = raw + sizeof(void *);
    char *memory = after + (ALIGNMENT - (uintptr_t)after % ALIGNMENT) % ALIGNMENT;
    /* What the host gave goes right before what the caller gets, for jt_release. */
    memcpy(memory - sizeof(void *), &raw, sizeof(void *));
    memset(memory, 0, wanted);
    return memory;
}

void jt_release(const jt_host *host, void *memory)
{
    if (!memory)
        return;
    void *raw;
    memcpy(&raw, (char *)memory - sizeof(void *), sizeof(void *));
    host->release(host->user, raw);
}

jt_host jt_host_make(const jt_allocator *allocator, jt_log_function log, void *log_user)
{
    jt_host host = jt_default_host;
    if (allocator && allocator->allocate && allocator->release) {
        host.allocate = allocator->allocate;
        host.release = allocator->release;
        host.user = allocator->user;
    }
    if (log) {
        /* The two types differ in the level alone, an enum there and an int here: passed alike on every ABI we know. */
        host.log = (void (*)(void *, int, const char *))log;
        host.log_user = log_user;
    }
    return host;
}

/* Where a text that was cut at `length` has to end so that no character of UTF-8 is left in half. */
static size_t whole_characters(const char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return length;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t needs = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return length - (start - 1) < needs ? start - 1 : length;
}

/* One line, whole characters: names in a file may hold anything, and people read these texts in terminals. */
static void tidy(char *text)
{
    text[whole_characters(text, strlen(text))] = '\0';
    for (char *byte = text; *byte; byte++)
        if ((unsigned char)*byte < 0x20 || *byte == 0x7F)
            *byte = '?';
}

jt_status jt_fail(jt_error *error, jt_status status, int64_t offset, const char *key, const char *format, ...)
{
    if (!error)
        return status;
    jt_error full = {sizeof full, status, offset, "", ""};
    snprintf(full.key, sizeof full.key, "%s", key ? key : "");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(full.text, sizeof full.text, format, arguments);
    va_end(arguments);
    tidy(full.key);
    tidy(full.text);
    jt_sized_write(error, &full, sizeof full);
    return status;
}

void jt_log(const jt_host *host, jt_log_level level, const char *format, ...)
{
    if (!host->log)
        return;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tidy(text);
    host->log(host->log_user, (int)level, text);
}
