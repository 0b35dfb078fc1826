/* A small model and random jets for the tests of the public interface. */
#ifndef JT_TESTS_TOYS_H
#define JT_TESTS_TOYS_H

#include <jettag/jettag.h>

/* The sample model of tests/unit/model (every layer kind, features, golden jets) on a backend; fails the test if it
   cannot be loaded. */
jt_model *toy_model(const char *backend);

/* The same with edits to the header: pairs of text and replacement, ended by NULL. */
jt_model *toy_model_edited(const char *backend, const char *const *edits);

/* Bytes of its file, malloc. */
void *toy_file(const char *const *edits, size_t *length);

typedef struct toy_jets {
    int64_t n_jets;
    int64_t *offsets;
    double *momenta;
    uint8_t *classes;
} toy_jets;

/* Jets of 0 .. 40 constituents with pT of some hundred GeV, some of them bad on purpose when `with_bad`. */
toy_jets toy_jets_make(int64_t n_jets, uint32_t seed, int with_bad);
void toy_jets_free(toy_jets *jets);

/* A view of jets first .. first + n - 1. */
jt_jets toy_view(const toy_jets *jets, int64_t first, int64_t n);

#endif /* JT_TESTS_TOYS_H */
