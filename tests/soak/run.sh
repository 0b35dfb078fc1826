#!/bin/sh
# A long run of mixed models, batches, threads and errors: memory and latency flat, scores unchanged (soak.c).
#
#   sh tests/soak/run.sh 3600      for an hour (60 seconds)
set -eu
cd "$(dirname "$0")/../.."
ninja -C build tests/soak/jettag-soak >/dev/null
zoo=models/zoo
build/tests/soak/jettag-soak "${1:-60}" $zoo/constituents-gf.jtm $zoo/effnet-s0-i35.jtm $zoo/hybrid-i35-gf.jtm \
    $zoo/ensemble-gf.jtm $zoo/lenet-28-i35-gf.jtm $zoo/deeptop-minimal-cms.jtm $zoo/constituents-gf-cms.jtm
