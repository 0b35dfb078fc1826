/*
 * jettag-quiet BACKEND MODEL...: tags jets with each model and fails when jt_tag_jets allocates, frees or starts a
 * thread. For every network: tests/python/test_quiet.py.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jettag/jettag.h>

#include "interpose.h"

enum { N = 4, EACH = 60 };

static double momenta[N][EACH][4];
static uint8_t classes[N][EACH];

static void make_jets(void)
{
    unsigned random = 5;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < EACH - i; k++) {
            random = random * 1664525u + 1013904223u;
            const double u = (double)(random >> 8) / 16777216.0;
            const double pt = 400 * pow(u, 5) + 0.5, eta = 0.6 * sin(7 * k + i), phi = 0.6 * cos(11 * k);
            const double values[4] = {pt * cos(phi), pt * sin(phi), pt * sinh(eta), pt * cosh(eta)};
            memcpy(momenta[i][k], values, sizeof values);
            classes[i][k] = (uint8_t)(random >> 16) % 3;
        }
    momenta[3][0][0] = (double)NAN;
}

static int n_tasks(void)
{
    DIR *directory = opendir("/proc/self/task");
    int n = 0;
    while (directory && readdir(directory))
        n++;
    if (directory)
        closedir(directory);
    return n;
}

/* 1 when nothing was heard. */
static int is_quiet(const char *path, const char *backend)
{
    jt_error error = {.size = sizeof error};
    jt_model *model = NULL;
    jt_context *context = NULL;
    const jt_model_options options = {.size = sizeof options, .backend = backend};
    if (jt_model_load(path, &options, &model, &error) != JT_OK ||
        jt_context_create(model, NULL, &context, &error) != JT_OK) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        jt_model_free(model);
        return 0;
    }
    float scores[N];
    const jt_jets jets = {
        .size = sizeof jets, .n_jets = N, .padded = EACH, .momenta = momenta, .classes = &classes[0][0]};
    const jt_output output = {.size = sizeof output, .scores = scores};
    const int tasks = n_tasks();
    const interposed before = interposed_now();
    const jt_status status = jt_tag_jets(context, &jets, &output); /* the first call as any other */
    const interposed after = interposed_now();
    const int more_tasks = n_tasks() - tasks;
    const int quiet =
        status == JT_OK && !isnan(scores[0]) && memcmp(&before, &after, sizeof before) == 0 && !more_tasks;
    if (!quiet)
        fprintf(stderr, "%s on %s: status %d, %ld allocations, %ld releases, %ld threads started, %d more tasks\n",
                path, backend, (int)status, after.allocations - before.allocations, after.releases - before.releases,
                after.threads - before.threads, more_tasks);
    jt_context_free(context);
    jt_model_free(model);
    return quiet;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    make_jets();
    int n = 0;
    for (int i = 2; i < argc; i++)
        n += is_quiet(argv[i], argv[1]);
    printf("figure: networks on %s of which no call allocates or starts a thread: %d of %d\n", argv[1], n, argc - 2);
    return n != argc - 2;
}
