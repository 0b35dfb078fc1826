/* A good file: everything in it is in the model, and what it leaves out has its default. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"
#include "lib/features/features.h"

static void read_good(const char *header, const sample *s, jt_model_file *file)
{
    jt_error error = {.size = sizeof error};
    if (sample_read(header, s, &jt_default_host, file, &error) != JT_OK)
        fail_msg("%s", error.text);
}

/* Read the sample with one edit. */
static void read_edited(const char *find, const char *replace, jt_model_file *file)
{
    sample s = sample_make();
    char *header = sample_edit(s.header, find, replace);
    read_good(header, &s, file);
    free(header);
    sample_free(&s);
}

static void test_identity(void **state)
{
    (void)state;
    sample s = sample_make();
    jt_model_file file;
    read_good(s.header, &s, &file);
    assert_string_equal(file.name, "sample-net");
    assert_string_equal(file.version, "1.0");
    assert_string_equal(file.created, "2026-01-31");
    assert_string_equal(file.licence, "Apache-2.0");
    assert_string_equal(file.description, "a sample, \xC3\xA9\xF0\x9F\x98\x80 \xC3\xA9");
    assert_int_equal(file.header_length, strlen(s.header));
    assert_string_equal(file.header, s.header);
    assert_int_equal(file.n_classes, 2);
    assert_string_equal(file.class_names[0], "qcd");
    assert_string_equal(file.class_names[1], "top");
    assert_int_equal(file.top_class, 1);
    jt_model_file_free(&file);
    sample_free(&s);
    read_edited("[\"qcd\",\"top\"]", "[\"top\",\"qcd\"]", &file);
    assert_int_equal(file.top_class, 0);
    jt_model_file_free(&file);
}

static void test_image(void **state)
{
    (void)state;
    static const char *const frames[] = {"hardest", "principal", "peak"};
    static const char *const normalises[] = {"none", "total_pt", "peak"};
    sample s = sample_make();
    jt_model_file file;
    for (int i = 0; i < 3; i++) {
        char from[] = "\"frame\":\"hardest\"", to[64];
        snprintf(to, sizeof to, "\"frame\":\"%s\"", frames[i]);
        char *framed = sample_edit(s.header, from, to);
        snprintf(to, sizeof to, "\"normalise\":\"%s\"", normalises[i]);
        char *header = sample_edit(framed, "\"normalise\":\"none\"", to);
        read_good(header, &s, &file);
        assert_int_equal(file.recipe.frame, i);
        assert_int_equal(file.recipe.normalise, i);
        jt_model_file_free(&file);
        free(header);
        free(framed);
    }
    read_good(s.header, &s, &file);
    assert_string_equal(file.recipe.name, "T8");
    assert_int_equal(file.recipe.n_channels, 1);
    assert_int_equal(file.recipe.channels[0], JT_CHANNEL_PT);
    assert_true(file.recipe.bins[0] == 8 && file.recipe.bins[1] == 8);
    assert_true(file.recipe.width[0] == 1.6 && file.recipe.width[1] == 1.5);
    assert_true(file.max_constituents == 200 && file.min_constituents == 4);
    const jt_image_map *map = &file.map;
    assert_true(map->channels == 1 && map->in[0] == 8 && map->in[1] == 8);
    assert_true(map->crop[0] == 1 && map->crop[1] == 2 && map->crop[2] == 6 && map->crop[3] == 5);
    assert_true(map->out[0] == 8 && map->out[1] == 8);
    const jt_value *image = &file.graph.values[JT_VALUE_IMAGES];
    assert_true(image->shape.c == 1 && image->shape.h == 8 && image->shape.w == 8);
    jt_model_file_free(&file);
    sample_free(&s);

    /* Without crop and resize they change nothing, and a crop alone is what the network sees. */
    read_edited(",\"crop\":[1,2,6,5],\"resize\":[8,8]", "", &file);
    map = &file.map;
    assert_true(map->crop[0] == 0 && map->crop[1] == 0 && map->crop[2] == 8 && map->crop[3] == 8);
    assert_true(map->out[0] == 8 && map->out[1] == 8);
    jt_model_file_free(&file);
    read_edited(",\"crop\":[1,2,6,5],\"resize\":[8,8]", ",\"crop\":[0,1,8,7]", &file);
    assert_true(file.map.out[0] == 8 && file.map.out[1] == 7);
    jt_model_file_free(&file);
    read_edited("\"crop\":[1,2,6,5],\"resize\":[8,8]", "\"resize\":[7,8]", &file);
    assert_true(file.map.crop[2] == 8 && file.map.out[0] == 7 && file.map.out[1] == 8);
    jt_model_file_free(&file);
}

