#!/bin/sh
# Fuzzes what strangers' bytes reach: the reader of model files (fuzz_model.c), a whole load and tag (fuzz_tag.c), and
# all that works on jets (fuzz_jets.c).
#
#   sh tests/fuzz/run.sh 300                                  300 seconds in all (120), on one core
#   sh tests/fuzz/run.sh 300 jets                             one of them alone
#   sh tests/fuzz/run.sh --executions 100000000 model         until there were so many in all; stopped, it goes on with
#                                                             the next call from the last full slice (see below)
#   sh tests/fuzz/run.sh --merge model                        the smallest corpus that takes every branch taken into
#                                                             tests/fuzz/corpus, from that one and what was found
#
# Needs clang with libFuzzer, and CMocka for the files to begin with. Built in build-fuzz/. Everything else is in
# build/fuzz/: corpora, which grow from run to run, <target>.total with the executions of --executions, and what was
# found, as <target>-crash-*, -leak-* or -timeout-*. Fails when something was found. After a change to the library
# remove <target>.total to begin anew.
#
# What makes it fast: memory in one region (pool.h), models of a kilobyte (seeds.c), no tracing of comparisons, which the
# mutator (mutate.c) makes up for by knowing the format, no counting of how rare each feature is. Seconds of the
# processor are what to compare, not of the clock.
set -eu
cd "$(dirname "$0")/../.."
out=build/fuzz
slice=500000
mkdir -p $out
export ASAN_OPTIONS="${ASAN_OPTIONS:-quarantine_size_mb=4:malloc_context_size=1}"

build() { # build TARGET
    # Of two processors with AVX2 either runs what the other built; without, the compiler's own choice.
    wide=$(grep -qw avx2 /proc/cpuinfo && echo -march=x86-64-v3 || true)
    [ -f build-fuzz/build.ninja ] || CC=clang meson setup build-fuzz -Dfuzz=true -Donednn=disabled -Dcuda=disabled \
        -Dbuildtype=debugoptimized -Doptimization=2 -Db_sanitize=address,undefined -Db_lundef=false \
        "-Dc_args=$wide -fsanitize-coverage=inline-8bit-counters,pc-table,indirect-calls -fno-sanitize-recover=undefined"
    ninja -C build-fuzz "tests/fuzz/fuzz_$1" tests/fuzz/make_seeds >/dev/null
    mkdir -p "$out/$1-corpus" $out/seeds
    build-fuzz/tests/fuzz/make_seeds $out/seeds
}

options() { # options TARGET: how long its inputs are, and what they begin with
    case $1 in
    model) echo "-max_len=4096 -dict=tests/fuzz/model.dict $out/$1-corpus tests/fuzz/corpus/$1 $out/seeds tests/data/attacks" ;;
    tag) echo "-max_len=4096 -dict=tests/fuzz/model.dict $out/$1-corpus tests/fuzz/corpus/$1 $out/seeds" ;;
    jets) echo "-max_len=1024 -len_control=0 -dict=tests/fuzz/jets.dict $out/$1-corpus tests/fuzz/corpus/$1" ;;
    *)
        echo "there is no target $1" >&2
        exit 2
        ;;
    esac
}

fuzz() { # fuzz TARGET LIMIT: sets `executions`
    # A finding ends the fuzzer with another status than 0, and this script with it.
    # shellcheck disable=SC2046
    "build-fuzz/tests/fuzz/fuzz_$1" "$2" -timeout=20 -reload=0 -entropic=0 -print_final_stats=1 -artifact_prefix="$out/$1-" \
        $(options "$1") >"$out/$1.log" 2>&1 || {
        cat "$out/$1.log" >&2
        exit 1
    }
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$1.log")
}

case ${1:-} in
--executions)
    wanted=$2
    target=$3
    total=$out/$target.total
    build "$target"
    done=$(cat "$total" 2>/dev/null || echo 0)
    while [ "$done" -lt "$wanted" ]; do
        left=$((wanted - done))
        fuzz "$target" "-runs=$((left < slice ? left : slice))"
        done=$((done + executions))
        echo $done >"$total"
        echo "$done executions of fuzz_$target"
    done
    echo "figure: executions of the fuzzer of $target in all, without a finding: $done"
    ;;
--merge)
    target=$2
    build "$target"
    rm -rf $out/merged
    mkdir -p $out/merged
    # shellcheck disable=SC2046
    "build-fuzz/tests/fuzz/fuzz_$target" -set_cover_merge=1 -use_counters=0 $(options "$target" | sed "s#$out/$target-corpus#$out/merged &#") \
        >"$out/merge.log" 2>&1
    rm -f "tests/fuzz/corpus/$target"/*
    cp $out/merged/* "tests/fuzz/corpus/$target/"
    du -sb "tests/fuzz/corpus/$target"
    ;;
*)
    seconds=${1:-120}
    # shellcheck disable=SC2086
    set -- ${2:-model tag jets}
    share=$((seconds / $#))
    for target in "$@"; do
        build "$target"
        echo "fuzz_$target: $share seconds"
        fuzz "$target" "-max_total_time=$share"
        echo "figure: executions of the fuzzer of $target, without a finding: $executions in $share s"
    done
    ;;
esac
