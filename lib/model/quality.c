/* What is known of a model's quality: "working_points", "card", and the jets of the self-test, "golden". */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reading.h"

enum { MAX_POINTS = 1024, MIN_GOLDEN = 8, MAX_GOLDEN = 32 };

static const char *const points_keys[] = {"sample", "points"};
static const char *const point_keys[] = {"signal_efficiency", "threshold", "background_efficiency", "background_error"};
static const char *const golden_keys[] = {"momenta", "offsets", "constituent_classes", "scores"};

static const double unlimited = HUGE_VAL;

static void read_point(jt_reading *reading, const jt_json *value, jt_point *points)
{
    jt_json_reader *json = &reading->json;
    jt_point *point = &points[value->index];
    jt_json_object(json, value, point_keys, sizeof point_keys / sizeof *point_keys);
    jt_json signal = jt_json_need(json, value, "signal_efficiency");
    jt_json threshold = jt_json_need(json, value, "threshold");
    jt_json background = jt_json_need(json, value, "background_efficiency");
    jt_json background_error = jt_json_need(json, value, "background_error");
    point->signal_efficiency = jt_json_number(json, &signal, 0, 1);
    point->threshold = jt_json_number(json, &threshold, 0, 1);
    point->background_efficiency = jt_json_number(json, &background, 0, 1);
    point->background_error = jt_json_number(json, &background_error, 0, unlimited);
    if (json->status != JT_OK)
        return;
    if (point->signal_efficiency <= 0 || point->signal_efficiency >= 1)
        jt_json_refuse(json, &signal, JT_ERROR_FORMAT, "an efficiency must be inside 0 .. 1");
    if (value->index == 0)
        return;
    if (point->signal_efficiency <= point[-1].signal_efficiency)
        jt_json_refuse(json, &signal, JT_ERROR_FORMAT, "%g after %g: efficiencies must rise", point->signal_efficiency,
                       point[-1].signal_efficiency);
    if (point->threshold > point[-1].threshold)
        jt_json_refuse(json, &threshold, JT_ERROR_FORMAT, "%g after %g: thresholds must not rise", point->threshold,
                       point[-1].threshold);
}

void jt_read_working_points(jt_reading *reading, const jt_json *value)
{
    jt_json_reader *json = &reading->json;
    jt_model_file *file = reading->file;
    file->points_sample = "";
    if (!value->item)
        return;
    jt_json_object(json, value, points_keys, sizeof points_keys / sizeof *points_keys);
    jt_json sample = jt_json_need(json, value, "sample");
    jt_json list = jt_json_need(json, value, "points");
    int32_t n = jt_json_array(json, &list, 1, MAX_POINTS);
    jt_point *points = jt_reading_take(reading, (size_t)n, sizeof *points);
    if (!points)
        return;
    for (jt_json element = jt_json_first(&list); element.item && json->status == JT_OK;
         element = jt_json_next(&element))
        read_point(reading, &element, points);
    file->points_sample = jt_json_text(json, &sample);
    file->points = points;
    file->n_points = n;
}

typedef enum card_type { CARD_TEXT = 0, CARD_INTEGER, CARD_NUMBER } card_type;

static const struct card_rule {
    const char *key;
    card_type type;
} card_rules[] = {
    {"architecture", CARD_TEXT},
    {"sample", CARD_TEXT},
    {"recipe", CARD_TEXT},
    {"limits", CARD_TEXT},
    {"citation", CARD_TEXT},
    {"framework", CARD_TEXT},
    {"training_time", CARD_TEXT},
    {"jets", CARD_INTEGER},
    {"validation_jets", CARD_INTEGER},
    {"test_jets", CARD_INTEGER},
    {"epochs", CARD_NUMBER},
    {"seed", CARD_INTEGER},
    {"accuracy", CARD_NUMBER},
    {"accuracy_error", CARD_NUMBER},
    {"auc", CARD_NUMBER},
    {"auc_error", CARD_NUMBER},
    {"rejection_50", CARD_NUMBER},
    {"rejection_50_error", CARD_NUMBER},
    {"rejection_30", CARD_NUMBER},
    {"rejection_30_error", CARD_NUMBER},
};

enum { CARD_RULES = sizeof card_rules / sizeof *card_rules };

static const char *card_text(jt_reading *reading, const jt_json *card, const char *key)
{
    jt_json value = jt_json_find(card, key);
    return value.item ? jt_json_text(&reading->json, &value) : "";
}

static double card_number(jt_reading *reading, const jt_json *card, const char *key, double absent)
{
    jt_json value = jt_json_find(card, key);
    return value.item ? jt_json_number(&reading->json, &value, 0, unlimited) : absent;
}

