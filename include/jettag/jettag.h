/*
 * jettag: score boosted top jets, from a jet's constituents, behind a small C ABI.
 *
 * Read this file from top to bottom; it is the tutorial.
 *
 *     #include <jettag/jettag.h>
 *
 *     jt_error    error = {.size = sizeof error};
 *     jt_model   *model = NULL;
 *     jt_context *context = NULL;
 *     if (jt_model_load("ensemble-gf.jtm", NULL, &model, &error) != JT_OK ||
 *         jt_context_create(model, NULL, &context, &error) != JT_OK)
 *         return complain(error.text);
 *
 *     jt_jets jets = {.size = sizeof jets};
 *     jets.n_jets = 2;
 *     jets.offsets = offsets;        // 3 values: jet i has constituents offsets[i] .. offsets[i + 1] - 1
 *     jets.momenta = momenta;        // doubles: px py pz E, px py pz E, ... in GeV
 *     jt_output out = {.size = sizeof out};
 *     out.scores = scores;           // 2 floats: near 1 a top, near 0 QCD, NaN for a bad jet
 *     out.statuses = statuses;       // 2 bytes: jt_jet_status
 *     jt_tag_jets(context, &jets, &out);
 *
 *     jt_context_free(context);
 *     jt_model_free(model);
 *
 * Conventions
 * - Energies and momenta are in GeV, angles in radians; the beam is the z axis.
 * - A function that can fail returns a jt_status; results come back through pointers and are written only on success,
 *   unless the function says otherwise.
 * - Structs that may grow begin with `size`, which the caller sets to sizeof the struct it was compiled with;
 *   everything else set to zero means the default. `{.size = sizeof x}` does both.
 * - Whoever creates an object frees it with the matching jt_*_free, which takes NULL quietly.
 * - Strings that the library returns are UTF-8, owned by the library, and live as long as the object they come from.
 * - Threads: a jt_model is immutable and may be shared by any number of threads. A jt_context belongs to one thread at
 *   a time. The library has no global state: two copies of it, or two users of one copy, do not see each other.
 * - Fork: a child may use, and free, a model that was loaded before and contexts that no other thread was in at that
 *   moment, and may make more; a context that another thread was in is lost to it. Threads that were asked for stay
 *   behind (see jt_context_options). Modules of other backends promise what the libraries behind them do.
 * - What is not promised: the memory layout of opaque types, the wording of texts, and the order of backends.
 *
 * C99, usable from C++ and from cling. Since version 0.1 unless a declaration says otherwise.
 */
#ifndef JETTAG_JETTAG_H
#define JETTAG_JETTAG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(JT_BUILDING) && defined(__GNUC__)
#define JT_API __attribute__((visibility("default")))
#else
#define JT_API
#endif

/* ---------------------------------------------------------------------------------------------------------------- */
/* Version                                                                                                            */

/* Version of this header, first number. */
#define JT_VERSION_MAJOR 0
/* Second number; before 1.0 it may change the interface. */
#define JT_VERSION_MINOR 1
/* Third number. */
#define JT_VERSION_PATCH 0

/* Version of the library in use, "major.minor.patch"; it may be newer than the header's. */
JT_API const char *jt_version(void);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Errors                                                                                                             */

/* What a call returns. Values are never renumbered. */
typedef enum jt_status {
    JT_OK = 0,
    JT_ERROR_ARGUMENT = 1,    /* an argument is null, out of range or contradicts another one */
    JT_ERROR_MEMORY = 2,      /* an allocation failed */
    JT_ERROR_FILE = 3,        /* a file cannot be opened or read */
    JT_ERROR_FORMAT = 4,      /* not a model file, damaged, or against a rule of models/FORMAT.md */
    JT_ERROR_VERSION = 5,     /* a model file of a newer major version */
    JT_ERROR_CHECKSUM = 6,    /* the bytes of the file are not the ones that were written */
    JT_ERROR_GRAPH = 7,       /* the layers do not fit together, or a tensor has the wrong shape */
    JT_ERROR_UNSUPPORTED = 8, /* a layer or option that this backend or build does not have */
    JT_ERROR_BACKEND = 9,     /* a backend is missing, or failed */
    JT_ERROR_CLASSES = 10,    /* a colour model was given jets without constituent classes */
    JT_ERROR_SELFTEST = 11,   /* the model does not reproduce its golden scores here */
    JT_ERROR_LIMIT = 12       /* more than a stated limit (size, count, operations) */
} jt_status;

