/* A whole file into memory, and what is no file: refused with JT_ERROR_FILE and the path, never waited for. */
#include <errno.h>
#include <fcntl.h>
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

static char folder[] = "/tmp/jettag-files-XXXXXX";
static char path[128];

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *at(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const void *bytes, size_t length)
{
    FILE *file = fopen(at(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static int open_files(void)
{
    int n = 0;
    for (int descriptor = 0; descriptor < 256; descriptor++)
        n += fcntl(descriptor, F_GETFD) != -1;
    return n;
}

static void refuse(const char *where, jt_status status, const char *words)
{
    counting memory = {0};
    jt_host host = counting_host(&memory);
    jt_error error = {.size = sizeof error};
    void *bytes = &memory;
    size_t length = 7;
    int before = open_files();
    assert_int_equal(jt_read_whole_file(where, &host, &bytes, &length, &error), status);
    assert_int_equal(error.status, status);
    assert_int_equal(error.offset, -1);
    assert_string_equal(error.key, "");
    if (!strstr(error.text, where) || !strstr(error.text, words))
        fail_msg("\"%s\" has no \"%s\"", error.text, words);
    assert_null(bytes);
    assert_int_equal(length, 0);
    assert_int_equal(memory.live, 0);
    assert_int_equal(open_files(), before);
    assert_int_equal(jt_read_whole_file(where, &host, &bytes, &length, NULL), status);
}

static void test_lengths(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 63, 4096, 4097, 1 << 20, (1 << 20) + 1};
    unsigned char *content = malloc((1 << 20) + 1);
    for (size_t i = 0; i <= 1 << 20; i++)
        content[i] = (unsigned char)(i * 7 + (i >> 8));
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        counting memory = {0};
        jt_host host = counting_host(&memory);
        void *bytes = NULL;
        size_t length = 7;
        int before = open_files();
        write_file("some", content, lengths[i]);
        assert_int_equal(jt_read_whole_file(at("some"), &host, &bytes, &length, NULL), JT_OK);
        assert_int_equal(length, lengths[i]);
        assert_non_null(bytes);
        assert_memory_equal(bytes, content, length);
        assert_int_equal(memory.live, 1);
        assert_int_equal(open_files(), before);
        jt_release(&host, bytes);
        assert_int_equal(memory.live, 0);
    }
    free(content);
    unlink(at("some"));
}

static void test_no_file(void **state)
{
    (void)state;
    refuse(at("none"), JT_ERROR_FILE, "does not exist");
    refuse("", JT_ERROR_FILE, "does not exist");
    refuse(folder, JT_ERROR_FILE, "not a regular file");
    refuse("/dev/null", JT_ERROR_FILE, "not a regular file");
    refuse("/dev/zero", JT_ERROR_FILE, "not a regular file");
    write_file("some", "x", 1);
    refuse(at("some/more"), JT_ERROR_FILE, "no directory");
    unlink(at("some"));
    assert_int_equal(symlink("itself", at("itself")), 0);
    refuse(at("itself"), JT_ERROR_FILE, "errno");
    unlink(at("itself"));
    char longer[5000];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    jt_error error = {.size = sizeof error};
    void *bytes;
    size_t length;
    assert_int_equal(jt_read_whole_file(longer, &jt_default_host, &bytes, &length, &error), JT_ERROR_FILE);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

/* With nobody at the other end: opening it for reading would wait for ever. */
static void test_pipe(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    alarm(20);
    refuse(at("pipe"), JT_ERROR_FILE, "not a regular file");
    alarm(0);
    unlink(at("pipe"));
}

static void test_no_permission(void **state)
{
    (void)state;
    write_file("secret", "x", 1);
    assert_int_equal(chmod(at("secret"), 0), 0);
    if (geteuid() == 0) {
        print_message("root may read everything: nothing is tested here\n");
        unlink(at("secret"));
        skip();
    }
    refuse(at("secret"), JT_ERROR_FILE, "no permission");
    unlink(at("secret"));
}

/* A file of holes is long without taking any room. */
static void test_too_long(void **state)
{
    (void)state;
    const off_t largest = ((off_t)1024 + 32) * 1024 * 1024;
    write_file("long", "x", 1);
    if (truncate(at("long"), largest + 1) != 0) {
        print_message("no file of a gigabyte can be made in %s: %s\n", folder, strerror(errno));
        unlink(at("long"));
        skip();
    }
    refuse(at("long"), JT_ERROR_LIMIT, "1107296257 bytes");
    unlink(at("long"));
}

static void test_no_memory(void **state)
{
    (void)state;
    counting memory = {.fail_at = 1};
    jt_host host = counting_host(&memory);
    jt_error error = {.size = sizeof error};
    void *bytes;
    size_t length;
    write_file("some", "x", 1);
    int before = open_files();
    assert_int_equal(jt_read_whole_file(at("some"), &host, &bytes, &length, &error), JT_ERROR_MEMORY);
    assert_null(bytes);
    assert_int_equal(length, 0);
    assert_int_equal(open_files(), before);
    unlink(at("some"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),       cmocka_unit_test(test_no_file),  cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_no_permission), cmocka_unit_test(test_too_long), cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
