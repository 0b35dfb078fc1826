#include <inttypes.h>
#include <stdlib.h>

#include "tool.h"

enum { JETS_AT_A_TIME = 1024 };

static int tag_chunk(jt_context *context, const tool_jets *jets, int64_t first, float *scores, uint8_t *statuses)
{
    jt_jets view = {.size = sizeof view,
                    .n_jets = jets->n_jets,
                    .offsets = jets->offsets,
                    .n_constituents = jets->n_constituents,
                    .momenta = jets->momenta,
                    .classes = jets->columns == 5 ? jets->classes : NULL};
    jt_output output = {.size = sizeof output, .scores = scores, .statuses = statuses};
    if (jt_tag_jets(context, &view, &output) != JT_OK) {
        fprintf(stderr, "jettag: %s\n", jt_context_error(context));
        return TOOL_FAILED;
    }
    for (int64_t i = 0; i < jets->n_jets; i++)
        if (printf("%" PRId64 " %.9g %s\n", first + i, (double)scores[i],
                   jt_jet_status_text((jt_jet_status)statuses[i])) < 0) {
            perror("jettag: writing scores");
            return TOOL_FAILED;
        }
    return TOOL_OK;
}

int tool_tag(jt_model *model, FILE *in, const char *name)
{
    int result = TOOL_FAILED;
    jt_error error = {.size = sizeof error};
    jt_context *context = NULL;
    tool_jets jets = {0};
    float *scores = malloc(JETS_AT_A_TIME * sizeof *scores);
    uint8_t *statuses = malloc(JETS_AT_A_TIME);
    if (!scores || !statuses || jt_context_create(model, NULL, &context, &error) != JT_OK) {
        fprintf(stderr, "jettag: %s\n", error.text[0] ? error.text : "out of memory");
        goto done;
    }
    int64_t line = 0, first = 0;
    int more;
    while ((more = tool_read_jets(in, name, JETS_AT_A_TIME, &line, &jets)) > 0) {
        if (tag_chunk(context, &jets, first, scores, statuses) != TOOL_OK)
            goto done;
        first += jets.n_jets;
    }
    /* A full disk shows only here. */
    if (fflush(stdout) != 0) {
        perror("jettag: writing scores");
        goto done;
    }
    result = more == 0 ? TOOL_OK : TOOL_FAILED;
done:
    tool_jets_free(&jets);
    jt_context_free(context);
    free(scores);
    free(statuses);
    return result;
}
