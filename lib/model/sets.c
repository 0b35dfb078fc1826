/* What a network sees of single constituents and of pairs: "constituents" and "pairs". */
#include "reading.h"

enum { MOST_SINGLES = 256, MOST_IN_PAIRS = 64 };

static const char *const set_keys[] = {"most", "columns", "mean", "deviation"};

static void read_set(jt_reading *reading, const jt_json *value, int32_t least, int32_t most, const char *const *names,
                     int32_t n_names, jt_set *set)
{
    jt_json_reader *json = &reading->json;
    if (!value->item)
        return;
    jt_json_object(json, value, set_keys, sizeof set_keys / sizeof *set_keys);
    jt_json number = jt_json_need(json, value, "most");
    jt_json columns = jt_json_need(json, value, "columns");
    jt_json mean = jt_json_need(json, value, "mean");
    jt_json deviation = jt_json_need(json, value, "deviation");
    const int32_t n_most = (int32_t)jt_json_integer(json, &number, least, most);
    const int32_t n = jt_json_array(json, &columns, 1, JT_MAX_COLUMNS);
    if (json->status != JT_OK)
        return;
    for (jt_json element = jt_json_first(&columns); element.item && json->status == JT_OK;
         element = jt_json_next(&element)) {
        set->columns[element.index] = jt_json_choice(json, &element, names, n_names);
        for (int32_t i = 0; i < element.index && json->status == JT_OK; i++)
            if (set->columns[i] == set->columns[element.index])
                jt_json_refuse(json, &element, JT_ERROR_FORMAT, "column \"%s\" is there twice", names[set->columns[i]]);
    }
    set->most = n_most;
    set->n_columns = n;
    set->mean = jt_read_named_tensor(reading, &mean, &n, 1);
    set->deviation = jt_read_deviation(reading, &deviation, &n, 1);
}

void jt_read_sets(jt_reading *reading, const jt_json *singles, const jt_json *pairs)
{
    jt_sets *sets = &reading->file->sets;
    read_set(reading, singles, 1, MOST_SINGLES, jt_single_names, JT_SINGLES, &sets->singles);
    read_set(reading, pairs, 2, MOST_IN_PAIRS, jt_pair_names, JT_PAIRS, &sets->pairs);
}
