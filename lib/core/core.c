#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sized.h"

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

size_t jt_utf8_character(const char *at, size_t left)
{
    const unsigned char *bytes = (const unsigned char *)at;
    if (left == 0)
        return 0;
    unsigned char lead = bytes[0];
    if (lead < 0x80)
        return 1;
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || left < length)
        return 0;
    /* Of the second byte some values would be overlong forms, surrogates, or beyond the last character. */
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    for (size_t i = 1; i < length; i++) {
        if (bytes[i] < low || bytes[i] > high)
            return 0;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

/* One line of UTF-8: paths and names in files may hold anything, texts may have been cut, and people read these in
   terminals. */
static void tidy(char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t length = jt_utf8_character(text, left);
        if (length == 0 || (unsigned char)*text < 0x20 || *text == 0x7F) {
            *text = '?';
            length = 1;
        }
        text += length;
        left -= length;
    }
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
