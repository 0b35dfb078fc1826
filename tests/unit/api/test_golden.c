/*
 * Every .jtm that was ever released loads for ever: the files of tests/data/golden, some per version of the format,
 * load on every backend that is in the library and reproduce the scores that another framework gave their jets.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jettag/jettag.h>

static const char *const backends[] = {"reference", "native"};

static void check_file(const char *path)
{
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        jt_error error = {.size = sizeof error};
        jt_model *model = NULL;
        jt_model_options options = {.size = sizeof options, .backend = backends[i]};
        if (jt_model_load(path, &options, &model, &error) != JT_OK)
            fail_msg("%s on %s: %s", path, backends[i], error.text);
        jt_model_info info = {.size = sizeof info};
        assert_int_equal(jt_model_info_get(model, &info), JT_OK);
        assert_true(info.n_golden >= 8 && info.n_working_points >= 2);
        double difference = 1;
        if (jt_model_selftest(model, &difference, &error) != JT_OK)
            fail_msg("%s on %s: %s", path, backends[i], error.text);
        assert_true(difference <= 1e-5);
        jt_model_free(model);
    }
}

static void test_golden_files(void **state)
{
    (void)state;
    const char *folder = getenv("JETTAG_TEST_GOLDEN");
    assert_non_null(folder);
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!strstr(entry->d_name, ".jtm"))
            continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_file(path);
        n++;
    }
    closedir(directory);
    print_message("figure: files of every version of the format that load and keep their scores: %d\n", n);
    assert_true(n >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
