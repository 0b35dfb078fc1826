#!/bin/sh
# The ROOT lines of README.md and examples/tag_root.C in a real ROOT, from the package index when there is none: 250 MB,
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
root -l -b -q 'examples/tag_root.C("models/zoo/hybrid-i35-gf.jtm")' | grep '^jet' >build/root-says.txt
build/examples/tag_c models/zoo/hybrid-i35-gf.jtm >build/c-says.txt
cat build/root-says.txt
cmp build/root-says.txt build/c-says.txt
sh tests/consumers/run.sh
