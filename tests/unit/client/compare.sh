#!/bin/sh
# Three clients of one library print the same: compiled with today's header, an older and a newer one.
#   compare.sh MODEL TODAY SMALLER LARGER
set -eu
model=$1
today=$($2 "$model")
smaller=$($3 "$model")
larger=$($4 "$model")
[ "$(printf '%s\n' "$today" | wc -l)" -gt 10 ]
[ "$today" = "$smaller" ]
[ "$today" = "$larger" ]
