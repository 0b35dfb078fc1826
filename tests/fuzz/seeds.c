/*
 * Model files to begin with, written into the folder that is given: the sample of tests/unit/model as it is, without
 * each part that may be absent, and of a newer minor version.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/little_endian.h"
#include "tests/unit/model/sample.h"

static const char *folder;

/* A file that is refused would be a poor beginning. */
static void write_file(const char *name, const jtm *file)
{
    jt_model_file model;
    jt_error error = {.size = sizeof error};
    if (jt_model_file_read(file->bytes, file->length, &jt_default_host, &model, &error) != JT_OK)
        fail_msg("%s: %s", name, error.text);
    jt_model_file_free(&model);
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.jtm", folder, name);
    FILE *stream = fopen(path, "wb");
    if (!stream || fwrite(file->bytes, 1, file->length, stream) != file->length || fclose(stream) != 0)
        fail_msg("cannot write %s", path);
}

/* A copy of the header without what is from `start` to before `end`. */
static char *without(const char *header, const char *start, const char *end)
{
    const char *first = strstr(header, start);
    assert_non_null(first);
    const char *last = strstr(first, end);
    assert_non_null(last);
    char *cut = malloc(strlen(header) + 1);
    memcpy(cut, header, (size_t)(first - header));
    strcpy(cut + (first - header), last);
    return cut;
}

static void write_header(const char *name, const char *header, const sample *s)
{
    jtm file = jtm_pack(header, strlen(header), s->blob, s->blob_length);
    write_file(name, &file);
    jtm_free(&file);
}

/* The smallest networks: an image to logits, in a few ways. */
static const char small[] =
    "{\"name\":\"n\",\"version\":\"1\",\"created\":\"2026-01-31\",\"licence\":\"MIT\",\"description\":\"\",\n"
    "\"classes\":[\"top\",\"qcd\"],\n"
    "\"image\":{\"recipe\":\"T\",\"frame\":\"peak\",\"channels\":[\"pt\",\"mass\"],\"bins\":[%s],\"width\":[1,1],"
    "\"normalise\":\"peak\",\"max_constituents\":10,\"min_constituents\":1},\n"
    "\"layers\":[\n%s],\n\"output\":\"o\",\"tensors\":[%s]}";

static const char *const networks[][3] = {
    {"1,1", "{\"name\":\"o\",\"kind\":\"flatten\",\"inputs\":[\"image\"]}", ""},
    {"9,7", "{\"name\":\"o\",\"kind\":\"global_average\",\"inputs\":[\"image\"]}", ""},
    {"9,7",
     "{\"name\":\"a\",\"kind\":\"max_pool\",\"inputs\":[\"image\"],\"kernel\":[3,2],\"stride\":[2,1],\"padding\":"
     "[1,0,0,1]},\n"
     "{\"name\":\"b\",\"kind\":\"activation\",\"inputs\":[\"a\"],\"function\":\"swish\"},\n"
     "{\"name\":\"c\",\"kind\":\"add\",\"inputs\":[\"a\",\"b\"],\"activation\":\"sigmoid\"},\n"
     "{\"name\":\"d\",\"kind\":\"global_average\",\"inputs\":[\"c\"]},\n"
     "{\"name\":\"e\",\"kind\":\"flatten\",\"inputs\":[\"c\"]},\n"
     "{\"name\":\"f\",\"kind\":\"concat\",\"inputs\":[\"d\",\"e\"]},\n"
     "{\"name\":\"o\",\"kind\":\"dense\",\"inputs\":[\"f\"],\"units\":2,\"bias\":false}",
     "\n{\"name\":\"o.weight\",\"dtype\":\"f32\",\"shape\":[2,58],\"offset\":0,\"bytes\":464}"},
};

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    folder = argv[1];
    sample s = sample_make();
    write_header("whole", s.header, &s);
    const char *const parts[][3] = {{"no_points", "\"working_points\":{", "\"card\":{"},
                                    {"no_card", "\"card\":{", "\"golden\":{"},
                                    {"no_crop", ",\"crop\"", ",\"resize\""},
                                    {"no_resize", ",\"crop\"", "},\n\"features\""}};
    char *bare = sample_edit(s.header, ",\n\"notes\":{\"anything\":[1,{\"goes\":null}],\"big\":-1.5E+300}", "");
    write_header("no_notes", bare, &s);
    free(bare);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *header = without(s.header, parts[i][1], parts[i][2]);
        write_header(parts[i][0], header, &s);
        free(header);
    }
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        char header[4096], name[16];
        static const float floats[128] = {0.5f, -0.25f, 1.0f};
        unsigned char blob[sizeof floats];
        little_endian_put(blob, floats, sizeof floats / sizeof *floats);
        snprintf(header, sizeof header, small, networks[i][0], networks[i][1], networks[i][2]);
        snprintf(name, sizeof name, "small%zu", i);
        jtm file = jtm_pack(header, strlen(header), blob, networks[i][2][0] ? sizeof blob : 0);
        write_file(name, &file);
        jtm_put(&file, 10, 3, 2);
        jtm_seal(&file);
        snprintf(name, sizeof name, "newer%zu", i);
        write_file(name, &file);
        jtm_free(&file);
    }
    sample_free(&s);
    return 0;
}
