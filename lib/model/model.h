/*
 * A model in memory: what the file says, checked, plus the network as a graph.
 *
 * jt_model_file is everything that comes out of a .jtm, before any backend is chosen. lib/api.c puts a plan beside it.
 */
#ifndef JT_MODEL_MODEL_H
#define JT_MODEL_MODEL_H

#include "../core/core.h"
#include "../graph/graph.h"
#include "../images/map.h"
#include "../sets/sets.h"

typedef struct jt_card {
    const char *sample, *limits, *citation;           /* "" when absent */
    int64_t jets;                                     /* 0 when absent */
    double epochs;                                    /* 0 when absent */
    double accuracy, auc, rejection_50, rejection_30; /* NaN when absent */
} jt_card;

typedef struct jt_point {
    double signal_efficiency, threshold, background_efficiency, background_error;
} jt_point;

typedef struct jt_golden {
    int32_t n_jets;         /* 0: none */
    const int64_t *offsets; /* n_jets + 1 */
    const float *momenta;   /* px py pz E */
    const uint8_t *classes; /* per constituent, or NULL */
    const float *scores;    /* n_jets */
} jt_golden;

typedef struct jt_model_file {
    const char *name, *version, *created, *licence, *description;
    const char *header; /* the JSON text, ended by NUL */
    size_t header_length;

    int32_t n_classes;
    const char *const *class_names;
    int32_t top_class;

    jt_recipe recipe;
    jt_image_map map;
    int32_t max_constituents, min_constituents;

    int32_t n_features; /* 0: images alone */
    const char *const *feature_names;
    const int32_t *feature_slots; /* places in jt_feature_table */
    const float *feature_mean, *feature_deviation;

    jt_sets sets; /* constituents and pairs that the network sees */

    jt_graph graph;

    const char *points_sample; /* "" when absent */
    int32_t n_points;
    const jt_point *points;
    jt_card card;
    jt_golden golden;

    jt_host host;
    void *blocks, *weights; /* lists of all memory behind it, that of the graph's weights apart; private to lib/model */
} jt_model_file;

/* Free the weights of the graph, whose ops have none from then on. */
void jt_model_file_drop_weights(jt_model_file *file);

/*
 * Read and check `length` bytes, which may be freed afterwards. All or nothing: on failure *file is all zero, nothing
 * is left allocated, and *error has code, byte offset or key, and a sentence.
 */
jt_status jt_model_file_read(const void *bytes, size_t length, const jt_host *host, jt_model_file *file,
                             jt_error *error);
void jt_model_file_free(jt_model_file *file);

/* A whole file into memory from the host (length 1 GiB + 32 MiB at most). */
jt_status jt_read_whole_file(const char *path, const jt_host *host, void **bytes, size_t *length, jt_error *error);

#endif /* JT_MODEL_MODEL_H */
