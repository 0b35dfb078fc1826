#include "features.h"

#include <math.h>
#include <string.h>

#include "../core/elementary.h"
#include "angles.h"
#include "kernel.h"

size_t jt_features_bytes(int32_t capacity)
{
    return jt_rounded_up(jt_pairs_bytes(capacity)) + jt_rounded_up(jt_nsubjettiness_bytes(capacity));
}

static void put_kinematics(const jt_clean_jet *jet, double *out)
{
    double px = 0.0, py = 0.0, pz = 0.0, e = 0.0;
    for (int32_t k = 0; k < jet->n; k++) {
        const int32_t i = jet->by_input[k];
        px += jet->px[i];
        py += jet->py[i];
        pz += jet->pz[i];
        e += jet->e[i];
    }
    double pt2 = px * px + py * py;
    double phi = jt_azimuth(px, py);
    double m2 = (e + pz) * (e - pz) - pt2;
    out[0] = sqrt(pt2);
    out[1] = jt_pseudorapidity(out[0], pz);
    out[2] = phi > 3.14159265358979323846 ? phi - 6.28318530717958647693 : phi;
    out[3] = m2 >= 0.0 ? sqrt(m2) : -sqrt(-m2);
    out[4] = jet->n;
}

static void put_tau_ratios(const jt_sums *s, double *out)
{
    for (int b = 0; b < 3; b++)
        for (int k = 0; k + 1 < JT_MOST_AXES; k++)
            *out++ = s->tau[k + 1][b] / s->tau[k][b];
}

static double cube(double x)
{
    return x * x * x;
}

static void put_c_and_d2(const jt_sums *s, double *out)
{
    const double *e2 = s->e2, *e3 = s->e3, *e4 = s->e4;
    for (int b = JT_ONE; b <= JT_TWO; b++) {
        *out++ = e2[b];
        *out++ = e3[b] / (e2[b] * e2[b]);
        *out++ = e4[b] * e2[b] / (e3[b] * e3[b]);
    }
    *out++ = e3[JT_ONE] / cube(e2[JT_ONE]);
    *out++ = e3[JT_ONE] / (e2[JT_TWO] * sqrt(e2[JT_TWO]));
    *out++ = e3[JT_TWO] / (cube(e2[JT_ONE]) * cube(e2[JT_ONE]));
    *out++ = e3[JT_TWO] / cube(e2[JT_TWO]);
}

/* D3 with (a, b, g) = (2, 0.8, 0.6) and its weights x, y: another reading of it is another row here. */
typedef struct d3_reading {
    double a, b, g, x, y;
} d3_reading;

static const d3_reading d3 = {2.0, JT_D3_B, JT_D3_G, 5.0, 0.35};

static void put_d3(const jt_sums *s, double *out)
{
    double e2 = s->e2[JT_TWO], e3 = s->e3[JT_D3], e4 = s->e4[JT_D3];
    double t1 = e4 * jt_power(e2, 3 * d3.g / d3.a) / jt_power(e3, 3 * d3.g / d3.b);
    double t2 = e4 * jt_power(e2, 2 * d3.g / d3.b - 1) / jt_power(e3, 2 * d3.g / d3.b);
    double t3 = e4 * jt_power(e2, 2 * d3.b / d3.a - d3.g / d3.a) / (e3 * e3);
    out[0] = t1 + d3.x * t2 + d3.y * t3;
    out[1] = t1;
    out[2] = t2;
    out[3] = t3;
}

static void put_u_m_n_l(const jt_sums *s, double *out)
{
    for (int b = JT_HALF; b <= JT_TWO; b++) {
        *out++ = s->e2[b];
        *out++ = s->one_e3[b];
        *out++ = s->one_e4[b];
    }
    for (int b = JT_ONE; b <= JT_TWO; b++) {
        *out++ = s->one_e3[b] / s->e2[b];
        *out++ = s->one_e4[b] / s->one_e3[b];
    }
    for (int b = JT_ONE; b <= JT_TWO; b++) {
        *out++ = s->two_e3[b] / (s->e2[b] * s->e2[b]);
        *out++ = s->two_e4[b] / (s->one_e3[b] * s->one_e3[b]);
    }
    *out++ = s->e3[JT_ONE] / (s->e2[JT_TWO] * sqrt(s->e2[JT_TWO]));
    *out++ = s->one_e3[JT_ONE] / jt_power(s->e3[JT_ONE], 1.0 / 3.0);
}

/* The sums that are left out stay 0, and so do the features made of them. Returns 1 when four-point sums were cut. */
static int calculate_sums(const jt_feature_plan *plan, const jt_clean_jet *jet, void *scratch, jt_sums *sums)
{
    const int32_t limit = plan->four_point_constituents;
    const int cut = (plan->needs & JT_NEEDS_FOUR_POINT) && limit > 0 && jet->n > limit;
    void *cluster_scratch = (char *)scratch + jt_rounded_up(jt_pairs_bytes(jet->capacity));
    jt_pairs pairs;
    jt_sums of_hardest;
    memset(sums, 0, sizeof *sums);
    if (cut) {
        jt_pairs_start(&pairs, jet, limit, scratch);
        plan->kernel->fill_pairs(&pairs);
        plan->kernel->correlate(&pairs, JT_NEEDS_FOUR_POINT, &of_hardest);
    }
    const int needs = cut ? plan->needs & ~JT_NEEDS_FOUR_POINT : plan->needs;
    if (needs) {
        jt_pairs_start(&pairs, jet, jet->n, scratch);
        if (needs & ~JT_NEEDS_TAU) {
            plan->kernel->fill_pairs(&pairs);
            plan->kernel->correlate(&pairs, needs, sums);
        }
        if (needs & JT_NEEDS_TAU)
            jt_nsubjettiness(plan->kernel, &pairs, jet, plan->axes, cluster_scratch, sums);
    }
    if (cut) {
        memcpy(sums->e4, of_hardest.e4, sizeof sums->e4);
        memcpy(sums->one_e4, of_hardest.one_e4, sizeof sums->one_e4);
        memcpy(sums->two_e4, of_hardest.two_e4, sizeof sums->two_e4);
    }
    return cut;
}

int jt_features(const jt_feature_plan *plan, const jt_clean_jet *jet, void *scratch, double features[JT_FEATURES])
{
    int cut = 0;
    memset(features, 0, JT_FEATURES * sizeof *features);
    if (jet->n == 0)
        return 0;
    put_kinematics(jet, features);
    if (jet->n > 1 && plan->needs) {
        jt_sums sums;
        cut = calculate_sums(plan, jet, scratch, &sums);
        put_tau_ratios(&sums, features + 5);
        put_c_and_d2(&sums, features + 20);
        put_d3(&sums, features + 30);
        put_u_m_n_l(&sums, features + 34);
    }
    for (int i = 0; i < JT_FEATURES; i++)
        if (!isfinite(features[i]))
            features[i] = 0.0;
    return cut;
}

jt_feature_plan jt_feature_plan_make(const int32_t *indices, int32_t n)
{
    jt_feature_plan plan = {.kernel = jt_feature_kernel_best(), .axes = JT_AXES_WTA_KT};
    for (int32_t i = 0; i < n; i++)
        plan.needs |= jt_feature_table[indices ? indices[i] : i].needs;
    return plan;
}