/* One short sentence for a status, never NULL. */
JT_API const char *jt_status_text(jt_status status);

/* Details of a failed call, filled in on failure when the caller passes one (NULL is fine everywhere). */
typedef struct jt_error {
    size_t size;
    jt_status status;
    int64_t offset; /* byte offset in the model file that the error is about, -1 when it has none */
    char key[128];  /* path of the header key that it is about, such as "layers[3].kernel"; "" when it has none */
    char text[384]; /* one sentence for a person, with the numbers that were seen */
} jt_error;

/* ---------------------------------------------------------------------------------------------------------------- */
/* Models                                                                                                             */

/* A model file, read and prepared for one backend. Immutable: any number of threads may share it. */
typedef struct jt_model jt_model;

/* How much a line of the log matters. */
typedef enum jt_log_level { JT_LOG_ERROR = 0, JT_LOG_WARNING = 1, JT_LOG_INFO = 2 } jt_log_level;

/* Receives one line of text, without a newline; may be called from the thread that makes the call that logs. */
typedef void (*jt_log_function)(void *user, jt_log_level level, const char *text);

/* Memory for models and contexts. Both functions must be thread-safe. */
typedef struct jt_allocator {
    void *(*allocate)(void *user, size_t bytes); /* aligned as malloc aligns; NULL on failure */
    void (*release)(void *user, void *memory);   /* memory is never NULL */
    void *user;
} jt_allocator;

/* How a model is loaded; all zero but `size` for the defaults. */
typedef struct jt_model_options {
    size_t size;
    const char *backend;           /* "auto" (NULL means this), "reference", "onednn", ...; see jt_backend_info_get */
    const char *module_directory;  /* where backend modules are; NULL: beside the library */
    const jt_allocator *allocator; /* NULL: malloc and free; copied, the pointed-to struct need not live on */
    jt_log_function log;           /* NULL: silence */
    void *log_user;
} jt_model_options;

/*
 * Read a model file, check all of it, and prepare it for one backend.
 *
 * path     a .jtm file (models/FORMAT.md); read into memory, not mapped, and not needed afterwards
 * options  NULL for the defaults
 * model    receives the model, to be freed with jt_model_free; set to NULL on failure
 * error    may be NULL
 *
 * Errors: JT_ERROR_FILE, FORMAT, VERSION, CHECKSUM, GRAPH, LIMIT for the file, BACKEND or UNSUPPORTED for the backend,
 * MEMORY, ARGUMENT. Nothing half-loaded remains.
 */
JT_API jt_status jt_model_load(const char *path, const jt_model_options *options, jt_model **model, jt_error *error);

/* The same from `length` bytes in memory, which may be freed or changed once the call returns. */
JT_API jt_status jt_model_load_memory(const void *bytes, size_t length, const jt_model_options *options,
                                      jt_model **model, jt_error *error);

/* Free a model. Contexts made from it keep working: the last of them takes the memory with it. */
JT_API void jt_model_free(jt_model *model);

/* What a model is and needs. Fill in `size` before the call; strings live as long as the model. */
typedef struct jt_model_info {
    size_t size;
    const char *name;
    const char *version;
    const char *created; /* ISO 8601 date */
    const char *licence;
    const char *description;
    const char *recipe;       /* image recipe, such as "A35" */
    int32_t image_shape[3];   /* channels, rows, columns of the network's input, after crop and resize */
    int32_t recipe_shape[3];  /* channels, rows, columns of the recipe's image, before */
    int32_t n_features;       /* 0 for a network on images alone */
    int32_t n_classes;        /* outputs of the network */
    int32_t top_class;        /* index of the output whose probability is the score */
    int32_t max_constituents; /* the hardest so many constituents of a jet are used */
    int32_t min_constituents; /* jets with fewer get JT_JET_TOO_FEW */
    int32_t needs_classes;    /* 1: a colour model, jets must come with a class per constituent */
    int32_t n_layers;
    int32_t n_working_points;
    int32_t n_golden;      /* jets of the self-test */
    int64_t n_parameters;  /* 4 per batch-norm channel, as in paper A */
    int64_t multiply_adds; /* per jet, network only */
    int64_t trained_jets;  /* of the card; 0 when it does not say */
    double trained_epochs;
    double accuracy; /* of the card, on its test sample; NaN when it does not say; likewise below */
    double auc;
    double rejection_50; /* 1 / background efficiency at 50 % signal efficiency */
    double rejection_30;
    const char *sample;            /* of the card */
    const char *limits;            /* of the card: where not to use it */
    const char *citation;          /* of the card */
    const char *backend;           /* the backend that was chosen */
    const char *backend_reason;    /* why it was, in words */
    const char *header;            /* the file's whole JSON header: every other field of the card is in it */
    size_t header_length;          /* bytes in it, without the closing NUL */
    int32_t n_values;              /* floats a jet in what jt_tag_images calls features */
    int32_t constituents_shape[2]; /* channels and members of the constituents that the network sees; 0, 0: none */
    int32_t pairs_shape[2];        /* likewise of pairs of constituents */
    int32_t reads_image;           /* 0: no layer reads the image, and none is made */
} jt_model_info;

