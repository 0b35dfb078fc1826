/* jettag bench: how long a model takes here, with nothing between it and the clock. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "tool.h"

enum { MOST_JETS = 2048, MADE_UP_JETS = 512, MOST_CALLS = 100000, FEWEST_CALLS = 20 };

static const double seconds_each = 0.5; /* about so long for each line of the table */

typedef struct bench {
    jt_context *context;
    jt_jets jets;
    float *images, *features;
    size_t n_pixels, n_features;
    float *scores;
    double *times; /* of calls, nanoseconds per jet */
} bench;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) * 0x1p-53;
}

/* Jets of 20 to 70 constituents with falling energies around an axis: as much work as a real one, if no physics. */
static int make_up(tool_jets *jets)
{
    uint64_t state = 1;
    jets->momenta = malloc((size_t)MADE_UP_JETS * 70 * 4 * sizeof *jets->momenta);
    jets->classes = malloc((size_t)MADE_UP_JETS * 70);
    jets->offsets = malloc((MADE_UP_JETS + 1) * sizeof *jets->offsets);
    if (!jets->momenta || !jets->classes || !jets->offsets)
        return 0;
    jets->columns = 5;
    jets->offsets[0] = 0;
    for (jets->n_jets = 0; jets->n_jets < MADE_UP_JETS; jets->n_jets++) {
        const double eta = 2.0 * uniform(&state) - 1.0, phi = 6.28 * uniform(&state);
        const int n = 20 + (int)(50.0 * uniform(&state));
        for (int i = 0; i < n; i++) {
            const double pt = 1.0 + 300.0 * pow(uniform(&state), 6.0), r = 0.8 * pow(uniform(&state), 2.0);
            const double angle = 6.28 * uniform(&state), y = eta + r * cos(angle), f = phi + r * sin(angle);
            double *p = jets->momenta + 4 * jets->n_constituents;
            p[0] = pt * cos(f);
            p[1] = pt * sin(f);
            p[2] = pt * sinh(y);
            p[3] = pt * cosh(y);
            jets->classes[jets->n_constituents++] = (uint8_t)(3.0 * uniform(&state));
        }
        jets->offsets[jets->n_jets + 1] = jets->n_constituents;
    }
    return 1;
}

/* Jets first .. first + n - 1. */
static jt_status tag_jets(bench *b, int64_t first, int64_t n)
{
    jt_jets part = b->jets;
    part.n_jets = n;
    part.offsets = b->jets.offsets + first;
    const jt_output output = {.size = sizeof output, .scores = b->scores};
    return jt_tag_jets(b->context, &part, &output);
}

static jt_status tag_images(bench *b, int64_t first, int64_t n)
{
    const jt_output output = {.size = sizeof output, .scores = b->scores};
    return jt_tag_images(b->context, b->images + (size_t)first * b->n_pixels,
                         b->n_features ? b->features + (size_t)first * b->n_features : NULL, n, &output);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Calls on other jets each time, until there have been enough. */
static int measure(bench *b, const char *what, jt_status (*call)(bench *b, int64_t first, int64_t n), int64_t batch)
{
    int n = 0;
    int64_t first = 0;
    const double begun = now();
    if (call(b, 0, batch) != JT_OK) {
        fprintf(stderr, "jettag: %s\n", jt_context_error(b->context));
        return 0;
    }
    while (n < MOST_CALLS && (n < FEWEST_CALLS || now() - begun < seconds_each * 1e9)) {
        first = first + 2 * batch <= b->jets.n_jets ? first + batch : 0;
        const double start = now();
        const jt_status status = call(b, first, batch);
        b->times[n++] = (now() - start) / (double)batch;
        if (status != JT_OK) {
            fprintf(stderr, "jettag: %s\n", jt_context_error(b->context));
            return 0;
        }
    }
    qsort(b->times, (size_t)n, sizeof *b->times, by_size);
    const double median = b->times[n / 2];
    printf("%-18s %6" PRId64 " %10.2f %10.2f %10.2f %12.0f %8d\n", what, batch, median / 1e3, b->times[0] / 1e3,
           b->times[n * 99 / 100] / 1e3, 1e9 / median, n);
    return 1;
}

static int table(bench *b)
{
    static const int64_t batches[] = {1, 16, 100};
    printf("%-18s %6s %10s %10s %10s %12s %8s\n", "us per jet", "batch", "median", "least", "99 %", "jets/s", "calls");
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        if (batches[i] <= b->jets.n_jets && !measure(b, "from constituents", tag_jets, batches[i]))
            return TOOL_FAILED;
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        if (batches[i] <= b->jets.n_jets && !measure(b, "network alone", tag_images, batches[i]))
            return TOOL_FAILED;
    return TOOL_OK;
}

int tool_bench(jt_model *model, FILE *in, const char *name)
{
    int result = TOOL_FAILED;
    jt_error error = {.size = sizeof error};
    jt_model_info info = {.size = sizeof info};
    jt_model_info_get(model, &info);
    bench b = {.n_pixels = (size_t)info.image_shape[0] * (size_t)info.image_shape[1] * (size_t)info.image_shape[2],
               .n_features = (size_t)info.n_values};
    tool_jets jets = {0};
    int64_t line = 0;
    const int read = in ? tool_read_jets(in, name, MOST_JETS, &line, &jets) : make_up(&jets);
    if (read < 0)
        goto done;
    if (read == 0) {
        fprintf(stderr, in ? "jettag: %s: there is no jet in it\n" : "jettag: out of memory\n", name);
        goto done;
    }
    const size_t n = (size_t)jets.n_jets;
    b.images = malloc(n * b.n_pixels * sizeof *b.images);
    b.features = malloc((n * b.n_features + 1) * sizeof *b.features);
    b.scores = malloc(n * sizeof *b.scores);
    b.times = malloc(MOST_CALLS * sizeof *b.times);
    if (!b.images || !b.features || !b.scores || !b.times ||
        jt_context_create(model, NULL, &b.context, &error) != JT_OK) {
        fprintf(stderr, "jettag: %s\n", error.text[0] ? error.text : "out of memory");
        goto done;
    }
    b.jets = (jt_jets){.size = sizeof b.jets,
                       .n_jets = jets.n_jets,
                       .offsets = jets.offsets,
                       .n_constituents = jets.n_constituents,
                       .momenta = jets.momenta,
                       .classes = jets.columns == 5 ? jets.classes : NULL};
    if (jt_network_inputs(b.context, &b.jets, b.images, b.n_features ? b.features : NULL, NULL) != JT_OK) {
        fprintf(stderr, "jettag: %s\n", jt_context_error(b.context));
        goto done;
    }
    printf("%s %s on %s, one thread, %" PRId64 " %s, %.1f constituents on average\n", info.name, info.version,
           info.backend, jets.n_jets, in ? "jets" : "made-up jets", (double)jets.n_constituents / (double)n);
    result = table(&b);
done:
    jt_context_free(b.context);
    tool_jets_free(&jets);
    free(b.images);
    free(b.features);
    free(b.scores);
    free(b.times);
    return result;
}
