#!/bin/sh
# The binary interface against the stored one, by abidiff: any change fails until it is stored on purpose.
#
#   sh tests/check/abi.sh build-asan/lib/libjettag.so            compare with tests/data/abi/libjettag.abi
#   sh tests/check/abi.sh build-asan/lib/libjettag.so --store    write it anew: only for what old programs never see
#
# The library has to have debugging information.
set -eu
library=$1
stored=tests/data/abi/libjettag.abi
. tests/check/packages.sh
need_packages abigail-tools:abidiff

if [ "${2:-}" = --store ]; then
    mkdir -p "$(dirname $stored)"
    abidw --headers-dir include --no-corpus-path --no-comp-dir-path --out-file $stored "$library"
    exit 0
fi
if ! abidiff --harmless --headers-dir1 include --headers-dir2 include $stored "$library"; then
    echo "the interface is another one: if that only adds to it, and is meant, store it anew (--store)" >&2
    exit 1
fi
functions=$(grep -c '<elf-symbol ' $stored)
[ "$functions" -ge 23 ] || exit 1
echo "figure: functions of the stored binary interface that are as they were: $functions of $functions"
