/* What is behind the two opaque types of the public header. */
#ifndef JT_HANDLE_H
#define JT_HANDLE_H

#include <stdatomic.h>

#include "core/backends.h"
#include "features/features.h"
#include "model/model.h"

struct jt_model {
    jt_host host;
    atomic_int references; /* the caller's one, and one per context */
    jt_model_file file;
    jt_linear_map image_map; /* of file.map, prepared */
    jt_backend_choice backend;
    jt_plan *plan;
};

struct jt_context {
    jt_model *model; /* counted; only its reference count ever changes */
    int32_t max_batch;
    int32_t piece;            /* jets that go to the backend at once: max_batch, or less where it says so */
    int32_t inputs_on_device; /* those that jt_tag_images is given */
    jt_plan_context *plan_context;
    jt_cleaning cleaning;
    jt_feature_plan feature_plan; /* for what the model's features need */
    jt_clean_jet jet;
    void *memory; /* one block behind everything below */
    void *image_scratch;
    void *feature_scratch;
    void *sets_scratch;
    float *images;   /* of a piece of jets; NULL where the backend takes sparse ones, which are below */
    int32_t *starts; /* see jt_sparse_images */
    int32_t *lit_places;
    float *lit_values;
    jt_sketch sketch;           /* for making them */
    float *rows;                /* of a piece: features, singles and pairs of each; NULL where there are none */
    float *logits;              /* piece x classes */
    uint8_t *statuses;          /* of the jets of each piece on its way */
    struct jt_workers *workers; /* NULL: the caller works alone */
    char error[256];
};

/* Floats in one network input image of the model. */
size_t jt_image_floats(const jt_model_file *file);

/* A model from a checked file, which it takes over (also on failure, when the file is freed). */
jt_status jt_model_create(jt_model_file *file, const jt_model_options *options, jt_model **model, jt_error *error);

/* One reference less; the last one frees. */
void jt_model_drop(jt_model *model);

/* options is complete (not the caller's): zeros still mean defaults. */
jt_status jt_context_make(jt_model *model, const jt_context_options *options, jt_context **context, jt_error *error);
void jt_context_destroy(jt_context *context);

#endif /* JT_HANDLE_H */
