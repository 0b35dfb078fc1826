#!/bin/sh
# The ROOT lines of README.md, examples/tag_root.C and examples/rdataframe.* in a real ROOT, from the package index when there is none: 250 MB,
# into build/root.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v root >/dev/null; then
    if [ ! -x build/root/bin/root ]; then
        echo "installing ROOT into build/root"
        python3 -m venv build/root
        build/root/bin/python -m pip install -q --disable-pip-version-check root==0.1a12
    fi
    PATH=$PWD/build/root/bin:$PATH
    export PATH
fi
# The Python that has PyROOT.
with_root=python3
python3 -c "import ROOT" 2>/dev/null || with_root=build/root/bin/python
root -l -b -q 'examples/tag_root.C("models/zoo/ensemble-gf.jtm")' | grep '^jet' >build/root-says.txt
build/examples/tag_c models/zoo/ensemble-gf.jtm >build/c-says.txt
cat build/root-says.txt
cmp build/root-says.txt build/c-says.txt
for number in float32 float64; do
    .venv/bin/python tests/consumers/rdataframe.py write $number build/rdataframe
    rm -f build/root-scores.root build/pyroot-scores.root
    root -l -b -q 'examples/rdataframe.C("models/zoo/ensemble-gf.jtm", "build/rdataframe/*.root", "build/root-scores.root")' \
        >build/root-says.txt
    $with_root -W ignore examples/rdataframe.py models/zoo/ensemble-gf.jtm "build/rdataframe/*.root" build/pyroot-scores.root \
        >build/pyroot-says.txt
    for what in root pyroot; do
        .venv/bin/python tests/consumers/rdataframe.py compare $number models/zoo/ensemble-gf.jtm \
            build/$what-says.txt build/$what-scores.root
    done
done
sh tests/consumers/run.sh
