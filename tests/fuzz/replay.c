/*
 * A fuzz target without its fuzzer: gives it the files that are named, and all in folders that are named, each once.
 *
 *   replay_model FILE_OR_FOLDER...
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "require.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST = 1 << 24 };

static long replayed;

static void replay(const char *path)
{
    FILE *stream = fopen(path, "rb");
    require(stream != NULL, path);
    uint8_t *whole = malloc(LARGEST);
    const size_t size = fread(whole, 1, LARGEST, stream);
    fclose(stream);
    /* Exactly as long as it is, so that a byte behind it is seen. */
    uint8_t *data = realloc(whole, size ? size : 1);
    printf("%s\n", path);
    fflush(stdout); /* it is the last line of a run that ends here */
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    replayed++;
}

int main(int argc, char **argv)
{
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            replay(argv[i]);
            continue;
        }
        for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            if (entry->d_name[0] != '.')
                replay(path);
        }
        closedir(folder);
    }
    printf("%ld inputs\n", replayed);
    return replayed == 0;
}
