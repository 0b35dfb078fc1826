#!/bin/sh
# Uses an installed jettag as strangers do: pkg-config, C99, C++, dlopen, and the lines in README.md.
set -eu
cd "$(dirname "$0")/../.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
root=$PWD

meson install -C build --destdir "$place/root" --no-rebuild >/dev/null
prefix=$(meson introspect build --buildoptions | .venv/bin/python -c \
    'import json, sys; print(next(o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"))')
installed=$place/root$prefix
pkgconfig=$(dirname "$(find "$installed" -name jettag.pc)")
export PKG_CONFIG_PATH="$pkgconfig" PKG_CONFIG_SYSROOT_DIR="$place/root"
libdir=$(dirname "$(find "$installed" -name libjettag.so)")
export LD_LIBRARY_PATH="$libdir"
flags="$(pkg-config --cflags --libs jettag)"
strict="-Wall -Wextra -Wpedantic -Wconversion -Werror"
model=$root/models/zoo/ensemble-gf.jtm

cd "$place"
echo "--- the header alone, in every language that takes it"
for standard in c99 c11 c17; do
    for compiler in gcc clang; do
        echo '#include <jettag/jettag.h>' | $compiler -std=$standard $strict -I"$installed/include" -x c -fsyntax-only -
    done
done
for standard in c++98 c++11 c++17 c++20; do
    for compiler in g++ clang++; do
        echo '#include <jettag/jettag.h>' |
            $compiler -std=$standard -Wall -Wextra -Werror -I"$installed/include" -x c++ -fsyntax-only -
    done
done

echo "--- the examples, against the installed library"
# shellcheck disable=SC2086
gcc -std=c99 $strict "$root/examples/tag.c" $flags -o tag_c
# shellcheck disable=SC2086
g++ -std=c++17 $strict "$root/examples/tag.cpp" $flags -o tag_cpp
./tag_c "$model" >c.txt
./tag_cpp "$model" >cpp.txt
cmp c.txt cpp.txt
cat c.txt

echo "--- find_package of CMake, from where the installation was moved to"
cp -r "$installed" moved
for language in c cpp; do
    cmake -S "$root/tests/consumers/cmake" -B cmake -DCMAKE_PREFIX_PATH="$place/moved" -DEXAMPLES="$root/examples" >cmake.log
    cmake --build cmake --target tag_$language >>cmake.log
    LD_LIBRARY_PATH='' cmake/tag_$language "$model" >cmake.txt
    cmp cmake.txt c.txt
done
if cmake -S "$root/tests/consumers/cmake" -B cmake-newer -DCMAKE_PREFIX_PATH="$place/moved" \
    -DEXAMPLES="$root/examples" -DWANTED=0.2 >newer.log 2>&1; then
    echo "version 0.1 was taken for 0.2" >&2
    exit 1
fi
grep -q "version: 0\.1" newer.log
rm -r moved/include
if cmake -S "$root/tests/consumers/cmake" -B cmake-part -DCMAKE_PREFIX_PATH="$place/moved" \
    -DEXAMPLES="$root/examples" >part.log 2>&1; then
    echo "found, though the headers are missing" >&2
    exit 1
fi
tr -s " \n" " " <part.log | grep -q "the installation is not whole"

echo "--- loaded and unloaded a hundred times"
# shellcheck disable=SC2086
gcc -std=gnu11 $strict "$root/tests/consumers/reload.c" -I"$installed/include" -ldl -o reload
./reload "$libdir/libjettag.so" "$model"

echo "--- the lines in README.md"
"$root/.venv/bin/python" "$root/tests/consumers/readme.py" "$root/README.md" "$place" "$model" $flags
