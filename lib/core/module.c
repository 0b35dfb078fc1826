#include "module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where this library (or the program that contains it) lies. Not from the environment: a stranger's variable must not
   choose what code runs. 0 when it cannot be found out. */
static int own_directory(char *directory, size_t capacity)
{
    Dl_info info;
    if (!dladdr((void *)(uintptr_t)&own_directory, &info) || !info.dli_fname)
        return 0;
    const char *slash = strrchr(info.dli_fname, '/');
    if (!slash)
        return snprintf(directory, capacity, ".") > 0;
    size_t length = (size_t)(slash - info.dli_fname);
    if (length >= capacity)
        return 0;
    memcpy(directory, info.dli_fname, length);
    directory[length] = '\0';
    return 1;
}

/* A function pointer out of dlsym, in the way that POSIX blesses. */
static jt_backend_module_function find_entry(void *handle)
{
    jt_backend_module_function entry = NULL;
    void *symbol = dlsym(handle, "jt_backend_module");
    memcpy(&entry, &symbol, sizeof entry);
    return entry;
}

static int give_up(jt_module *module, jt_why *why, const char *text)
{
    snprintf(why->text, sizeof why->text, "%s", text);
    jt_module_close(module);
    return 0;
}

int jt_module_open(const char *name, const char *directory, jt_module *module, jt_why *why)
{
    char own[PATH_MAX], path[PATH_MAX + 64], text[256];
    *module = (jt_module){NULL, NULL};
    if (!directory) {
        if (!own_directory(own, sizeof own))
            return give_up(module, why, "the directory of the library cannot be found out");
        directory = own;
    }
    int length = snprintf(path, sizeof path, "%s/jettag-%s.so", directory, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return give_up(module, why, "the module directory's name is too long");
    if (access(path, F_OK) != 0) {
        snprintf(text, sizeof text, "not installed: there is no jettag-%s.so in %.160s", name, directory);
        return give_up(module, why, text);
    }

    module->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module->handle) {
        const char *reason = dlerror();
        return give_up(module, why, reason ? reason : "dlopen failed");
    }
    jt_backend_module_function entry = find_entry(module->handle);
    const jt_backend *backend = entry ? entry() : NULL;
    if (!backend) {
        snprintf(text, sizeof text, "%.200s is no jettag backend", path);
        return give_up(module, why, text);
    }
    if (backend->abi != JT_BACKEND_ABI) {
        snprintf(text, sizeof text, "the module has interface %u, this library needs %u", backend->abi, JT_BACKEND_ABI);
        return give_up(module, why, text);
    }
    module->backend = backend;
    return 1;
}

void jt_module_close(jt_module *module)
{
    if (module->handle)
        dlclose(module->handle);
    *module = (jt_module){NULL, NULL};
}
