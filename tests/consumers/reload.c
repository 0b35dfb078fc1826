/* dlopen, load a model, tag, free, dlclose, a hundred times: no descriptor and no memory stays behind. */
#include <dlfcn.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jettag/jettag.h>

static int n_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int n = 0;
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

static long resident_pages(void)
{
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &total, &resident) != 2)
        resident = -1;
    if (file)
        fclose(file);
    return resident;
}

static void *find(void *library, const char *name)
{
    void *symbol = dlsym(library, name);
    if (!symbol)
        fprintf(stderr, "%s\n", dlerror());
    return symbol;
}

static int once(const char *path, const char *model_path)
{
    jt_status (*load)(const char *, const jt_model_options *, jt_model **, jt_error *);
    jt_status (*selftest)(const jt_model *, double *, jt_error *);
    void (*release)(jt_model *);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return fprintf(stderr, "%s\n", dlerror());
    void *symbols[3] = {find(library, "jt_model_load"), find(library, "jt_model_selftest"),
                        find(library, "jt_model_free")};
    memcpy(&load, &symbols[0], sizeof load);
    memcpy(&selftest, &symbols[1], sizeof selftest);
    memcpy(&release, &symbols[2], sizeof release);

    jt_error error = {sizeof error, JT_OK, 0, "", ""};
    jt_model_options options = {sizeof options, "reference", NULL, NULL, NULL, NULL};
    jt_model *model = NULL;
    if (load(model_path, &options, &model, &error) != JT_OK || selftest(model, NULL, &error) != JT_OK)
        return fprintf(stderr, "%s\n", error.text);
    release(model);
    return dlclose(library);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int descriptors = 0;
    long pages = 0;
    for (int i = 0; i < 100; i++) {
        if (once(argv[1], argv[2]) != 0)
            return 1;
        if (i == 9) {
            descriptors = n_descriptors();
            pages = resident_pages();
        }
    }
    long grown = (resident_pages() - pages) * sysconf(_SC_PAGESIZE);
    printf("grew by %ld bytes, %d descriptors\n", grown, n_descriptors() - descriptors);
    return n_descriptors() != descriptors || grown > 1 << 20;
}
