/*
 * The published attacks (tests/data/attacks, made by make_attacks.py): each is refused with the status and at the place
 * that the folder's expected.txt gives, from the file and from memory, and leaves nothing behind.
 */
#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

enum { MOST_BYTES = 1 << 16 };

static const struct {
    const char *name;
    jt_status status;
} statuses[] = {
    {"OK", JT_OK},
    {"FORMAT", JT_ERROR_FORMAT},
    {"VERSION", JT_ERROR_VERSION},
    {"CHECKSUM", JT_ERROR_CHECKSUM},
    {"GRAPH", JT_ERROR_GRAPH},
    {"UNSUPPORTED", JT_ERROR_UNSUPPORTED},
    {"LIMIT", JT_ERROR_LIMIT},
};

static jt_status status_of(const char *name)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (strcmp(statuses[i].name, name) == 0)
            return statuses[i].status;
    fail_msg("there is no status %s", name);
    return JT_OK;
}

static const char *folder(void)
{
    const char *name = getenv("JETTAG_TEST_ATTACKS");
    if (!name)
        fail_msg("JETTAG_TEST_ATTACKS says where the files are");
    return name;
}

/* A place is a byte offset or a key of the header. */
static int is_at(const jt_error *error, const char *place)
{
    char *end = NULL;
    const long long offset = strtoll(place, &end, 10);
    if (*end == '\0')
        return error->offset == offset;
    return strcmp(error->key, place) == 0;
}

static jtm read_file(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.jtm", folder(), name);
    FILE *stream = fopen(path, "rb");
    if (!stream)
        fail_msg("cannot open %s", path);
    unsigned char *bytes = malloc(MOST_BYTES);
    jtm file = {NULL, fread(bytes, 1, MOST_BYTES, stream)};
    fclose(stream);
    assert_true(file.length < MOST_BYTES);
    /* Exactly as long as it is, so that the sanitizer sees a read past it. */
    file.bytes = malloc(file.length ? file.length : 1);
    memcpy(file.bytes, bytes, file.length);
    free(bytes);
    return file;
}

static int live;

static void *take(void *user, size_t bytes)
{
    (void)user;
    live++;
    return malloc(bytes);
}

static void give(void *user, void *memory)
{
    (void)user;
    live--;
    free(memory);
}

/* 1 when all is as it should be; says what is not. */
static int attack(const char *name, jt_status expected, const char *place)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.jtm", folder(), name);
    const jt_allocator allocator = {take, give, NULL};
    const jt_model_options options = {.size = sizeof options, .backend = "reference", .allocator = &allocator};
    jtm file = read_file(name);
    int good = 1;
    for (int from_memory = 0; from_memory < 2; from_memory++) {
        jt_error error = {.size = sizeof error, .offset = -1};
        jt_model *model = NULL;
        const jt_status status = from_memory ? jt_model_load_memory(file.bytes, file.length, &options, &model, &error)
                                             : jt_model_load(path, &options, &model, &error);
        const int refused = expected != JT_OK;
        if (status != expected || (model == NULL) != refused ||
            (refused && (error.status != expected || strlen(error.text) < 10 || !is_at(&error, place)))) {
            print_error("%s: status %d at %" PRId64 " \"%s\", not %d at %s: %s\n", name, (int)status, error.offset,
                        error.key, (int)expected, place, error.text);
            good = 0;
        }
        jt_model_free(model);
        if (live != 0) {
            print_error("%s: %d allocations are left\n", name, live);
            good = 0;
        }
    }
    jtm_free(&file);
    return good;
}

static int files_in_folder(void)
{
    DIR *directory = opendir(folder());
    assert_non_null(directory);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        n += strstr(entry->d_name, ".jtm") != NULL;
    closedir(directory);
    return n;
}

static void test_every_attack(void **state)
{
    (void)state;
    char path[4096], name[128], status[32], place[256];
    snprintf(path, sizeof path, "%s/expected.txt", folder());
    FILE *list = fopen(path, "r");
    assert_non_null(list);
    int n = 0, n_good = 0;
    while (fscanf(list, "%127s %31s %255s", name, status, place) == 3) {
        n_good += attack(name, status_of(status), place);
        n++;
    }
    fclose(list);
    print_message("figure: attacks refused with the right status and place: %d of %d\n", n_good - 1, n - 1);
    assert_int_equal(n_good, n);
    assert_int_equal(n, files_in_folder());
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_attack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
