/* The header's own rules: each case spoils one place of the sample, and says which status and key must come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

typedef struct edit {
    const char *find, *replace;
    jt_status status;
    const char *key;
} edit;

#define F JT_ERROR_FORMAT
#define L JT_ERROR_LIMIT
#define G JT_ERROR_GRAPH

#define N10 "0123456789"
#define N120 N10 N10 N10 N10 N10 N10 N10 N10 N10 N10 N10 N10

static const edit identity[] = {
    {"\"name\":\"sample-net\",", "", F, "name"},
    {"\"name\":\"sample-net\"", "\"Name\":\"sample-net\"", F, "Name"},
    {"\"name\":\"sample-net\"", "\"name\":\"a\",\"name\":\"b\"", F, "name"},
    {"\"name\":\"sample-net\"", "\"name\":\"a\",\"n\\u0061me\":\"b\"", F, "name"},
    {"\"name\":\"sample-net\"", "\"name\":\"\"", F, "name"},
    {"\"name\":\"sample-net\"", "\"name\":\"" N120 "x\"", L, "name"},
    {"\"name\":\"sample-net\"", "\"name\":\"" N120 "\"", JT_OK, NULL},
    {"\"name\":\"sample-net\"", "\"name\":\"a\\\"b\"", F, "name"},
    {"\"name\":\"sample-net\"", "\"name\":\"a\\\\b\"", F, "name"},
    {"\"name\":\"sample-net\"", "\"name\":\"\xC3\xA9\"", F, "name"},
    {"\"name\":\"sample-net\"", "\"name\":\"a\\nb\"", F, "name"},
    {"\"name\":\"sample-net\"", "\"name\":7", F, "name"},
    {"\"name\":\"sample-net\"", "\"name\":null", F, "name"},
    {"\"version\":\"1.0\"", "\"version\":1.0", F, "version"},
    {"\"version\":\"1.0\",", "", F, "version"},
    {"\"created\":\"2026-01-31\"", "\"created\":\"2026-1-31\"", F, "created"},
    {"\"created\":\"2026-01-31\"", "\"created\":\"2026-01-31 10:00\"", F, "created"},
    {"\"created\":\"2026-01-31\"", "\"created\":\"\"", F, "created"},
    {"\"created\":\"2026-01-31\"", "\"created\":\"2026-01-31T10:00:00Z\"", JT_OK, NULL},
    {"\"created\":\"2026-01-31\",", "", F, "created"},
    {"\"licence\":\"Apache-2.0\",", "", F, "licence"},
    {"\"licence\":\"Apache-2.0\"", "\"licence\":true", F, "licence"},
    {"\"description\":\"a sample", "\"descriptio\":\"a sample", F, "descriptio"},
    {"\"classes\":[\"qcd\",\"top\"]", "\"classes\":[\"top\"]", F, "classes"},
    {"\"classes\":[\"qcd\",\"top\"]", "\"classes\":[\"qcd\",\"w\"]", F, "classes"},
    {"\"classes\":[\"qcd\",\"top\"]", "\"classes\":[\"top\",\"top\"]", F, "classes[1]"},
    {"\"classes\":[\"qcd\",\"top\"]", "\"classes\":[\"top\",3]", F, "classes[1]"},
    {"\"classes\":[\"qcd\",\"top\"]", "\"classes\":\"top\"", F, "classes"},
    {"\"classes\":[\"qcd\",\"top\"]", "\"classes\":{\"top\":1,\"qcd\":2}", F, "classes"},
    {"\"classes\":[\"qcd\",\"top\"]",
     "\"classes\":[\"top\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\","
     "\"15\",\"16\"]",
     L, "classes"},
    {"\"classes\":[\"qcd\",\"top\"]", "\"classes\":[\"top\",\"qcd\",\"w\"]", G, "output"},
    {"\"notes\":{", "\"extra\":1,\"notes\":{", F, "extra"},
    {"\"notes\":{", "\"Notes\":{", F, "Notes"},
    {"\"notes\":{\"anything\":[1,{\"goes\":null}],\"big\":-1.5E+300}", "\"notes\":[]", F, "notes"},
    {"\"notes\":{", "\"notes\":{\"big\":0,", F, "notes.big"},
    {"{\"goes\":null}", "{\"goes\":null,\"goes\":1}", F, "notes.anything[1].goes"},
    {"{\"goes\":null}", "{\"goes\":null,\"Goes\":1}", JT_OK, NULL},
    {"-1.5E+300", "1e999", F, "notes.big"},
    {"-1.5E+300", "-1e999", F, "notes.big"},
    {"-1.5E+300", "1e-999", JT_OK, NULL},
};

static const edit image[] = {
    {"\"recipe\":\"T8\"", "\"recipe\":\"A35\"", F, "image"},
    {"\"recipe\":\"T8\",", "", F, "image.recipe"},
    {"\"recipe\":\"T8\"", "\"recipe\":8", F, "image.recipe"},
    {"\"frame\":\"hardest\"", "\"frame\":\"Hardest\"", F, "image.frame"},
    {"\"frame\":\"hardest\"", "\"frame\":0", F, "image.frame"},
    {"\"frame\":\"hardest\",", "", F, "image.frame"},
    {"\"frame\":\"hardest\"", "\"fram\":\"hardest\"", F, "image.fram"},
    {"\"channels\":[\"pt\"]", "\"channels\":[]", F, "image.channels"},
    {"\"channels\":[\"pt\"]", "\"channels\":\"pt\"", F, "image.channels"},
    {"\"channels\":[\"pt\"]", "\"channels\":[\"eta\"]", F, "image.channels[0]"},
    {"\"channels\":[\"pt\"]", "\"channels\":[\"pt\",\"mass\"]", G, "image.mean"},
    {"\"channels\":[\"pt\"]", "\"channels\":[\"pt\",\"pt\",\"pt\",\"pt\",\"pt\",\"pt\",\"pt\",\"pt\",\"pt\"]", L,
     "image.channels"},
    {"\"channels\":[\"pt\"]", "\"channels\":[\"muon_count\"]", F, "golden.constituent_classes"},
    {"\"bins\":[8,8]", "\"bins\":[0,8]", F, "image.bins[0]"},
    {"\"bins\":[8,8]", "\"bins\":[8,257]", F, "image.bins[1]"},
    {"\"bins\":[8,8]", "\"bins\":[8,8.0]", F, "image.bins[1]"},
    {"\"bins\":[8,8]", "\"bins\":[8,8e0]", F, "image.bins[1]"},
    {"\"bins\":[8,8]", "\"bins\":[8,7.5]", F, "image.bins[1]"},
    {"\"bins\":[8,8]", "\"bins\":[8,-8]", F, "image.bins[1]"},
    {"\"bins\":[8,8]", "\"bins\":[8,4294967304]", F, "image.bins[1]"},
    {"\"bins\":[8,8]", "\"bins\":[8,\"8\"]", F, "image.bins[1]"},
    {"\"bins\":[8,8]", "\"bins\":[8]", F, "image.bins"},
    {"\"bins\":[8,8]", "\"bins\":[8,8,8]", F, "image.bins"},
    {"\"bins\":[8,8]", "\"bins\":8", F, "image.bins"},
    {"\"bins\":[8,8]", "\"bins\":[7,8]", G, "image.mean"},
    {"\"width\":[1.6,1.5]", "\"width\":[0,1.5]", F, "image.width[0]"},
    {"\"width\":[1.6,1.5]", "\"width\":[1.6,20.5]", F, "image.width[1]"},
    {"\"width\":[1.6,1.5]", "\"width\":[1.6,-1]", F, "image.width[1]"},
    {"\"width\":[1.6,1.5]", "\"width\":[1.6]", F, "image.width"},
    {"\"width\":[1.6,1.5]", "\"width\":[1.6,null]", F, "image.width[1]"},
    {"\"width\":[1.6,1.5]", "\"width\":[1,20]", JT_OK, NULL},
    {"\"normalise\":\"none\"", "\"normalise\":\"all\"", F, "image.normalise"},
    {"\"normalise\":\"none\",", "", F, "image.normalise"},
    {"\"max_constituents\":200", "\"max_constituents\":3", F, "image.max_constituents"},
    {"\"max_constituents\":200", "\"max_constituents\":4097", F, "image.max_constituents"},
    {"\"max_constituents\":200", "\"max_constituents\":2e2", F, "image.max_constituents"},
    {"\"max_constituents\":200,", "", F, "image.max_constituents"},
    {"\"min_constituents\":4", "\"min_constituents\":0", F, "image.min_constituents"},
    {"\"min_constituents\":4", "\"min_constituents\":65", F, "image.min_constituents"},
    {"\"max_constituents\":200,\"min_constituents\":4", "\"max_constituents\":4,\"min_constituents\":5", F,
     "image.min_constituents"},
    {",\"min_constituents\":4", "", F, "image.min_constituents"},
    {"\"mean\":\"image.mean\",", "", F, "image.mean"},
    {"\"deviation\":\"image.deviation\",", "", F, "image.deviation"},
    {"\"mean\":\"image.mean\"", "\"mean\":\"nothing\"", F, "image.mean"},
    {"\"mean\":\"image.mean\"", "\"mean\":\"features.mean\"", G, "image.mean"},
    {"\"mean\":\"image.mean\",\"deviation\":\"image.deviation\",", "", F, "tensors[0]"},
    {"\"crop\":[1,2,6,5]", "\"crop\":[3,2,6,5]", F, "image.crop"},
    {"\"crop\":[1,2,6,5]", "\"crop\":[1,4,6,5]", F, "image.crop"},
    {"\"crop\":[1,2,6,5]", "\"crop\":[1,2,0,5]", F, "image.crop"},
    {"\"crop\":[1,2,6,5]", "\"crop\":[1,2,6,0]", F, "image.crop"},
    {"\"crop\":[1,2,6,5]", "\"crop\":[-1,2,6,5]", F, "image.crop[0]"},
    {"\"crop\":[1,2,6,5]", "\"crop\":[1,2,6]", F, "image.crop"},
    {"\"crop\":[1,2,6,5]", "\"crop\":[2,3,6,5]", JT_OK, NULL},
    {"\"resize\":[8,8]", "\"resize\":[0,8]", F, "image.resize[0]"},
    {"\"resize\":[8,8]", "\"resize\":[8,257]", F, "image.resize[1]"},
    {"\"resize\":[8,8]", "\"resize\":true", F, "image.resize"},
};

static const edit features[] = {
    {"\"mean\":\"features.mean\",", "", F, "features.mean"},
    {",\"deviation\":\"features.deviation\"", "", F, "features.deviation"},
    {"\"features\":{\"names\":[", "\"features\":{\"names\":[\"no such\",", F, "features.names[0]"},
    {"\"features\":{\"names\":[", "\"features\":{\"name\":[", F, "features.name"},
    {"\"features\":{\"names\":[", "\"features\":{\"names\":[null,", F, "features.names[0]"},
    {"\"mean\":\"features.mean\"", "\"mean\":\"image.mean\"", G, "features.mean"},
    {"\"deviation\":\"features.deviation\"", "\"deviation\":\"stem.weight\"", G, "features.deviation"},
};

static const edit layers[] = {
    {"\"layers\":[", "\"layers\":[],\"x\":[", F, "x"},
    {"\"layers\":[", "\"layers\":[5,", F, "layers[0]"},
    {"{\"name\":\"stem\",\"kind\"", "{\"name\":\"image\",\"kind\"", G, NULL},
    {"{\"name\":\"stem\",\"kind\"", "{\"kind\"", F, "layers[0].name"},
    {"\"kind\":\"conv2d\"", "\"kind\":\"Conv2D\"", F, "layers[0].kind"},
    {"\"kind\":\"conv2d\"", "\"kind\":3", F, "layers[0].kind"},
    {"\"kind\":\"conv2d\",", "", F, "layers[0].kind"},
    {"\"inputs\":[\"image\"]", "\"inputs\":[]", F, "layers[0].inputs"},
    {"\"inputs\":[\"image\"]", "\"inputs\":\"image\"", F, "layers[0].inputs"},
    {"\"inputs\":[\"image\"]", "\"inputs\":[1]", F, "layers[0].inputs[0]"},
    {"\"inputs\":[\"image\"]", "\"inputs\":[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]", L,
     "layers[0].inputs"},
    {"\"inputs\":[\"image\"],", "", F, "layers[0].inputs"},
    {"\"inputs\":[\"image\"]", "\"inputs\":[\"image\",\"image\"]", G, "layers[0].inputs"},
    {"\"inputs\":[\"image\"]", "\"inputs\":[\"features\"]", G, "layers[0].inputs[0]"},
    {"\"inputs\":[\"image\"]", "\"inputs\":[\"block\"]", G, "layers[0].inputs[0]"},
    {"\"inputs\":[\"image\"]", "\"inputs\":[\"stem\"]", G, "layers[0].inputs[0]"},
    {"\"inputs\":[\"image\"]", "\"inputs\":[\"Image\"]", G, "layers[0].inputs[0]"},
    /* conv2d */
    {"\"channels\":4,\"kernel\":[3,3],\"stride\"", "\"kernel\":[3,3],\"stride\"", F, "layers[0].channels"},
    {"\"channels\":4,\"kernel\":[3,3],\"stride\"", "\"channels\":0,\"kernel\":[3,3],\"stride\"", F,
     "layers[0].channels"},
    {"\"channels\":4,\"kernel\":[3,3],\"stride\"", "\"channels\":65537,\"kernel\":[3,3],\"stride\"", F,
     "layers[0].channels"},
    {"\"channels\":4,\"kernel\":[3,3],\"stride\"", "\"channels\":4.5,\"kernel\":[3,3],\"stride\"", F,
     "layers[0].channels"},
    {"\"channels\":4,\"kernel\":[3,3],\"stride\"", "\"channels\":5,\"kernel\":[3,3],\"stride\"", G, "tensors[4].shape"},
    {"\"kernel\":[3,3],\"stride\":[2,2],", "\"stride\":[2,2],", F, "layers[0].kernel"},
    {"\"kernel\":[3,3],\"stride\":[2,2],", "\"kernel\":[3,0],\"stride\":[2,2],", F, "layers[0].kernel[1]"},
    {"\"kernel\":[3,3],\"stride\":[2,2],", "\"kernel\":[65,3],\"stride\":[2,2],", F, "layers[0].kernel[0]"},
    {"\"kernel\":[3,3],\"stride\":[2,2],", "\"kernel\":3,\"stride\":[2,2],", F, "layers[0].kernel"},
    {"\"kernel\":[3,3],\"stride\":[2,2],", "\"kernel\":[3,3],\"stride\":[2,17],", F, "layers[0].stride[1]"},
    {"\"kernel\":[3,3],\"stride\":[2,2],", "\"kernel\":[3,3],\"stride\":[0,2],", F, "layers[0].stride[0]"},
    {"\"kernel\":[3,3],\"stride\":[2,2],", "\"kernel\":[3,4],\"stride\":[2,2],", G, "tensors[4].shape"},
    {"\"padding\":\"same\",", "", F, "layers[0].padding"},
    {"\"padding\":\"same\"", "\"padding\":\"SAME\"", F, "layers[0].padding"},
    {"\"padding\":\"same\"", "\"padding\":1", F, "layers[0].padding"},
    {"\"padding\":\"same\"", "\"padding\":[1,1,1]", F, "layers[0].padding"},
    {"\"padding\":\"same\"", "\"padding\":[1,1,-1,1]", F, "layers[0].padding[2]"},
    {"\"padding\":\"same\"", "\"padding\":[1,1,3,1]", G, "layers[0].padding"},
    {"\"padding\":\"same\"", "\"padding\":[1,1,64,1]", F, "layers[0].padding[2]"},
    {"\"padding\":\"same\"", "\"padding\":\"same\",\"groups\":0", F, "layers[0].groups"},
    {"\"padding\":\"same\"", "\"padding\":\"same\",\"groups\":2", G, "layers[0].groups"},
    {"\"padding\":\"same\"", "\"padding\":\"same\",\"epsilon\":0", F, "layers[0].epsilon"},
    {"\"padding\":\"same\"", "\"padding\":\"same\",\"epsilon\":-0.1", F, "layers[0].epsilon"},
    {"\"padding\":\"same\"", "\"padding\":\"same\",\"epsilon\":1.5", F, "layers[0].epsilon"},
    {"\"padding\":\"same\"", "\"padding\":\"same\",\"epsilon\":\"x\"", F, "layers[0].epsilon"},
    {"\"padding\":\"same\"", "\"padding\":\"same\",\"bias\":true", G, "layers[0]"},
    {"\"padding\":\"same\"", "\"padding\":\"same\",\"bias\":1", F, "layers[0].bias"},
    {"\"padding\":\"same\"", "\"padding\":\"same\",\"units\":1", F, "layers[0].units"},
    {"\"batch_norm\":true,", "\"batch_norm\":0,", F, "layers[0].batch_norm"},
    {"\"batch_norm\":true,", "\"batch_norm\":null,", F, "layers[0].batch_norm"},
    {"\"batch_norm\":true,", "", F, "tensors[5]"},
    {"\"activation\":\"swish\"", "\"activation\":\"tanh\"", F, "layers[0].activation"},
    {"\"activation\":\"swish\"", "\"activation\":false", F, "layers[0].activation"},
    {"\"activation\":\"swish\"", "\"activation\":\"none\"", JT_OK, NULL},
    {"\"stride\":[2,2],\"padding\":\"same\"", "\"padding\":\"same\"", G, NULL},
    /* mbconv */
    {"\"expansion\":2,\"squeeze\":1", "\"expansion\":2", F, "layers[1].squeeze"},
    {"\"expansion\":2,\"squeeze\":1", "\"squeeze\":1", F, "layers[1].expansion"},
    {"\"expansion\":2", "\"expansion\":0", F, "layers[1].expansion"},
    {"\"expansion\":2", "\"expansion\":65", F, "layers[1].expansion"},
    {"\"expansion\":2", "\"expansion\":3", G, "tensors[9].shape"},
    {"\"expansion\":2", "\"expansion\":1", G, "tensors[14].shape"},
    {"\"expansion\":2", "\"expansion\":2,\"padding\":\"same\"", F, "layers[1].padding"},
    {"\"squeeze\":1", "\"squeeze\":2", G, "tensors[19].shape"},
    {"\"squeeze\":1", "\"squeeze\":0", F, "layers[1].squeeze"},
    {"\"squeeze\":1", "\"squeeze\":1,\"stride\":[1,2]", G, "tensors[34].shape"},
    {"\"inputs\":[\"stem\"]", "\"inputs\":[\"stem\",\"stem\"]", G, "layers[1].inputs"},
    /* depthwise_conv2d */
    {"\"bias\":true,\"activation\":\"relu\"", "\"activation\":\"relu\"", F, "tensors[29]"},
    {"\"bias\":true,\"activation\":\"relu\"", "\"bias\":true,\"channels\":4", F, "layers[2].channels"},
    {"\"bias\":true,\"activation\":\"relu\"", "\"bias\":true,\"batch_norm\":true", G, "layers[2]"},
    {"\"padding\":[1,1,1,1],", "", F, "layers[2].padding"},
    {"\"padding\":[1,1,1,1]", "\"padding\":[3,1,1,1]", G, "layers[2].padding"},
    {"\"padding\":[1,1,1,1]", "\"padding\":\"valid\"", G, "layers[4].inputs"},
    /* squeeze_excite */
    {"\"inputs\":[\"depth\"],\"squeeze\":2", "\"inputs\":[\"depth\"]", F, "layers[3].squeeze"},
    {"\"inputs\":[\"depth\"],\"squeeze\":2", "\"inputs\":[\"depth\"],\"squeeze\":3", G, "tensors[30].shape"},
    {"\"inputs\":[\"depth\"],\"squeeze\":2", "\"inputs\":[\"depth\"],\"squeeze\":2,\"bias\":true", F, "layers[3].bias"},
    {"\"inputs\":[\"depth\"],\"squeeze\":2", "\"inputs\":[\"features\"],\"squeeze\":2", G, "layers[3].inputs[0]"},
    /* add */
    {"\"inputs\":[\"gate\",\"block\"]", "\"inputs\":[\"gate\"]", G, "layers[4].inputs"},
    {"\"inputs\":[\"gate\",\"block\"]", "\"inputs\":[\"gate\",\"image\"]", G, "layers[4].inputs"},
    {"\"inputs\":[\"gate\",\"block\"]", "\"inputs\":[\"block\",\"block\"]", G, "layers[3]"},
    {"\"inputs\":[\"gate\",\"block\"]", "\"inputs\":[\"gate\",\"pool\"]", G, "layers[4].inputs[1]"},
    {"\"inputs\":[\"gate\",\"block\"]", "\"inputs\":[\"gate\",\"block\",\"block\"]", G, "layers[4].inputs"},
    {"\"inputs\":[\"gate\",\"block\"],\"activation\":\"relu\"", "\"inputs\":[\"gate\",\"block\"]", JT_OK, NULL},
    /* activation */
    {",\"function\":\"sigmoid\"", "", F, "layers[5].function"},
    {"\"function\":\"sigmoid\"", "\"function\":\"exp\"", F, "layers[5].function"},
    {"\"function\":\"sigmoid\"", "\"activation\":\"sigmoid\"", F, "layers[5].activation"},
    /* max_pool */
    {"\"kernel\":[2,2],\"stride\":[2,2]}", "\"kernel\":[2,2]}", F, "layers[6].stride"},
    {"\"kernel\":[2,2],\"stride\":[2,2]}", "\"stride\":[2,2]}", F, "layers[6].kernel"},
    {"\"kernel\":[2,2],\"stride\":[2,2]}", "\"kernel\":[5,2],\"stride\":[2,2]}", G, "layers[6].kernel"},
    {"\"kernel\":[2,2],\"stride\":[2,2]}", "\"kernel\":[2,5],\"stride\":[2,2]}", G, "layers[6].kernel"},
    {"\"kernel\":[2,2],\"stride\":[2,2]}", "\"kernel\":[2,2],\"stride\":[1,2]}", G, "tensors[34].shape"},
    {"\"kernel\":[2,2],\"stride\":[2,2]}", "\"kernel\":[2,2],\"stride\":[2,2],\"padding\":[0,2,0,0]}", G,
     "layers[6].padding"},
    {"\"inputs\":[\"squash\"],\"kernel\"", "\"inputs\":[\"features\"],\"kernel\"", G, "layers[6].inputs[0]"},
    /* flatten, global_average, concat, dense */
    {"\"inputs\":[\"pool\"]", "\"inputs\":[\"features\"]", G, "layers[7].inputs[0]"},
    {"\"inputs\":[\"pool\"]", "\"inputs\":[\"pool\"],\"order\":1", F, "layers[7].order"},
    {"\"kind\":\"global_average\",\"inputs\":[\"squash\"]", "\"kind\":\"global_average\",\"inputs\":[\"flat\"]", G,
     "layers[8].inputs[0]"},
    {"\"inputs\":[\"flat\",\"average\",\"features\"]", "\"inputs\":[\"flat\"]", G, "layers[9].inputs"},
    {"\"inputs\":[\"flat\",\"average\",\"features\"]", "\"inputs\":[\"flat\",\"average\"]", G, "tensors[34].shape"},
    {"\"inputs\":[\"flat\",\"average\",\"features\"]", "\"inputs\":[\"flat\",\"pool\",\"features\"]", G,
     "layers[9].inputs[1]"},
    {"\"inputs\":[\"joined\"]", "\"inputs\":[\"pool\"]", G, "layers[10].inputs[0]"},
    {"\"inputs\":[\"joined\"]", "\"inputs\":[\"average\"]", G, NULL},
    {"\"inputs\":[\"joined\"],\"units\":2", "\"inputs\":[\"joined\"]", F, "layers[10].units"},
    {"\"inputs\":[\"joined\"],\"units\":2", "\"inputs\":[\"joined\"],\"units\":3", G, "tensors[34].shape"},
    {"\"units\":2", "\"units\":2,\"bias\":false", F, "tensors[35]"},
    {"\"units\":2", "\"units\":2,\"batch_norm\":false", F, "layers[10].batch_norm"},
    {"{\"name\":\"sum\",", "{\"name\":\"gate\",", G, NULL},
    {"\"output\":\"logits\"", "\"output\":\"joined\"", G, "layers[10]"},
    {"\"output\":\"logits\"", "\"output\":\"image\"", G, "output"},
    {"\"output\":\"logits\"", "\"output\":\"nothing\"", G, "output"},
    {"\"output\":\"logits\"", "\"output\":2", F, "output"},
    {"\"output\":\"logits\",", "", F, "output"},
};

