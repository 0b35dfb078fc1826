#!/bin/sh
# How much of the library the C tests go through, and by what every status of jettag.h is reached.
#
#   sh tests/check/coverage.sh
#
# Builds with gcov in build-coverage/ and reports with gcovr (Debian's; as root it is installed). Fails below 95 % of
# the branches of lib/model, below 90 % of the lines of lib, or when a status is not reached.
set -eu
cd "$(dirname "$0")/../.."
. tests/check/packages.sh
need_packages gcovr:gcovr

folder=build-coverage
[ -f $folder/build.ninja ] || meson setup $folder -Db_coverage=true -Dbuildtype=debug -Dtests=true
ninja -C $folder
find $folder -name '*.gcda' -delete
meson test -C $folder --no-rebuild --print-errorlogs --timeout-multiplier 10

# Only the library's own objects: gcovr cannot join the functions that each kernel's objects have of one source.
report() { # report FILTER OPTION...
    filter=$1
    shift
    gcovr --root . --object-directory $folder --filter "$filter" --exclude lib/tool/ --exclude-throw-branches "$@" \
        $folder/lib/libjettag_internal.a.p
}
report lib/
report lib/model/ --branches
lines=$(report lib/ --print-summary | sed -n 's/^lines: \([0-9.]*\)%.*/\1/p')
branches=$(report lib/model/ --print-summary | sed -n 's/^branches: \([0-9.]*\)%.*/\1/p')
echo "figure: lines of lib/ reached by the C tests, %: $lines"
echo "figure: branches of lib/model/ (container and header reader) taken, %: $branches"

# Fails when a status of the header is reached by nothing, and says by what the others are.
JETTAG_TEST_HEADER=include/jettag/jettag.h JETTAG_TEST_MODULES=$folder/tests/unit/api/modules \
    $folder/tests/unit/api/test_api_statuses | grep -E 'reached by|PASSED'
at_least() { awk -v value="$1" -v least="$2" 'BEGIN { exit !(value >= least) }'; }
at_least "$lines" 90
at_least "$branches" 95
