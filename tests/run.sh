#!/bin/sh
# Runs the tests: all that a change has to pass.
#
#   sh tests/run.sh           some minutes
#   sh tests/run.sh --all     also what takes long: fuzzing, other processors, coverage, changes to the library that have
#                             to be noticed, a long run, every network on every backend under the sanitizers, and
#                             through ONNX and back
#
# Installs what it needs first (examples/setup.sh) and says so. Each step's output is in build/test-logs/; a failing
# step's is printed as well. The last line is "N passed, N failed".
set -u
cd "$(dirname "$0")/.."
all=no
case "${1:-}" in
--all) all=yes ;;
"") ;;
*)
    echo "usage: sh tests/run.sh [--all]" >&2
    exit 2
    ;;
esac

sh examples/setup.sh --tests || exit 1

logs=build/test-logs
mkdir -p $logs
passed=0
failed=0
step() { # step NAME COMMAND...
    name=$1
    shift
    start=$(date +%s)
    if "$@" >"$logs/$name.log" 2>&1; then
        passed=$((passed + 1))
        printf 'ok      %-22s %4d s  %s\n' "$name" $(($(date +%s) - start)) \
            "$(grep -E '^(Ok:|[0-9]+ passed)' "$logs/$name.log" | tail -1 | tr -s ' ')"
    else
        failed=$((failed + 1))
        printf 'FAILED  %-22s %4d s\n' "$name" $(($(date +%s) - start))
        tail -60 "$logs/$name.log"
    fi
}

python=.venv/bin/python

warnings_are_errors=true

# --- C ---------------------------------------------------------------------------------------------------------------
build_and_test() { # build_and_test FOLDER COMPILER [MESON OPTION...]
    folder=$1
    compiler=$2
    shift 2
    [ -f "$folder/build.ninja" ] || CC=$compiler meson setup "$folder" "$@" || return 1
    # Warnings are errors here, not at a user's; but not where sanitizers make gcc see what is not there.
    meson configure "$folder" -Dwerror="$warnings_are_errors" -Dtests=true || return 1
    ninja -C "$folder" || return 1
    meson test -C "$folder" --no-rebuild --print-errorlogs --timeout-multiplier 10
}

sanitized() { # the same with a sanitizer; leaks count, except in the interpreter
    folder=$1
    kind=$2
    warnings_are_errors=false ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
        TSAN_OPTIONS=halt_on_error=1 \
        build_and_test "$folder" gcc -Dbuildtype=debugoptimized -Doptimization=1 -Db_sanitize="$kind" -Db_lundef=false
}

step gcc build_and_test build gcc
step clang build_and_test build-clang clang
step address-undefined sanitized build-asan address,undefined
step thread sanitized build-tsan thread
step exports sh tests/check/exports.sh build/lib/libjettag.so
step abi sh tests/check/abi.sh build-asan/lib/libjettag.so # it has debugging information
step consumers sh tests/consumers/run.sh
step clang-format sh tests/check/format.sh

# --- Python ----------------------------------------------------------------------------------------------------------
python_sanitized() {
    JETTAG_LIBRARY=$PWD/build-asan/lib/libjettag.so ASAN_OPTIONS=detect_leaks=0 \
        LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" \
        $python -m pytest -q -p no:cacheprovider "$@"
}

step pytest $python -m pytest -q
step pytest-sanitized python_sanitized tests/python/test_api.py tests/python/test_images.py
step sbom $python tests/check/sbom.py --check
step ruff $python -m ruff check .
step ruff-format $python -m ruff format --check .
step mypy $python -m mypy

guards() (
    . tests/check/packages.sh
    need_packages valgrind:valgrind
    $python tests/bench/guards.py
)

if [ $all = yes ]; then
    step coverage sh tests/check/coverage.sh
    step static sh tests/check/static.sh
    step mutants $python tests/check/mutate.py
    step guards guards
    step processors sh tests/check/processors.sh
    step soak sh tests/soak/run.sh 60
    step fuzz sh tests/fuzz/run.sh 120
    step root sh tests/consumers/root.sh
    step wheel sh tests/consumers/wheel.sh
    step fastjet sh tests/consumers/fastjet.sh
    step recipes sh tests/consumers/recipes.sh
    step site sh docs/build.sh
    step onnx-all env JETTAG_ALL_NETWORKS=1 $python -m pytest -q tests/python/test_onnx_reader.py
    step pytest-sanitized-all python_sanitized tests/python
fi

# What docs/trust.md is made of.
$python tests/check/trust.py --from $logs

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
