/* Backends that live in shared objects of their own, loaded when asked for. */
#ifndef JT_CORE_MODULE_H
#define JT_CORE_MODULE_H

#include "core.h"

typedef struct jt_module {
    void *handle; /* of dlopen; NULL: nothing loaded */
    const jt_backend *backend;
} jt_module;

/*
 * Load jettag-<name>.so from `directory`, or from where this library lies when it is NULL. 1 on success; 0 with words
 * in why->text: no such file, a missing dependency, another interface number.
 */
int jt_module_open(const char *name, const char *directory, jt_module *module, jt_why *why);

/* Takes one that is all zero. */
void jt_module_close(jt_module *module);

#endif /* JT_CORE_MODULE_H */
