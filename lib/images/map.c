#include "map.h"

#include <string.h>

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

/* The axis the other way round: where each place of the image goes. Two targets at most per output. */
static int make_shares(jt_shares *shares, const jt_host *host, int32_t size, int32_t offset, int32_t in, int32_t out)
{
    shares->starts = jt_allocate(host, (size_t)size + 1, sizeof *shares->starts);
    shares->targets = jt_allocate(host, 2 * (size_t)out, sizeof *shares->targets);
    shares->weights = jt_allocate(host, 2 * (size_t)out, sizeof *shares->weights);
    if (!shares->starts || !shares->targets || !shares->weights)
        return 0;
    int32_t n = 0;
    for (int32_t k = 0; k < size; k++) {
        shares->starts[k] = n;
        for (int32_t i = 0; i < out; i++) {
            const sample s = sample_at(i, in, out);
            double weight = 0.0;
            if (k == offset + s.first)
                weight += 1.0 - s.after;
            if (k == offset + s.second)
                weight += s.after;
            if (weight == 0.0)
                continue;
            shares->targets[n] = i;
            shares->weights[n++] = weight;
        }
    }
    shares->starts[size] = n;
    return 1;
}

static double share(const jt_linear_map *linear, int32_t row, int32_t i, int32_t column, int32_t k)
{
    return linear->rows.weights[linear->rows.starts[row] + i] *
           linear->columns.weights[linear->columns.starts[column] + k];
}

/* The input for an image without light: every pixel is -mean / deviation. In double, rounded once. */
static int make_dark(jt_linear_map *linear, const jt_host *host)
{
    const jt_image_map *map = linear->map;
    const size_t n_in = (size_t)map->in[0] * (size_t)map->in[1], n_out = (size_t)map->out[0] * (size_t)map->out[1];
    const size_t n_channels = (size_t)map->channels;
    linear->dark = jt_allocate(host, n_channels * n_out, sizeof *linear->dark);
    linear->scale = jt_allocate(host, n_channels * n_in, sizeof *linear->scale);
    double *sums = jt_allocate(host, n_out, sizeof *sums);
    if (!linear->dark || !linear->scale || !sums) {
        jt_release(host, sums);
        return 0;
    }
    for (size_t i = 0; i < n_channels * n_in; i++)
        linear->scale[i] = map->mean ? 1.0 / (double)map->deviation[i] : 1.0;
    for (size_t c = 0; map->mean && c < n_channels; c++) {
        memset(sums, 0, n_out * sizeof *sums);
        for (int32_t row = 0; row < map->in[0]; row++) {
            for (int32_t column = 0; column < map->in[1]; column++) {
                const size_t at = c * n_in + (size_t)row * (size_t)map->in[1] + (size_t)column;
                const double value = -(double)map->mean[at] / (double)map->deviation[at];
                const int32_t first = linear->rows.starts[row], n = linear->rows.starts[row + 1] - first;
                const int32_t left = linear->columns.starts[column], m = linear->columns.starts[column + 1] - left;
                for (int32_t i = 0; i < n; i++)
                    for (int32_t k = 0; k < m; k++)
                        sums[linear->rows.targets[first + i] * map->out[1] + linear->columns.targets[left + k]] +=
                            value * share(linear, row, i, column, k);
            }
        }
        for (size_t i = 0; i < n_out; i++)
            linear->dark[c * n_out + i] = (float)sums[i];
    }
    jt_release(host, sums);
    return 1;
}

int jt_linear_map_make(const jt_image_map *map, const jt_host *host, jt_linear_map *linear)
{
    *linear = (jt_linear_map){.map = map};
    if (make_shares(&linear->rows, host, map->in[0], map->crop[0], map->crop[2], map->out[0]) &&
        make_shares(&linear->columns, host, map->in[1], map->crop[1], map->crop[3], map->out[1]) &&
        make_dark(linear, host))
        return 1;
    jt_linear_map_free(linear, host);
    return 0;
}

void jt_linear_map_free(jt_linear_map *linear, const jt_host *host)
{
    void *pieces[] = {linear->dark,         linear->scale,          linear->rows.starts,     linear->rows.targets,
                      linear->rows.weights, linear->columns.starts, linear->columns.targets, linear->columns.weights};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        jt_release(host, pieces[i]);
    *linear = (jt_linear_map){0};
}

static size_t pixels_out(const jt_image_map *map)
{
    return (size_t)map->out[0] * (size_t)map->out[1];
}

