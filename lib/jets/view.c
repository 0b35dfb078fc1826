#include <stdarg.h>
#include <stdio.h>

#include "../core/sized.h"
#include "jets.h"

typedef struct words {
    char *text;
    size_t capacity;
} words;

__attribute__((format(printf, 2, 3))) static jt_status refuse(const words *words, const char *format, ...)
{
    if (words->text && words->capacity > 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(words->text, words->capacity, format, arguments);
        va_end(arguments);
    }
    return JT_ERROR_ARGUMENT;
}

/* Offsets never fall and stay in the arrays. `total` receives the end of the last jet. */
static jt_status check_offsets(const jt_jets *jets, const words *words, int64_t *total)
{
    const int64_t *offsets = jets->offsets;
    if (offsets[0] < 0)
        return refuse(words, "offsets[0] is %lld, below 0", (long long)offsets[0]);
    for (int64_t i = 0; i < jets->n_jets; i++)
        if (offsets[i + 1] < offsets[i])
            return refuse(words, "offsets fall from %lld to %lld at jet %lld", (long long)offsets[i],
                          (long long)offsets[i + 1], (long long)i);
    *total = offsets[jets->n_jets];
    return JT_OK;
}

static jt_status check_padded(const jt_jets *jets, const words *words, int64_t *total)
{
    if (jets->padded < 1)
        return refuse(words, "offsets is null and padded is %lld; one of the two says where a jet ends",
                      (long long)jets->padded);
    if (jets->n_jets > INT64_MAX / jets->padded)
        return refuse(words, "%lld jets of %lld constituents are more than any array holds", (long long)jets->n_jets,
                      (long long)jets->padded);
    *total = jets->n_jets * jets->padded;
    return JT_OK;
}

/* Where the four values of constituent 0 are, and how far it is to those of the next. */
static jt_status check_arrays(const jt_jets *jets, const words *words, jt_jets_view *view)
{
    const int64_t value = jets->number == JT_FLOAT32 ? (int64_t)sizeof(float) : (int64_t)sizeof(double);
    int n_columns = 0;
    for (int i = 0; i < 4; i++)
        n_columns += jets->columns[i] != NULL;
    if (jets->momenta && n_columns > 0)
        return refuse(words, "momenta and columns are both set; set one of them");
    if (!jets->momenta && n_columns < 4)
        return refuse(words, "%s", n_columns ? "a column is null" : "neither momenta nor columns are set");

    const int64_t least = jets->momenta ? 4 * value : value;
    if (jets->stride != 0 && jets->stride < least)
        return refuse(words, "a stride of %lld bytes is less than the %lld of one constituent", (long long)jets->stride,
                      (long long)least);
    view->stride = jets->stride ? jets->stride : least;
    for (int i = 0; i < 4; i++)
        view->values[i] = jets->momenta ? (const char *)jets->momenta + i * value : (const char *)jets->columns[i];
    return JT_OK;
}

static jt_status check_extent(const jt_jets *jets, const words *words, int64_t total, const jt_jets_view *view)
{
    if (jets->n_constituents < 0)
        return refuse(words, "n_constituents is %lld, below 0", (long long)jets->n_constituents);
    if (jets->n_constituents > 0 && total > jets->n_constituents)
        return refuse(words, "the jets end at constituent %lld, the arrays at %lld", (long long)total,
                      (long long)jets->n_constituents);
    if (total > 0 && (total > INT64_MAX / view->stride || total > INT64_MAX / view->class_stride))
        return refuse(words, "constituent %lld at a stride of %lld bytes is beyond any memory", (long long)total,
                      (long long)view->stride);
    return JT_OK;
}

jt_status jt_jets_check(const jt_jets *jets, jt_jets_view *view, char *text, size_t capacity)
{
    const words words = {text, capacity};
    jt_jets ours;
    *view = (jt_jets_view){0};
    if (!jets)
        return refuse(&words, "jets is null");
    if (!jt_sized_read(&ours, sizeof ours, jets))
        return refuse(&words, "jt_jets.size is not set");
    if (ours.n_jets < 0)
        return refuse(&words, "n_jets is %lld, below 0", (long long)ours.n_jets);
    if (ours.number != JT_FLOAT64 && ours.number != JT_FLOAT32)
        return refuse(&words, "number is %d, which is no jt_number", (int)ours.number);
    if (ours.coordinates != JT_PX_PY_PZ_E && ours.coordinates != JT_E_PX_PY_PZ && ours.coordinates != JT_PT_ETA_PHI_M)
        return refuse(&words, "coordinates is %d, which is no jt_coordinates", (int)ours.coordinates);
    if (ours.class_stride < 0)
        return refuse(&words, "class_stride is %lld, below 0", (long long)ours.class_stride);
    if (ours.stride < 0)
        return refuse(&words, "stride is %lld, below 0", (long long)ours.stride);

    view->number = ours.number;
    view->coordinates = ours.coordinates;
    view->classes = ours.classes;
    view->class_stride = ours.class_stride ? ours.class_stride : 1;
    if (ours.n_jets == 0)
        return JT_OK;

    int64_t total = 0;
    jt_status status = ours.offsets ? check_offsets(&ours, &words, &total) : check_padded(&ours, &words, &total);
    /* Jets that are all empty need no array. */
    if (status == JT_OK && ours.offsets && total == ours.offsets[0])
        view->stride = 1;
    else if (status == JT_OK)
        status = check_arrays(&ours, &words, view);
    if (status == JT_OK)
        status = check_extent(&ours, &words, total, view);
    if (status != JT_OK)
        return status;
    view->n_jets = ours.n_jets;
    view->offsets = ours.offsets;
    view->padded = ours.padded;
    return JT_OK;
}