static void test_features(void **state)
{
    (void)state;
    char names[128], swapped[128];
    jt_model_file file;
    snprintf(names, sizeof names, "[\"%s\",\"%s\"]", jt_feature_table[0].name, jt_feature_table[1].name);
    snprintf(swapped, sizeof swapped, "[\"%s\",\"%s\"]", jt_feature_table[JT_FEATURES - 1].name,
             jt_feature_table[0].name);
    read_edited(names, swapped, &file);
    assert_int_equal(file.n_features, 2);
    assert_string_equal(file.feature_names[0], jt_feature_table[JT_FEATURES - 1].name);
    assert_true(file.feature_slots[0] == JT_FEATURES - 1 && file.feature_slots[1] == 0);
    assert_int_equal(file.graph.values[JT_VALUE_FEATURES].floats, 2);
    jt_model_file_free(&file);
}

static void test_quality(void **state)
{
    (void)state;
    sample s = sample_make();
    jt_model_file file;
    read_good(s.header, &s, &file);
    assert_string_equal(file.points_sample, "test");
    assert_int_equal(file.n_points, 2);
    const jt_point *p = file.points;
    assert_true(p[0].signal_efficiency == 0.3 && p[0].threshold == 0.9 && p[0].background_efficiency == 0.001 &&
                p[0].background_error == 1e-4);
    assert_true(p[1].signal_efficiency == 0.5 && p[1].threshold == 0.7 && p[1].background_efficiency == 0.01 &&
                p[1].background_error == 5e-4);
    const jt_card *card = &file.card;
    assert_string_equal(card->sample, "public");
    assert_string_equal(card->limits, "none");
    assert_string_equal(card->citation, "paper");
    assert_true(card->jets == 1200000 && card->epochs == 7.5);
    assert_true(card->accuracy == 0.93 && card->auc == 0.98 && card->rejection_50 == 240 && isnan(card->rejection_30));
    const jt_golden *golden = &file.golden;
    assert_int_equal(golden->n_jets, 8);
    for (int i = 0; i <= 8; i++)
        assert_int_equal(golden->offsets[i], 2 * i);
    static const float scores[] = {0, 1, 0.5f, 0.25f, 0.125f, 0.1f, 0.2f, 1e-3f};
    assert_memory_equal(golden->scores, scores, sizeof scores);
    assert_null(golden->classes);
    jt_model_file_free(&file);

    char *header = sample_edit(s.header, "\"scores\":[0,1,0.5,",
                               "\"constituent_classes\":[0,1,2,2,0,0,1,0,0,0,0,0,0,0,0,2],\"scores\":[0,1,0.5,");
    read_good(header, &s, &file);
    static const uint8_t classes[] = {0, 1, 2, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2};
    assert_memory_equal(file.golden.classes, classes, sizeof classes);
    jt_model_file_free(&file);
    free(header);
    sample_free(&s);
}

/* The header without what stands from one text to another. */
static char *without(const char *header, const char *from, const char *to)
{
    const char *start = strstr(header, from);
    const char *end = start ? strstr(start, to) : NULL;
    assert_non_null(end);
    char *shorter = malloc(strlen(header) + 1);
    size_t before = (size_t)(start - header);
    memcpy(shorter, header, before);
    strcpy(shorter + before, end);
    return shorter;
}

static void test_optional_parts(void **state)
{
    (void)state;
    sample s = sample_make();
    jt_model_file file;
    char *no_points = without(s.header, "\"working_points\"", "\"card\"");
    char *no_card = without(no_points, "\"card\"", "\"golden\"");
    strcpy(strstr(no_card, ",\n\"notes\""), "}");
    read_good(no_card, &s, &file);
    assert_string_equal(file.points_sample, "");
    assert_int_equal(file.n_points, 0);
    assert_string_equal(file.card.sample, "");
    assert_string_equal(file.card.limits, "");
    assert_string_equal(file.card.citation, "");
    assert_true(file.card.jets == 0 && file.card.epochs == 0);
    assert_true(isnan(file.card.accuracy) && isnan(file.card.auc) && isnan(file.card.rejection_50));
    assert_int_equal(file.golden.n_jets, 8);
    jt_model_file_free(&file);
    free(no_card);
    free(no_points);
    sample_free(&s);
}

static const jt_op *first_op(const jt_model_file *file, const char *layer)
{
    for (int32_t i = 0; i < file->graph.n_layers; i++)
        if (strcmp(file->graph.layers[i].name, layer) == 0)
            return &file->graph.ops[file->graph.layers[i].first_op];
    fail_msg("no layer %s", layer);
    return NULL;
}

