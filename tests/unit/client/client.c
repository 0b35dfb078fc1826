/*
 * A program that was compiled with an older or a newer header (resize_header.py) and runs with today's library: it gets
 * what it knows, not a byte more is written, and its scores are those that anybody gets.
 *
 * Prints scores and names; the test compares what the three clients print.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jettag/jettag.h>

enum { N = 6, EACH = 12, GUARD = 256 };

static void require(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "client: %s\n", what);
    exit(1);
}

static void untouched(const unsigned char *from, const unsigned char *end, const char *what)
{
    for (; from < end; from++)
        require(*from == 0xA5, what);
}

/* Each result is a struct of the client's size with bytes behind it that are to stay. */
#define RESULT(type, name)                                                                                             \
    struct {                                                                                                           \
        type is;                                                                                                       \
        unsigned char guard[GUARD];                                                                                    \
    } name;                                                                                                            \
    memset(&name, 0xA5, sizeof name);                                                                                  \
    name.is.size = sizeof(type)

#ifdef CLIENT_IS_LARGER
/* What the library does not know it leaves alone. */
#define CHECK(name)                                                                                                    \
    untouched((const unsigned char *)&name.is.future_number, name.guard + GUARD, "bytes of the future were written");  \
    require(name.is.size == sizeof name.is, "the size was changed")
#else
#define CHECK(name)                                                                                                    \
    untouched(name.guard, name.guard + GUARD, "bytes behind the struct were written");                                 \
    require(name.is.size == sizeof name.is, "the size was changed")
#endif

static void look_around(const jt_model *model)
{
    RESULT(jt_model_info, info);
    require(jt_model_info_get(model, &info.is) == JT_OK, "info");
    CHECK(info);
    printf("%s %d %s\n", info.is.name, (int)info.is.n_classes, info.is.backend);
    RESULT(jt_working_point, point);
    require(jt_model_threshold(model, 0.4, &point.is) == JT_OK, "threshold");
    CHECK(point);
    printf("%.9g\n", point.is.threshold);
    RESULT(jt_recipe_info, recipe);
    require(jt_recipe_info_get(0, &recipe.is) == JT_OK, "recipe");
    CHECK(recipe);
    printf("%s\n", recipe.is.name);
    RESULT(jt_feature_info, feature);
    require(jt_feature_info_get(3, &feature.is) == JT_OK, "feature");
    CHECK(feature);
    printf("%s\n", feature.is.name);
    RESULT(jt_backend_info, backend);
    require(jt_backend_info_get(0, NULL, &backend.is) == JT_OK, "backend");
    CHECK(backend);
    printf("%s %d\n", backend.is.name, (int)backend.is.available);
    RESULT(jt_error, error);
    jt_model *none = NULL;
    require(jt_model_load("/nonexistent", NULL, &none, &error.is) == JT_ERROR_FILE, "error");
    CHECK(error);
    require(error.is.status == JT_ERROR_FILE && error.is.key[0] == '\0', "error's fields");
}

static void tag(const jt_model *model, const jt_jets *jets)
{
    jt_context_options options;
    memset(&options, 0xA5, sizeof options); /* fields that the library does not know may hold anything */
    options.size = sizeof options;
    options.max_batch = 4;
    options.max_constituents = 0;
    options.threads = 0;
#ifndef CLIENT_IS_SMALLER
    options.inputs = JT_ON_HOST;
#endif
    jt_context *context = NULL;
    require(jt_context_create(model, &options, &context, NULL) == JT_OK, "context");
    float scores[N], logits[2 * N];
    jt_output output;
    memset(&output, 0, sizeof output);
    output.size = sizeof output;
    output.scores = scores;
    output.logits = logits;
    require(jt_tag_jets(context, jets, &output) == JT_OK, jt_context_error(context));
    for (int i = 0; i < N; i++)
        printf("%a %a\n", (double)scores[i], (double)logits[2 * i]);
    jt_context_free(context);
}

int main(int argc, char **argv)
{
    require(argc == 2, "usage: client MODEL");
    jt_model_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.backend = "native";
    jt_model *model = NULL;
    require(jt_model_load(argv[1], &options, &model, NULL) == JT_OK, "load");
    look_around(model);

    static double momenta[N][EACH][4];
    for (int i = 0; i < N; i++)
        for (int k = 0; k < EACH; k++) {
            const double pt = 300.0 / (1 + k + i), phi = 0.1 * (k % 5) - 0.05 * i, eta = 0.2 - 0.07 * (k % 4);
            const double values[4] = {pt * cos(phi), pt * sin(phi), pt * sinh(eta), pt * cosh(eta)};
            memcpy(momenta[i][k], values, sizeof values);
        }
    jt_jets jets;
    memset(&jets, 0, sizeof jets);
    jets.size = sizeof jets;
    jets.n_jets = N;
    jets.padded = EACH;
    jets.momenta = momenta;
    tag(model, &jets);

    jt_feature_options wanted;
    memset(&wanted, 0, sizeof wanted);
    wanted.size = sizeof wanted;
    double features[N * 53];
    require(jt_jet_features(&jets, &wanted, features, NULL, NULL) == JT_OK, "features");
    printf("%a %a\n", features[0], features[53 * N - 1]);
    jt_model_free(model);
    return 0;
}