/* The targets of a lit pixel: rows first, then columns. */
typedef struct reached {
    const int32_t *rows, *columns;
    int32_t n, m, row, column;
} reached;

static reached reached_by(const jt_linear_map *linear, int32_t pixel)
{
    const int32_t row = pixel / linear->map->in[1], column = pixel % linear->map->in[1];
    const int32_t first = linear->rows.starts[row], left = linear->columns.starts[column];
    return (reached){linear->rows.targets + first,
                     linear->columns.targets + left,
                     linear->rows.starts[row + 1] - first,
                     linear->columns.starts[column + 1] - left,
                     row,
                     column};
}

/* Each lit pixel's share on top of a dark image. */
static void add_light(const jt_linear_map *linear, const jt_lit *lit, float *out)
{
    const jt_image_map *map = linear->map;
    const size_t n_in = (size_t)map->in[0] * (size_t)map->in[1], n_out = pixels_out(map);
    for (int32_t lit_pixel = 0; lit_pixel < lit->n; lit_pixel++) {
        const int32_t pixel = lit->pixels[lit_pixel];
        const reached to = reached_by(linear, pixel);
        for (int32_t c = 0; c < map->channels; c++) {
            const double value = lit->values[lit_pixel * lit->n_channels + c];
            if (value == 0.0)
                continue;
            const double scaled = value * linear->scale[(size_t)c * n_in + (size_t)pixel];
            float *channel = out + (size_t)c * n_out;
            for (int32_t i = 0; i < to.n; i++)
                for (int32_t k = 0; k < to.m; k++) {
                    float *target = channel + to.rows[i] * map->out[1] + to.columns[k];
                    *target = (float)((double)*target + scaled * share(linear, to.row, i, to.column, k));
                }
        }
    }
}

void jt_linear_map_apply(const jt_linear_map *linear, const jt_lit *lit, float *out)
{
    memcpy(out, linear->dark, (size_t)linear->map->channels * pixels_out(linear->map) * sizeof *out);
    add_light(linear, lit, out);
}

static int32_t most_targets(const jt_shares *shares, int32_t size)
{
    int32_t most = 0;
    for (int32_t k = 0; k < size; k++)
        if (shares->starts[k + 1] - shares->starts[k] > most)
            most = shares->starts[k + 1] - shares->starts[k];
    return most;
}

int32_t jt_linear_map_most(const jt_linear_map *linear, int32_t n_lit)
{
    const jt_image_map *map = linear->map;
    const int64_t of_one =
        (int64_t)most_targets(&linear->rows, map->in[0]) * most_targets(&linear->columns, map->in[1]);
    const int64_t all = (int64_t)pixels_out(map);
    return (int32_t)(n_lit * of_one < all ? n_lit * of_one : all);
}

size_t jt_sketch_bytes(const jt_image_map *map)
{
    return jt_rounded_up((size_t)map->channels * pixels_out(map) * sizeof(float)) + pixels_out(map);
}

jt_sketch jt_sketch_make(const jt_linear_map *linear, void *scratch)
{
    const size_t bytes = (size_t)linear->map->channels * pixels_out(linear->map) * sizeof(float);
    const jt_sketch sketch = {scratch, (unsigned char *)scratch + jt_rounded_up(bytes)};
    memcpy(sketch.image, linear->dark, bytes);
    memset(sketch.taken, 0, pixels_out(linear->map));
    return sketch;
}

int32_t jt_linear_map_list(const jt_linear_map *linear, const jt_lit *lit, const jt_sketch *sketch, int32_t *places,
                           float *values)
{
    const jt_image_map *map = linear->map;
    const size_t n_channels = (size_t)map->channels;
    int32_t n = 0;
    add_light(linear, lit, sketch->image);
    for (int32_t lit_pixel = 0; lit_pixel < lit->n; lit_pixel++) {
        const reached to = reached_by(linear, lit->pixels[lit_pixel]);
        for (int32_t i = 0; i < to.n; i++)
            for (int32_t k = 0; k < to.m; k++) {
                const int32_t place = to.rows[i] * map->out[1] + to.columns[k];
                if (sketch->taken[place])
                    continue;
                sketch->taken[place] = 1;
                for (size_t c = 0; c < n_channels; c++) {
                    const size_t at = c * pixels_out(map) + (size_t)place;
                    values[(size_t)n * n_channels + c] = sketch->image[at];
                    sketch->image[at] = linear->dark[at];
                }
                places[n++] = place;
            }
    }
    for (int32_t i = 0; i < n; i++)
        sketch->taken[places[i]] = 0;
    return n;
}