/* Fill in *info. Errors: JT_ERROR_ARGUMENT. */
JT_API jt_status jt_model_info_get(const jt_model *model, jt_model_info *info);

/* Name of input feature `index` of the model, NULL outside 0 .. n_features - 1. */
JT_API const char *jt_model_feature(const jt_model *model, int32_t index);

/* A point of the model's own efficiency curve: a jet is tagged where score >= threshold. */
typedef struct jt_working_point {
    size_t size;
    double signal_efficiency;
    double threshold;
    double background_efficiency;
    double background_error; /* statistical, one standard deviation */
} jt_working_point;

/* Working point `index` as stored, in rising order of signal efficiency. Errors: JT_ERROR_ARGUMENT. */
JT_API jt_status jt_model_working_point(const jt_model *model, int32_t index, jt_working_point *point);

/*
 * The working point for a wanted signal efficiency, linear between the two stored ones on either side.
 * Errors: JT_ERROR_ARGUMENT for an efficiency outside the stored range or a model without working points.
 */
JT_API jt_status jt_model_threshold(const jt_model *model, double signal_efficiency, jt_working_point *point);

/*
 * Tag the golden jets in the model file and compare with the scores stored there, which were computed by the framework
 * that trained the model.
 *
 * largest_difference  may be NULL; receives the largest absolute difference in score
 * Errors: JT_ERROR_SELFTEST when it is above 1e-5; JT_ERROR_ARGUMENT when the model has no golden jets; MEMORY.
 */
JT_API jt_status jt_model_selftest(const jt_model *model, double *largest_difference, jt_error *error);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Contexts                                                                                                           */

/* One thread's working memory for a model. It belongs to one thread at a time. */
typedef struct jt_context jt_context;

/* Where arrays of the caller's lie. */
typedef enum jt_memory {
    JT_ON_HOST = 0,
    JT_ON_DEVICE = 1 /* memory of the GPU that the model was loaded for */
} jt_memory;

/* How a context is made; all zero but `size` for the defaults. */
typedef struct jt_context_options {
    size_t size;
    int32_t max_batch;        /* jets worked on at a time, 0: what suits the backend, 16 and for cuda 1024. Calls may
                                 bring any number of jets; scores do not depend on it */
    int32_t max_constituents; /* 0: the model's. Less saves memory; jets that have more get JT_JET_TOO_MANY */
    int32_t threads;  /* 0 and 1: none are started. n: n - 1 are started with the context and sleep between calls;
                         jets are shared out among them and the caller, scores are the same. They do not come along
                         when the process forks: then the caller works alone */
    int32_t unused;   /* was padding, in which programs of older headers may have anything */
    jt_memory inputs; /* images and features that jt_tag_images is given. JT_ON_DEVICE: what writes them has ended when
                         the call begins; results go to the host all the same. Backend cuda; JT_ERROR_UNSUPPORTED from
                         the others */
} jt_context_options;

/*
 * Make the working memory for one thread, all of it, now. Errors: JT_ERROR_ARGUMENT, MEMORY, UNSUPPORTED, BACKEND.
 * The context keeps the model alive.
 */
JT_API jt_status jt_context_create(const jt_model *model, const jt_context_options *options, jt_context **context,
                                   jt_error *error);

/* Free a context and end the threads that were started with it. No thread may be in a call on it. */
JT_API void jt_context_free(jt_context *context);

/* What was wrong with the last call on this context that failed, in one sentence; "" when none did. */
JT_API const char *jt_context_error(const jt_context *context);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Jets                                                                                                               */

/* Type of the numbers in the caller's arrays. */
typedef enum jt_number { JT_FLOAT64 = 0, JT_FLOAT32 = 1 } jt_number;

