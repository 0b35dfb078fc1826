#include "seeds.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"

enum { HEADER = 4096, BLOB = 4096 };

/* What is written into the header; "" where it is absent. */
typedef struct seed {
    const char *name;
    const char *bins, *image; /* of the image; more of its keys */
    const char *inputs;       /* features, constituents, pairs */
    const char *layers;
    const char *tensors; /* "name sides;", sides as in JSON */
    const char *rest;
} seed;

static const seed seeds[] = {
    {"flat", "1,1", "", "", "{\"name\":\"o\",\"kind\":\"flatten\",\"inputs\":[\"image\"]}", "", ""},
    {"average", "9,7", "", "", "{\"name\":\"o\",\"kind\":\"global_average\",\"inputs\":[\"image\"]}", "", ""},
    {"pools", "9,7", "", "",
     "{\"name\":\"a\",\"kind\":\"max_pool\",\"inputs\":[\"image\"],\"kernel\":[3,2],\"stride\":[2,1],\"padding\":"
     "[1,0,0,1]},\n"
     "{\"name\":\"b\",\"kind\":\"activation\",\"inputs\":[\"a\"],\"function\":\"swish\"},\n"
     "{\"name\":\"c\",\"kind\":\"add\",\"inputs\":[\"a\",\"b\"],\"activation\":\"sigmoid\"},\n"
     "{\"name\":\"d\",\"kind\":\"global_average\",\"inputs\":[\"c\"]},\n"
     "{\"name\":\"e\",\"kind\":\"flatten\",\"inputs\":[\"c\"]},\n"
     "{\"name\":\"f\",\"kind\":\"concat\",\"inputs\":[\"d\",\"e\"]},\n"
     "{\"name\":\"o\",\"kind\":\"dense\",\"inputs\":[\"f\"],\"units\":2,\"bias\":false}",
     "o.weight 2,58;", ""},
    {"convolution", "6,5", ",\"mean\":\"m\",\"deviation\":\"d\",\"crop\":[1,0,4,5],\"resize\":[5,6]", "",
     "{\"name\":\"a\",\"kind\":\"conv2d\",\"inputs\":[\"image\"],\"channels\":4,\"kernel\":[3,3],\"stride\":[2,1],"
     "\"padding\":\"same\",\"groups\":2,\"batch_norm\":true,\"epsilon\":0.01,\"activation\":\"swish\"},\n"
     "{\"name\":\"b\",\"kind\":\"conv2d\",\"inputs\":[\"a\"],\"channels\":2,\"kernel\":[2,1],\"padding\":\"valid\","
     "\"bias\":true,\"activation\":\"relu\"},\n"
     "{\"name\":\"o\",\"kind\":\"global_average\",\"inputs\":[\"b\"]}",
     "m 2,6,5;d 2,6,5;a.weight 4,1,3,3;a.gamma 4;a.beta 4;a.mean 4;a.variance 4;b.weight 2,4,2,1;b.bias 2;", ""},
    {"gate", "4,4", "", "",
     "{\"name\":\"a\",\"kind\":\"depthwise_conv2d\",\"inputs\":[\"image\"],\"kernel\":[3,3],\"padding\":[1,1,0,1],"
     "\"bias\":true,\"activation\":\"relu\"},\n"
     "{\"name\":\"b\",\"kind\":\"squeeze_excite\",\"inputs\":[\"a\"],\"squeeze\":1,\"activation\":\"relu\"},\n"
     "{\"name\":\"o\",\"kind\":\"global_average\",\"inputs\":[\"b\"]}",
     "a.weight 2,1,3,3;a.bias 2;b.reduce.weight 1,2;b.reduce.bias 1;b.expand.weight 2,1;b.expand.bias 2;", ""},
    {"block", "4,4", "", "",
     "{\"name\":\"a\",\"kind\":\"mbconv\",\"inputs\":[\"image\"],\"channels\":2,\"kernel\":[3,3],\"expansion\":2,"
     "\"squeeze\":1},\n"
     "{\"name\":\"o\",\"kind\":\"global_average\",\"inputs\":[\"a\"]}",
     "a.expand.weight 4,2,1,1;a.expand.gamma 4;a.expand.beta 4;a.expand.mean 4;a.expand.variance 4;"
     "a.depthwise.weight 4,1,3,3;a.depthwise.gamma 4;a.depthwise.beta 4;a.depthwise.mean 4;a.depthwise.variance 4;"
     "a.reduce.weight 1,4;a.reduce.bias 1;a.excite.weight 4,1;a.excite.bias 4;a.project.weight 2,4,1,1;"
     "a.project.gamma 2;a.project.beta 2;a.project.mean 2;a.project.variance 2;",
     ""},
    {"small_block", "4,4", "", "",
     "{\"name\":\"a\",\"kind\":\"mbconv\",\"inputs\":[\"image\"],\"channels\":2,\"kernel\":[2,3],\"stride\":[2,1],"
     "\"expansion\":1,\"squeeze\":1,\"epsilon\":0.1},\n"
     "{\"name\":\"o\",\"kind\":\"global_average\",\"inputs\":[\"a\"]}",
     "a.depthwise.weight 2,1,2,3;a.depthwise.gamma 2;a.depthwise.beta 2;a.depthwise.mean 2;a.depthwise.variance 2;"
     "a.reduce.weight 1,2;a.reduce.bias 1;a.excite.weight 2,1;a.excite.bias 2;a.project.weight 2,2,1,1;"
     "a.project.gamma 2;a.project.beta 2;a.project.mean 2;a.project.variance 2;",
     ""},
    {"features", "1,1", "",
     ",\n\"features\":{\"names\":[\"m\",\"tau21_b1\",\"C3_b2\"],\"mean\":\"m\",\"deviation\":\"d\"}",
     "{\"name\":\"o\",\"kind\":\"dense\",\"inputs\":[\"features\"],\"units\":2}", "m 3;d 3;o.weight 2,3;o.bias 2;", ""},
    {"constituents", "1,1", "",
     ",\n\"constituents\":{\"most\":5,\"columns\":[\"deta\",\"log_pt\"],\"mean\":\"m\",\"deviation\":\"d\"}",
     "{\"name\":\"a\",\"kind\":\"conv2d\",\"inputs\":[\"constituents\"],\"channels\":2,\"kernel\":[1,1],\"padding\":"
     "\"valid\",\"activation\":\"sigmoid\"},\n"
     "{\"name\":\"o\",\"kind\":\"global_average\",\"inputs\":[\"a\"]}",
     "m 2;d 2;a.weight 2,3,1,1;", ""},
    {"pairs", "1,1", "",
     ",\n\"pairs\":{\"most\":4,\"columns\":[\"log_kt\",\"log_m\"],\"mean\":\"m\",\"deviation\":\"d\"}",
     "{\"name\":\"a\",\"kind\":\"conv2d\",\"inputs\":[\"pairs\"],\"channels\":2,\"kernel\":[1,2],\"padding\":"
     "\"valid\"},\n"
     "{\"name\":\"o\",\"kind\":\"global_average\",\"inputs\":[\"a\"]}",
     "m 2;d 2;a.weight 2,3,1,2;", ""},
    {"inputs", "3,3", "",
     ",\n\"features\":{\"names\":[\"pt\",\"n\",\"D3_sum\"],\"mean\":\"m\",\"deviation\":\"d\"},\n"
     "\"constituents\":{\"most\":3,\"columns\":[\"dphi\",\"dr\",\"log_dr\",\"log_z\"],\"mean\":\"e\",\"deviation\":"
     "\"f\"},"
     "\n\"pairs\":{\"most\":3,\"columns\":[\"log_dr\",\"log_z\"],\"mean\":\"g\",\"deviation\":\"h\"}",
     "{\"name\":\"a\",\"kind\":\"flatten\",\"inputs\":[\"constituents\"]},\n"
     "{\"name\":\"b\",\"kind\":\"flatten\",\"inputs\":[\"pairs\"]},\n"
     "{\"name\":\"c\",\"kind\":\"global_average\",\"inputs\":[\"image\"]},\n"
     "{\"name\":\"d\",\"kind\":\"concat\",\"inputs\":[\"features\",\"a\",\"b\",\"c\"]},\n"
     "{\"name\":\"o\",\"kind\":\"dense\",\"inputs\":[\"d\"],\"units\":2}",
     "m 3;d 3;e 4;f 4;g 2;h 2;o.weight 2,29;o.bias 2;", ""},
    {"points", "1,1", "", "", "{\"name\":\"o\",\"kind\":\"flatten\",\"inputs\":[\"image\"]}", "",
     ",\n\"working_points\":{\"sample\":\"s\",\"points\":[\n"
     "{\"signal_efficiency\":0.3,\"threshold\":0.9,\"background_efficiency\":0.001,\"background_error\":1e-4},\n"
     "{\"signal_efficiency\":0.5,\"threshold\":0.7,\"background_efficiency\":0.01,\"background_error\":5e-4}]}"},
    {"card", "1,1", "", "", "{\"name\":\"o\",\"kind\":\"flatten\",\"inputs\":[\"image\"]}", "",
     ",\n\"card\":{\"architecture\":\"a\",\"sample\":\"s\",\"limits\":\"none\",\"citation\":\"c\",\"jets\":12,"
     "\"epochs\":7.5,\"seed\":1,\"accuracy\":0.93,\"accuracy_error\":0.01,\"auc\":0.98,\"rejection_50\":240},\n"
     "\"notes\":{\"anything\":[1,{\"goes\":null}],\"\\u00e9\":\"\\ud83d\\ude00\",\"big\":-1.5E+300}"},
    {"golden", "1,1", "", "", "{\"name\":\"o\",\"kind\":\"flatten\",\"inputs\":[\"image\"]}", "p 9,4;",
     ",\n\"golden\":{\"momenta\":\"p\",\"offsets\":[0,1,2,3,5,6,7,8,9],\"constituent_classes\":[0,1,2,0,0,1,1,2,2],"
     "\"scores\":[0,1,0.5,0.25,0.125,0.1,0.2,1e-3]}"},
};

