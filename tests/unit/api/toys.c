#include "toys.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../model/sample.h"

void *toy_file(const char *const *edits, size_t *length)
{
    sample s = sample_make();
    for (; edits && edits[0]; edits += 2) {
        char *edited = sample_edit(s.header, edits[0], edits[1]);
        free(s.header);
        s.header = edited;
    }
    jtm file = jtm_pack(s.header, strlen(s.header), s.blob, s.blob_length);
    sample_free(&s);
    *length = file.length;
    return file.bytes;
}

jt_model *toy_model_edited(const char *backend, const char *const *edits)
{
    size_t length = 0;
    void *bytes = toy_file(edits, &length);
    jt_model *model = NULL;
    jt_error error = {.size = sizeof error};
    jt_model_options options = {.size = sizeof options, .backend = backend};
    if (jt_model_load_memory(bytes, length, &options, &model, &error) != JT_OK)
        fail_msg("%s: %s", error.key, error.text);
    free(bytes);
    return model;
}

jt_model *toy_model(const char *backend)
{
    return toy_model_edited(backend, NULL);
}

static double uniform(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / 16777216.0;
}

toy_jets toy_jets_make(int64_t n_jets, uint32_t seed, int with_bad)
{
    enum { MOST = 40 };
    uint32_t state = seed;
    toy_jets jets = {.n_jets = n_jets};
    jets.offsets = calloc((size_t)n_jets + 1, sizeof *jets.offsets);
    jets.momenta = calloc((size_t)n_jets * MOST * 4 + 4, sizeof *jets.momenta);
    jets.classes = calloc((size_t)n_jets * MOST + 1, 1);
    for (int64_t i = 0; i < n_jets; i++) {
        int64_t n = 4 + (int64_t)(uniform(&state) * (MOST - 4));
        if (with_bad && i % 7 == 3)
            n = i % 4;
        double eta = 2 * uniform(&state) - 1, phi = 6.28 * uniform(&state);
        for (int64_t k = 0; k < n; k++) {
            int64_t at = jets.offsets[i] + k;
            double *p = jets.momenta + 4 * at;
            double pt = 300 * pow(uniform(&state), 4) + 0.5;
            double e = eta + uniform(&state) - 0.5, f = phi + uniform(&state) - 0.5;
            p[0] = pt * cos(f), p[1] = pt * sin(f), p[2] = pt * sinh(e), p[3] = pt * cosh(e);
            jets.classes[at] = (uint8_t)(3 * uniform(&state));
        }
        if (with_bad && n > 0 && i % 11 == 5)
            jets.momenta[4 * jets.offsets[i] + i % 4] = (double)NAN;
        if (with_bad && n > 0 && i % 13 == 6)
            jets.momenta[4 * jets.offsets[i] + 3] = -1;
        jets.offsets[i + 1] = jets.offsets[i] + n;
    }
    return jets;
}

void toy_jets_free(toy_jets *jets)
{
    free(jets->offsets);
    free(jets->momenta);
    free(jets->classes);
}

jt_jets toy_view(const toy_jets *jets, int64_t first, int64_t n)
{
    return (jt_jets){.size = sizeof(jt_jets),
                     .n_jets = n,
                     .offsets = jets->offsets + first,
                     .n_constituents = jets->offsets[jets->n_jets],
                     .momenta = jets->momenta,
                     .classes = jets->classes};
}
