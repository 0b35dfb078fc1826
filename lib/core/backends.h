/* Which backends there are, and choosing one. The list is in backends.c; nothing else knows a backend by name. */
#ifndef JT_CORE_BACKENDS_H
#define JT_CORE_BACKENDS_H

#include "module.h"

/* A backend in use. All zero: none. */
typedef struct jt_backend_choice {
    const jt_backend *backend;
    jt_module module; /* behind it, when it is one */
    char reason[256]; /* why it was chosen, in words */
} jt_backend_choice;

/*
 * Open a backend by name, or the first available one for NULL and "auto".
 *
 * module_directory  where modules are; NULL: beside the library
 * host              for the log: with auto, why better ones were passed over
 * Errors: JT_ERROR_BACKEND with words in why->text.
 */
jt_status jt_backend_open(const char *name, const char *module_directory, const jt_host *host,
                          jt_backend_choice *choice, jt_why *why);

/* Takes one that is all zero. */
void jt_backend_close(jt_backend_choice *choice);

/* Describe backend `index` in the order of auto. 1, or 0 past the last one. */
int jt_backend_describe(int32_t index, const char *module_directory, jt_backend_info *info);

#endif /* JT_CORE_BACKENDS_H */
