/* Words for codes: one table each. */
#include <stddef.h>

#include <jettag/jettag.h>

static const char *const status_texts[] = {
    [JT_OK] = "no error",
    [JT_ERROR_ARGUMENT] = "an argument is missing, out of range or contradicts another one",
    [JT_ERROR_MEMORY] = "out of memory",
    [JT_ERROR_FILE] = "a file cannot be opened or read",
    [JT_ERROR_FORMAT] = "not a model file, or against a rule of the format",
    [JT_ERROR_VERSION] = "the model file is of a newer major version",
    [JT_ERROR_CHECKSUM] = "the model file is damaged: a checksum differs",
    [JT_ERROR_GRAPH] = "the layers of the model do not fit together",
    [JT_ERROR_UNSUPPORTED] = "this backend or build does not have that",
    [JT_ERROR_BACKEND] = "a backend is missing or failed",
    [JT_ERROR_CLASSES] = "a colour model needs a class for every constituent",
    [JT_ERROR_SELFTEST] = "the model does not reproduce its golden scores",
    [JT_ERROR_LIMIT] = "more than a stated limit",
};

static const char *const jet_status_texts[] = {
    [JT_JET_OK] = "tagged",
    [JT_JET_NOT_FINITE] = "a value is not finite, or above 1e30 GeV",
    [JT_JET_NEGATIVE_ENERGY] = "a constituent has negative energy",
    [JT_JET_TOO_FEW] = "too few constituents",
    [JT_JET_TOO_MANY] = "more constituents than the context was made for",
    [JT_JET_BAD_CLASS] = "a constituent has an unknown class",
    [JT_JET_CUT] = "four-point sums of the hardest constituents alone",
};

static const char *text_at(const char *const *texts, size_t n, int index)
{
    return index >= 0 && (size_t)index < n && texts[index] ? texts[index] : "unknown status";
}

const char *jt_status_text(jt_status status)
{
    return text_at(status_texts, sizeof status_texts / sizeof *status_texts, (int)status);
}

const char *jt_jet_status_text(jt_jet_status status)
{
    return text_at(jet_status_texts, sizeof jet_status_texts / sizeof *jet_status_texts, (int)status);
}
