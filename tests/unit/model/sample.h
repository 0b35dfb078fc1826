/* A small model with every layer kind and every part of the header, to be read as it is or spoilt in one place. */
#ifndef JT_TESTS_SAMPLE_H
#define JT_TESTS_SAMPLE_H

#include "lib/model/model.h"
#include "jtm.h"

typedef struct sample {
    char *header; /* JSON, ended by NUL; each row of a list on a line of its own */
    unsigned char *blob;
    size_t blob_length;
} sample;

sample sample_make(void);
void sample_free(sample *s);

/* Place of a tensor's first byte in the blob; fails the test when there is no such tensor. */
size_t sample_tensor(const sample *s, const char *name);

/* Read the first n floats of a tensor. */
void sample_floats(const sample *s, const char *name, float *values, size_t n);

/* Write one float of a tensor. */
void sample_set(sample *s, const char *name, size_t index, float value);

/* A copy of the header in which `find`, which has to be there once, is replaced; freed by the caller. */
char *sample_edit(const char *header, const char *find, const char *replace);

/* Pack and read. */
jt_status sample_read(const char *header, const sample *s, const jt_host *host, jt_model_file *file, jt_error *error);

/*
 * Read what must be refused, and check status, byte offset and key (NULL: any), that there are words, that the model is
 * all zero and that nothing is left allocated.
 */
enum { ANY_OFFSET = -2 };
void sample_expect_bytes(const jtm *bytes, jt_status status, int64_t offset, const char *key);

/* The same for a header that is packed first, with any offset. */
void sample_expect(const char *header, const sample *s, jt_status status, const char *key);

/* The sample with one edit, as sample_edit makes it: accepted where `key` is NULL, else refused as above. */
void sample_expect_edit(const char *find, const char *replace, jt_status status, const char *key);

/* A host whose allocations are counted, and of which number `fail_at` (from 1; 0: none) fails. */
typedef struct counting {
    int taken, live, fail_at;
} counting;
jt_host counting_host(counting *state);

#endif /* JT_TESTS_SAMPLE_H */
