#include <string.h>

#include "sums.h"

/*
 * Every sum runs in JT_LANES partial sums that are added in one fixed order, so that its bits do not depend on how wide
 * the compiler's vectors are. "Smallest angles" are found among h = theta^(1/2): theta^b is then h, h^2 or h^4.
 */

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double total(const double lanes[JT_LANES])
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static double dot(const double *a, const double *b, int32_t n)
{
    double lanes[JT_LANES] = {0.0};
    for (int32_t l = 0; l < n; l += JT_LANES)
        for (int32_t i = 0; i < JT_LANES; i++)
            lanes[i] += a[l + i] * b[l + i];
    return total(lanes);
}

/* What the sums over k and l < k need of a pair (i, j), for every k < j. */
typedef struct pair_rows {
    double *v[JT_EXPONENTS]; /* z_k theta_ik^b theta_jk^b; JT_HALF is not there */
    double *near;            /* smaller of h_ik, h_jk */
    double *product;         /* of the two */
} pair_rows;

static pair_rows rows_in(const jt_pairs *pairs)
{
    double *row = pairs->rows;
    const size_t step = pairs->row;
    return (pair_rows){{NULL, row, row + step, row + 2 * step}, row + 3 * step, row + 4 * step};
}

static void fill_v(const double *z, const double *i_row, const double *j_row, int32_t j, size_t row, double *v)
{
    for (int32_t k = 0; k < j; k++)
        v[k] = z[k] * i_row[k] * j_row[k];
    memset(v + j, 0, (row - (size_t)j) * sizeof *v);
}

static void fill_extremes(const double *i_row, const double *j_row, size_t row, const pair_rows *rows)
{
    for (size_t k = 0; k < row; k++) {
        rows->near[k] = smaller(i_row[k], j_row[k]);
        rows->product[k] = i_row[k] * j_row[k];
    }
}

static double sum_of(const double *v, int32_t n)
{
    double sum = 0.0;
    for (int32_t k = 0; k < n; k++)
        sum += v[k];
    return sum;
}

/* Three-point sums with the pair (i, j): smallest angles of the triangle. */
static void add_triangles(const jt_pairs *pairs, double weight, double h_ij, int32_t j, const pair_rows *rows,
                          jt_sums *sums)
{
    double one[3] = {0.0}, two[3] = {0.0};
    for (int32_t k = 0; k < j; k++) {
        double z = pairs->z[k];
        double s = smaller(h_ij, rows->near[k]);
        double q = smaller(h_ij * rows->near[k], rows->product[k]);
        double s2 = s * s, q2 = q * q;
        one[JT_HALF] += z * s;
        one[JT_ONE] += z * s2;
        one[JT_TWO] += z * (s2 * s2);
        two[JT_ONE] += z * q2;
        two[JT_TWO] += z * (q2 * q2);
    }
    for (int b = 0; b < 3; b++) {
        sums->one_e3[b] += weight * one[b];
        sums->two_e3[b] += weight * two[b];
    }
}

/* sum over k < j of v_k times sum over l < k of theta_kl^b v_l */
static double chain(const double *triangle, size_t row, const double *v, int32_t j)
{
    double sum = 0.0;
    for (int32_t k = 1; k < j; k++)
        sum += v[k] * dot(triangle + (size_t)k * row, v, k);
    return sum;
}

typedef struct smallest {
    double one_half[JT_LANES], one[JT_LANES], one_two[JT_LANES], two[JT_LANES], two_two[JT_LANES];
} smallest;

/*
 * The row of k in the sums over l < k of the smallest, and the product of the two smallest, of the six angles of
 * (i, j, k, l). a <= b are the two smallest of those among i, j, k. The product of the two smallest is the smallest
 * product of a pair.
 */
