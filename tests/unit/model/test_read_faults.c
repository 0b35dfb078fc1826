/*
 * A file system that fails while a file is read, and a file that changes meanwhile. The linker puts __wrap_read and
 * __wrap_fstat, __wrap_fstat64 in front of the C library's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sample.h"

/* What read does, call by call; zero: pass on. */
typedef struct fault {
    int number;     /* errno: the call fails */
    size_t at_most; /* so many bytes at once */
    int ends;       /* the file ends here */
} fault;

static const fault *faults;
static int n_faults, n_reads, fstat_fails;

ssize_t __real_read(int descriptor, void *bytes, size_t length);
ssize_t __wrap_read(int descriptor, void *bytes, size_t length);
/* fstat has two names, of which _FILE_OFFSET_BITS chooses. */
int __real_fstat(int descriptor, struct stat *facts);
int __wrap_fstat(int descriptor, struct stat *facts);
int __real_fstat64(int descriptor, struct stat *facts);
int __wrap_fstat64(int descriptor, struct stat *facts);

ssize_t __wrap_read(int descriptor, void *bytes, size_t length)
{
    fault f = n_reads < n_faults ? faults[n_reads] : (fault){0, 0, 0};
    n_reads++;
    if (f.number) {
        errno = f.number;
        return -1;
    }
    if (f.ends)
        return 0;
    return __real_read(descriptor, bytes, f.at_most && f.at_most < length ? f.at_most : length);
}

int __wrap_fstat(int descriptor, struct stat *facts)
{
    errno = EIO;
    return fstat_fails ? -1 : __real_fstat(descriptor, facts);
}

int __wrap_fstat64(int descriptor, struct stat *facts)
{
    errno = EIO;
    return fstat_fails ? -1 : __real_fstat64(descriptor, facts);
}

static char path[] = "/tmp/jettag-faults-XXXXXX";
static const char content[] = "a file of some bytes, read in pieces";

static int setup(void **state)
{
    (void)state;
    int descriptor = mkstemp(path);
    if (descriptor < 0)
        return -1;
    ssize_t n = write(descriptor, content, sizeof content);
    close(descriptor);
    return n == (ssize_t)sizeof content ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

typedef struct result {
    counting memory;
    jt_host host;
    jt_error error;
    jt_status status;
    void *bytes;
    size_t length;
} result;

static void read_with(const fault *list, int n, result *r)
{
    faults = list;
    n_faults = n;
    n_reads = 0;
    memset(r, 0, sizeof *r);
    r->error.size = sizeof r->error;
    r->host = counting_host(&r->memory);
    r->status = jt_read_whole_file(path, &r->host, &r->bytes, &r->length, &r->error);
    n_faults = 0;
}

static void refused(const result *r, const char *words)
{
    assert_int_equal(r->status, JT_ERROR_FILE);
    assert_int_equal(r->error.status, JT_ERROR_FILE);
    assert_null(r->bytes);
    assert_int_equal(r->length, 0);
    assert_int_equal(r->memory.live, 0);
    assert_non_null(strstr(r->error.text, path));
    assert_non_null(strstr(r->error.text, words));
}

static void test_pieces_and_interruptions(void **state)
{
    (void)state;
    const fault list[] = {{EINTR, 0, 0}, {0, 5, 0}, {0, 1, 0}, {EINTR, 0, 0}, {EINTR, 0, 0}, {0, 7, 0}};
    result r;
    read_with(list, 6, &r);
    assert_int_equal(r.status, JT_OK);
    assert_int_equal(r.length, sizeof content);
    assert_memory_equal(r.bytes, content, sizeof content);
    assert_int_equal(n_reads, 7);
    jt_release(&r.host, r.bytes);
    assert_int_equal(r.memory.live, 0);
}

/* Shorter than it was a moment ago: what there is, which the container's lengths then judge. */
static void test_file_that_shrinks(void **state)
{
    (void)state;
    const fault list[] = {{0, 9, 0}, {0, 0, 1}};
    result r;
    read_with(list, 2, &r);
    assert_int_equal(r.status, JT_OK);
    assert_int_equal(r.length, 9);
    assert_memory_equal(r.bytes, content, 9);
    jt_release(&r.host, r.bytes);
    /* An interruption before it leaves errno behind, which says nothing of the end. */
    const fault interrupted[] = {{0, 9, 0}, {EINTR, 0, 0}, {0, 0, 1}};
    read_with(interrupted, 3, &r);
    assert_int_equal(r.status, JT_OK);
    assert_int_equal(n_reads, 3);
    jt_release(&r.host, r.bytes);
}

static void test_errors(void **state)
{
    (void)state;
    result r;
    const fault at_once[] = {{EIO, 0, 0}}, later[] = {{0, 5, 0}, {EIO, 0, 0}}, unknown[] = {{EOVERFLOW, 0, 0}};
    read_with(at_once, 1, &r);
    refused(&r, "input/output error");
    read_with(later, 2, &r);
    refused(&r, "input/output error");
    read_with(unknown, 1, &r);
    refused(&r, "system error");
    fstat_fails = 1;
    read_with(NULL, 0, &r);
    fstat_fails = 0;
    refused(&r, "cannot look at");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_and_interruptions),
        cmocka_unit_test(test_file_that_shrinks),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests_name("read_faults", tests, setup, teardown);
}
