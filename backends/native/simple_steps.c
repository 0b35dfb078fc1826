/* Steps that move values or work element by element. */
#include <string.h>

#include "steps.h"

static size_t blocks_of(const jt_spot *spot)
{
    return (size_t)((spot->shape.c + JT_LANES - 1) / JT_LANES);
}

void jt_native_pad_image(const jt_step *step, const jt_run *run)
{
    const jt_shape shape = step->out.shape;
    for (int32_t jet = run->first; jet < run->first + run->n; jet++) {
        const float *from = jt_spot_from(&step->in, run, jet);
        float *to = jt_spot_at(&step->out, run, jet);
        for (int32_t c = 0; c < shape.c; c++, from += shape.h * shape.w, to += step->out.block)
            run->kernel->copy_rows(from, (size_t)shape.w, to, step->out.row, shape.h, shape.w);
    }
}

/* Where a channel's pixel is, from row 0, column 0 of block 0. */
static size_t place_of(const jt_spot *spot, int32_t c, int32_t y, int32_t x)
{
    return (size_t)(c / JT_LANES) * spot->block + (size_t)y * spot->row + (size_t)(x * JT_LANES + c % JT_LANES);
}

void jt_native_import_image(const jt_step *step, const jt_run *run)
{
    const jt_shape shape = step->out.shape;
    for (int32_t jet = run->first; jet < run->first + run->n; jet++) {
        const float *from = jt_spot_from(&step->in, run, jet);
        float *to = jt_spot_at(&step->out, run, jet);
        for (int32_t c = 0; c < shape.c; c++)
            for (int32_t y = 0; y < shape.h; y++)
                for (int32_t x = 0; x < shape.w; x++)
                    to[place_of(&step->out, c, y, x)] = *from++;
    }
}

void jt_native_run_flatten(const jt_step *step, const jt_run *run)
{
    const jt_shape shape = step->in.shape;
    for (int32_t jet = run->first; jet < run->first + run->n; jet++) {
        const float *from = jt_spot_at(&step->in, run, jet);
        float *to = jt_spot_at(&step->out, run, jet);
        if (step->in.planes) {
            for (int32_t c = 0; c < shape.c; c++, from += step->in.block, to += shape.h * shape.w)
                run->kernel->copy_rows(from, step->in.row, to, (size_t)shape.w, shape.h, shape.w);
            continue;
        }
        for (int32_t c = 0; c < shape.c; c++)
            for (int32_t y = 0; y < shape.h; y++)
                for (int32_t x = 0; x < shape.w; x++)
                    *to++ = from[place_of(&step->in, c, y, x)];
    }
}

void jt_native_copy_vector(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        memcpy(jt_spot_at(&step->out, run, jet), jt_spot_from(&step->in, run, jet),
               (size_t)step->out.shape.c * sizeof(float));
}

void jt_native_run_concat(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++) {
        float *to = jt_spot_at(&step->out, run, jet);
        for (int32_t k = 0; k < step->n_parts; k++) {
            const size_t n = (size_t)step->parts[k].shape.c;
            memcpy(to, jt_spot_at(&step->parts[k], run, jet), n * sizeof *to);
            to += n;
        }
    }
}

void jt_native_run_window(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++) {
        const float *from = jt_spot_at(&step->in, run, jet);
        float *to = jt_spot_at(&step->out, run, jet);
        for (size_t b = 0; b < blocks_of(&step->in); b++)
            run->kernel->largest(&step->window, from + b * step->in.block, to + b * step->out.block);
    }
}

void jt_native_run_average(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++) {
        const float *from = jt_spot_at(&step->in, run, jet);
        float *to = jt_spot_at(&step->out, run, jet);
        run->kernel->average(from, step->in.block, step->in.row, (int32_t)blocks_of(&step->in), step->in.shape.h,
                             step->in.shape.w, step->divisor, to);
    }
}

/* Row by row, since any of the values may have a halo. */
static void each_row(const jt_step *step, const jt_run *run, int32_t jet,
                     void (*row)(const jt_step *step, const jt_native_kernel *kernel, const float *in,
                                 const float *other, float *out))
{
    const float *in = jt_spot_at(&step->in, run, jet);
    const float *other = step->has_other ? jt_spot_at(&step->other, run, jet) : in;
    float *out = jt_spot_at(&step->out, run, jet);
    for (size_t b = 0; b < blocks_of(&step->out); b++)
        for (size_t y = 0; y < (size_t)step->out.shape.h; y++)
            row(step, run->kernel, in + b * step->in.block + y * step->in.row,
                other + b * step->other.block + y * step->other.row, out + b * step->out.block + y * step->out.row);
}

static void add_row(const jt_step *step, const jt_native_kernel *kernel, const float *in, const float *other,
                    float *out)
{
    kernel->add(in, other, out, (size_t)step->out.shape.w, step->activation);
}

/* The factors are a vector: `other` has no rows to go down. */
static void scale_row(const jt_step *step, const jt_native_kernel *kernel, const float *in, const float *other,
                      float *out)
{
    kernel->scale(in, other, out, (size_t)step->out.shape.w);
}

static void activate_row(const jt_step *step, const jt_native_kernel *kernel, const float *in, const float *other,
                         float *out)
{
    (void)other;
    kernel->activate(in, out, (size_t)step->out.shape.w, step->activation);
}

void jt_native_run_add(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        each_row(step, run, jet, add_row);
}

void jt_native_run_scale(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        each_row(step, run, jet, scale_row);
}

void jt_native_run_activation(const jt_step *step, const jt_run *run)
{
    for (int32_t jet = run->first; jet < run->first + run->n; jet++)
        each_row(step, run, jet, activate_row);
}
