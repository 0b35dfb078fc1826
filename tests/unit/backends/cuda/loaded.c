#include "loaded.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SKIPPED = 77 };

static void find(void *library, const char *name, void *function, size_t bytes)
{
    void *symbol = dlsym(library, name);
    assert_non_null(symbol);
    memcpy(function, &symbol, bytes);
}

void find_in_runtime(const char *name, void *function, size_t bytes)
{
    find(dlopen("libcudart.so.13", RTLD_NOW | RTLD_NOLOAD), name, function, bytes);
}

int load_cuda_module(loaded_cuda *loaded)
{
    const char *path = getenv("JETTAG_TEST_CUDA");
    if (!path || !*path) {
        puts("the CUDA module is not built: nothing to test");
        return SKIPPED;
    }
    loaded->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!loaded->module) {
        puts(dlerror());
        return 1;
    }
    jt_backend_module_function entry;
    find(loaded->module, "jt_backend_module", &entry, sizeof entry);
    loaded->backend = entry();
    return 0;
}

int load_cuda(loaded_cuda *loaded)
{
    jt_why why = {""};
    const int result = load_cuda_module(loaded);
    if (result != 0)
        return result;
    if (!loaded->backend->probe(&why)) {
        puts(why.text);
        return 1;
    }
    const struct {
        const char *name;
        void *function;
    } functions[] = {
        {"fake_fail_at", &loaded->fail_at},       {"fake_calls", &loaded->calls},       {"fake_live", &loaded->live},
        {"fake_kernels", &loaded->kernels},       {"fake_products", &loaded->products}, {"fake_sent", &loaded->sent},
        {"fake_most_marks", &loaded->most_marks}, {"fake_device", &loaded->device},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        find_in_runtime(functions[i].name, functions[i].function, sizeof(void *));
    return 0;
}
