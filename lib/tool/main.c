#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tool.h"

static const char usage[] =
    "usage: jettag COMMAND ...\n"
    "  tag MODEL [FILE]    score jets: one constituent per line (px py pz E in GeV, optional class), an empty line\n"
    "                      after each jet; FILE or standard input. Prints: index, score, status\n"
    "  bench MODEL [FILE]  time it takes here, for up to 2048 jets of FILE (- is standard input), or made-up ones\n"
    "  info MODEL          what a model is, needs and reaches\n"
    "  selftest MODEL      tag the model's golden jets and compare\n"
    "  backends            what can execute models here, and why not the others\n"
    "options, before the command:\n"
    "  --backend NAME      instead of auto\n"
    "  --version, --help\n";

static jt_model *load(const char *path, const char *backend)
{
    jt_model *model = NULL;
    jt_error error = {.size = sizeof error};
    jt_model_options options = {.size = sizeof options, .backend = backend};
    if (jt_model_load(path, &options, &model, &error) == JT_OK)
        return model;
    fprintf(stderr, "jettag: %s: ", path);
    if (error.key[0])
        fprintf(stderr, "%s: ", error.key);
    else if (error.offset >= 0)
        fprintf(stderr, "byte %" PRId64 ": ", error.offset);
    fprintf(stderr, "%s\n", error.text);
    return NULL;
}

static int info(jt_model *model, const char *none)
{
    (void)none;
    jt_model_info i = {.size = sizeof i};
    jt_model_info_get(model, &i);
    printf("%s %s (%s), %s\n%s\n", i.name, i.version, i.created, i.licence, i.description);
    if (i.reads_image)
        printf("image        %s, %d x %d x %d, network sees %d x %d x %d\n", i.recipe, i.recipe_shape[0],
               i.recipe_shape[1], i.recipe_shape[2], i.image_shape[0], i.image_shape[1], i.image_shape[2]);
    printf("features     %d\n", i.n_features);
    if (i.constituents_shape[1])
        printf("singles      %d constituents, %d columns\n", i.constituents_shape[1], i.constituents_shape[0] - 1);
    if (i.pairs_shape[1])
        printf("pairs        %d, %d columns\n", i.pairs_shape[1], i.pairs_shape[0] - 1);
    printf("constituents %d .. the hardest %d%s\n", i.min_constituents, i.max_constituents,
           i.needs_classes ? ", with classes" : "");
    printf("network      %d layers, %" PRId64 " parameters, %" PRId64 " multiply-adds\n", i.n_layers, i.n_parameters,
           i.multiply_adds);
    printf("trained on   %" PRId64 " jets, %g epochs; %s\n", i.trained_jets, i.trained_epochs, i.sample);
    printf("reaches      accuracy %.4f, AUC %.4f, rejection %.0f at 50 %% and %.0f at 30 %%\n", i.accuracy, i.auc,
           i.rejection_50, i.rejection_30);
    printf("limits       %s\n", i.limits);
    printf("cite         %s\n", i.citation);
    printf("backend      %s: %s\n", i.backend, i.backend_reason);
    return TOOL_OK;
}

static int selftest(jt_model *model, const char *none)
{
    (void)none;
    double largest = 0.0;
    jt_error error = {.size = sizeof error};
    if (jt_model_selftest(model, &largest, &error) != JT_OK) {
        fprintf(stderr, "jettag: %s\n", error.text);
        return TOOL_FAILED;
    }
    printf("ok: largest difference %.2g\n", largest);
    return TOOL_OK;
}

static int backends(void)
{
    jt_backend_info b = {.size = sizeof b};
    for (int32_t i = 0; jt_backend_info_get(i, NULL, &b) == JT_OK; i++) {
        if (b.available)
            printf("%-10s available %s\n", b.name, b.version);
        else
            printf("%-10s not available: %s\n", b.name, b.reason);
        if (b.notes[0])
            printf("           %s\n", b.notes);
    }
    return TOOL_OK;
}

/* A command on the jets of a file or of standard input, which is "-". */
static int with_jets(jt_model *model, const char *path, int (*command)(jt_model *model, FILE *in, const char *name))
{
    if (strcmp(path, "-") == 0)
        return command(model, stdin, "standard input");
    FILE *in = fopen(path, "r");
    if (!in) {
        fprintf(stderr, "jettag: %s: %s\n", path, strerror(errno));
        return TOOL_FAILED;
    }
    int result = command(model, in, path);
    fclose(in);
    return result;
}

static int tag(jt_model *model, const char *path)
{
    return with_jets(model, path ? path : "-", tool_tag);
}

static int bench(jt_model *model, const char *path)
{
    return path ? with_jets(model, path, tool_bench) : tool_bench(model, NULL, "");
}

/* What is done with a model, and whether jets may follow it. */
static const struct command {
    const char *name;
    int takes_jets;
    int (*run)(jt_model *model, const char *path);
} commands[] = {
    {"tag", 1, tag},
    {"bench", 1, bench},
    {"info", 0, info},
    {"selftest", 0, selftest},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static const char too_many[] = "there is one argument too many: ";

static int misuse(const char *text, const char *what)
{
    fprintf(stderr, "jettag: %s%s\n%s", text, what, usage);
    return TOOL_USAGE;
}

static int run(int argc, char **argv)
{
    const char *backend = NULL;
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--version") == 0)
            return printf("jettag %s\n", jt_version()) < 0;
        if (strcmp(argv[at], "--help") == 0)
            return fputs(usage, stdout) < 0;
        if (strcmp(argv[at], "--backend") != 0)
            return misuse("there is no option ", argv[at]);
        if (++at == argc)
            return misuse("a name is missing after ", "--backend");
        backend = argv[at];
    }
    if (at == argc)
        return misuse("a command is missing", "");
    const char *command = argv[at++];
    if (strcmp(command, "backends") == 0)
        return at < argc ? misuse(too_many, argv[at]) : backends();

    const struct command *found = find_command(command);
    if (!found)
        return misuse("there is no command ", command);
    if (at == argc)
        return misuse("a model file is missing after ", command);
    const char *path = argv[at++], *jets = found->takes_jets && at < argc ? argv[at++] : NULL;
    if (at < argc)
        return misuse(too_many, argv[at]);
    jt_model *model = load(path, backend);
    if (!model)
        return TOOL_FAILED;
    int result = found->run(model, jets);
    jt_model_free(model);
    return result;
}

int main(int argc, char **argv)
{
    int result = run(argc, argv);
    /* A full disk shows only when what was printed is written. */
    if (result == TOOL_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        perror("jettag: writing");
        return TOOL_FAILED;
    }
    return result;
}