enum { SEEDS = sizeof seeds / sizeof *seeds };

/* A text that grows. */
typedef struct text {
    char at[HEADER];
    size_t n;
} text;

__attribute__((format(printf, 2, 3))) static void add(text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(t->at + t->n, sizeof t->at - t->n, format, arguments);
    va_end(arguments);
    require(n >= 0 && (size_t)n < sizeof t->at - t->n, "a header is short");
    t->n += (size_t)n;
}

/* Values around 1, which may be weights as well as variances. */
static void put_float(unsigned char *at, unsigned i)
{
    static const unsigned char bits[][4] = {
        {0, 0, 0x80, 0x3F}, {0, 0, 0x00, 0x3F}, {0, 0, 0xC0, 0x3F}, {0, 0, 0x40, 0x3F}, {0, 0, 0x80, 0x3E}};
    memcpy(at, bits[i % 5], 4);
}

/* Rows of "tensors", and their values; returns the length of the blob. */
static size_t add_tensors(text *header, const char *tensors, unsigned char *blob)
{
    size_t at = 0;
    for (int comma = 0; *tensors; comma = 1) {
        char name[64], sides[64];
        require(sscanf(tensors, "%63[^ ] %63[^;];", name, sides) == 2, "a tensor has a name and sides");
        tensors = strchr(tensors, ';') + 1;
        size_t floats = 1;
        for (char *side = sides; *side; side += *side == ',')
            floats *= strtoul(side, &side, 10);
        add(header, "%s\n{\"name\":\"%s\",\"dtype\":\"f32\",\"shape\":[%s],\"offset\":%zu,\"bytes\":%zu}",
            comma ? "," : "", name, sides, at, 4 * floats);
        require(at + 4 * floats + 64 <= BLOB, "a blob is short");
        for (size_t i = 0; i < floats; i++)
            put_float(blob + at + 4 * i, (unsigned)i);
        at += (4 * floats + 63) / 64 * 64;
    }
    return at;
}

