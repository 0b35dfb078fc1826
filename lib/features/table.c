#include <string.h>

#include "features.h"

/* theta_ij is the distance in (rapidity, phi); tau_N(b), e_N(b), v_eN(b) as in docs/features.md. */
enum { TAU = JT_NEEDS_TAU, TWO = JT_NEEDS_TWO_POINT, THREE = JT_NEEDS_THREE_POINT, FOUR = JT_NEEDS_FOUR_POINT };

/* clang-format off */
const jt_feature jt_feature_table[JT_FEATURES] = {
    {"pt", "transverse momentum of the summed four-momentum", "GeV", 0},
    {"eta", "pseudorapidity of the summed four-momentum", "", 0},
    {"phi", "azimuth of the summed four-momentum, in (-pi, pi]", "rad", 0},
    {"m", "sqrt(E^2 - p^2) of the sum; -sqrt(p^2 - E^2) where that is imaginary", "GeV", 0},
    {"n", "number of constituents", "", 0},
    {"tau21_b0.5", "tau_2(0.5) / tau_1(0.5)", "", TAU},
    {"tau32_b0.5", "tau_3(0.5) / tau_2(0.5)", "", TAU},
    {"tau43_b0.5", "tau_4(0.5) / tau_3(0.5)", "", TAU},
    {"tau54_b0.5", "tau_5(0.5) / tau_4(0.5)", "", TAU},
    {"tau65_b0.5", "tau_6(0.5) / tau_5(0.5)", "", TAU},
    {"tau21_b1", "tau_2(1) / tau_1(1)", "", TAU},
    {"tau32_b1", "tau_3(1) / tau_2(1)", "", TAU},
    {"tau43_b1", "tau_4(1) / tau_3(1)", "", TAU},
    {"tau54_b1", "tau_5(1) / tau_4(1)", "", TAU},
    {"tau65_b1", "tau_6(1) / tau_5(1)", "", TAU},
    {"tau21_b2", "tau_2(2) / tau_1(2)", "", TAU},
    {"tau32_b2", "tau_3(2) / tau_2(2)", "", TAU},
    {"tau43_b2", "tau_4(2) / tau_3(2)", "", TAU},
    {"tau54_b2", "tau_5(2) / tau_4(2)", "", TAU},
    {"tau65_b2", "tau_6(2) / tau_5(2)", "", TAU},
    {"C1_b1", "e_2(1)", "", TWO},
    {"C2_b1", "e_3(1) / e_2(1)^2", "", TWO | THREE},
    {"C3_b1", "e_4(1) e_2(1) / e_3(1)^2", "", TWO | THREE | FOUR},
    {"C1_b2", "e_2(2)", "", TWO},
    {"C2_b2", "e_3(2) / e_2(2)^2", "", TWO | THREE},
    {"C3_b2", "e_4(2) e_2(2) / e_3(2)^2", "", TWO | THREE | FOUR},
    {"D2_a1b1", "e_3(1) / e_2(1)^3", "", TWO | THREE},
    {"D2_a1b2", "e_3(1) / e_2(2)^1.5", "", TWO | THREE},
    {"D2_a2b1", "e_3(2) / e_2(1)^6", "", TWO | THREE},
    {"D2_a2b2", "e_3(2) / e_2(2)^3", "", TWO | THREE},
    {"D3_sum", "T1 + 5 T2 + 0.35 T3", "", TWO | THREE | FOUR},
    {"D3_t1", "T1 = e_4(0.6) e_2(2)^0.9 / e_3(0.8)^2.25", "", TWO | THREE | FOUR},
    {"D3_t2", "T2 = e_4(0.6) e_2(2)^0.5 / e_3(0.8)^1.5", "", TWO | THREE | FOUR},
    {"D3_t3", "T3 = e_4(0.6) e_2(2)^0.5 / e_3(0.8)^2", "", TWO | THREE | FOUR},
    {"U1_b0.5", "e_2(0.5)", "", TWO},
    {"U2_b0.5", "1_e3(0.5)", "", THREE},
    {"U3_b0.5", "1_e4(0.5)", "", FOUR},
    {"U1_b1", "e_2(1)", "", TWO},
    {"U2_b1", "1_e3(1)", "", THREE},
    {"U3_b1", "1_e4(1)", "", FOUR},
    {"U1_b2", "e_2(2)", "", TWO},
    {"U2_b2", "1_e3(2)", "", THREE},
    {"U3_b2", "1_e4(2)", "", FOUR},
    {"M2_b1", "1_e3(1) / e_2(1)", "", TWO | THREE},
    {"M3_b1", "1_e4(1) / 1_e3(1)", "", THREE | FOUR},
    {"M2_b2", "1_e3(2) / e_2(2)", "", TWO | THREE},
    {"M3_b2", "1_e4(2) / 1_e3(2)", "", THREE | FOUR},
    {"N2_b1", "2_e3(1) / e_2(1)^2", "", TWO | THREE},
    {"N3_b1", "2_e4(1) / 1_e3(1)^2", "", THREE | FOUR},
    {"N2_b2", "2_e3(2) / e_2(2)^2", "", TWO | THREE},
    {"N3_b2", "2_e4(2) / 1_e3(2)^2", "", THREE | FOUR},
    {"L2", "e_3(1) / e_2(2)^1.5", "", TWO | THREE},
    {"L3", "1_e3(1) / e_3(1)^(1/3)", "", THREE},
};
/* clang-format on */

int32_t jt_feature_find(const char *name)
{
    for (int32_t i = 0; i < JT_FEATURES; i++)
        if (strcmp(jt_feature_table[i].name, name) == 0)
            return i;
    return -1;
}