static void test_layers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        jt_layer_kind kind;
        int32_t n_ops;
    } rows[] = {
        {"stem", JT_LAYER_CONV2D, 1},         {"block", JT_LAYER_MBCONV, 8}, {"depth", JT_LAYER_DEPTHWISE_CONV2D, 1},
        {"gate", JT_LAYER_SQUEEZE_EXCITE, 4}, {"sum", JT_LAYER_ADD, 1},      {"squash", JT_LAYER_ACTIVATION, 1},
        {"pool", JT_LAYER_MAX_POOL, 1},       {"flat", JT_LAYER_FLATTEN, 1}, {"average", JT_LAYER_GLOBAL_AVERAGE, 1},
        {"joined", JT_LAYER_CONCAT, 1},       {"logits", JT_LAYER_DENSE, 1},
    };
    sample s = sample_make();
    jt_model_file file;
    read_good(s.header, &s, &file);
    assert_int_equal(file.graph.n_layers, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(file.graph.layers[i].name, rows[i].name);
        assert_int_equal(file.graph.layers[i].kind, rows[i].kind);
        assert_int_equal(file.graph.layers[i].n_ops, rows[i].n_ops);
    }
    const jt_op *stem = first_op(&file, "stem");
    assert_true(stem->activation == JT_ACTIVATION_SWISH && stem->groups == 1 && stem->stride[0] == 2);
    assert_true(stem->kernel[0] == 3 && stem->kernel[1] == 3 && stem->out.c == 4 && stem->out.h == 4);
    assert_int_equal(first_op(&file, "depth")->activation, JT_ACTIVATION_RELU);
    assert_int_equal(first_op(&file, "gate")[1].activation, JT_ACTIVATION_SWISH);
    assert_int_equal(first_op(&file, "sum")->activation, JT_ACTIVATION_RELU);
    assert_int_equal(first_op(&file, "squash")->activation, JT_ACTIVATION_SIGMOID);
    assert_int_equal(first_op(&file, "logits")->activation, JT_ACTIVATION_NONE);
    assert_int_equal(first_op(&file, "pool")->pad[1], 0);
    jt_model_file_free(&file);
    sample_free(&s);
}

/* Rows before columns, in kernels, strides and padding. */
static void test_pairs(void **state)
{
    (void)state;
    jt_model_file file;
    read_edited("\"kernel\":[3,3],\"padding\":[1,1,1,1]", "\"kernel\":[3,3],\"padding\":[0,2,2,0]", &file);
    const jt_op *depth = first_op(&file, "depth");
    assert_true(depth->pad[0] == 0 && depth->pad[1] == 2 && depth->pad[2] == 2 && depth->pad[3] == 0);
    jt_model_file_free(&file);
    read_edited("\"kernel\":[2,2],\"stride\":[2,2]}", "\"kernel\":[1,2],\"stride\":[3,2]}", &file);
    const jt_op *pool = first_op(&file, "pool");
    assert_true(pool->kernel[0] == 1 && pool->kernel[1] == 2 && pool->stride[0] == 3 && pool->stride[1] == 2);
    jt_model_file_free(&file);
}

/* The weights of the stem with its batch norm, whose epsilon is 0.001 unless the file says otherwise. */
static void expect_folded(const sample *s, const jt_model_file *file, double epsilon)
{
    const jt_op *stem = first_op(file, "stem");
    float weight[36], gamma[4], beta[4], mean[4], variance[4];
    sample_floats(s, "stem.weight", weight, 36);
    sample_floats(s, "stem.gamma", gamma, 4);
    sample_floats(s, "stem.beta", beta, 4);
    sample_floats(s, "stem.mean", mean, 4);
    sample_floats(s, "stem.variance", variance, 4);
    for (int c = 0; c < 4; c++) {
        double scale = (double)gamma[c] / sqrt((double)variance[c] + epsilon);
        for (int i = 0; i < 9; i++)
            assert_true(stem->weight[9 * c + i] == (float)((double)weight[9 * c + i] * scale));
        assert_true(fabs((double)stem->bias[c] - ((double)beta[c] - (double)mean[c] * scale)) < 1e-6);
    }
}

static void test_epsilon(void **state)
{
    (void)state;
    sample s = sample_make();
    jt_model_file file;
    read_good(s.header, &s, &file);
    expect_folded(&s, &file, 0.001);
    jt_model_file_free(&file);
    char *header = sample_edit(s.header, "\"batch_norm\":true", "\"batch_norm\":true,\"epsilon\":0.25");
    read_good(header, &s, &file);
    expect_folded(&s, &file, 0.25);
    jt_model_file_free(&file);
    free(header);
    sample_free(&s);
}

static void test_freeing(void **state)
{
    (void)state;
    jt_model_file_free(NULL);
    jt_model_file file = {0};
    file.host = jt_default_host;
    jt_model_file_free(&file);
    sample s = sample_make();
    counting memory = {0};
    jt_host host = counting_host(&memory);
    assert_int_equal(sample_read(s.header, &s, &host, &file, NULL), JT_OK);
    assert_true(memory.live > 0);
    jt_model_file_free(&file);
    assert_int_equal(memory.live, 0);
    assert_null(file.name);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity), cmocka_unit_test(test_image),          cmocka_unit_test(test_features),
        cmocka_unit_test(test_quality),  cmocka_unit_test(test_optional_parts), cmocka_unit_test(test_layers),
        cmocka_unit_test(test_pairs),    cmocka_unit_test(test_epsilon),        cmocka_unit_test(test_freeing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
