/*
 * jettag-soak SECONDS MODEL...: a long run as a trigger has it. Threads tag batches of mixed sizes with mixed models on
 * mixed backends, make and free contexts and models, are given bad jets, wrong arguments and broken files, and compare
 * every score with that of the first minute's single call, to the bit. At the end: memory and latency over time.
 *
 * Fails when a score changed, a call did something else than it should, or memory grew.
 */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jettag/jettag.h>

enum { THREADS = 3, JETS = 120, MOST = 40, MODELS = 8, PERIODS = 10, BUCKETS = 96, GROWN_KIB = 2048 };

static const char *const backends[] = {"native", "reference"};
/* What passes for the caller, who may have to wait for a processor, and what the calling thread works. */
enum { PASSED, WORKED };
static const clockid_t clocks[] = {[PASSED] = CLOCK_MONOTONIC, [WORKED] = CLOCK_THREAD_CPUTIME_ID};
static double momenta[JETS][MOST][4];
static uint8_t classes[JETS][MOST];

typedef struct shared {
    char paths[MODELS][1024];
    int n_models, seconds;
    jt_model *models[MODELS][2];
    float expected[MODELS][2][JETS];
    void *broken; /* a file whose last byte is gone */
    size_t broken_length;
    atomic_int period;
    atomic_long tagged, calls, errors, wrong;
    /* Of single jets on native, four buckets for each power of two of nanoseconds; see clocks. */
    atomic_long latency[2][PERIODS + 1][BUCKETS];
} shared;

static shared all;

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

