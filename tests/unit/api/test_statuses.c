/*
 * Every status of jettag.h comes out of the public functions: the enums are read from the header, so that a new status
 * that no case here reaches is a failure.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../model/jtm.h"
#include "toys.h"

enum { MOST = 32 };

static const char *reached_by[MOST], *jet_reached_by[MOST];

static void reach(jt_status status, jt_status expected, const char *what)
{
    if (status != expected)
        fail_msg("%s: status %d, not %d", what, (int)status, (int)expected);
    assert_true(strcmp(jt_status_text(status), "unknown status") != 0);
    reached_by[status] = what;
}

static jt_status load(const void *bytes, size_t length, const jt_model_options *options)
{
    jt_model *model = NULL;
    const jt_status status = jt_model_load_memory(bytes, length, options, &model, NULL);
    assert_true((model != NULL) == (status == JT_OK));
    jt_model_free(model);
    return status;
}

static void *no_memory(void *user, size_t bytes)
{
    (void)user;
    (void)bytes;
    return NULL;
}

static void no_release(void *user, void *memory)
{
    (void)user;
    (void)memory;
}

/* The toy file with one field of its preamble changed, and its checksums made right where asked for. */
static jt_status load_with(size_t at, uint64_t value, int bytes, int sealed)
{
    jtm file;
    file.bytes = toy_file(NULL, &file.length);
    jtm_put(&file, at, value, bytes);
    if (sealed)
        jtm_seal_preamble(&file);
    const jt_status status = load(file.bytes, file.length, NULL);
    jtm_free(&file);
    return status;
}

static void test_of_loading(void **state)
{
    (void)state;
    size_t length = 0;
    void *bytes = toy_file(NULL, &length);
    reach(load(bytes, length, NULL), JT_OK, "a whole file");
    reach(load(NULL, 1, NULL), JT_ERROR_ARGUMENT, "no bytes");
    reach(load(bytes, length - 1, NULL), JT_ERROR_FORMAT, "a file cut by a byte");
    const jt_allocator allocator = {no_memory, no_release, NULL};
    jt_model_options options = {.size = sizeof options, .allocator = &allocator};
    reach(load(bytes, length, &options), JT_ERROR_MEMORY, "an allocator without memory");
    jt_model *model = NULL;
    reach(jt_model_load("/nonexistent/x.jtm", NULL, &model, NULL), JT_ERROR_FILE, "a file that is not there");
    reach(load_with(8, 2, 2, 0), JT_ERROR_VERSION, "a major version of 2");
    reach(load_with(44, 0, 4, 1), JT_ERROR_CHECKSUM, "another checksum of the blob");
    reach(load_with(16, (16 << 20) + 1, 8, 1), JT_ERROR_LIMIT, "a header of more than 16 MiB");

    char directory[4096];
    snprintf(directory, sizeof directory, "%s/narrow", getenv("JETTAG_TEST_MODULES"));
    options = (jt_model_options){.size = sizeof options, .backend = "onednn", .module_directory = directory};
    reach(load(bytes, length, &options), JT_ERROR_UNSUPPORTED, "a backend without that layer");
    options.module_directory = "/nonexistent";
    reach(load(bytes, length, &options), JT_ERROR_BACKEND, "a backend that is not there");
    free(bytes);

    static const char *const edits[] = {"\"inputs\":[\"gate\",\"block\"]", "\"inputs\":[\"gate\",\"nobody\"]", NULL};
    bytes = toy_file(edits, &length);
    reach(load(bytes, length, NULL), JT_ERROR_GRAPH, "a layer that reads nobody");
    free(bytes);
}

static void test_of_tagging(void **state)
{
    (void)state;
    static const char *const colour[] = {"\"channels\":[\"pt\"]", "\"channels\":[\"muon_count\"]",
                                         "\"offsets\":[0,2,4,6,8,10,12,14,16],",
                                         "\"offsets\":[0,2,4,6,8,10,12,14,16],"
                                         "\"constituent_classes\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],",
                                         NULL};
    enum { N = 6 };
    jt_model *model = toy_model_edited("reference", colour);
    jt_context *context = NULL;
    jt_context_options options = {.size = sizeof options, .max_constituents = 5};
    assert_int_equal(jt_context_create(model, &options, &context, NULL), JT_OK);
    double momenta[N][6][4];
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 6; k++) {
            const double pt = k < 5 - (i == 3) * 2 + (i == 4) ? 10 + k : 0;
            momenta[i][k][0] = pt, momenta[i][k][1] = 0, momenta[i][k][2] = k * pt, momenta[i][k][3] = 9 * pt;
        }
    momenta[1][2][0] = (double)NAN;
    momenta[2][0][3] = -1;
    uint8_t classes[6 * N] = {0}, statuses[N];
    classes[5 * 6] = 3;
    jt_jets jets = {.size = sizeof jets, .n_jets = N, .padded = 6, .momenta = momenta, .classes = classes};
    jt_output output = {.size = sizeof output, .statuses = statuses};
    assert_int_equal(jt_tag_jets(context, &jets, &output), JT_OK);
    static const char *const whats[N] = {
        "a good jet",  "a NaN", "an energy of -1 GeV", "three constituents", "six where five are allowed",
        "a class of 3"};
    for (int i = 0; i < N; i++) {
        assert_int_equal(statuses[i], i);
        jet_reached_by[i] = whats[i];
    }
    jets.classes = NULL;
    reach(jt_tag_jets(context, &jets, &output), JT_ERROR_CLASSES, "a colour model and jets without classes");
    jt_context_free(context);
    reach(jt_model_selftest(model, NULL, NULL), JT_ERROR_SELFTEST, "golden scores of another model");
    jt_model_free(model);

    double features[53];
    const jt_feature_options cut = {.size = sizeof cut, .four_point_constituents = 4};
    jets.n_jets = 1;
    assert_int_equal(jt_jet_features(&jets, &cut, features, statuses, NULL), JT_OK);
    assert_int_equal(statuses[0], JT_JET_CUT);
    jet_reached_by[JT_JET_CUT] = "features of the hardest four";
}

/* Names and values of an enum of the header. */
static int read_enum(const char *name, char names[MOST][64], int values[MOST])
{
    FILE *stream = fopen(getenv("JETTAG_TEST_HEADER"), "r");
    assert_non_null(stream);
    char line[512], opening[64];
    int n = -1;
    snprintf(opening, sizeof opening, "typedef enum %s {", name);
    while (fgets(line, sizeof line, stream)) {
        if (n < 0) {
            if (strncmp(line, opening, strlen(opening)) == 0)
                n = 0;
            continue;
        }
        if (line[0] == '}')
            break;
        assert_true(n < MOST);
        n += sscanf(line, " %63[A-Z_] = %d", names[n], &values[n]) == 2;
    }
    fclose(stream);
    return n;
}

static void expect_all(const char *name, int at_least, const char *const reached[MOST])
{
    char names[MOST][64];
    int values[MOST];
    const int n = read_enum(name, names, values);
    assert_true(n >= at_least);
    for (int i = 0; i < n; i++) {
        assert_true(values[i] < MOST);
        if (!reached[values[i]])
            fail_msg("nothing reaches %s", names[i]);
        print_message("%-24s reached by %s\n", names[i], reached[values[i]]);
    }
    print_message("figure: values of %s reached by a test: %d of %d\n", name, n, n);
}

static void test_all_were_reached(void **state)
{
    (void)state;
    expect_all("jt_status", 13, reached_by);
    expect_all("jt_jet_status", 7, jet_reached_by);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_loading),
        cmocka_unit_test(test_of_tagging),
        cmocka_unit_test(test_all_were_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
