/*
 * make_seeds FOLDER: writes the model files of seeds.c, each also as of a newer minor version.
 * make_seeds whole FILE: the sample of tests/unit/model, from which tests/data/make_golden.py starts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "seeds.h"
#include "tests/unit/model/sample.h"

/* A file that is refused would be a poor beginning. */
static void write_file(const char *path, const jtm *file)
{
    jt_model_file model;
    jt_error error = {.size = sizeof error};
    if (jt_model_file_read(file->bytes, file->length, &jt_default_host, &model, &error) != JT_OK)
        fail_msg("%s: %s: %s", path, error.key, error.text);
    jt_model_file_free(&model);
    FILE *stream = fopen(path, "wb");
    if (!stream || fwrite(file->bytes, 1, file->length, stream) != file->length || fclose(stream) != 0)
        fail_msg("cannot write %s", path);
}

static void write_seeds(const char *folder)
{
    const char *name;
    for (int i = 0;; i++) {
        jtm file = fuzz_seed(i, &name);
        if (!file.bytes)
            return;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.jtm", folder, name);
        write_file(path, &file);
        jtm_put(&file, 10, 3, 2);
        jtm_seal(&file);
        snprintf(path, sizeof path, "%s/%s-newer.jtm", folder, name);
        write_file(path, &file);
        jtm_free(&file);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "whole") == 0) {
        sample s = sample_make();
        jtm file = jtm_pack(s.header, strlen(s.header), s.blob, s.blob_length);
        write_file(argv[2], &file);
        jtm_free(&file);
        sample_free(&s);
        return 0;
    }
    if (argc != 2)
        return 2;
    write_seeds(argv[1]);
    return 0;
}