/* All keys are checked, those that only people read too. */
static void check_card(jt_json_reader *json, const jt_json *card)
{
    const char *keys[CARD_RULES];
    for (size_t i = 0; i < CARD_RULES; i++)
        keys[i] = card_rules[i].key;
    jt_json_object(json, card, keys, CARD_RULES);
    for (size_t i = 0; i < CARD_RULES; i++) {
        jt_json value = jt_json_find(card, card_rules[i].key);
        switch (card_rules[i].type) {
        case CARD_TEXT:
            jt_json_text(json, &value);
            break;
        case CARD_INTEGER:
            jt_json_integer(json, &value, 0, JT_JSON_MAX_INTEGER);
            break;
        case CARD_NUMBER:
            jt_json_number(json, &value, 0, unlimited);
            break;
        }
    }
}

void jt_read_card(jt_reading *reading, const jt_json *value)
{
    jt_card *card = &reading->file->card;
    check_card(&reading->json, value);
    jt_json jets = jt_json_find(value, "jets");
    card->sample = card_text(reading, value, "sample");
    card->limits = card_text(reading, value, "limits");
    card->citation = card_text(reading, value, "citation");
    card->jets = jt_json_integer(&reading->json, &jets, 0, JT_JSON_MAX_INTEGER);
    card->epochs = card_number(reading, value, "epochs", 0);
    card->accuracy = card_number(reading, value, "accuracy", NAN);
    card->auc = card_number(reading, value, "auc", NAN);
    card->rejection_50 = card_number(reading, value, "rejection_50", NAN);
    card->rejection_30 = card_number(reading, value, "rejection_30", NAN);
}

static const int64_t *read_offsets(jt_reading *reading, const jt_json *value, int32_t *n_jets)
{
    jt_json_reader *json = &reading->json;
    int32_t n = jt_json_array(json, value, MIN_GOLDEN + 1, MAX_GOLDEN + 1);
    int64_t *offsets = jt_reading_take(reading, (size_t)n, sizeof *offsets);
    if (!offsets)
        return NULL;
    for (jt_json element = jt_json_first(value); element.item; element = jt_json_next(&element)) {
        int32_t i = element.index;
        offsets[i] = jt_json_integer(json, &element, 0, JT_MAX_FLOATS / 4);
        if (i == 0 ? offsets[i] != 0 : offsets[i] < offsets[i - 1])
            jt_json_refuse(json, &element, JT_ERROR_FORMAT, "offsets begin with 0 and never fall");
    }
    *n_jets = n - 1;
    return offsets;
}

static const float *read_scores(jt_reading *reading, const jt_json *value, int32_t n_jets)
{
    jt_json_reader *json = &reading->json;
    jt_json_array(json, value, n_jets, n_jets);
    float *scores = jt_reading_take(reading, (size_t)n_jets, sizeof *scores);
    if (!scores)
        return NULL;
    for (jt_json element = jt_json_first(value); element.item; element = jt_json_next(&element))
        scores[element.index] = (float)jt_json_number(json, &element, 0, 1);
    return scores;
}

static const uint8_t *read_constituent_classes(jt_reading *reading, const jt_json *value, int32_t n)
{
    jt_json_reader *json = &reading->json;
    jt_json_array(json, value, n, n);
    uint8_t *classes = jt_reading_take(reading, (size_t)n, sizeof *classes);
    if (!classes)
        return NULL;
    for (jt_json element = jt_json_first(value); element.item; element = jt_json_next(&element))
        classes[element.index] = (uint8_t)jt_json_integer(json, &element, JT_NEUTRAL, JT_MUON);
    return classes;
}

void jt_read_golden(jt_reading *reading, const jt_json *value)
{
    jt_json_reader *json = &reading->json;
    jt_golden *golden = &reading->file->golden;
    if (!value->item)
        return;
    jt_json_object(json, value, golden_keys, sizeof golden_keys / sizeof *golden_keys);
    jt_json momenta = jt_json_need(json, value, "momenta");
    jt_json offsets = jt_json_need(json, value, "offsets");
    jt_json classes = jt_json_find(value, "constituent_classes");
    jt_json scores = jt_json_need(json, value, "scores");
    if (!classes.item && json->status == JT_OK && jt_recipe_needs_classes(&reading->file->recipe))
        jt_json_refuse(json, &classes, JT_ERROR_FORMAT, "the recipe needs the classes of constituents");
    golden->offsets = read_offsets(reading, &offsets, &golden->n_jets);
    if (json->status != JT_OK)
        return;
    int32_t n_constituents = (int32_t)golden->offsets[golden->n_jets];
    int32_t shape[2] = {n_constituents, 4};
    golden->momenta = jt_read_named_tensor(reading, &momenta, shape, 2);
    golden->scores = read_scores(reading, &scores, golden->n_jets);
    if (classes.item)
        golden->classes = read_constituent_classes(reading, &classes, n_constituents);
}
