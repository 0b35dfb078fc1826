#!/bin/sh
# The documentation as a site, in build/site: pages of docs/ and models/, the headers, the Python package. Installs what
# it lacks (examples/setup.sh) and says so. A public function without a description, a link within the site that leads
# nowhere and any other warning are errors.
set -eu
cd "$(dirname "$0")/.."
sh examples/setup.sh --docs
mkdir -p build/site-work
rm -rf build/site build/site-work/xml

# Members of a struct may speak for themselves; all else is described.
doxygen docs/Doxyfile 2>build/site-work/doxygen.log || true
if grep -E '(error|warning): ' build/site-work/doxygen.log | grep -v '(variable) of struct .* is not documented'; then
    echo "the headers have to describe what is public" >&2
    exit 1
fi
[ -f build/site-work/xml/index.xml ] || {
    cat build/site-work/doxygen.log >&2
    exit 1
}
.venv/bin/python -m sphinx -q -W --keep-going -c docs -d build/site-work/trees . build/site
printf '<!doctype html><meta http-equiv="refresh" content="0; url=docs/index.html"><a href="docs/index.html">jettag</a>\n' \
    >build/site/index.html
.venv/bin/python docs/check_links.py build/site
echo "build/site/index.html"
