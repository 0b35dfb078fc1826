#!/bin/sh
# Installs what jettag needs on Debian 12 and builds it; says what it does. Called by quickstart.sh and tests/run.sh.
#
#   sh examples/setup.sh            for using jettag: library, tool, Python package
#   sh examples/setup.sh --tests    for testing it as well
#   sh examples/setup.sh --docs     for the site of its documentation (docs/build.sh)
#
# Needs Python 3.11 with pip. System packages come through apt-get, which needs root; without it this script names what
# is missing and stops before it has changed anything. Leaves build/ and .venv/ in the checkout.
set -eu
cd "$(dirname "$0")/.."

tests=no
docs=no
[ "${1:-}" = --tests ] && tests=yes
[ "${1:-}" = --docs ] && docs=yes

say() { printf 'jettag setup: %s\n' "$*"; }

# --- system packages -------------------------------------------------------------------------------------------------
missing=""
need() { # need PACKAGE COMMAND...: the package is missing when the command fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
clang_runtime() { # the sanitizers' runtime for the clang in use
    test -n "$(find "$(clang -print-resource-dir)/lib" -name 'libclang_rt.fuzzer*' 2>/dev/null)"
}

need gcc sh -c 'command -v gcc'
need pkg-config sh -c 'command -v pkg-config'
need meson sh -c 'command -v meson'
need ninja-build sh -c 'command -v ninja'
need libcjson-dev pkg-config --exists libcjson
need libc6-dev sh -c 'echo "#include <stdio.h>" | gcc -E -'
command -v python3 >/dev/null || missing="$missing python3"
[ -x .venv/bin/python ] || need python3-venv python3 -c 'import ensurepip, venv'
if [ $tests = yes ]; then
    need g++ sh -c 'command -v g++'
    need libcmocka-dev pkg-config --exists cmocka
    need cmake sh -c 'command -v cmake'
    need clang sh -c 'command -v clang'
    need clang-format sh -c 'command -v clang-format'
    need libclang-rt-14-dev clang_runtime
fi
[ $docs = no ] || need doxygen sh -c 'command -v doxygen'
# pkg-config itself may have been what was missing: then the libraries are asked for too, which does no harm.

if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        say "these system packages are missing:$missing" >&2
        say "install them (as root: apt-get install$missing) and run this again; nothing was changed" >&2
        exit 1
    fi
    say "installing system packages:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# --- Python ----------------------------------------------------------------------------------------------------------
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "Python 3.11 or newer is needed; python3 is $(python3 --version 2>&1)" >&2
    exit 1
fi
if [ ! -x .venv/bin/python ]; then
    say "making the Python environment .venv"
    python3 -m venv .venv
fi
lists="-r python/requirements.txt"
[ $tests = yes ] && lists="$lists -r tests/requirements.txt"
[ $docs = yes ] && lists="$lists -r docs/requirements.txt"
# The stamp holds what was installed last, so that a second run asks no package index.
for list in $lists; do
    [ "$list" = -r ] && continue
    stamp=".venv/installed-$(dirname "$list").txt"
    if ! cmp -s "$list" "$stamp"; then
        say "installing Python packages of $list:$(sed -n 's/^\([a-z].*\)==.*/ \1/p' "$list" | tr -d '\n')"
        .venv/bin/python -m pip install -q --disable-pip-version-check -r "$list"
        cp "$list" "$stamp"
    fi
done
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$PWD/python" >"$site/jettag.pth"

# --- build -----------------------------------------------------------------------------------------------------------
if [ ! -f build/build.ninja ]; then
    say "configuring build/"
    meson setup build -Dtests=false >build.log 2>&1 || {
        cat build.log >&2
        exit 1
    }
    mv build.log build/setup.log
fi
if [ $tests = yes ]; then
    # As tests/run.sh wants it, so that nothing is compiled twice.
    meson configure build -Dtests=true -Dwerror=true >/dev/null
fi
say "building"
ninja -C build >build/ninja.log 2>&1 || {
    cat build/ninja.log >&2
    exit 1
}
