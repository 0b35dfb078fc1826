/*
 * jettag's side of compare.py: the features of jets from a file, one call for all of them, or one call per jet.
 *
 *     jettag_side JETS OUT batch|single
 *
 * JETS and OUT as in fastjet_peer.cc. In a batch the time is shared out evenly.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jettag/jettag.h>

enum { N_FEATURES = 53, COLUMNS = N_FEATURES + 1 };

/* Processor time: what else runs on the machine does not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *read_all(FILE *in, size_t count, size_t bytes)
{
    void *values = malloc(count * bytes + 1);
    if (!values || fread(values, bytes, count, in) != count)
        exit(1);
    return values;
}

static void calculate(const jt_jets *jets, double *features)
{
    jt_error error = {.size = sizeof error};
    if (jt_jet_features(jets, NULL, features, NULL, &error) != JT_OK) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    FILE *in = argc == 4 ? fopen(argv[1], "rb") : NULL, *out = argc == 4 ? fopen(argv[2], "wb") : NULL;
    if (!in || !out)
        return 2;
    int64_t *count = read_all(in, 1, sizeof *count);
    const int64_t n = *count;
    int64_t *offsets = read_all(in, (size_t)n + 1, sizeof *offsets);
    double *momenta = read_all(in, 4 * (size_t)offsets[n], sizeof *momenta);
    double *features = calloc((size_t)n * N_FEATURES + 1, sizeof *features);
    double *seconds = calloc((size_t)n + 1, sizeof *seconds);
    if (!features || !seconds)
        return 1;
    jt_jets jets = {.size = sizeof jets, .n_jets = n, .offsets = offsets, .momenta = momenta};
    if (strcmp(argv[3], "batch") == 0) {
        const double start = now();
        calculate(&jets, features);
        const double each = (now() - start) / (double)n;
        for (int64_t i = 0; i < n; i++)
            seconds[i] = each;
    } else {
        for (int64_t i = 0; i < n; i++) {
            jets.n_jets = 1;
            jets.offsets = offsets + i;
            const double start = now();
            calculate(&jets, features + i * N_FEATURES);
            seconds[i] = now() - start;
        }
    }
    for (int64_t i = 0; i < n; i++)
        if (fwrite(features + i * N_FEATURES, sizeof *features, N_FEATURES, out) != N_FEATURES ||
            fwrite(seconds + i, sizeof *seconds, 1, out) != 1)
            return 1;
    free(count);
    free(offsets);
    free(momenta);
    free(features);
    free(seconds);
    fclose(in);
    return fclose(out) != 0;
}