static double seconds_of(int clock)
{
    struct timespec now;
    clock_gettime(clocks[clock], &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void wrong(const char *what)
{
    if (atomic_fetch_add(&all.wrong, 1) < 10)
        fprintf(stderr, "soak: %s\n", what);
}

static void make_jets(void)
{
    uint32_t random = 3;
    for (int i = 0; i < JETS; i++)
        for (int k = 0; k < 4 + i % (MOST - 4); k++) {
            const double size = (double)(next(&random) % 4000 + 16) / (k + 1);
            const double y = size * ((double)(next(&random) % 200) - 100) / 200;
            const double z = size * ((double)(next(&random) % 200) - 60) / 150;
            const double values[4] = {size, y, z, size + fabs(y) + fabs(z)};
            memcpy(momenta[i][k], values, sizeof values);
            classes[i][k] = (uint8_t)(next(&random) % 3);
        }
    momenta[JETS / 2][0][1] = (double)NAN; /* one is bad, and stays so */
}

static jt_jets view_of(int first, int n)
{
    return (jt_jets){
        .size = sizeof(jt_jets), .n_jets = n, .padded = MOST, .momenta = momenta[first], .classes = classes[first]};
}

static void keep_time(int clock, double seconds)
{
    const double ns = seconds * 1e9;
    int bucket = (int)(4 * log2(ns > 1 ? ns : 1)) - 40; /* from a microsecond on */
    bucket = bucket < 0 ? 0 : bucket >= BUCKETS ? BUCKETS - 1 : bucket;
    atomic_fetch_add(&all.latency[clock][atomic_load(&all.period)][bucket], 1);
}

static void tag(jt_context *context, int m, int b, uint32_t *random)
{
    static const int sizes[] = {1, 1, 1, 7, 16, 33, JETS};
    const int n = sizes[next(random) % 7], first = (int)(next(random) % (uint32_t)(JETS - n + 1));
    float scores[JETS];
    const jt_jets jets = view_of(first, n);
    const jt_output output = {.size = sizeof output, .scores = scores};
    const double before[] = {seconds_of(PASSED), seconds_of(WORKED)};
    const jt_status status = jt_tag_jets(context, &jets, &output);
    for (int clock = 0; clock < 2 && n == 1 && b == 0; clock++)
        keep_time(clock, seconds_of(clock) - before[clock]);
    if (status != JT_OK || memcmp(scores, all.expected[m][b] + first, (size_t)n * sizeof *scores) != 0)
        wrong("a score is another one");
    atomic_fetch_add(&all.tagged, n);
    atomic_fetch_add(&all.calls, 1);
}

/* What goes wrong in a year, every few calls. */
static void make_mistakes(jt_context *context, uint32_t *random)
{
    jt_error error = {.size = sizeof error};
    jt_model *none = NULL;
    jt_jets jets = view_of(0, 3);
    float scores[3];
    const jt_output output = {.size = sizeof output, .scores = scores};
    atomic_fetch_add(&all.errors, 1);
    switch (next(random) % 5) {
    case 0:
        if (jt_model_load_memory(all.broken, all.broken_length, NULL, &none, &error) != JT_ERROR_FORMAT || none)
            wrong("a broken file");
        break;
    case 1:
        if (jt_model_load("/nonexistent/model.jtm", NULL, &none, &error) != JT_ERROR_FILE || none)
            wrong("a file that is not there");
        break;
    case 2:
        jets.stride = 3;
        if (jt_tag_jets(context, &jets, &output) != JT_ERROR_ARGUMENT)
            wrong("a stride of 3");
        break;
    case 3:
        jets.n_jets = -1;
        if (jt_tag_jets(context, &jets, &output) != JT_ERROR_ARGUMENT)
            wrong("a negative count");
        break;
    default:
        jets = view_of(JETS / 2, 1);
        if (jt_tag_jets(context, &jets, &output) != JT_OK || !isnan(scores[0]))
            wrong("a jet with a NaN");
        break;
    }
}

/* A model of one's own, now and then, from file to score. */
static void load_another(int m, int b, uint32_t *random)
{
    jt_model *model = NULL;
    jt_context *context = NULL;
    const jt_model_options options = {.size = sizeof options, .backend = backends[b]};
    if (jt_model_load(all.paths[m], &options, &model, NULL) != JT_OK ||
        jt_context_create(model, NULL, &context, NULL) != JT_OK) {
        wrong("a model that does not load any more");
        return;
    }
    jt_model_free(model); /* the context keeps it */
    tag(context, m, b, random);
    jt_context_free(context);
}

static void *work(void *argument)
{
    uint32_t random = (uint32_t)(uintptr_t)argument;
    while (atomic_load(&all.period) < PERIODS) {
        const int m = (int)(next(&random) % (uint32_t)all.n_models), b = next(&random) % 40 == 0;
        jt_context *context = NULL;
        const jt_context_options options = {.size = sizeof options,
                                            .max_batch = 1 + (int32_t)(next(&random) % 20),
                                            .threads = next(&random) % 16 == 0 ? 2 : 1};
        if (jt_context_create(all.models[m][b], &options, &context, NULL) != JT_OK) {
            wrong("no context");
            break;
        }
        for (int i = 0; i < 50 && atomic_load(&all.period) < PERIODS; i++) {
            tag(context, m, b, &random);
            if (i % 10 == 9)
                make_mistakes(context, &random);
        }
        jt_context_free(context);
        if (next(&random) % 8 == 0)
            load_another(m, b, &random);
    }
    return NULL;
}

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static double percentile(int clock, int period, double share)
{
    long total = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        total += atomic_load(&all.latency[clock][period][i]);
    for (int i = 0; i < BUCKETS; i++) {
        seen += atomic_load(&all.latency[clock][period][i]);
        if (total > 0 && (double)seen >= share * (double)total)
            return exp2((i + 40.5) / 4) / 1000;
    }
    return 0;
}

/* How long calls worked in all periods, one line for each bucket that has any; a bar's length is the logarithm of its
   calls. tests/check/trust.py takes these lines. */
static void print_latencies(void)
{
    enum { LONGEST = 40 };
    long calls[BUCKETS] = {0}, total = 0, most = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
        for (int p = 0; p < PERIODS; p++)
            calls[i] += atomic_load(&all.latency[WORKED][p][i]);
        total += calls[i];
        most = calls[i] > most ? calls[i] : most;
    }
    printf("latency: %10s %10s %12s %10s\n", "from, us", "below, us", "calls", "% up to it");
    for (int i = 0; i < BUCKETS; i++) {
        if (calls[i] == 0)
            continue;
        seen += calls[i];
        const int length = 1 + (int)((LONGEST - 1) * log((double)calls[i]) / log((double)most + 1));
        printf("latency: %10.1f %10.1f %12ld %10.4f  %.*s\n", i == 0 ? 0.0 : exp2((i + 40) / 4.0) / 1000,
               exp2((i + 41) / 4.0) / 1000, calls[i], 100 * (double)seen / (double)total, length,
               "########################################");
    }
}

static int prepare(int argc, char **argv)
{
    make_jets();
    all.seconds = atoi(argv[1]);
    all.n_models = argc - 2 < MODELS ? argc - 2 : MODELS;
    for (int m = 0; m < all.n_models; m++) {
        snprintf(all.paths[m], sizeof all.paths[m], "%s", argv[2 + m]);
        for (int b = 0; b < 2; b++) {
            jt_context *context = NULL;
            const jt_model_options options = {.size = sizeof options, .backend = backends[b]};
            const jt_jets jets = view_of(0, JETS);
            const jt_output output = {.size = sizeof output, .scores = all.expected[m][b]};
            if (jt_model_load(all.paths[m], &options, &all.models[m][b], NULL) != JT_OK ||
                jt_context_create(all.models[m][b], NULL, &context, NULL) != JT_OK ||
                jt_tag_jets(context, &jets, &output) != JT_OK)
                return 0;
            jt_context_free(context);
        }
    }
    FILE *file = fopen(all.paths[0], "rb");
    all.broken = malloc(1 << 22);
    all.broken_length = file ? fread(all.broken, 1, 1 << 22, file) - 1 : 0;
    if (file)
        fclose(file);
    return all.broken_length > 0;
}

int main(int argc, char **argv)
{
    if (argc < 3 || atoi(argv[1]) < PERIODS || !prepare(argc, argv)) {
        fprintf(stderr, "usage: jettag-soak SECONDS MODEL..., 10 seconds at least, 8 models at most\n");
        return 2;
    }
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)(i + 1)) != 0)
            return 2;
    /* Models come and go, so one look at the memory says little: its most and its least of a period do. */
    long most[PERIODS] = {0}, least[PERIODS];
    const double start = seconds_of(PASSED);
    printf("%8s %11s %11s %11s %11s %11s %11s %11s\n", "minute", "least, KiB", "most, KiB", "median, us", "99 %, us",
           "work, us", "99 %, us", "99.9 %, us");
    for (int p = 0; p < PERIODS; p++) {
        least[p] = LONG_MAX;
        while (seconds_of(PASSED) - start < (double)all.seconds * (p + 1) / PERIODS) {
            usleep(20000);
            const long kib = resident_kib();
            most[p] = kib > most[p] ? kib : most[p];
            least[p] = kib < least[p] ? kib : least[p];
        }
        printf("%8.1f %11ld %11ld %11.1f %11.1f %11.1f %11.1f %11.1f\n", (double)all.seconds * (p + 1) / PERIODS / 60,
               least[p], most[p], percentile(PASSED, p, 0.5), percentile(PASSED, p, 0.99), percentile(WORKED, p, 0.5),
               percentile(WORKED, p, 0.99), percentile(WORKED, p, 0.999));
        fflush(stdout);
        atomic_store(&all.period, p + 1);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int m = 0; m < all.n_models; m++)
        for (int b = 0; b < 2; b++)
            jt_model_free(all.models[m][b]);
    free(all.broken);

    print_latencies();
    /* The first periods fill the allocator's pools. What is lost is lost for good: it lifts the least, too. */
    long early[2] = {0}, late[2] = {0};
    for (int p = 2; p < PERIODS; p++) {
        long *half = p < 6 ? early : late;
        half[0] = least[p] > half[0] ? least[p] : half[0];
        half[1] = most[p] > half[1] ? most[p] : half[1];
    }
    printf("figure: soak of %d s: %ld calls, %ld jets, %ld errors on purpose, scores that changed: %ld\n", all.seconds,
           atomic_load(&all.calls), atomic_load(&all.tagged), atomic_load(&all.errors), atomic_load(&all.wrong));
    printf("figure: soak of %d s: memory at its most before and after half-time, KiB: %ld, %ld\n", all.seconds,
           early[1], late[1]);
    printf("figure: soak of %d s: memory at its least before and after half-time, KiB: %ld, %ld\n", all.seconds,
           early[0], late[0]);
    static const char *const names[] = {[PASSED] = "time that passed", [WORKED] = "time of the processor"};
    for (int clock = 0; clock < 2; clock++)
        printf("figure: soak of %d s: single jets, %s, median and 99 %% in the first and the last tenth, us: %.1f, "
               "%.1f; %.1f, %.1f\n",
               all.seconds, names[clock], percentile(clock, 0, 0.5), percentile(clock, 0, 0.99),
               percentile(clock, PERIODS - 1, 0.5), percentile(clock, PERIODS - 1, 0.99));
    return atomic_load(&all.wrong) > 0 || late[0] > early[0] + GROWN_KIB;
}
