/* The transcendental functions behind the features, in one place so that they can be exchanged. */
#ifndef JT_FEATURES_ANGLES_H
#define JT_FEATURES_ANGLES_H

/* Rapidity of a constituent, with a negative mass squared (rounding) taken as massless; FastJet's finite value
   +-(1e5 + |pz|) along the beam. */
double jt_rapidity(double kt2, double pz, double e);

/* Azimuth in [0, 2 pi), 0 along the beam. */
double jt_azimuth(double px, double py);

/* Pseudorapidity of a jet as FastJet has it: +1e5 along the beam, to either side. */
double jt_pseudorapidity(double pt, double pz);

#endif /* JT_FEATURES_ANGLES_H */