static const edit points[] = {
    {"\"working_points\":{\"sample\":\"test\",", "\"working_points\":{", F, "working_points.sample"},
    {"\"working_points\":{", "\"working_points\":{\"extra\":1,", F, "working_points.extra"},
    {"\"signal_efficiency\":0.3", "\"signal_efficiency\":0", F, "working_points.points[0].signal_efficiency"},
    {"\"signal_efficiency\":0.3", "\"signal_efficiency\":0.5", F, "working_points.points[1].signal_efficiency"},
    {"\"signal_efficiency\":0.5", "\"signal_efficiency\":1", F, "working_points.points[1].signal_efficiency"},
    {"\"signal_efficiency\":0.3,", "", F, "working_points.points[0].signal_efficiency"},
    {"\"threshold\":0.7", "\"threshold\":0.95", F, "working_points.points[1].threshold"},
    {"\"threshold\":0.7", "\"threshold\":0.9", JT_OK, NULL},
    {"\"threshold\":0.9", "\"threshold\":1.1", F, "working_points.points[0].threshold"},
    {"\"threshold\":0.9", "\"threshold\":\"x\"", F, "working_points.points[0].threshold"},
    {"\"background_efficiency\":0.001", "\"background_efficiency\":1.001", F,
     "working_points.points[0].background_efficiency"},
    {"\"background_error\":1e-4", "\"background_error\":-1e-4", F, "working_points.points[0].background_error"},
    {",\"background_error\":1e-4", "", F, "working_points.points[0].background_error"},
    {",\"background_error\":1e-4", ",\"background_error\":1e-4,\"x\":0", F, "working_points.points[0].x"},
};

