#!/bin/sh
# The recipes of docs/packaging: rattler-build renders that of conda, and what it says is then done here, into a prefix
# of its own; that of Spack is executed with a stand-in for Spack; and a fresh shell finds all in the prefix by the view.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
if [ ! -x build/recipe-tools/bin/python ] || ! build/recipe-tools/bin/python -c 'import rattler_build' 2>/dev/null; then
    echo "installing py-rattler-build into build/recipe-tools"
    python3 -m venv build/recipe-tools
    build/recipe-tools/bin/python -m pip install -q --disable-pip-version-check py-rattler-build==0.73.0
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

echo "--- Spack: the class and its options"
.venv/bin/python tests/consumers/recipe_of_spack.py docs/packaging/spack/package.py

echo "--- conda: rendered, and its commands"
build/recipe-tools/bin/python tests/consumers/recipe_of_conda.py docs/packaging/conda/recipe.yaml "$place"
mkdir "$place/source" "$place/tools"
git ls-files -co --exclude-standard -z | xargs -0 cp --parents -t "$place/source" 2>/dev/null
prefix=$place/prefix
(cd "$place/source" && MESON_ARGS="--prefix=$prefix --buildtype=release" sh -eu ../build.sh) >"$place/build.log" 2>&1 || {
    tail -40 "$place/build.log"
    exit 1
}

echo "--- the view, in fresh shells"
cp docs/packaging/view/setup.sh "$prefix/setup.sh"
site=$(.venv/bin/python -c 'import numpy, os; print(os.path.dirname(os.path.dirname(numpy.__file__)))')
# NumPy is the user's own; without jettag.pth, which Python reads in its own folders only.
fresh() { # fresh SHELL COMMANDS
    env -i "PATH=$place/tools:/usr/bin:/bin" "HOME=$place" "JETTAG_HOME=$prefix" "PYTHONPATH=$site" "$1" -eu -c "$2"
}
ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$place/tools/python"
cat >"$place/use.sh" <<END
. $prefix/setup.sh
. $prefix/setup.sh
[ "\$(printenv PATH | tr : '\n' | grep -c "$prefix")" = 1 ]
[ "\$(command -v jettag)" = $prefix/bin/jettag ]
cd $place
sh -eu test.sh
python -c 'import jettag; print(jettag.__file__, jettag.load().selftest())' | grep -q ^$prefix
gcc -std=c99 $root/examples/tag.c \$(pkg-config --cflags --libs jettag) -o tag
./tag $root/models/zoo/ensemble-gf.jtm >c.txt
rm -rf cmake
cmake -S $root/tests/consumers/cmake -B cmake -DEXAMPLES=$root/examples >/dev/null
cmake --build cmake --target tag_cpp >/dev/null
cmake/tag_cpp $root/models/zoo/ensemble-gf.jtm | cmp - c.txt
[ -f "\$ROOT_INCLUDE_PATH/jettag/rdataframe.hpp" ]
END
for shell in sh bash; do
    fresh $shell ". $place/use.sh"
done
cat "$place/c.txt"
cp docs/packaging/view/setup.sh "$place/setup.sh"
fresh bash ". $place/setup.sh; [ -z \"\${LD_LIBRARY_PATH:-}\" ]" 2>"$place/none.txt"
grep -q "there is no jettag in" "$place/none.txt"
