/*
 * A host program in a locale that writes 1,5 for 1.5. Numbers of a header are what they are in every locale, and the
 * program's locale is as it was afterwards.
 *
 * Hardly any machine has such a locale at hand, so localedef makes one. Where it cannot, the tests are skipped.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sample.h"

static const char definition[] = "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \".\"\ngrouping 3;3\nEND LC_NUMERIC\n";

static char folder[] = "/tmp/jettag-locale-XXXXXX";
static int available;

static int setup(void **state)
{
    (void)state;
    char path[128], command[256];
    if (!mkdtemp(folder))
        return 0;
    snprintf(path, sizeof path, "%s/comma", folder);
    FILE *file = fopen(path, "w");
    if (!file)
        return 0;
    fputs(definition, file);
    fclose(file);
    /* -c: although everything but LC_NUMERIC is missing. It says so and returns 1, hence the look at the result. */
    snprintf(command, sizeof command, "localedef -c -i %s %s/xx_XX >%s/log 2>&1", path, folder, folder);
    int ignored = system(command);
    (void)ignored;
    setenv("LOCPATH", folder, 1);
    available = setlocale(LC_NUMERIC, "xx_XX") != NULL && strcmp(localeconv()->decimal_point, ",") == 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[64];
    setlocale(LC_ALL, "C");
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void need_locale(void)
{
    if (available)
        return;
    print_message("localedef made no locale with a decimal comma: nothing is tested here\n");
    skip();
}

/* strtod and printf, as cJSON and the error texts use them. */
static void expect_comma(const char *separator)
{
    char text[16];
    snprintf(text, sizeof text, "%g", 1.5);
    assert_int_equal(text[1], separator[0]);
    assert_true(strtod("1.5", NULL) == (separator[0] == '.' ? 1.5 : 1.0));
    assert_string_equal(localeconv()->decimal_point, separator);
}

static void expect_numbers(void)
{
    sample s = sample_make();
    jt_model_file file;
    jt_error error = {.size = sizeof error};
    if (sample_read(s.header, &s, &jt_default_host, &file, &error) != JT_OK)
        fail_msg("%s", error.text);
    assert_true(file.recipe.width[0] == 1.6 && file.recipe.width[1] == 1.5);
    assert_true(file.points[0].signal_efficiency == 0.3 && file.points[0].background_error == 1e-4);
    assert_true(file.card.auc == 0.98 && file.card.epochs == 7.5 && file.card.jets == 1200000);
    assert_true(file.golden.scores[3] == 0.25f && file.golden.scores[7] == 1e-3f);
    jt_model_file_free(&file);
    char *header = sample_edit(s.header, "[1.6,1.5]", "[1,6,1.5]");
    sample_expect(header, &s, JT_ERROR_FORMAT, "image.width");
    free(header);
    header = sample_edit(s.header, "\"width\":[1.6,1.5]", "\"width\":[1.6,20.5]");
    sample_expect(header, &s, JT_ERROR_FORMAT, "image.width[1]");
    free(header);
    sample_free(&s);
}

static void test_process_locale(void **state)
{
    (void)state;
    need_locale();
    expect_comma(",");
    expect_numbers();
    expect_comma(",");
    assert_ptr_equal(uselocale((locale_t)0), LC_GLOBAL_LOCALE);
}

static void test_thread_locale(void **state)
{
    (void)state;
    need_locale();
    /* Not newlocale: with LOCPATH set, glibc's forgets to free its path. */
    locale_t comma = duplocale(LC_GLOBAL_LOCALE);
    assert_non_null(comma);
    setlocale(LC_ALL, "C");
    expect_comma(".");
    uselocale(comma);
    expect_comma(",");
    expect_numbers();
    expect_comma(",");
    assert_ptr_equal(uselocale(LC_GLOBAL_LOCALE), comma);
    freelocale(comma);
    expect_comma(".");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_locale),
        cmocka_unit_test(test_thread_locale),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
