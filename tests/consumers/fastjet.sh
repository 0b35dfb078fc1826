#!/bin/sh
# examples/tag_fastjet.cpp with the FastJet of the package index, 40 MB, into build/fastjet; and the same scores from the
# Python package for the same constituents.
set -eu
cd "$(dirname "$0")/../.."
if [ ! -d build/fastjet/fastjet ]; then
    echo "installing fastjet 3.5.2.0 into build/fastjet"
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --target build/fastjet fastjet==3.5.2.0
fi
package=$PWD/build/fastjet/fastjet
model=models/zoo/ensemble-gf.jtm
build() { # build SOURCE PROGRAM
    g++ -std=c++17 -Wall -Wextra -Werror "$1" -Iinclude -isystem "$package/include" -Lbuild/lib -ljettag \
        -L"$package/lib64" -lfastjettools -lfastjet -Wl,-rpath,"$PWD/build/lib" -Wl,-rpath,"$package/lib64" -o "$2"
}
build examples/tag_fastjet.cpp build/tag_fastjet
build/tag_fastjet $model
build tests/consumers/fastjet.cc build/check_fastjet
build/check_fastjet $model
