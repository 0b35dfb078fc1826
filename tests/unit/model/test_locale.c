/*
 * A host program in a locale that writes 1,5 for 1.5, or the same with a comma of two bytes. Numbers of a header are
 * what they are in every locale, and the program's locale is as it was afterwards.
 *
 * Hardly any machine has such locales at hand, so localedef makes them. Where it cannot, tests are skipped.
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

typedef struct comma {
    const char *name, *options, *definition;
    const char *separator;
} comma;

static comma ascii = {"xx_XX", "", "decimal_point \",\"\nthousands_sep \".\"\n", ","};
static comma arabic = {"yy_YY.UTF-8", "-f UTF-8", "decimal_point \"<U066B>\"\nthousands_sep \"<U066C>\"\n", "\u066B"};

static char folder[] = "/tmp/jettag-locale-XXXXXX";

static int make_locale(const comma *locale)
{
    char path[128], command[256];
    snprintf(path, sizeof path, "%s/definition", folder);
    FILE *file = fopen(path, "w");
    if (!file)
        return 0;
    fprintf(file, "LC_NUMERIC\n%sgrouping 3;3\nEND LC_NUMERIC\n", locale->definition);
    fclose(file);
    /* -c: although everything but LC_NUMERIC is missing, of which it complains. Whether it worked is seen later. */
    snprintf(command, sizeof command, "localedef -c %s -i %s %s/%s >%s/log 2>&1", locale->options, path, folder,
             locale->name, folder);
    return system(command) >= 0;
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || !make_locale(&ascii) || !make_locale(&arabic))
        return -1;
    return setenv("LOCPATH", folder, 1);
}

static int teardown(void **state)
{
    (void)state;
    char command[64];
    setlocale(LC_ALL, "C");
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* strtod and printf, as cJSON and the error texts use them. */
static void expect_separator(const char *separator)
{
    char text[16], expected[16];
    snprintf(text, sizeof text, "%g", 1.5);
    snprintf(expected, sizeof expected, "1%s5", separator);
    assert_string_equal(text, expected);
    assert_true(strtod("1.5", NULL) == (separator[0] == '.' ? 1.5 : 1.0));
    assert_string_equal(localeconv()->decimal_point, separator);
}

static void set_locale(const comma *locale)
{
    const char *set = setlocale(LC_NUMERIC, locale->name);
    if (set && strcmp(localeconv()->decimal_point, locale->separator) == 0)
        return;
    print_message("localedef did not make %s: nothing is tested with it\n", locale->name);
    setlocale(LC_ALL, "C");
    skip();
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
    const comma *locale = *state;
    set_locale(locale);
    expect_separator(locale->separator);
    expect_numbers();
    expect_separator(locale->separator);
    assert_ptr_equal(uselocale((locale_t)0), LC_GLOBAL_LOCALE);
    setlocale(LC_ALL, "C");
}

static void test_thread_locale(void **state)
{
    const comma *locale = *state;
    set_locale(locale);
    /* Not newlocale: with LOCPATH set, glibc's forgets to free its path. */
    locale_t copy = duplocale(LC_GLOBAL_LOCALE);
    assert_non_null(copy);
    setlocale(LC_ALL, "C");
    expect_separator(".");
    uselocale(copy);
    expect_separator(locale->separator);
    expect_numbers();
    expect_separator(locale->separator);
    assert_ptr_equal(uselocale(LC_GLOBAL_LOCALE), copy);
    freelocale(copy);
    expect_separator(".");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_process_locale, &ascii),
        cmocka_unit_test_prestate(test_process_locale, &arabic),
        cmocka_unit_test_prestate(test_thread_locale, &ascii),
        cmocka_unit_test_prestate(test_thread_locale, &arabic),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
