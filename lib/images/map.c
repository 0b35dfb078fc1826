#include "images.h"

/* One axis of the resize: source = (i + 0.5) in / out - 0.5, clamped to the image; `after` weighs the second pixel. */
typedef struct sample {
    int32_t first, second;
    double after;
} sample;

static sample sample_at(int32_t i, int32_t in, int32_t out)
{
    double source = ((double)i + 0.5) * in / out - 0.5;
    if (source < 0.0)
        source = 0.0;
    if (source > in - 1)
        source = in - 1;
    int32_t first = (int32_t)source;
    return (sample){first, first + 1 < in ? first + 1 : first, source - first};
}

static double standardised(const jt_image_map *map, const float *image, size_t at)
{
    double value = (double)image[at];
    return map->mean ? (value - (double)map->mean[at]) / (double)map->deviation[at] : value;
}

void jt_image_map_apply(const jt_image_map *map, const float *image, float *out)
{
    sample columns[JT_MAX_BINS];
    for (int32_t x = 0; x < map->out[1]; x++)
        columns[x] = sample_at(x, map->crop[3], map->out[1]);

    for (int32_t c = 0; c < map->channels; c++) {
        for (int32_t y = 0; y < map->out[0]; y++) {
            sample row = sample_at(y, map->crop[2], map->out[0]);
            size_t row_0 = (size_t)(c * map->in[0] + map->crop[0] + row.first) * (size_t)map->in[1];
            size_t row_1 = (size_t)(c * map->in[0] + map->crop[0] + row.second) * (size_t)map->in[1];
            for (int32_t x = 0; x < map->out[1]; x++) {
                size_t column_0 = (size_t)(map->crop[1] + columns[x].first);
                size_t column_1 = (size_t)(map->crop[1] + columns[x].second);
                double a = standardised(map, image, row_0 + column_0), b = standardised(map, image, row_0 + column_1);
                double d = standardised(map, image, row_1 + column_0), e = standardised(map, image, row_1 + column_1);
                double upper = a + columns[x].after * (b - a), lower = d + columns[x].after * (e - d);
                *out++ = (float)(upper + row.after * (lower - upper));
            }
        }
    }
}
