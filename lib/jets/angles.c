#include "angles.h"

#include <math.h>

#include "../core/elementary.h"

static const double pi = 3.14159265358979323846;

double jt_eta(double pt, double pz)
{
    return jt_asinh(pz / pt);
}

double jt_phi(double px, double py)
{
    return jt_atan2(py, px);
}

double jt_delta_phi(double a, double b)
{
    double d = a - b;
    if (d >= pi)
        d -= 2 * pi;
    else if (d < -pi)
        d += 2 * pi;
    return d;
}

void jt_from_pt_eta_phi_m(const double in[4], double out[4])
{
    double pt = in[0], m = in[3], sine, cosine;
    double pz = pt == 0.0 ? 0.0 : pt * jt_sinh(in[1]);
    jt_sin_cos(in[2], &sine, &cosine);
    out[0] = pt * cosine;
    out[1] = pt * sine;
    out[2] = pz;
    out[3] = sqrt(m * m + pt * pt + pz * pz);
}