static void add_smallest(const double *h_k, const double *weight_k, const pair_rows *rows, double a, double ab,
                         int32_t k, smallest *s)
{
    for (int32_t l = 0; l < k; l += JT_LANES) {
        for (int32_t i = 0; i < JT_LANES; i++) {
            double w = weight_k[l + i], h = h_k[l + i], near = rows->near[l + i];
            double first = smaller(near, a);
            double s0 = smaller(first, h);
            double q = smaller(smaller(rows->product[l + i], ab), smaller(near * a, h * first));
            double s2 = s0 * s0, q2 = q * q;
            s->one_half[i] += w * s0;
            s->one[i] += w * s2;
            s->one_two[i] += w * (s2 * s2);
            s->two[i] += w * q2;
            s->two_two[i] += w * (q2 * q2);
        }
    }
}

static void add_quadrangles(const jt_pairs *pairs, double weight, double h_ij, int32_t j, const pair_rows *rows,
                            jt_sums *sums)
{
    smallest s = {{0.0}, {0.0}, {0.0}, {0.0}, {0.0}};
    for (int32_t k = 1; k < j; k++) {
        double near = rows->near[k];
        double a = smaller(h_ij, near), ab = smaller(h_ij * near, rows->product[k]);
        const size_t start = (size_t)k * pairs->row;
        add_smallest(pairs->h + start, pairs->weight + start, rows, a, ab, k, &s);
    }
    sums->one_e4[JT_HALF] += weight * total(s.one_half);
    sums->one_e4[JT_ONE] += weight * total(s.one);
    sums->one_e4[JT_TWO] += weight * total(s.one_two);
    sums->two_e4[JT_ONE] += weight * total(s.two);
    sums->two_e4[JT_TWO] += weight * total(s.two_two);
}

static void add_pair(const jt_pairs *pairs, int32_t i, int32_t j, const pair_rows *rows, jt_sums *sums)
{
    const size_t row = pairs->row, i_row = (size_t)i * row, j_row = (size_t)j * row, ij = i_row + (size_t)j;
    const double weight = pairs->weight[ij], h_ij = pairs->h[ij];
    sums->e2[JT_HALF] += weight * h_ij;
    sums->e2[JT_ONE] += weight * pairs->theta[ij];
    sums->e2[JT_TWO] += weight * pairs->square[ij];
    if (j < 1)
        return;

    const double *const three[JT_EXPONENTS] = {NULL, pairs->theta, pairs->square, pairs->power3};
    const double *const four[JT_EXPONENTS] = {NULL, pairs->theta, pairs->square, pairs->power4};
    fill_extremes(pairs->h + i_row, pairs->h + j_row, row, rows);
    add_triangles(pairs, weight, h_ij, j, rows, sums);
    add_quadrangles(pairs, weight, h_ij, j, rows, sums);
    for (int b = JT_ONE; b < JT_EXPONENTS; b++) {
        fill_v(pairs->z, three[b] + i_row, three[b] + j_row, j, row, rows->v[b]);
        sums->e3[b] += weight * three[b][ij] * sum_of(rows->v[b], j);
        if (four[b] != three[b])
            fill_v(pairs->z, four[b] + i_row, four[b] + j_row, j, row, rows->v[b]);
        sums->e4[b] += weight * four[b][ij] * chain(four[b], row, rows->v[b], j);
    }
}

void jt_correlators(const jt_pairs *pairs, jt_sums *sums)
{
    const pair_rows rows = rows_in(pairs);
    memset(sums->e2, 0, sizeof sums->e2);
    memset(sums->e3, 0, sizeof sums->e3);
    memset(sums->e4, 0, sizeof sums->e4);
    memset(sums->one_e3, 0, sizeof sums->one_e3);
    memset(sums->two_e3, 0, sizeof sums->two_e3);
    memset(sums->one_e4, 0, sizeof sums->one_e4);
    memset(sums->two_e4, 0, sizeof sums->two_e4);
    for (int32_t i = 1; i < pairs->n; i++)
        for (int32_t j = 0; j < i; j++)
            add_pair(pairs, i, j, &rows, sums);
}
