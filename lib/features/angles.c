#include "angles.h"

#include <math.h>

#include "../core/elementary.h"

static const double two_pi = 6.28318530717958647693;

double jt_rapidity(double kt2, double pz, double e)
{
    double size = fabs(pz);
    if (kt2 == 0.0 && e == size)
        return pz >= 0.0 ? 1e5 + size : -(1e5 + size);
    double m2 = (e + pz) * (e - pz) - kt2;
    if (m2 < 0.0)
        m2 = 0.0;
    double sum = e + size;
    double y = 0.5 * jt_ln((kt2 + m2) / (sum * sum));
    return pz > 0.0 ? -y : y;
}

double jt_azimuth(double px, double py)
{
    if (px * px + py * py == 0.0)
        return 0.0;
    double phi = jt_atan2(py, px);
    if (phi < 0.0)
        phi += two_pi;
    return phi >= two_pi ? phi - two_pi : phi;
}

double jt_pseudorapidity(double pt, double pz)
{
    if (pt == 0.0)
        return 1e5;
    return jt_asinh(pz / pt);
}
