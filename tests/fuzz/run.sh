#!/bin/sh
# Fuzzes what strangers' bytes reach: the reader of model files (fuzz_model.c), and all that works on jets
# (fuzz_jets.c).
#
#   sh tests/fuzz/run.sh 300          300 seconds in all (120), on one core
#   sh tests/fuzz/run.sh 300 jets     one of the two alone
#
# Needs clang with libFuzzer, and CMocka for the files to begin with. Everything is in build/fuzz/: the corpora, which
# grow from run to run, and what was found, as <target>-crash-*, -leak-* or -timeout-*. Fails when something was found.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-120}
targets=${2:-model jets}
out=build/fuzz
mkdir -p $out

flags="-g -O1 -std=gnu11 -D_GNU_SOURCE -ffp-contract=off -Iinclude -I."
sanitized="$flags -fsanitize=address,undefined -fno-sanitize-recover=undefined"
core="lib/core/arena.c lib/core/core.c lib/core/crc32c.c lib/core/math.c lib/core/memory.c lib/core/names.c lib/core/processor.c lib/core/sized.c"
reader="lib/model/[a-z]*.c lib/graph/[a-z]*.c lib/sets/[a-z]*.c lib/jets/angles.c lib/core/elementary.c lib/images/recipe.c lib/features/table.c $core"

# shellcheck disable=SC2086
build_model() {
    mkdir -p $out/model-seeds
    clang $flags tests/fuzz/seeds.c tests/unit/model/sample.c tests/unit/model/jtm.c $reader -lcmocka -lcjson -lm \
        -o $out/make_seeds
    $out/make_seeds $out/model-seeds
    clang $sanitized -fsanitize=fuzzer tests/fuzz/fuzz_model.c tests/fuzz/mutate.c $reader \
        backends/reference/[a-z]*.c -lcjson -lm -o $out/fuzz_model
}

# One source for each instruction set, as lib/features/meson.build has it.
# shellcheck disable=SC2086
build_kernel() { # build_kernel NAME FLAG...
    name=$1
    shift
    clang $sanitized -fsanitize=fuzzer-no-link "$@" -DJT_KERNEL="$name" -c lib/features/kernel.c \
        -o "$out/kernel_$name.o"
}

# shellcheck disable=SC2086
build_jets() {
    mkdir -p $out/jets-seeds # none: any bytes are jets
    x86=
    rm -f $out/kernel_*.o
    build_kernel portable
    if [ "$(uname -m)" = x86_64 ]; then
        x86=-DJT_HAVE_X86_KERNELS
        build_kernel avx2 -mavx2 -mfma
        build_kernel avx512 -mavx512f -mavx512dq -mavx512vl -mavx512bw -mavx2 -mfma -mprefer-vector-width=512
    fi
    features=$(ls lib/features/[a-z]*.c | grep -v /kernel.c)
    clang $sanitized -fsanitize=fuzzer $x86 tests/fuzz/fuzz_jets.c lib/jets/[a-z]*.c lib/images/[a-z]*.c lib/sets/[a-z]*.c $features \
        lib/core/elementary.c $core $out/kernel_*.o -lm -o $out/fuzz_jets
}

fuzz() { # fuzz TARGET OPTION...
    target=$1
    shift
    mkdir -p "$out/$target-corpus"
    echo "fuzz_$target: $share seconds"
    # A finding ends the fuzzer with another status than 0, and this script with it.
    "$out/fuzz_$target" -max_total_time="$share" -timeout=10 -artifact_prefix="$out/$target-" -print_final_stats=1 "$@" \
        "$out/$target-corpus" "$out/$target-seeds" 2>"$out/$target.log" || {
        cat "$out/$target.log" >&2
        exit 1
    }
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$target.log")
    echo "figure: executions of the fuzzer of $target, without a finding: $executions in $share s"
}

set -- $targets
share=$((seconds / $#))
for target in "$@"; do
    case $target in
    model)
        build_model
        fuzz model -max_len=65536 -dict=tests/fuzz/model.dict
        ;;
    jets)
        build_jets
        fuzz jets -max_len=2048 -len_control=0
        ;;
    *)
        echo "there is no target $target" >&2
        exit 2
        ;;
    esac
done
