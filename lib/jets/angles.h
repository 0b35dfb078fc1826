/* Directions of momenta: the only place where images and jets meet transcendental functions. */
#ifndef JT_JETS_ANGLES_H
#define JT_JETS_ANGLES_H

/* Pseudorapidity for pt > 0: asinh(pz / pt). */
double jt_eta(double pt, double pz);

/* Azimuth in [-pi, pi]. */
double jt_phi(double px, double py);

/* A difference of two azimuths, wrapped to [-pi, pi). */
double jt_delta_phi(double a, double b);

/* (pT, eta, phi, m) to (px, py, pz, E); E = sqrt(m^2 + |p|^2). */
void jt_from_pt_eta_phi_m(const double in[4], double out[4]);

#endif /* JT_JETS_ANGLES_H */
