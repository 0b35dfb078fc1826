/* Each key of the card, by its type; each number of a working point, at the ends of its range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

static const char *const texts[] = {"architecture", "sample",    "recipe",       "limits",
                                    "citation",     "framework", "training_time"};
static const char *const integers[] = {"jets", "validation_jets", "test_jets", "seed"};
static const char *const numbers[] = {
    "epochs",       "accuracy",          "accuracy_error", "auc", "auc_error", "rejection_50", "rejection_50_error",
    "rejection_30", "rejection_30_error"};

/* Read the sample with another card; refused where `key` is not NULL. */
static void check_card(const char *card, const char *key)
{
    static const char in_sample[] =
        "{\"architecture\":\"EffNet\",\"sample\":\"public\",\"limits\":\"none\",\"citation\":\"paper\",\"jets\":"
        "1200000,"
        "\"epochs\":7.5,\"seed\":1,\"accuracy\":0.93,\"accuracy_error\":0.01,\"auc\":0.98,\"rejection_50\":240}";
    sample_expect_edit(in_sample, card, JT_ERROR_FORMAT, key);
}

/* Values of every type, and who takes them: texts, integers, numbers. */
static const struct {
    const char *value;
    int text, integer, number;
} values[] = {
    {"\"\"", 1, 0, 0}, {"\"words\"", 1, 0, 0}, {"0", 0, 1, 1},     {"1200000", 0, 1, 1}, {"9007199254740992", 0, 1, 1},
    {"1.0", 0, 0, 1},  {"0.5", 0, 0, 1},       {"1e300", 0, 0, 1}, {"-1", 0, 0, 0},      {"-0.5", 0, 0, 0},
    {"null", 0, 0, 0}, {"true", 0, 0, 0},      {"[1]", 0, 0, 0},   {"{}", 0, 0, 0},      {"9007199254740993", 0, 0, 1},
};

static void check_keys(const char *const *keys, size_t n, int type)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            char card[128], path[64];
            snprintf(card, sizeof card, "{\"%s\":%s}", keys[i], values[k].value);
            snprintf(path, sizeof path, "card.%s", keys[i]);
            int right = type == 0 ? values[k].text : type == 1 ? values[k].integer : values[k].number;
            check_card(card, right ? NULL : path);
        }
}

static void test_card(void **state)
{
    (void)state;
    check_keys(texts, sizeof texts / sizeof *texts, 0);
    check_keys(integers, sizeof integers / sizeof *integers, 1);
    check_keys(numbers, sizeof numbers / sizeof *numbers, 2);
    check_card("{}", NULL);
    check_card("[]", "card");
    check_card("null", "card");
    /* Only what is measured has an error. */
    check_card("{\"epochs_error\":1}", "card.epochs_error");
    check_card("{\"jets_error\":1}", "card.jets_error");
}

static void test_points(void **state)
{
    (void)state;
    static const char format[] = "{\"signal_efficiency\":%s,\"threshold\":%s,\"background_efficiency\":%s,"
                                 "\"background_error\":%s}";
    static const char *const names[] = {"signal_efficiency", "threshold", "background_efficiency", "background_error"};
    /* Per number: accepted, then refused. */
    static const char *const right[4][3] = {
        {"1e-300", "0.9999999", "0.29"}, {"0.7", "1", "0.95"}, {"0", "1", "5e-324"}, {"0", "1e300", "2"}};
    static const char *const wrong[4][4] = {{"0", "1", "-0.1", "1.5"},
                                            {"-1e-9", "1.0000001", "\"0.7\"", "null"},
                                            {"-1e-9", "1.0000001", "true", "[]"},
                                            {"-1e-9", "-1", "null", "{}"}};
    sample s = sample_make();
    char *one = sample_edit(
        s.header,
        ",\n{\"signal_efficiency\":0.5,\"threshold\":0.7,\"background_efficiency\":0.01,\"background_error\":5e-4}",
        "");
    for (int which = 0; which < 4; which++)
        for (int i = 0; i < 7; i++) {
            const char *given[4] = {"0.3", "0.9", "0.001", "1e-4"};
            char point[256], path[64];
            given[which] = i < 3 ? right[which][i] : wrong[which][i - 3];
            snprintf(point, sizeof point, format, given[0], given[1], given[2], given[3]);
            snprintf(path, sizeof path, "working_points.points[0].%s", names[which]);
            char *header = sample_edit(one,
                                       "{\"signal_efficiency\":0.3,\"threshold\":0.9,\"background_efficiency\":0.001,"
                                       "\"background_error\":1e-4}",
                                       point);
            if (i >= 3) {
                sample_expect(header, &s, JT_ERROR_FORMAT, path);
            } else {
                jt_model_file file;
                jt_error error = {.size = sizeof error};
                if (sample_read(header, &s, &jt_default_host, &file, &error) != JT_OK)
                    fail_msg("%s: %s", point, error.text);
                const jt_point *p = file.points;
                const double got[4] = {p->signal_efficiency, p->threshold, p->background_efficiency,
                                       p->background_error};
                for (int k = 0; k < 4; k++)
                    assert_true(got[k] == strtod(given[k], NULL));
                jt_model_file_free(&file);
            }
            free(header);
        }
    free(one);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_card),
        cmocka_unit_test(test_points),
    };
    return cmocka_run_group_tests_name("quality", tests, NULL, NULL);
}
