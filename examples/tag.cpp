// Tags three jets in C++17.
//
//     c++ -std=c++17 tag.cpp $(pkg-config --cflags --libs jettag) -o tag && ./tag ensemble-gf.jtm
#include <cstdio>
#include <vector>

#include <jettag/jettag.hpp>

int main(int argc, char **argv)
{
    // px, py, pz, E in GeV. The third jet has two constituents only, and gets a status instead of a score.
    const std::vector<double> momenta = {
        300, 10,  40,  304, 200, 30,  20, 204, 60, 0,  5,  61, 20, 5,  0,   21, 10, 0,   3,  11, 250, 250,
        0,   356, 100, 90,  10,  136, 30, 20,  0,  37, 10, 10, 1,  15, 400, 10, 30, 402, 20, 10, 5,   23,
    };
    const std::vector<std::int64_t> offsets = {0, 5, 9, 11};
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s MODEL.jtm\n", argv[0]);
        return 2;
    }
    try {
        jettag::Model model(argv[1]);
        jettag::Context context(model);
        std::vector<std::uint8_t> statuses;
        const std::vector<float> scores = context.tag(momenta, offsets, &statuses);
        for (std::size_t i = 0; i < scores.size(); i++)
            if (statuses[i] == JT_JET_OK)
                std::printf("jet %zu: score %.9g\n", i, static_cast<double>(scores[i]));
            else
                std::printf("jet %zu: %s\n", i, jt_jet_status_text(static_cast<jt_jet_status>(statuses[i])));
    } catch (const jettag::Error &error) {
        std::fprintf(stderr, "%s: %s\n", argv[1], error.what());
        return 1;
    }
}
