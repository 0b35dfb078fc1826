#!/bin/sh
# Runs the tests. Installs what they need first (see examples/setup.sh) and says so.
set -eu
cd "$(dirname "$0")/.."
missing=""
command -v meson >/dev/null || missing="$missing meson"
command -v ninja >/dev/null || missing="$missing ninja-build"
pkg-config --exists libcjson 2>/dev/null || missing="$missing pkg-config libcjson-dev"
pkg-config --exists cmocka 2>/dev/null || missing="$missing libcmocka-dev"
if [ -n "$missing" ]; then
    [ "$(id -u)" = 0 ] || { echo "missing:$missing" >&2; exit 1; }
    echo "installing:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq $missing >/dev/null
fi
mkdir -p build
cflags="-std=gnu11 -O2 -ffp-contract=off -Wall -Wextra -Wconversion -Werror -D_GNU_SOURCE -Iinclude -I."
# shellcheck disable=SC2086,SC2046
gcc $cflags tests/unit/core/test_core.c lib/core/core.c lib/core/crc32c.c lib/core/float_guard.c lib/core/math.c \
    lib/core/sized.c $(pkg-config --cflags --libs cmocka) -lm -o build/test_core
build/test_core

