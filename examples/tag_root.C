// Tags three jets in ROOT, without compiling anything:
//
//     root -l -b -q 'tag_root.C("ensemble-gf.jtm")'
//
// ROOT has to find the header and the library: R__ADD_INCLUDE_PATH and R__ADD_LIBRARY_PATH below name the folders of a
// checkout; leave them out where jettag is installed.
R__ADD_INCLUDE_PATH(include)
R__ADD_LIBRARY_PATH(build/lib)
R__LOAD_LIBRARY(libjettag)
#include <jettag/jettag.hpp>

void tag_root(const char *path)
{
    // px, py, pz, E in GeV. The third jet has two constituents only, and gets a status instead of a score.
    std::vector<double> momenta = {
        300, 10, 40, 304, 200, 30, 20, 204, 60, 0,  5, 61, 20, 5,  0, 21, 10,  0,  3,  11, 250, 250,
        0,   356, 100, 90, 10, 136, 30, 20, 0, 37, 10, 10, 1, 15, 400, 10, 30, 402, 20, 10, 5,  23,
    };
    std::vector<std::int64_t> offsets = {0, 5, 9, 11};
    jettag::Model model(path);
    jettag::Context context(model);
    std::vector<std::uint8_t> statuses;
    std::vector<float> scores = context.tag(momenta, offsets, &statuses);
    for (std::size_t i = 0; i < scores.size(); i++)
        if (statuses[i] == JT_JET_OK)
            printf("jet %zu: score %.9g\n", i, scores[i]);
        else
            printf("jet %zu: %s\n", i, jt_jet_status_text((jt_jet_status)statuses[i]));
}
