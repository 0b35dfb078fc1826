/*
 * What every room of the library uses: memory, words for errors, logging.
 *
 * Nothing here is global: a jt_host carries the caller's allocator and log callback down to whoever needs them.
 */
#ifndef JT_CORE_CORE_H
#define JT_CORE_CORE_H

#include <stddef.h>
#include <stdint.h>

#include <jettag/jettag.h>

#include "memory.h"

/* malloc and free, nobody listening. */
extern const jt_host jt_default_host;

/* The host for a caller's allocator and log callback, either of which may be NULL. */
jt_host jt_host_make(const jt_allocator *allocator, jt_log_function log, void *log_user);

/*
 * Fill in *error (which may be NULL, and may be of an older, smaller size) and return `status`, so that a failing
 * function can end with `return jt_fail(...)`. offset -1: no byte offset. key NULL: no key. format as printf.
 * What is no UTF-8, and control bytes, become question marks.
 */
jt_status jt_fail(jt_error *error, jt_status status, int64_t offset, const char *key, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* One line to the host's log, if anybody listens. */
void jt_log(const jt_host *host, jt_log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Length of the character at `at`, of which at most `left` bytes are there: 1 .. 4, or 0 when it is not UTF-8
 * (overlong forms, surrogates, beyond U+10FFFF and half characters are not). NUL counts as a character.
 */
size_t jt_utf8_character(const char *at, size_t left);

/* CRC-32C (Castagnoli) of `length` bytes. */
uint32_t jt_crc32c(const void *bytes, size_t length);

#endif /* JT_CORE_CORE_H */
