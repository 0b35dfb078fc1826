#!/bin/sh
# Fuzzes the reader of model files (fuzz_model.c).
#
#   sh tests/fuzz/run.sh 300        for 300 seconds (120), on one core
#
# Needs clang with libFuzzer, and CMocka for the files to begin with. Everything is in build/fuzz/: the corpus, which
# grows from run to run, and what was found, as crash-*, leak-* or timeout-*. Fails when something was found.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-120}
out=build/fuzz
mkdir -p $out/corpus $out/seeds

flags="-g -O1 -std=gnu11 -D_GNU_SOURCE -ffp-contract=off -Iinclude -I."
reader="lib/model/[a-z]*.c lib/graph/[a-z]*.c lib/images/recipe.c lib/features/table.c lib/core/arena.c
    lib/core/core.c lib/core/crc32c.c lib/core/math.c lib/core/names.c lib/core/sized.c"

# shellcheck disable=SC2086
clang $flags tests/fuzz/seeds.c tests/unit/model/sample.c tests/unit/model/jtm.c $reader -lcmocka -lcjson -lm \
    -o $out/make_seeds
$out/make_seeds $out/seeds

# shellcheck disable=SC2086
clang $flags -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined tests/fuzz/fuzz_model.c \
    tests/fuzz/mutate.c $reader backends/reference/[a-z]*.c -lcjson -lm -o $out/fuzz_model
exec $out/fuzz_model -max_total_time="$seconds" -timeout=10 -max_len=65536 -dict=tests/fuzz/model.dict \
    -artifact_prefix=$out/ -print_final_stats=1 $out/corpus $out/seeds
