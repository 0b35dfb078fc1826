/* Images and features of jets without a model; working memory is allocated and freed inside. */
#ifndef JT_STANDALONE_H
#define JT_STANDALONE_H

#include "features/features.h"
#include "images/lit.h"

enum { JT_STANDALONE_KEEP = 200 }; /* the hardest constituents of a jet that are used, as in the papers' models */

jt_status jt_standalone_images(const jt_jets_view *jets, const jt_recipe *recipe, float *images, uint8_t *statuses,
                               jt_error *error);
/* options is complete (not the caller's), its indices are checked. */
jt_status jt_standalone_features(const jt_jets_view *jets, const jt_feature_options *options, double *features,
                                 uint8_t *statuses, jt_error *error);

#endif /* JT_STANDALONE_H */