jtm fuzz_seed(int i, const char **name)
{
    if (i < 0 || i >= SEEDS)
        return (jtm){0};
    const seed *s = &seeds[i];
    unsigned char blob[BLOB] = {0};
    text header = {"", 0};
    add(&header,
        "{\"name\":\"n\",\"version\":\"1\",\"created\":\"2026-01-31\",\"licence\":\"MIT\",\"description\":\"\",\n"
        "\"classes\":[\"top\",\"qcd\"],\n"
        "\"image\":{\"recipe\":\"T\",\"frame\":\"peak\",\"channels\":[\"pt\",\"mass\"],\"bins\":[%s],\"width\":[1,1],"
        "\"normalise\":\"peak\",\"max_constituents\":10,\"min_constituents\":1%s}%s,\n"
        "\"layers\":[\n%s],\n\"output\":\"o\",\"tensors\":[",
        s->bins, s->image, s->inputs, s->layers);
    const size_t blob_length = add_tensors(&header, s->tensors, blob);
    add(&header, "]%s}", s->rest);
    if (name)
        *name = s->name;
    return jtm_pack(header.at, header.n, blob, blob_length);
}

int fuzz_seed_find(const char *name)
{
    int i = 0;
    while (i < SEEDS && strcmp(seeds[i].name, name) != 0)
        i++;
    require(i < SEEDS, name);
    return i;
}
