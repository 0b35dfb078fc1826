/*
 * A model file being read: what the readers of its parts share. Private to this folder.
 *
 * Each jt_read_* reads one key of the header into the jt_model_file; a refusal is left in json.status (see json.h), and
 * the caller stops after the first.
 */
#ifndef JT_MODEL_READING_H
#define JT_MODEL_READING_H

#include "../graph/build.h"
#include "container.h"
#include "json.h"
#include "model.h"

typedef struct jt_reading {
    jt_json_reader json;
    jt_arena arena, weights; /* of the graph's weights alone */
    jt_model_file *file;
    jt_container container;
    jt_tensors tensors;
} jt_reading;

/* Memory of the model, zeroed; NULL after a refusal. */
void *jt_reading_take(jt_reading *reading, size_t count, size_t bytes);

/* Keep a refusal about byte `offset` of the file. */
void jt_reading_refuse_byte(jt_reading *reading, const char *key, size_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Values of the tensor that `value` names, which must have this shape; NULL after a refusal or for an absent value. */
const float *jt_read_named_tensor(jt_reading *reading, const jt_json *value, const int32_t *shape,
                                  int32_t n_dimensions);
/* The same for deviations, which something is divided by: all must be > 0. */
const float *jt_read_deviation(jt_reading *reading, const jt_json *value, const int32_t *shape, int32_t n_dimensions);

void jt_read_identity(jt_reading *reading, const jt_json *top);
void jt_read_tensors(jt_reading *reading, const jt_json *value);
void jt_read_image(jt_reading *reading, const jt_json *value);
void jt_read_features(jt_reading *reading, const jt_json *value);
/* "constituents" and "pairs". */
void jt_read_sets(jt_reading *reading, const jt_json *singles, const jt_json *pairs);
/* "layers" and "output": the graph. Needs image, features and sets. */
void jt_read_layers(jt_reading *reading, const jt_json *top);
void jt_read_working_points(jt_reading *reading, const jt_json *value);
void jt_read_card(jt_reading *reading, const jt_json *value);
/* Needs image. */
void jt_read_golden(jt_reading *reading, const jt_json *value);

/* Last: a tensor that nobody asked for is refused. */
void jt_refuse_unused_tensors(jt_reading *reading);

#endif /* JT_MODEL_READING_H */