/* What the four values of a constituent are, in order. */
typedef enum jt_coordinates {
    JT_PX_PY_PZ_E = 0,
    JT_E_PX_PY_PZ = 1,  /* the order of the public top-tagging reference files */
    JT_PT_ETA_PHI_M = 2 /* pseudorapidity; E = sqrt(m^2 + |p|^2) */
} jt_coordinates;

/* Class of a constituent, for the colour models. */
typedef enum jt_class { JT_NEUTRAL = 0, JT_TRACK = 1, JT_MUON = 2 } jt_class;

/*
 * A view of the caller's jets; nothing is copied, and the arrays must live through the call.
 *
 * Jagged: set `offsets`. Padded: leave it NULL and set `padded`; constituents that are exactly 0 in all four values are
 * padding wherever they stand, in either form.
 * One array of four-vectors: set `momenta`, and `stride` when they are not packed. One array per value: set `columns`.
 */
typedef struct jt_jets {
    size_t size;
    int64_t n_jets;
    const int64_t *offsets; /* n_jets + 1 values that never fall; the first need not be 0 */
    int64_t padded;         /* constituents per jet in a padded array */
    int64_t n_constituents; /* rows in the arrays, for checking the offsets; 0: not stated */
    const void *momenta;    /* first value of the first constituent */
    const void *columns[4]; /* instead of momenta: the four values in arrays of their own */
    int64_t stride;         /* bytes from one constituent to the next; 0: packed; no less than the values take */
    jt_number number;       /* of momenta or columns */
    jt_coordinates coordinates;
    const uint8_t *classes; /* jt_class per constituent, by the same index; NULL: not known */
    int64_t class_stride;   /* bytes; 0: packed */
} jt_jets;

/* What became of one jet. Values are never renumbered. */
typedef enum jt_jet_status {
    JT_JET_OK = 0,
    JT_JET_NOT_FINITE = 1,      /* a NaN or an infinity among its values, or more than 1e30 GeV */
    JT_JET_NEGATIVE_ENERGY = 2, /* E < 0 */
    JT_JET_TOO_FEW = 3,         /* fewer constituents than the model's minimum (4) */
    JT_JET_TOO_MANY = 4,        /* more than the context was made for */
    JT_JET_BAD_CLASS = 5,       /* a class other than 0, 1, 2, and the recipe needs classes */
    JT_JET_CUT = 6              /* features alone, and good: four-point sums were cut to the hardest, as asked for */
} jt_jet_status;

/* One short sentence for a jet's status, never NULL. */
JT_API const char *jt_jet_status_text(jt_jet_status status);

/* Where results go; each array may be NULL. */
typedef struct jt_output {
    size_t size;
    float *scores;     /* n_jets: probability of a top by softmax; NaN unless the jet's status is JT_JET_OK */
    float *logits;     /* n_jets x n_classes, row by row; NaN likewise */
    uint8_t *statuses; /* n_jets: jt_jet_status */
} jt_output;

/*
 * Score jets.
 *
 * Allocates nothing, starts no thread, takes no lock, touches no global (as far as the backend allows: see
 * jt_backend_info.notes). A jet's score is the same to the last bit alone, in any batch, at any place in it, on any
 * thread. A bad jet never stops the batch or changes another jet's score.
 *
 * Errors: JT_ERROR_ARGUMENT and JT_ERROR_CLASSES, before anything is written; JT_ERROR_BACKEND, when the outputs of
 * the jets up to the failing batch are written and the rest are not. Words in jt_context_error.
 */
JT_API jt_status jt_tag_jets(jt_context *context, const jt_jets *jets, const jt_output *output);

/*
 * Score ready network inputs: for those who make their own, for tests and benchmarks.
 *
 * images    n x channels x rows x columns floats (jt_model_info.image_shape), standardised, cropped and resized
 * features  n x n_values floats (jt_model_info.n_values): the n_features features, standardised, then constituents and
 *           pairs, channel by channel, where the network reads such (docs/constituents.md); NULL exactly when n_values
 *           is 0
 * Both are the host's memory, or both the device's: jt_context_options.inputs.
 * Statuses are JT_JET_OK, or JT_JET_NOT_FINITE where a value or what the network makes of it is not finite. Errors as
 * for jt_tag_jets.
 */
JT_API jt_status jt_tag_images(jt_context *context, const float *images, const float *features, int64_t n,
                               const jt_output *output);

