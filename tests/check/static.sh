#!/bin/sh
# Static analysis of the library and its own backends: gcc -fanalyzer, cppcheck, clang-tidy. Clean, or it fails.
#
#   sh tests/check/static.sh
#
# What is false is switched off by name, with the reason, in .clang-tidy and cppcheck.txt beside this file.
set -u
cd "$(dirname "$0")/../.."
. tests/check/packages.sh
need_packages cppcheck:cppcheck clang-tidy:clang-tidy gcc:gcc

files=$(ls lib/[a-z]*.c lib/*/[a-z]*.c backends/reference/[a-z]*.c)
bad=0

# One file at a time, as a compiler sees them.
out=$(mktemp)
trap 'rm -f "$out" "$out.o"' EXIT
analyzed=0
for file in $files; do
    gcc -std=gnu11 -D_GNU_SOURCE -DJT_BUILDING -DJT_KERNEL=portable -O1 -fanalyzer -Iinclude -I. -c "$file" -o "$out.o" \
        2>>"$out" || bad=1
    analyzed=$((analyzed + 1))
done
found=$(grep -c 'warning:' "$out")
cat "$out"
echo "figure: findings of gcc -fanalyzer in $analyzed files: $found"
[ "$found" = 0 ] || bad=1

cppcheck --quiet --enable=warning,portability,performance --std=c11 -D__x86_64__ -DJT_HAVE_X86_KERNELS \
    -DJT_KERNEL=portable --suppressions-list=tests/check/cppcheck.txt --template='{file}:{line}: finding: {id}: {message}' \
    -Iinclude -I. lib backends/native backends/reference >"$out" 2>&1
found=$(grep -c 'finding:' "$out")
cat "$out"
echo "figure: findings of cppcheck: $found"
[ "$found" = 0 ] || bad=1

folder=build-static
[ -f $folder/build.ninja ] || meson setup $folder -Dtests=false >/dev/null || exit 1
# Two at a time: a file takes some seconds.
# shellcheck disable=SC2086
printf '%s\n' $files | xargs -P 2 -n 8 clang-tidy -p $folder --quiet >"$out" 2>/dev/null || bad=1
found=$(grep -cE '(error|warning):' "$out")
cat "$out"
echo "figure: findings of clang-tidy: $found"
[ "$found" = 0 ] || bad=1
exit $bad
