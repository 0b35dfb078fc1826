"""Adds a column of scores to a tree in PyROOT, on two threads with a context each.

    python rdataframe.py ensemble-gf.jtm jets.root scores.root

The same as rdataframe.C; the folders are those of a checkout.
"""

import sys

import ROOT

ROOT.gInterpreter.AddIncludePath("include")
ROOT.gSystem.Load("build/lib/libjettag")
ROOT.gInterpreter.Declare("#include <jettag/rdataframe.hpp>")

path, jets, out = sys.argv[1:]
ROOT.EnableImplicitMT(2)
frame = ROOT.RDataFrame("tree", jets)
model = ROOT.jettag.Model(path)
columns = ["part_px", "part_py", "part_pz", "part_energy"]
scored = ROOT.jettag.define_score(ROOT.RDF.AsRNode(frame), "score", model, columns)
tops = scored.Filter(f"score >= {model.threshold(0.5):.17g}").Count()
scored.Snapshot("scores", out, ["jet", "score"])
print(f"{tops.GetValue()} jets pass")
