#!/bin/sh
# All that a GPU has to say of the cuda backend, in order, into one log, within ten minutes.
#
#   sh tests/bench/gpu/all.sh [LOG]      LOG: build/gpu.log
#
# Needs an NVIDIA GPU, CUDA 13 with nvcc, cuDNN 9, meson, ninja, a C compiler, libcjson, and Python with NumPy (PYTHON
# says which; .venv is taken where it is there). Builds into build-gpu. Peers, pytest and compute-sanitizer are used where
# they are there. Each step has a limit; one that fails or runs over does not stop those after it. The last line is
# "N passed, N failed, N skipped"; status 77 where no GPU can be used.
set -u
cd "$(dirname "$0")/../../.." || exit 1
log=${1:-build/gpu.log}
build="build-gpu"
model=models/zoo/effnet-s0-i35.jtm
mkdir -p "$(dirname "$log")"
: >"$log"
python=${PYTHON:-}
[ -n "$python" ] || { [ -x .venv/bin/python ] && python=.venv/bin/python; } || python=python3
export PYTHONPATH=python:. JETTAG_LIBRARY="$PWD/$build/lib/libjettag.so"
begun=$(date +%s)
passed=0
failed=0
skipped=0

say() {
    printf '%s\n' "$*" | tee -a "$log"
}

step() { # step NAME SECONDS COMMAND...
    name=$1
    left=$((590 + begun - $(date +%s)))
    limit=$(($2 < left ? $2 : left))
    shift 2
    if [ "$limit" -le 0 ]; then
        skipped=$((skipped + 1))
        say "skipped $name: the ten minutes are over"
        return
    fi
    start=$(date +%s)
    printf '\n=== %s: %s\n' "$name" "$*" >>"$log"
    timeout -k 5 "$limit" "$@" >>"$log" 2>&1
    status=$?
    took=$(($(date +%s) - start))
    case $status in
    0)
        passed=$((passed + 1))
        say "ok      $name ($took s)"
        ;;
    77)
        skipped=$((skipped + 1))
        say "skipped $name"
        ;;
    *)
        failed=$((failed + 1))
        say "FAILED  $name: status $status after $took s"
        ;;
    esac
}

tool() { # tool NAME: compute-sanitizer's, where it is there
    step "$1" 60 sh -c "command -v compute-sanitizer || exit 77
        exec compute-sanitizer --tool $1 --error-exitcode 1 $build/jettag --backend cuda selftest $model"
}

{
    date -u
    uname -sr
    nvidia-smi 2>&1
    nvcc --version 2>&1 | tail -2
} >>"$log"
step build 240 sh -c "[ -f $build/build.ninja ] || meson setup $build -Dcuda=enabled -Donednn=disabled -Dtests=false
    exec ninja -C $build"
step backends 30 sh -c "$build/jettag backends; $build/jettag backends | grep -q '^cuda *available' || exit 77"
if [ "$skipped" = 1 ]; then
    say "no GPU can be used: $(grep '^cuda ' "$log" | tail -1)"
    exit 77
fi
step selftest 30 $build/jettag --backend cuda selftest $model
step selftest-in-steps 30 env JETTAG_CUDA_STEPS=1 $build/jettag --backend cuda selftest $model
step agreement 60 "$python" tests/bench/gpu/agreement.py
tool memcheck
step compare 300 "$python" tests/bench/gpu/compare.py --rounds 10 --seconds 4 \
    --models effnet-s0-i35,ensemble-gf,effnet-s4-i40-gf,lenet-28-i35
tool racecheck
tool initcheck
step parity 90 sh -c "$python -c 'import pytest' || exit 77
    exec $python -m pytest -q -rs tests/python/test_parity.py"
step bytes 30 "$python" tests/bench/gpu/compare.py --bytes
step latency 60 $build/jettag --backend cuda bench $model
grep '^figure:' "$log"
say "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
