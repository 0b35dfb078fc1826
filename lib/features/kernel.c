/* Compiled once per instruction set, with JT_KERNEL set to its name: see lanes.h. */
#include "kernel.h"
#include "lanes.h"

/* Sums of every lane, added up at the very end in one order. */
typedef struct lane_sums {
    double e2[3][JT_LANES];
    double e3[JT_EXPONENTS][JT_LANES], one_e3[3][JT_LANES], two_e3[3][JT_LANES];
    double e4[JT_EXPONENTS][JT_LANES], one_e4[3][JT_LANES], two_e4[3][JT_LANES];
} lane_sums;

static double total(const double sums[JT_LANES])
{
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

/* sums += weight * values in the lanes from `part`. */
static inline void add_to(double *sums, int part, lanes weight, lanes values)
{
    lanes_store(sums + part, lanes_fused(weight, values, lanes_load(sums + part)));
}

/* weights[0] values[0] + weights[1] values[1] */
static inline lanes both(const lanes weights[2], const lanes values[2])
{
    return lanes_fused(weights[0], values[0], lanes_multiply(weights[1], values[1]));
}

/* --- distances ---------------------------------------------------------------------------------------------------- */

/* a^(1/10) for a >= 0 as exp(ln a / 10), to 1e-15; what is below 1e-300 counts as that. */
static inline lanes tenth_root(lanes a)
{
    static const double ln_coefficients[] = {2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13,
                                             2.0 / 11, 2.0 / 9,  2.0 / 7,  2.0 / 5,  2.0 / 3};
    static const double exp_coefficients[] = {
        1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0,
        1.0 / 720.0,       1.0 / 120.0,      1.0 / 24.0,      1.0 / 6.0,      0.5,           1.0};
    const lanes one = lanes_all(1.0), ln2 = lanes_all(0.69314718055994530942);
    const lanes round_to_integer = lanes_all(6755399441055744.0); /* 1.5 x 2^52 */
    lanes m, k = lanes_split(lanes_max(a, lanes_all(1e-300)), &m);
    const lanes large = lanes_all(1.4142135623730951);
    k = lanes_where_above(m, large, lanes_add(k, one), k);
    m = lanes_where_above(m, large, lanes_multiply(m, lanes_all(0.5)), m);
    const lanes s = lanes_divide(lanes_subtract(m, one), lanes_add(m, one)), s2 = lanes_multiply(s, s);
    lanes rest = lanes_all(ln_coefficients[0]);
    for (int i = 1; i < 10; i++)
        rest = lanes_fused(rest, s2, lanes_all(ln_coefficients[i]));
    const lanes ln_m = lanes_fused(lanes_multiply(s, s2), rest, lanes_add(s, s));
    const lanes x = lanes_multiply(lanes_fused(k, ln2, ln_m), lanes_all(0.1));

    k = lanes_subtract(lanes_fused(x, lanes_all(1.44269504088896338700), round_to_integer), round_to_integer);
    const lanes r = lanes_fused(k, lanes_all(-0.69314718055994530942), x);
    lanes sum = lanes_all(exp_coefficients[0]);
    for (int i = 1; i < 12; i++)
        sum = lanes_fused(sum, r, lanes_all(exp_coefficients[i]));
    return lanes_multiply(lanes_fused(sum, r, one), lanes_power_of_two(k));
}

/* No multiply-add is fused here: FastJet rounds both products, and its ties hang on the last bit. */
static inline lanes squared_distance(lanes y_k, lanes phi_k, lanes y_l, lanes phi_l)
{
    const lanes around = lanes_size(lanes_subtract(phi_k, phi_l));
    const lanes dphi = lanes_min(around, lanes_subtract(lanes_all(6.28318530717958647693), around));
    const lanes dy = lanes_subtract(y_k, y_l);
    return lanes_add(lanes_multiply(dphi, dphi), lanes_multiply(dy, dy));
}

static void fill_pairs(jt_pairs *pairs)
{
    for (int32_t k = 0; k < pairs->n; k++) {
        const size_t start = (size_t)k * pairs->row;
        const lanes y_k = lanes_all(pairs->y[k]), phi_k = lanes_all(pairs->phi[k]);
        /* One part more than row k has, so that zeros follow. */
        for (int32_t l = 0; l < (int32_t)pairs->row; l += WIDTH) {
            const size_t at = start + (size_t)l;
            const lanes all = squared_distance(y_k, phi_k, lanes_load(pairs->y + l), lanes_load(pairs->phi + l));
            const lanes square = lanes_first(all, k - l);
            const lanes theta = lanes_root(square);
            const lanes fifth = lanes_where_positive(square, tenth_root(square)); /* of theta */
            const lanes two_fifths = lanes_multiply(fifth, fifth);
            lanes_store(pairs->square + at, square);
            lanes_store(pairs->theta + at, theta);
            lanes_store(pairs->h + at, lanes_root(theta));
            lanes_store(pairs->power3 + at, lanes_multiply(two_fifths, two_fifths));
            lanes_store(pairs->power4 + at, lanes_multiply(two_fifths, fifth));
        }
    }
}

/* --- correlators -------------------------------------------------------------------------------------------------- */

/* What the four-point sums need of a pair (i, j), for every k < j: zeros from j to the end of the row. */
typedef struct pair_rows {
    double *near, *far;      /* smaller and larger of h_ik, h_jk */
    double *first, *second;  /* the two smallest of h_ij, h_ik, h_jk */
    double *v[JT_EXPONENTS]; /* z_k theta_ik^b theta_jk^b; JT_HALF is not there */
} pair_rows;

static pair_rows rows_in(double *memory, size_t row)
{
    return (pair_rows){memory,
                       memory + row,
                       memory + 2 * row,
                       memory + 3 * row,
                       {NULL, memory + 4 * row, memory + 5 * row, memory + 6 * row}};
}

static void two_point(const jt_pairs *pairs, int32_t i, lane_sums *sums)
{
    const size_t start = (size_t)i * pairs->row;
    const lanes z_i = lanes_all(pairs->z[i]);
    for (int part = 0; part < JT_LANES; part += WIDTH) {
        lanes half = lanes_all(0.0), one = half, two = half;
        for (int32_t l = part; l < i; l += JT_LANES) {
            const lanes z = lanes_load(pairs->z + l);
            half = lanes_fused(z, lanes_load(pairs->h + start + l), half);
            one = lanes_fused(z, lanes_load(pairs->theta + start + l), one);
            two = lanes_fused(z, lanes_load(pairs->square + start + l), two);
        }
        add_to(sums->e2[JT_HALF], part, z_i, half);
        add_to(sums->e2[JT_ONE], part, z_i, one);
        add_to(sums->e2[JT_TWO], part, z_i, two);
    }
}

/*
 * Three-point sums of one j with one or two i > j, and the rows of these pairs. Both share the rows of j, and their
 * sums, which are weighted by z_i.
 */
static inline __attribute__((always_inline)) void three_point(const jt_pairs *pairs, const int32_t *i, int count,
                                                              int32_t j, const pair_rows *rows, lane_sums *sums)
{
    const size_t row = pairs->row, j_row = (size_t)j * row;
    const lanes zero = lanes_all(0.0), z_j = lanes_all(pairs->z[j]);
    for (int part = 0; part < JT_LANES; part += WIDTH) {
        lanes half[2] = {zero, zero}, one[2] = {zero, zero}, two[2] = {zero, zero};
        lanes pair_one[2] = {zero, zero}, pair_two[2] = {zero, zero};
        lanes full_one[2] = {zero, zero}, full_two[2] = {zero, zero}, full_d3[2] = {zero, zero};
        /* Whole rows of lanes, also where this part of the last has no k < j: what reads them finds zeros. */
        for (int32_t k = part; k < j + part; k += JT_LANES) {
            const lanes z = lanes_load(pairs->z + k), h_j = lanes_load(pairs->h + j_row + k);
            const lanes theta_j = lanes_load(pairs->theta + j_row + k);
            const lanes square_j = lanes_load(pairs->square + j_row + k);
            const lanes power4_j = lanes_load(pairs->power4 + j_row + k);
            const lanes power3_j = lanes_load(pairs->power3 + j_row + k);
#pragma GCC unroll 2
            for (int m = 0; m < count; m++) {
                const size_t i_row = (size_t)i[m] * row, at = i_row + (size_t)k;
                const lanes h_ij = lanes_all(pairs->h[i_row + (size_t)j]), h_i = lanes_load(pairs->h + at);
                const lanes near = lanes_min(h_i, h_j), far = lanes_max(h_i, h_j);
                const lanes first = lanes_min(h_ij, near), second = lanes_min(lanes_max(h_ij, near), far);
                lanes_store(rows[m].near + k, near);
                lanes_store(rows[m].far + k, far);
                lanes_store(rows[m].first + k, first);
                lanes_store(rows[m].second + k, second);

                const lanes s2 = lanes_multiply(first, first), zs2 = lanes_multiply(z, s2);
                half[m] = lanes_fused(z, first, half[m]);
                one[m] = lanes_add(one[m], zs2);
                two[m] = lanes_fused(zs2, s2, two[m]);
                const lanes q = lanes_multiply(first, second), q2 = lanes_multiply(q, q), zq2 = lanes_multiply(z, q2);
                pair_one[m] = lanes_add(pair_one[m], zq2);
                pair_two[m] = lanes_fused(zq2, q2, pair_two[m]);

                const lanes v_one = lanes_multiply(z, lanes_multiply(lanes_load(pairs->theta + at), theta_j));
                const lanes v_two = lanes_multiply(z, lanes_multiply(lanes_load(pairs->square + at), square_j));
                const lanes v_d3 = lanes_multiply(z, lanes_multiply(lanes_load(pairs->power4 + at), power4_j));
                lanes_store(rows[m].v[JT_ONE] + k, v_one);
                lanes_store(rows[m].v[JT_TWO] + k, v_two);
                lanes_store(rows[m].v[JT_D3] + k, v_d3);
                full_one[m] = lanes_add(full_one[m], v_one);
                full_two[m] = lanes_add(full_two[m], v_two);
                full_d3[m] = lanes_fused(z, lanes_multiply(lanes_load(pairs->power3 + at), power3_j), full_d3[m]);
            }
        }
        /* Two of each kind are added up first: one way to the sums in memory for both. */
        lanes weights[2] = {zero, zero}, theta[2] = {zero, zero}, square[2] = {zero, zero}, power3[2] = {zero, zero};
#pragma GCC unroll 2
        for (int m = 0; m < count; m++) {
            const size_t ij = (size_t)i[m] * row + (size_t)j;
            weights[m] = lanes_all(pairs->z[i[m]]);
            theta[m] = lanes_all(pairs->theta[ij] * pairs->z[i[m]]);
            square[m] = lanes_all(pairs->square[ij] * pairs->z[i[m]]);
            power3[m] = lanes_all(pairs->power3[ij] * pairs->z[i[m]]);
        }
        add_to(sums->one_e3[JT_HALF], part, z_j, both(weights, half));
        add_to(sums->one_e3[JT_ONE], part, z_j, both(weights, one));
        add_to(sums->one_e3[JT_TWO], part, z_j, both(weights, two));
        add_to(sums->two_e3[JT_ONE], part, z_j, both(weights, pair_one));
        add_to(sums->two_e3[JT_TWO], part, z_j, both(weights, pair_two));
        add_to(sums->e3[JT_ONE], part, z_j, both(theta, full_one));
        add_to(sums->e3[JT_TWO], part, z_j, both(square, full_two));
        add_to(sums->e3[JT_D3], part, z_j, both(power3, full_d3));
    }
}

/*
 * Four-point sums of one j with one or two i > j, which share the rows of k: for every l < k < j the smallest s and the
 * second smallest of the six h of (i, j, k, l), and the chain v_k theta_kl^b v_l.
 *
 * l runs in lanes; k is the inner loop, so that what belongs to l stays in registers. Lanes with l >= k have h = 0,
 * which makes their s and their products 0.
 */
static inline __attribute__((always_inline)) void four_point(const jt_pairs *pairs, const int32_t *i, int count,
                                                             int32_t j, const pair_rows *rows, lane_sums *sums)
{
    const size_t row = pairs->row;
    const lanes zero = lanes_all(0.0);
    for (int part = 0; part < JT_LANES; part += WIDTH) {
        lanes half[2] = {zero, zero}, one[2] = {zero, zero}, two[2] = {zero, zero};
        lanes pair_one[2] = {zero, zero}, pair_two[2] = {zero, zero};
        lanes full_one[2] = {zero, zero}, full_two[2] = {zero, zero}, full_d3[2] = {zero, zero};
        for (int32_t chunk = 0; chunk + 1 < j; chunk += JT_LANES) {
            const size_t l = (size_t)(chunk + part);
            const lanes z_l = lanes_load(pairs->z + l);
            lanes near[2], far[2], y_one[2], y_two[2], y_d3[2];
#pragma GCC unroll 2
            for (int m = 0; m < count; m++) {
                near[m] = lanes_load(rows[m].near + l);
                far[m] = lanes_load(rows[m].far + l);
                y_one[m] = y_two[m] = y_d3[m] = zero;
            }
            for (int32_t k = chunk + part + 1; k < j; k++) {
                const size_t at = (size_t)k * row + l;
                const lanes h = lanes_load(pairs->h + at), theta = lanes_load(pairs->theta + at);
                const lanes square = lanes_load(pairs->square + at), power = lanes_load(pairs->power4 + at);
                const lanes z = lanes_multiply(lanes_all(pairs->z[k]), z_l);
#pragma GCC unroll 2
                for (int m = 0; m < count; m++) {
                    const lanes a = lanes_all(rows[m].first[k]), b = lanes_all(rows[m].second[k]);
                    const lanes first = lanes_min(near[m], a);
                    const lanes second = lanes_min(lanes_max(near[m], a), lanes_min(far[m], b));
                    const lanes s = lanes_min(first, h);
                    const lanes q = lanes_multiply(s, lanes_min(second, lanes_max(first, h)));
                    const lanes s2 = lanes_multiply(s, s), zs2 = lanes_multiply(z, s2);
                    half[m] = lanes_fused(z, s, half[m]);
                    one[m] = lanes_add(one[m], zs2);
                    two[m] = lanes_fused(zs2, s2, two[m]);
                    const lanes q2 = lanes_multiply(q, q), zq2 = lanes_multiply(z, q2);
                    pair_one[m] = lanes_add(pair_one[m], zq2);
                    pair_two[m] = lanes_fused(zq2, q2, pair_two[m]);
                    y_one[m] = lanes_fused(lanes_all(rows[m].v[JT_ONE][k]), theta, y_one[m]);
                    y_two[m] = lanes_fused(lanes_all(rows[m].v[JT_TWO][k]), square, y_two[m]);
                    y_d3[m] = lanes_fused(lanes_all(rows[m].v[JT_D3][k]), power, y_d3[m]);
                }
            }
#pragma GCC unroll 2
            for (int m = 0; m < count; m++) {
                full_one[m] = lanes_fused(y_one[m], lanes_load(rows[m].v[JT_ONE] + l), full_one[m]);
                full_two[m] = lanes_fused(y_two[m], lanes_load(rows[m].v[JT_TWO] + l), full_two[m]);
                full_d3[m] = lanes_fused(y_d3[m], lanes_load(rows[m].v[JT_D3] + l), full_d3[m]);
            }
        }
#pragma GCC unroll 2
        for (int m = 0; m < count; m++) {
            const size_t ij = (size_t)i[m] * row + (size_t)j;
            const lanes weight = lanes_all(pairs->z[i[m]] * pairs->z[j]);
            add_to(sums->one_e4[JT_HALF], part, weight, half[m]);
            add_to(sums->one_e4[JT_ONE], part, weight, one[m]);
            add_to(sums->one_e4[JT_TWO], part, weight, two[m]);
            add_to(sums->two_e4[JT_ONE], part, weight, pair_one[m]);
            add_to(sums->two_e4[JT_TWO], part, weight, pair_two[m]);
            add_to(sums->e4[JT_ONE], part, lanes_multiply(weight, lanes_all(pairs->theta[ij])), full_one[m]);
            add_to(sums->e4[JT_TWO], part, lanes_multiply(weight, lanes_all(pairs->square[ij])), full_two[m]);
            add_to(sums->e4[JT_D3], part, lanes_multiply(weight, lanes_all(pairs->power4[ij])), full_d3[m]);
        }
    }
}

/* One and two i are functions of their own, so that each has all registers to itself. */
static __attribute__((noinline)) void three_point_one(const jt_pairs *pairs, const int32_t *i, int32_t j,
                                                      const pair_rows *rows, lane_sums *sums)
{
    three_point(pairs, i, 1, j, rows, sums);
}

static __attribute__((noinline)) void three_point_two(const jt_pairs *pairs, const int32_t *i, int32_t j,
                                                      const pair_rows *rows, lane_sums *sums)
{
    three_point(pairs, i, 2, j, rows, sums);
}

static __attribute__((noinline)) void four_point_one(const jt_pairs *pairs, const int32_t *i, int32_t j,
                                                     const pair_rows *rows, lane_sums *sums)
{
    four_point(pairs, i, 1, j, rows, sums);
}

static __attribute__((noinline)) void four_point_two(const jt_pairs *pairs, const int32_t *i, int32_t j,
                                                     const pair_rows *rows, lane_sums *sums)
{
    four_point(pairs, i, 2, j, rows, sums);
}

static void add_up(const lane_sums *from, jt_sums *sums)
{
    memset(sums->e2, 0, sizeof sums->e2);
    for (int b = JT_HALF; b <= JT_TWO; b++) {
        sums->e2[b] = total(from->e2[b]);
        sums->one_e3[b] = total(from->one_e3[b]);
        sums->two_e3[b] = total(from->two_e3[b]);
        sums->one_e4[b] = total(from->one_e4[b]);
        sums->two_e4[b] = total(from->two_e4[b]);
    }
    for (int b = JT_HALF; b < JT_EXPONENTS; b++) {
        sums->e3[b] = total(from->e3[b]);
        sums->e4[b] = total(from->e4[b]);
    }
}

/* Where registers do not hold what two i need in the inner loop, one after the other: the same sums in the same order.
 */
static void four_point_each(const jt_pairs *pairs, const int32_t *i, int count, int32_t j, const pair_rows *rows,
                            lane_sums *sums)
{
    if ((int)WIDTH == JT_LANES && count == 2) {
        four_point_two(pairs, i, j, rows, sums);
        return;
    }
    for (int m = 0; m < count; m++)
        four_point_one(pairs, i + m, j, rows + m, sums);
}

/* One j with all i > j, two at a time. */
static void three_and_four_point(const jt_pairs *pairs, int32_t j, int needs, const pair_rows rows[2], lane_sums *sums)
{
    for (int32_t i = j + 1; i < pairs->n; i += 2) {
        const int32_t pair[2] = {i, i + 1};
        const int two = i + 1 < pairs->n;
        (two ? three_point_two : three_point_one)(pairs, pair, j, rows, sums);
        if (needs & JT_NEEDS_FOUR_POINT)
            four_point_each(pairs, pair, two ? 2 : 1, j, rows, sums);
    }
}

static void correlate(const jt_pairs *pairs, int needs, jt_sums *sums)
{
    lane_sums lane_sums = {0};
    const pair_rows rows[2] = {rows_in(pairs->rows, pairs->row), rows_in(pairs->rows + 7 * pairs->row, pairs->row)};
    if (needs & JT_NEEDS_TWO_POINT)
        for (int32_t i = 1; i < pairs->n; i++)
            two_point(pairs, i, &lane_sums);
    if (needs & (JT_NEEDS_THREE_POINT | JT_NEEDS_FOUR_POINT))
        for (int32_t j = 1; j < pairs->n; j++)
            three_and_four_point(pairs, j, needs, rows, &lane_sums);
    add_up(&lane_sums, sums);
}

/* --- clustering --------------------------------------------------------------------------------------------------- */

/* The smallest of what went by in each lane, and where it was: the first of equal ones. */
typedef struct smallest {
    lanes value, place;
} smallest;

static inline lanes places_from(int32_t start)
{
    static const double counted[JT_LANES] = {0, 1, 2, 3, 4, 5, 6, 7};
    return lanes_add(lanes_load(counted), lanes_all(start));
}

static inline smallest nothing_yet(void)
{
    return (smallest){lanes_all((double)INFINITY), lanes_all(0.0)};
}

static inline void pass_by(smallest *s, lanes value, lanes place)
{
    s->place = lanes_where_above(s->value, value, place, s->place);
    s->value = lanes_min(s->value, value);
}

static int32_t first_of(const smallest *s, double *value)
{
    double values[WIDTH], places[WIDTH];
    lanes_store(values, s->value);
    lanes_store(places, s->place);
    int best = 0;
    for (int i = 1; i < WIDTH; i++)
        if (values[i] < values[best] || (values[i] == values[best] && places[i] < places[best]))
            best = i;
    *value = values[best];
    return (int32_t)places[best];
}

/* Infinity from place n on. */
static inline lanes within(lanes value, lanes places, int32_t n)
{
    return lanes_where_above(lanes_all(n), places, value, lanes_all((double)INFINITY));
}

static int32_t first_smallest(const double *values, int32_t n)
{
    smallest s = nothing_yet();
    double value;
    for (int32_t k = 0; k < n; k += WIDTH) {
        const lanes places = places_from(k);
        pass_by(&s, within(lanes_load(values + k), places, n), places);
    }
    return first_of(&s, &value);
}

/* Squared distances of entries from k on to a direction, infinite for entry `self` and past the end. */
static inline lanes distances_to(const jt_cluster_list *list, int32_t k, int32_t self, lanes places)
{
    const lanes d2 = squared_distance(lanes_load(list->y + k), lanes_load(list->phi + k), lanes_all(list->y[self]),
                                      lanes_all(list->phi[self]));
    const lanes apart = lanes_size(lanes_subtract(places, lanes_all(self)));
    return within(lanes_where_above(apart, lanes_all(0.5), d2, lanes_all((double)INFINITY)), places, list->n);
}

static void set_neighbour(const jt_cluster_list *list, int32_t i, const smallest *s)
{
    double d2;
    const int32_t place = first_of(s, &d2);
    const int near = d2 < JT_LARGEST_DISTANCE2;
    const double kt2 = list->kt2[i];
    list->neighbour[i] = near ? place : JT_NOBODY;
    list->distance2[i] = near ? d2 : JT_LARGEST_DISTANCE2;
    list->measure[i] = list->distance2[i] * (near && list->kt2[place] < kt2 ? list->kt2[place] : kt2);
}

static void find_neighbour(const jt_cluster_list *list, int32_t i)
{
    smallest s = nothing_yet();
    for (int32_t k = 0; k < list->n; k += WIDTH) {
        const lanes places = places_from(k);
        pass_by(&s, distances_to(list, k, i, places), places);
    }
    set_neighbour(list, i, &s);
}

static void approach(const jt_cluster_list *list, int32_t q)
{
    const lanes kt2_q = lanes_all(list->kt2[q]), place_q = lanes_all(q);
    smallest s = nothing_yet();
    for (int32_t k = 0; k < list->n; k += WIDTH) {
        const lanes places = places_from(k), d2 = distances_to(list, k, q, places);
        const lanes before = lanes_load(list->distance2 + k);
        const lanes measure = lanes_multiply(d2, lanes_min(lanes_load(list->kt2 + k), kt2_q));
        pass_by(&s, d2, places);
        lanes_store(list->distance2 + k, lanes_min(before, d2));
        lanes_store(list->neighbour + k, lanes_where_above(before, d2, place_q, lanes_load(list->neighbour + k)));
        lanes_store(list->measure + k, lanes_where_above(before, d2, measure, lanes_load(list->measure + k)));
    }
    set_neighbour(list, q, &s);
}

#define JT_JOIN(a, b) a##b
#define JT_TABLE(name) JT_JOIN(jt_feature_kernel_, name)
#define JT_TEXT(name) #name
#define JT_NAME(name) JT_TEXT(name)

extern const jt_feature_kernel JT_TABLE(JT_KERNEL);
const jt_feature_kernel JT_TABLE(JT_KERNEL) = {JT_NAME(JT_KERNEL), fill_pairs,     correlate,
                                               first_smallest,     find_neighbour, approach};
