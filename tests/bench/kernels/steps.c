/*
 * Where the native backend spends its time: nanoseconds per jet of every step of a model file.
 *
 *     jettag-steps MODEL.jtm [JETS] [ROUNDS]
 *
 * Every step is run for JETS jets in a row (default 24, a whole group) and timed, ROUNDS times (default 200); the least
 * time counts, since others only ever add to it. Images are dark but for a few pixels, as jets' are. Compare shares of
 * one run, not of two.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jettag/jettag.h>

#include "backends/native/native.h"
#include "backends/native/plan.h"
#include "backends/native/steps.h"
#include "lib/handle.h"

enum { MOST_STEPS = 512 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static const char *name_of(const jt_step *step)
{
    static const struct {
        void (*run)(const jt_step *, const jt_run *);
        const char *name;
    } names[] = {
        {jt_native_pad_image, "pad image"},
        {jt_native_import_image, "import image"},
        {jt_native_copy_vector, "copy vector"},
        {jt_native_run_conv, "conv"},
        {jt_native_run_lit_conv, "lit conv"},
        {jt_native_run_slides, "slides"},
        {jt_native_run_winograd, "winograd"},
        {jt_native_run_planes, "planes"},
        {jt_native_run_plane_window, "plane pool"},
        {jt_native_run_mbconv, "mbconv"},
        {jt_native_run_matrix, "dense"},
        {jt_native_run_window, "max pool"},
        {jt_native_run_average, "average"},
        {jt_native_run_flatten, "flatten"},
        {jt_native_run_concat, "concat"},
        {jt_native_run_add, "add"},
        {jt_native_run_scale, "scale"},
        {jt_native_run_activation, "activation"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].run == step->run)
            return names[i].name;
    return "?";
}

static float uniform(void)
{
    return (float)rand() / (float)RAND_MAX - 0.5f;
}

/* Like a jet's image: dark, but for a few small squares, more of them near the middle, all channels alike. */
static void light(const jt_model *model, float *image)
{
    const jt_image_map *map = &model->file.map;
    const int32_t h = map->out[0], w = map->out[1], size = (h + 17) / 18 + 1;
    memcpy(image, model->image_map.dark, (size_t)map->channels * (size_t)h * (size_t)w * sizeof *image);
    for (int spot = 0; spot < 20; spot++) {
        const float y = uniform() + uniform() + uniform(), x = uniform() + uniform() + uniform();
        const int32_t top = (int32_t)(((float)h * (0.5f + 0.22f * y))), left = (int32_t)((float)w * (0.5f + 0.22f * x));
        for (int32_t c = 0; c < map->channels; c++)
            for (int32_t i = 0; i < size * size; i++)
                image[(c * h + top + i / size) * w + left + i % size] += 1.0f;
    }
}

/* Least nanoseconds per jet of each step, and in the last place of all together. */
static void measure(const jt_plan *plan, jt_run run, int32_t jets, int rounds, double *least)
{
    for (int32_t i = 0; i <= plan->n_steps; i++)
        least[i] = 1e30;
    for (int round = 0; round < rounds; round++) {
        double whole = 0.0;
        run.backwards = round % 2;
        for (int32_t i = 0; i < plan->n_steps; i++) {
            const double before = now();
            run.n = i < plan->n_head ? 1 : jets;
            for (run.first = 0; run.first < jets; run.first += run.n)
                plan->steps[i].run(&plan->steps[i], &run);
            const double took = (now() - before) / jets;
            whole += took;
            least[i] = took < least[i] ? took : least[i];
        }
        least[plan->n_steps] = whole < least[plan->n_steps] ? whole : least[plan->n_steps];
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s MODEL.jtm [JETS] [ROUNDS]\n", argv[0]);
        return 2;
    }
    const int32_t wanted = argc > 2 ? atoi(argv[2]) : JT_GROUP;
    const int32_t jets = wanted < 1 ? 1 : wanted < JT_GROUP ? wanted : JT_GROUP;
    const int rounds = argc > 3 ? atoi(argv[3]) : 200;
    jt_model *model = NULL;
    jt_error error = {.size = sizeof error};
    jt_model_options options = {.size = sizeof options, .backend = "native"};
    if (jt_model_load(argv[1], &options, &model, &error) != JT_OK) {
        fprintf(stderr, "%s: %s\n", argv[1], error.text);
        return 1;
    }
    const jt_plan *plan = model->plan;
    const size_t pixels = (size_t)jets * plan->n_pixels, features = (size_t)jets * plan->row_floats;
    float *inputs = calloc(pixels + features + 1, sizeof *inputs);
    jt_plan_context *context = NULL;
    jt_why why = {""};
    static double least[MOST_STEPS + 1];
    if (!inputs || plan->n_steps > MOST_STEPS ||
        jt_native_backend.context_create(plan, jets, &context, &why) != JT_OK) {
        fprintf(stderr, "no memory\n");
        free(inputs);
        jt_model_free(model);
        return 1;
    }
    srand(1);
    for (int32_t jet = 0; jet < jets; jet++)
        light(model, inputs + (size_t)jet * plan->n_pixels);
    for (size_t i = pixels; i < pixels + features; i++)
        inputs[i] = uniform();
    const jt_run run = {
        .kernel = plan->kernel,
        .shared = context->memory,
        .own = context->memory + plan->shared_floats,
        .images = inputs,
        .rows = inputs + pixels,
        .own_floats = plan->own_floats,
        .n_pixels = plan->n_pixels,
        .row_floats = plan->row_floats,
    };
    measure(plan, run, jets, rounds, least);
    printf("%s, %s, %d jets: %.1f us per jet\n", argv[1], plan->kernel->name, (int)jets, least[plan->n_steps] / 1e3);
    for (int32_t i = 0; i < plan->n_steps; i++) {
        const jt_step *step = &plan->steps[i];
        printf("%3d %-12s %3d x %3d x %3d -> %3d x %3d x %3d %10.0f ns %5.1f %%%s\n", (int)i, name_of(step),
               (int)step->in.shape.c, (int)step->in.shape.h, (int)step->in.shape.w, (int)step->out.shape.c,
               (int)step->out.shape.h, (int)step->out.shape.w, least[i], 100.0 * least[i] / least[plan->n_steps],
               i == plan->n_head ? "  (tail)" : "");
    }
    jt_native_backend.context_free(context);
    free(inputs);
    jt_model_free(model);
    return 0;
}
