/*
 * jettag-bits BACKEND MODEL...: logits of made-up jets and their features, to the last bit, to be compared between
 * processors. The jets are made of integers alone, so that they themselves have the same bits everywhere.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jettag/jettag.h>

enum { N = 9, MOST = 36, CLASSES = 16 };

static double momenta[N][MOST][4];
static uint8_t classes[N][MOST];

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 12;
}

/* From four constituents to 36, falling steeply, all within a radian of some direction. */
static void make_jets(void)
{
    uint32_t random = 17;
    for (int i = 0; i < N; i++) {
        const int n = 4 + i * (MOST - 4) / (N - 1);
        for (int k = 0; k < n; k++) {
            const double size = (double)(next(&random) % 4096 + 1) / (k + 1) / 16;
            double p[3] = {size, 0, 0};
            p[1] = size * ((double)(next(&random) % 2001) - 1000) / 2048;
            p[2] = size * ((double)(next(&random) % 2001) - 500) / 1024;
            const double turned[3] = {i % 2 ? -p[0] : p[1], i % 2 ? p[1] : p[0], p[2]};
            const double values[4] = {turned[0], turned[1], turned[2],
                                      p[0] + (p[1] < 0 ? -p[1] : p[1]) + (p[2] < 0 ? -p[2] : p[2])};
            memcpy(momenta[i][k], values, sizeof values);
            classes[i][k] = (uint8_t)(next(&random) % 3);
        }
    }
}

static int print_logits(const char *path, const char *backend, const jt_jets *jets)
{
    static float logits[N * CLASSES];
    jt_error error = {.size = sizeof error};
    jt_model *model = NULL;
    jt_context *context = NULL;
    const jt_model_options options = {.size = sizeof options, .backend = backend};
    if (jt_model_load(path, &options, &model, &error) != JT_OK ||
        jt_context_create(model, NULL, &context, &error) != JT_OK) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        return 0;
    }
    jt_model_info info = {.size = sizeof info};
    const jt_output output = {.size = sizeof output, .logits = logits};
    const int good = jt_model_info_get(model, &info) == JT_OK && info.n_classes <= CLASSES &&
                     jt_tag_jets(context, jets, &output) == JT_OK;
    printf("%s %s\n", info.name, backend);
    for (int i = 0; good && i < N * info.n_classes; i++)
        printf("%a\n", (double)logits[i]);
    jt_context_free(context);
    jt_model_free(model);
    return good;
}

static int print_features(const jt_jets *jets)
{
    static double features[N * 53];
    if (jt_jet_features(jets, NULL, features, NULL, NULL) != JT_OK)
        return 0;
    for (int i = 0; i < N * 53; i++)
        printf("%a\n", features[i]);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    make_jets();
    const jt_jets jets = {
        .size = sizeof jets, .n_jets = N, .padded = MOST, .momenta = momenta, .classes = &classes[0][0]};
    int good = print_features(&jets);
    for (int i = 2; i < argc; i++)
        good &= print_logits(argv[i], argv[1], &jets);
    return !good;
}
