/* What a network sees of a jet: "image" and "features". */
#include <string.h>

#include "../features/features.h"
#include "reading.h"

enum { MAX_FEATURES = 1024, MAX_CONSTITUENTS = 4096, MAX_MINIMUM = 64, LARGEST_WIDTH = 20 };

static const char *const image_keys[] = {
    "recipe",           "frame", "channels",  "bins", "width", "normalise", "max_constituents",
    "min_constituents", "mean",  "deviation", "crop", "resize"};
static const char *const features_keys[] = {"names", "mean", "deviation"};

static void read_recipe(jt_reading *reading, const jt_json *image)
{
    jt_json_reader *json = &reading->json;
    jt_recipe *recipe = &reading->file->recipe;
    jt_json name = jt_json_need(json, image, "recipe");
    jt_json frame = jt_json_need(json, image, "frame");
    jt_json channels = jt_json_need(json, image, "channels");
    jt_json bins = jt_json_need(json, image, "bins");
    jt_json width = jt_json_need(json, image, "width");
    jt_json normalise = jt_json_need(json, image, "normalise");

    const char *text = jt_json_name(json, &name);
    memcpy(recipe->name, text, strlen(text) + 1);
    recipe->frame = (jt_frame)jt_json_choice(json, &frame, jt_frame_names, JT_FRAMES);
    recipe->normalise = (jt_normalise)jt_json_choice(json, &normalise, jt_normalise_names, JT_NORMALISES);
    recipe->n_channels = jt_json_array(json, &channels, 1, JT_MAX_CHANNELS);
    jt_json_integers(json, &bins, 1, JT_MAX_BINS, 2, recipe->bins);
    jt_json_array(json, &width, 2, 2);
    if (json->status != JT_OK)
        return;
    for (jt_json element = jt_json_first(&channels); element.item; element = jt_json_next(&element))
        recipe->channels[element.index] = (jt_channel)jt_json_choice(json, &element, jt_channel_names, JT_CHANNELS);
    for (jt_json element = jt_json_first(&width); element.item; element = jt_json_next(&element)) {
        double number = jt_json_number(json, &element, 0, LARGEST_WIDTH);
        if (number <= 0)
            jt_json_refuse(json, &element, JT_ERROR_FORMAT, "a width must be above 0");
        recipe->width[element.index] = number;
    }
    const jt_recipe *ours = jt_recipe_find(recipe->name);
    if (json->status == JT_OK && ours && !jt_recipe_same(ours, recipe))
        jt_json_refuse(json, image, JT_ERROR_FORMAT, "the library's own recipe \"%s\" has other numbers", recipe->name);
}

static void read_map(jt_reading *reading, const jt_json *image)
{
    jt_json_reader *json = &reading->json;
    const jt_recipe *recipe = &reading->file->recipe;
    jt_image_map *map = &reading->file->map;
    jt_json mean = jt_json_find(image, "mean");
    jt_json deviation = jt_json_find(image, "deviation");
    jt_json crop = jt_json_find(image, "crop");
    jt_json resize = jt_json_find(image, "resize");
    if (!mean.item != !deviation.item)
        jt_json_refuse(json, mean.item ? &deviation : &mean, JT_ERROR_FORMAT,
                       "of mean and deviation either both or none are there");
    if (json->status != JT_OK)
        return;

    int32_t shape[3] = {recipe->n_channels, recipe->bins[0], recipe->bins[1]};
    map->channels = recipe->n_channels;
    memcpy(map->in, recipe->bins, sizeof map->in);
    map->mean = jt_read_named_tensor(reading, &mean, shape, 3);
    map->deviation = jt_read_deviation(reading, &deviation, shape, 3);
    map->crop[2] = map->in[0];
    map->crop[3] = map->in[1];
    if (crop.item)
        jt_json_integers(json, &crop, 0, JT_MAX_BINS, 4, map->crop);
    if (json->status == JT_OK && (map->crop[2] < 1 || map->crop[3] < 1 || map->crop[0] + map->crop[2] > map->in[0] ||
                                  map->crop[1] + map->crop[3] > map->in[1]))
        jt_json_refuse(json, &crop, JT_ERROR_FORMAT, "%d x %d pixels from row %d, column %d are not in %d x %d",
                       (int)map->crop[2], (int)map->crop[3], (int)map->crop[0], (int)map->crop[1], (int)map->in[0],
                       (int)map->in[1]);
    map->out[0] = map->crop[2];
    map->out[1] = map->crop[3];
    if (resize.item)
        jt_json_integers(json, &resize, 1, JT_MAX_BINS, 2, map->out);
}

void jt_read_image(jt_reading *reading, const jt_json *value)
{
    jt_json_reader *json = &reading->json;
    jt_model_file *file = reading->file;
    jt_json_object(json, value, image_keys, sizeof image_keys / sizeof *image_keys);
    read_recipe(reading, value);
    jt_json most = jt_json_need(json, value, "max_constituents");
    jt_json least = jt_json_need(json, value, "min_constituents");
    file->max_constituents = (int32_t)jt_json_integer(json, &most, 4, MAX_CONSTITUENTS);
    file->min_constituents = (int32_t)jt_json_integer(json, &least, 1, MAX_MINIMUM);
    if (json->status == JT_OK && file->min_constituents > file->max_constituents)
        jt_json_refuse(json, &least, JT_ERROR_FORMAT, "%d is more than max_constituents, %d",
                       (int)file->min_constituents, (int)file->max_constituents);
    read_map(reading, value);
}

void jt_read_features(jt_reading *reading, const jt_json *value)
{
    jt_json_reader *json = &reading->json;
    jt_model_file *file = reading->file;
    if (!value->item)
        return;
    jt_json_object(json, value, features_keys, sizeof features_keys / sizeof *features_keys);
    jt_json names = jt_json_need(json, value, "names");
    jt_json mean = jt_json_need(json, value, "mean");
    jt_json deviation = jt_json_need(json, value, "deviation");
    int32_t n = jt_json_array(json, &names, 1, MAX_FEATURES);
    const char **feature_names = jt_reading_take(reading, (size_t)n, sizeof *feature_names);
    int32_t *slots = jt_reading_take(reading, (size_t)n, sizeof *slots);
    unsigned char seen[JT_FEATURES] = {0};
    if (!feature_names || !slots)
        return;
    for (jt_json element = jt_json_first(&names); element.item; element = jt_json_next(&element)) {
        const char *name = jt_json_name(json, &element);
        int32_t slot = json->status == JT_OK ? jt_feature_find(name) : -1;
        if (slot < 0 || slot >= JT_FEATURES) {
            jt_json_refuse(json, &element, JT_ERROR_FORMAT, "there is no feature \"%s\"", name);
            return;
        }
        if (seen[slot]++)
            jt_json_refuse(json, &element, JT_ERROR_FORMAT, "feature \"%s\" is there twice", name);
        feature_names[element.index] = name;
        slots[element.index] = slot;
    }
    file->n_features = n;
    file->feature_names = feature_names;
    file->feature_slots = slots;
    file->feature_mean = jt_read_named_tensor(reading, &mean, &n, 1);
    file->feature_deviation = jt_read_deviation(reading, &deviation, &n, 1);
}
