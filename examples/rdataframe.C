// Adds a column of scores to a tree, on two threads with a context each:
//
//     root -l -b -q 'rdataframe.C("ensemble-gf.jtm", "jets.root", "scores.root")'
//
// Jets may be in several files, "jets_*.root". The tree is called `tree` and has lists part_px, part_py, part_pz,
// part_energy in GeV, as those of JetClass. The two lines below name the folders of a checkout; leave them out where
// jettag is installed.
R__ADD_INCLUDE_PATH(include)
R__ADD_LIBRARY_PATH(build/lib)
R__LOAD_LIBRARY(libjettag)
#include <jettag/rdataframe.hpp>

void rdataframe(const char *path, const char *jets, const char *out)
{
    ROOT::EnableImplicitMT(2);
    ROOT::RDataFrame frame("tree", jets);
    jettag::Model model(path);
    auto scored = jettag::define_score(frame, "score", model, {"part_px", "part_py", "part_pz", "part_energy"});
    const double cut = model.threshold(0.5);
    auto tops = scored.Filter([cut](float score) { return score >= cut; }, {"score"}).Count();
    scored.Snapshot("scores", out, {"jet", "score"}); // in any order of rows: the column jet says which is which
    printf("%llu jets pass\n", *tops);
}