static const edit card[] = {
    {"\"architecture\":\"EffNet\"", "\"architecture\":1", F, "card.architecture"},
    {"\"architecture\"", "\"Architecture\"", F, "card.Architecture"},
    {"\"jets\":1200000", "\"jets\":1200000.5", F, "card.jets"},
    {"\"jets\":1200000", "\"jets\":9007199254740992", JT_OK, NULL},
    {"\"jets\":1200000", "\"jets\":9007199254740994", F, "card.jets"},
    {"\"jets\":1200000", "\"jets\":-1", F, "card.jets"},
    {"\"epochs\":7.5", "\"epochs\":null", F, "card.epochs"},
    {"\"seed\":1", "\"seed\":1.0", F, "card.seed"},
    {"\"auc\":0.98", "\"auc\":\"0.98\"", F, "card.auc"},
    {"\"auc\":0.98", "\"auc\":0.98,\"auc_error\":1e-3,\"rejection_30\":536,\"rejection_30_error\":24", JT_OK, NULL},
    {"\"rejection_50\":240", "\"rejection_50\":240,\"rejection_60\":3", F, "card.rejection_60"},
};

static const edit golden[] = {
    {"\"momenta\":\"golden.momenta\"", "\"momenta\":\"features.mean\"", G, "golden.momenta"},
    {"\"momenta\":\"golden.momenta\"", "\"momenta\":\"none\"", F, "golden.momenta"},
    {"\"momenta\":\"golden.momenta\",", "", F, "golden.momenta"},
    {"[0,2,4,6,8,10,12,14,16]", "[0,2,4,6,8,10,12,16]", F, "golden.offsets"},
    {"[0,2,4,6,8,10,12,14,16]", "[1,2,4,6,8,10,12,14,16]", F, "golden.offsets[0]"},
    {"[0,2,4,6,8,10,12,14,16]", "[0,2,4,6,5,10,12,14,16]", F, "golden.offsets[4]"},
    {"[0,2,4,6,8,10,12,14,16]", "[0,2,4,6,8,10,12,14,17]", G, "golden.momenta"},
    {"[0,2,4,6,8,10,12,14,16]", "[0,2,4,6,8,10,12,14,9007199254740992]", F, "golden.offsets[8]"},
    {"[0,2,4,6,8,10,12,14,16]", "[0,0,4,6,8,8,12,16,16]", JT_OK, NULL},
    {"[0,2,4,6,8,10,12,14,16]", "[0,2,4,6,8,10,12,14,15,16]", F, "golden.scores"},
    {"\"scores\":[0,1,0.5,", "\"scores\":[0,1.01,0.5,", F, "golden.scores[1]"},
    {"\"scores\":[0,1,0.5,", "\"scores\":[0,1,", F, "golden.scores"},
    {"\"scores\":[0,1,0.5,", "\"scores\":[0,\"1\",0.5,", F, "golden.scores[1]"},
    {"\"scores\":[0,1,0.5,", "\"constituent_classes\":[0,1,2],\"scores\":[0,1,0.5,", F, "golden.constituent_classes"},
    {"\"scores\":[0,1,0.5,", "\"constituent_classes\":[0,1,2,3,0,0,0,0,0,0,0,0,0,0,0,0],\"scores\":[0,1,0.5,", F,
     "golden.constituent_classes[3]"},
    {"\"scores\":[0,1,0.5,", "\"constituent_classes\":[0,1,2,2,0,0,0,0,0,0,0,0,0,0,0,0],\"scores\":[0,1,0.5,", JT_OK,
     NULL},
    {"\"golden\":{", "\"golden\":{\"x\":1,", F, "golden.x"},
};

