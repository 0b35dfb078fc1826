"""Makes features.npz: 300 simulated jets and 60 toys with the features that FastJet and its contrib give them.

    pip install fastjet==3.5.2.0
    python tests/data/make_features.py

Takes the jets from the features.npz that is there and calculates everything else anew, with a C++ program that is
compiled against the headers and libraries in the fastjet package; nothing of jettag is used. The simulated jets are 150
QCD and 150 top jets of the "toptag" sample ("toptag_01:8" is jet 8 of shard toptag_01); the toys are what is hard: few
constituents, collinear and identical ones, zeros, the beam, ties, masses, the wrap in phi, forward jets.

Arrays: momenta (N, 4) px py pz E in GeV, in the order in which FastJet got them; offsets (361,); jet_names; kind
(0 QCD, 1 top, 2 toy); names (53,); features (360, 53), 0 where FastJet's answer is not finite; nonfinite, the mask of
those; kt_taus (360, 15), slots 5-19 about E-scheme kT axes instead of winner-take-all ones.
"""

from __future__ import annotations

import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path

import fastjet
import numpy as np

FILE = Path(__file__).with_name("features.npz")

PROGRAM = r"""
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <fastjet/PseudoJet.hh>
#include <fastjet/contrib/EnergyCorrelator.hh>
#include <fastjet/contrib/Nsubjettiness.hh>

using namespace fastjet;
using namespace fastjet::contrib;

static const auto by_pt = EnergyCorrelator::pt_R;

static double correlator(const PseudoJet &jet, int angles, unsigned n, double beta)
{
    return EnergyCorrelatorGeneralized(angles, n, beta, by_pt).result(jet);
}

static void add_tau_ratios(const PseudoJet &jet, const AxesDefinition &axes, std::vector<double> &out)
{
    for (double beta : {0.5, 1.0, 2.0})
        for (int n = 1; n <= 5; n++)
            out.push_back(NsubjettinessRatio(n + 1, n, axes, UnnormalizedMeasure(beta)).result(jet));
}

static void add_c_and_d(const PseudoJet &jet, std::vector<double> &out)
{
    for (double beta : {1.0, 2.0})
        for (int n = 1; n <= 3; n++)
            out.push_back(EnergyCorrelatorCseries(n, beta, by_pt).result(jet));
    for (double alpha : {1.0, 2.0})
        for (double beta : {1.0, 2.0})
            out.push_back(EnergyCorrelatorGeneralizedD2(alpha, beta, by_pt).result(jet));
    // D3 is not in contrib: exponents (a, b, g) = (2, 0.8, 0.6), weights 5 and 0.35.
    double e2 = correlator(jet, -1, 2, 2), e3 = correlator(jet, -1, 3, 0.8), e4 = correlator(jet, -1, 4, 0.6);
    double t1 = e4 * pow(e2, 0.9) / pow(e3, 2.25);
    double t2 = e4 * pow(e2, 0.5) / pow(e3, 1.5);
    double t3 = e4 * pow(e2, 0.5) / pow(e3, 2.0);
    for (double value : {t1 + 5 * t2 + 0.35 * t3, t1, t2, t3})
        out.push_back(value);
}

static void add_u_m_n_l(const PseudoJet &jet, std::vector<double> &out)
{
    for (double beta : {0.5, 1.0, 2.0})
        for (int k = 1; k <= 3; k++)
            out.push_back(EnergyCorrelatorUseries(k, beta, by_pt).result(jet));
    for (double beta : {1.0, 2.0})
        for (int k = 2; k <= 3; k++)
            out.push_back(EnergyCorrelatorMseries(k, beta, by_pt).result(jet));
    for (double beta : {1.0, 2.0})
        for (int k = 2; k <= 3; k++)
            out.push_back(EnergyCorrelatorNseries(k, beta, by_pt).result(jet));
    double e3 = correlator(jet, 3, 3, 1);
    out.push_back(e3 / pow(correlator(jet, 1, 2, 2), 1.5));
    out.push_back(correlator(jet, 1, 3, 1) / pow(e3, 1.0 / 3));
}

int main()
{
    ClusterSequence::set_fastjet_banner_stream(nullptr);
    int64_t n;
    while (fread(&n, sizeof n, 1, stdin) == 1) {
        std::vector<PseudoJet> constituents;
        for (int64_t i = 0; i < n; i++) {
            double p[4];
            if (fread(p, sizeof p, 1, stdin) != 1)
                return 1;
            constituents.emplace_back(p[0], p[1], p[2], p[3]);
        }
        std::vector<double> out(68, 0.0);
        if (n > 0) {
            PseudoJet jet = join(constituents);
            out = {jet.perp(), jet.eta(), jet.phi_std(), jet.m(), double(n)};
            add_tau_ratios(jet, WTA_KT_Axes(), out);
            add_c_and_d(jet, out);
            add_u_m_n_l(jet, out);
            add_tau_ratios(jet, KT_Axes(), out);
        }
        fwrite(out.data(), sizeof(double), out.size(), stdout);
    }
    return 0;
}
"""


def fastjet_features(momenta: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """FastJet's features of all jets, NaN or infinite where that is its answer."""
    package = Path(fastjet.__file__).parent
    libraries = package / "lib64"
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "features.cpp", Path(folder) / "features"
        source.write_text(PROGRAM)
        command = ["g++", "-std=c++17", "-O2", "-ffp-contract=off", f"-I{package / 'include'}", str(source)]
        command += ["-o", str(program), f"-L{libraries}", f"-Wl,-rpath,{libraries}"]
        subprocess.run([*command, "-lfastjetcontribfragile", "-lfastjettools", "-lfastjet"], check=True)
        jets = b"".join(np.int64(b - a).tobytes() + momenta[a:b].tobytes() for a, b in pairwise(offsets))
        answer = subprocess.run([str(program)], input=jets, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(answer).reshape(len(offsets) - 1, 53 + 15)


def main() -> None:
    """Calculate the features again and write the file."""
    with np.load(FILE) as file:
        arrays = {key: file[key] for key in file.files}
    features = fastjet_features(arrays["momenta"], arrays["offsets"])
    finite = np.where(np.isfinite(features), features, 0.0)
    arrays["nonfinite"] = ~np.isfinite(features[:, :53])
    arrays["features"], arrays["kt_taus"] = finite[:, :53], finite[:, 53:]
    np.savez_compressed(FILE, **arrays)


if __name__ == "__main__":
    main()
