#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "model.h"

/* Preamble, header, blob and padding at their largest, and some room. */
static const int64_t largest_file = (int64_t)JT_MAX_BLOB + 2 * (int64_t)JT_MAX_HEADER;

/* strerror is not for threads, and its words depend on the locale. */
static const char *reason(int number)
{
    switch (number) {
    case ENOENT:
        return "it does not exist";
    case ENOTDIR:
        return "a part of its path is no directory";
    case EACCES:
    case EPERM:
        return "no permission";
    case EISDIR:
        return "it is a directory";
    case EMFILE:
    case ENFILE:
        return "too many open files";
    case EIO:
        return "input/output error";
    default:
        return "system error";
    }
}

static jt_status fail_system(jt_error *error, const char *what, const char *path, int number)
{
    return jt_fail(error, JT_ERROR_FILE, -1, NULL, "cannot %s \"%s\": %s (errno %d)", what, path, reason(number),
                   number);
}

/* Read up to `length` bytes; *got receives how many there were, fewer when the file has become shorter. */
static int read_all(int descriptor, char *memory, size_t length, size_t *got)
{
    *got = 0;
    while (*got < length) {
        ssize_t n = read(descriptor, memory + *got, length - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return 0;
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return 1;
}

static jt_status read_open_file(int descriptor, const char *path, const jt_host *host, void **bytes, size_t *length,
                                jt_error *error)
{
    struct stat facts;
    if (fstat(descriptor, &facts) != 0)
        return fail_system(error, "look at", path, errno);
    if (!S_ISREG(facts.st_mode))
        return jt_fail(error, JT_ERROR_FILE, -1, NULL, "\"%s\" is not a regular file", path);
    if (facts.st_size > largest_file)
        return jt_fail(error, JT_ERROR_LIMIT, -1, NULL, "\"%s\" has %lld bytes, the limit is %lld", path,
                       (long long)facts.st_size, (long long)largest_file);
    size_t size = (size_t)facts.st_size;
    char *memory = jt_allocate_unset(host, size, 1);
    if (!memory)
        return jt_fail(error, JT_ERROR_MEMORY, -1, NULL, "no memory for the %zu bytes of \"%s\"", size, path);
    if (!read_all(descriptor, memory, size, length)) {
        int number = errno;
        jt_release(host, memory);
        *length = 0;
        return fail_system(error, "read", path, number);
    }
    *bytes = memory;
    return JT_OK;
}

jt_status jt_read_whole_file(const char *path, const jt_host *host, void **bytes, size_t *length, jt_error *error)
{
    *bytes = NULL;
    *length = 0;
    /* Not blocking: a named pipe must be refused, not waited for. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return fail_system(error, "open", path, errno);
    jt_status status = read_open_file(descriptor, path, host, bytes, length, error);
    close(descriptor);
    return status;
}