#undef F
#undef L
#undef G

static void run(const edit *edits, size_t n)
{
    sample s = sample_make();
    for (size_t i = 0; i < n; i++) {
        char *header = sample_edit(s.header, edits[i].find, edits[i].replace);
        if (edits[i].status != JT_OK) {
            print_message("%s -> %s\n", edits[i].find, edits[i].replace);
            sample_expect(header, &s, edits[i].status, edits[i].key);
        } else {
            jt_model_file file;
            jt_error error = {.size = sizeof error};
            if (sample_read(header, &s, &jt_default_host, &file, &error) != JT_OK)
                fail_msg("%s: %s", edits[i].replace, error.text);
            jt_model_file_free(&file);
        }
        free(header);
    }
    sample_free(&s);
}

static void test_identity(void **state)
{
    (void)state;
    run(identity, sizeof identity / sizeof *identity);
}

static void test_image(void **state)
{
    (void)state;
    run(image, sizeof image / sizeof *image);
}

/* Which pixels of which image: the words of a window that lies beside it. */
static void test_crop_in_words(void **state)
{
    (void)state;
    sample s = sample_make();
    char *header = sample_edit(s.header, "\"crop\":[1,2,6,5]", "\"crop\":[3,2,6,5]");
    jt_model_file file;
    jt_error error = {.size = sizeof error};
    assert_int_equal(sample_read(header, &s, &jt_default_host, &file, &error), JT_ERROR_FORMAT);
    assert_non_null(strstr(error.text, "6 x 5 pixels from row 3, column 2 are not in 8 x 8"));
    free(header);
    sample_free(&s);
}

static void test_features(void **state)
{
    (void)state;
    run(features, sizeof features / sizeof *features);
}

static void test_layers(void **state)
{
    (void)state;
    run(layers, sizeof layers / sizeof *layers);
}

static void test_points(void **state)
{
    (void)state;
    run(points, sizeof points / sizeof *points);
}

static void test_card(void **state)
{
    (void)state;
    run(card, sizeof card / sizeof *card);
}

static void test_golden(void **state)
{
    (void)state;
    run(golden, sizeof golden / sizeof *golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity), cmocka_unit_test(test_image),  cmocka_unit_test(test_crop_in_words),
        cmocka_unit_test(test_features), cmocka_unit_test(test_layers), cmocka_unit_test(test_points),
        cmocka_unit_test(test_card),     cmocka_unit_test(test_golden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
