// Clusters made-up particles with FastJet and tags the jets; a selector keeps those that look like tops.
//
//     c++ -std=c++17 tag_fastjet.cpp $(pkg-config --cflags --libs jettag) $(fastjet-config --cxxflags --libs) -o tag
//     ./tag ensemble-gf.jtm
#include <cstdio>
#include <vector>

#include <fastjet/ClusterSequence.hh>

#include <jettag/fastjet.hpp>

// Three bunches of particles around one direction, as a top decays, and one bunch elsewhere.
static std::vector<fastjet::PseudoJet> event()
{
    const double axes[4][3] = {{0.0, 0.0, 260}, {0.35, 0.25, 190}, {-0.25, 0.35, 150}, {0.5, 3.0, 600}};
    std::vector<fastjet::PseudoJet> particles;
    for (const auto &axis : axes)
        for (int i = 0; i < 15; i++) {
            fastjet::PseudoJet particle;
            const double pt = axis[2] * (i == 0 ? 0.4 : 0.6 / (14.0 * (1 + i % 4)));
            particle.reset_PtYPhiM(pt, axis[0] + 0.01 * (i % 5 - 2), axis[1] + 0.01 * (i % 3 - 1), 0.1);
            particles.push_back(particle);
        }
    return particles;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s MODEL.jtm\n", argv[0]);
        return 2;
    }
    try {
        jettag::Model model(argv[1]);
        const jettag::FastJetTagger top(model);
        const fastjet::ClusterSequence cluster(event(), fastjet::JetDefinition(fastjet::antikt_algorithm, 0.8));
        const std::vector<fastjet::PseudoJet> jets = fastjet::sorted_by_pt(cluster.inclusive_jets(100));
        for (const auto &jet : jets)
            std::printf("pt %.0f, m %.0f: score %.9g\n", jet.pt(), jet.m(), top(jet));
        const fastjet::Selector tops = jettag::SelectorTop(top, model.threshold(0.8));
        std::printf("%zu of %zu jets pass\n", tops(jets).size(), jets.size());
    } catch (const jettag::Error &error) {
        std::fprintf(stderr, "%s: %s\n", argv[1], error.what());
        return 1;
    }
}
