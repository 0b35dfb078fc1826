/*
 * Tags three jets in C99, with every check that a program needs.
 *
 *     cc tag.c $(pkg-config --cflags --libs jettag) -o tag && ./tag ensemble-gf.jtm
 */
#include <stdio.h>

#include <jettag/jettag.h>

/* px, py, pz, E in GeV. The third jet has two constituents only, and gets a status instead of a score. */
static const double momenta[][4] = {
    {300, 10, 40, 304}, {200, 30, 20, 204}, {60, 0, 5, 61},  {20, 5, 0, 21},     {10, 0, 3, 11},  {250, 250, 0, 356},
    {100, 90, 10, 136}, {30, 20, 0, 37},    {10, 10, 1, 15}, {400, 10, 30, 402}, {20, 10, 5, 23},
};
static const int64_t offsets[] = {0, 5, 9, 11};
enum { N_JETS = 3 };

int main(int argc, char **argv)
{
    jt_error error = {.size = sizeof error};
    jt_model *model = NULL;
    jt_context *context = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: %s MODEL.jtm\n", argv[0]);
        return 2;
    }
    if (jt_model_load(argv[1], NULL, &model, &error) != JT_OK ||
        jt_context_create(model, NULL, &context, &error) != JT_OK) {
        fprintf(stderr, "%s: %s\n", argv[1], error.text);
        jt_model_free(model);
        return 1;
    }

    float scores[N_JETS];
    uint8_t statuses[N_JETS];
    jt_jets jets = {.size = sizeof jets, .n_jets = N_JETS, .offsets = offsets, .momenta = momenta};
    jt_output output = {.size = sizeof output, .scores = scores, .statuses = statuses};
    int failed = jt_tag_jets(context, &jets, &output) != JT_OK;
    if (failed)
        fprintf(stderr, "%s\n", jt_context_error(context));
    for (int i = 0; !failed && i < N_JETS; i++)
        if (statuses[i] == JT_JET_OK)
            printf("jet %d: score %.9g\n", i, scores[i]);
        else
            printf("jet %d: %s\n", i, jt_jet_status_text((jt_jet_status)statuses[i]));

    jt_context_free(context);
    jt_model_free(model);
    return failed;
}
