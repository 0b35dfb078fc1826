/* Names that are hidden would be ours alone, and nothing that other libraries take would be seen. */
#pragma GCC visibility push(default)

#include "interpose.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own, which these names of ours hide. */
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *memory);

static atomic_long n_allocations, n_releases, n_threads, n_asked, fail_at;
static atomic_int fail_forever;

static int fails(void)
{
    atomic_fetch_add(&n_allocations, 1);
    const long number = atomic_fetch_add(&n_asked, 1) + 1, k = atomic_load(&fail_at);
    const int failing = k > 0 && (number == k || (number > k && atomic_load(&fail_forever)));
    if (failing)
        errno = ENOMEM;
    return failing;
}

void *malloc(size_t bytes)
{
    return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
    return fails() ? NULL : __libc_realloc(memory, bytes);
}

void *memalign(size_t alignment, size_t bytes);
void *memalign(size_t alignment, size_t bytes)
{
    return fails() ? NULL : __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes);
void *aligned_alloc(size_t alignment, size_t bytes)
{
    return memalign(alignment, bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t bytes);
int posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    *memory = memalign(alignment, bytes);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    if (memory)
        atomic_fetch_add(&n_releases, 1);
    __libc_free(memory);
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset)
{
    if (fails())
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!real)
        *(void **)(void *)&real = dlsym(RTLD_NEXT, "pthread_create");
    atomic_fetch_add(&n_threads, 1);
    return real(thread, attributes, start, argument);
}

interposed interposed_now(void)
{
    return (interposed){atomic_load(&n_allocations), atomic_load(&n_releases), atomic_load(&n_threads)};
}

long interposed_fail_at(long k, int forever)
{
    atomic_store(&fail_at, 0);
    atomic_store(&fail_forever, forever);
    const long asked = atomic_exchange(&n_asked, 0);
    atomic_store(&fail_at, k);
    return asked;
}