/*
 * What the network of this context sees of these jets: images and features as jt_tag_images takes them. Either may be
 * NULL; statuses (n_jets bytes) too. A bad jet's values are all NaN. Training uses this, so that there is one
 * definition.
 */
JT_API jt_status jt_network_inputs(jt_context *context, const jt_jets *jets, float *images, float *features,
                                   uint8_t *statuses);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Images and features without a model                                                                                */

/* A way to make an image of a jet (docs/images.md). */
typedef struct jt_recipe_info {
    size_t size;
    const char *name;   /* "A35", ... */
    const char *source; /* paper and section */
    int32_t shape[3];   /* channels, rows (phi), columns (eta) */
    double width[2];    /* of the whole window: eta, phi; radians */
    int32_t needs_classes;
} jt_recipe_info;

/* Built-in recipe `index`; JT_ERROR_ARGUMENT past the last one: count up from 0. */
JT_API jt_status jt_recipe_info_get(int32_t index, jt_recipe_info *info);

/*
 * Images as the recipe renders them: no standardising, cropping or resizing.
 *
 * recipe    name of a built-in recipe
 * images    n_jets x channels x rows x columns floats; NaN for a bad jet
 * statuses  n_jets bytes, may be NULL
 * A jet needs one constituent at least (after padding); the 200 hardest are used. Working memory is allocated and freed
 * inside. Errors: JT_ERROR_ARGUMENT, CLASSES, MEMORY.
 */
JT_API jt_status jt_jet_images(const jt_jets *jets, const char *recipe, float *images, uint8_t *statuses,
                               jt_error *error);

/* Axes that N-subjettiness is measured about: what is left when exclusive kT clustering has come down to N. */
typedef enum jt_axes {
    JT_AXES_WTA_KT = 0, /* winner-take-all recombination: an axis is a constituent's direction (paper A's features) */
    JT_AXES_KT = 1      /* E-scheme recombination: summed four-momenta */
} jt_axes;

/* Which features are calculated, and how; all zero but `size` for those that models have. */
typedef struct jt_feature_options {
    size_t size;
    const int32_t *indices;          /* which features, in the order of the result's columns; NULL: all */
    int32_t n_indices;               /* how many; only what they need is calculated */
    int32_t four_point_constituents; /* only the hardest so many enter four-point sums, whose cost grows as n^4; 0: all.
                                        A jet that was cut has JT_JET_CUT */
    jt_axes axes;
} jt_feature_options;

/*
 * The 53 global features of paper A (docs/features.md), or some of them.
 *
 * options   NULL: all 53, as a model has them
 * features  n_jets x n_indices (53) doubles; NaN for a jet with a value that is not finite or E < 0; every other jet
 *           has finite values, also one without constituents. Cleaned as for images: the 200 hardest constituents
 * statuses  n_jets bytes, may be NULL
 *
 * Errors: JT_ERROR_ARGUMENT, MEMORY.
 */
JT_API jt_status jt_jet_features(const jt_jets *jets, const jt_feature_options *options, double *features,
                                 uint8_t *statuses, jt_error *error);

/* What a feature is. */
typedef struct jt_feature_info {
    size_t size;
    const char *name;
    const char *formula;
    const char *unit; /* "GeV", "rad" or "" */
} jt_feature_info;

/* Number of features, 53. */
JT_API int32_t jt_feature_count(void);

/* Feature `index`, 0 .. 52. Errors: JT_ERROR_ARGUMENT. */
JT_API jt_status jt_feature_info_get(int32_t index, jt_feature_info *info);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Backends                                                                                                           */

/* What can execute models, and whether it can here. */
typedef struct jt_backend_info {
    size_t size;
    char name[32];
    char version[64];  /* of the library behind it */
    int32_t available; /* 1 or 0 */
    char reason[256];  /* why it is not available; "" when it is */
    char notes[256];   /* what it promises less than the library does; "" when nothing */
} jt_backend_info;

/*
 * Backend `index`, in the order in which "auto" tries them; JT_ERROR_ARGUMENT past the last one: count up from 0.
 * module_directory: as in jt_model_options, NULL for beside the library. A module is loaded and unloaded to find out.
 */
JT_API jt_status jt_backend_info_get(int32_t index, const char *module_directory, jt_backend_info *info);

#ifdef __cplusplus
}
#endif

#endif /* JETTAG_JETTAG_H */
