// The C++ ways to a jet's score are one: particles with e() or E(), FastJet's function and selector, and the C call.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <vector>

#include <fastjet/ClusterSequence.hh>

#include <jettag/fastjet.hpp>

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    std::fprintf(stderr, "not so: %s\n", what);
    std::exit(1);
}

// As ROOT's LorentzVector names them, in single precision.
struct Particle {
    float x, y, z, t;
    float px() const
    {
        return x;
    }
    float py() const
    {
        return y;
    }
    float pz() const
    {
        return z;
    }
    float E() const
    {
        return t;
    }
};

int main(int, char **argv)
{
    const jettag::Model model(argv[1]);
    jettag::Context context(model);
    std::vector<fastjet::PseudoJet> particles;
    std::vector<double> momenta;
    for (int i = 0; i < 40; i++) {
        fastjet::PseudoJet particle;
        particle.reset_PtYPhiM(300.0 / (i + 1), 0.3 * std::sin(i), 0.3 * std::cos(2.0 * i), 0);
        particles.push_back(particle);
    }
    const fastjet::ClusterSequence cluster(particles, fastjet::JetDefinition(fastjet::antikt_algorithm, 1.0));
    const fastjet::PseudoJet jet = fastjet::sorted_by_pt(cluster.inclusive_jets())[0];
    std::list<Particle> narrow;
    std::vector<double> of_narrow;
    for (const auto &one : jet.constituents()) {
        for (double value : {one.px(), one.py(), one.pz(), one.e()}) {
            momenta.push_back(value);
            of_narrow.push_back(static_cast<float>(value));
        }
        narrow.push_back({float(one.px()), float(one.py()), float(one.pz()), float(one.e())});
    }
    const std::vector<std::int64_t> offsets = {0, std::int64_t(momenta.size() / 4)};
    const float expected = context.tag(momenta, offsets)[0];
    require(expected > 0 && expected < 1, "the jet has a score");
    require(context.tag_jet(jet.constituents()) == expected, "tag_jet of PseudoJets");
    require(context.tag_jet(narrow) == context.tag(of_narrow, offsets)[0], "tag_jet of particles with E()");

    const jettag::FastJetTagger top(model), copy(top);
    require(top(jet) == double(expected) && copy(jet) == double(expected), "FastJetTagger");
    require(jettag::SelectorTop(top, double(expected)).pass(jet), "a score at the threshold passes");
    require(!jettag::SelectorTop(top, std::nextafter(double(expected), 1.0)).pass(jet), "one below does not");

    jt_jet_status status = JT_JET_OK;
    const std::vector<fastjet::PseudoJet> one(particles.begin(), particles.begin() + 1);
    require(std::isnan(context.tag_jet(one, &status)) && status != JT_JET_OK, "a jet of one constituent has a status");
    require(!jettag::SelectorTop(top, 0).pass(fastjet::join(one)), "and fails the selector");
    require(std::isnan(context.tag_jet(std::vector<Particle>(), &status)) && status != JT_JET_OK,
            "so has an empty one");
    std::puts("the same score in every way");
}
