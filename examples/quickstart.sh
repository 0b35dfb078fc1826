#!/bin/sh
# Tags the sample of simulated jets with the models that come with jettag, after installing and building what that takes:
#
#   sh examples/quickstart.sh
#
# Prints scores, how good they are and what a jet costs, and draws the ROC curves. Minutes the first time, then seconds.
set -eu
cd "$(dirname "$0")/.."
sh examples/setup.sh
exec .venv/bin/python examples/quickstart.py "$@"
