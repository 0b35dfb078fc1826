#!/bin/sh
# What a libjettag.so may export and need: jt_* with a version; libc, libm, libcjson. Below 2 MB.
#   sh tests/check/exports.sh build/lib/libjettag.so
set -eu
library=$1
bad=0

exported=$(nm -D --defined-only "$library" | awk '$2 != "A" {print $3}')
for symbol in $exported; do
    case $symbol in
    jt_*@@JETTAG_0) ;;
    *)
        echo "exports $symbol"
        bad=1
        ;;
    esac
done

# Every function of the header, and nothing that the header does not have.
declared=$(sed -n 's/^JT_API .*[ *]\(jt_[a-z_]*\)(.*/\1/p' include/jettag/jettag.h | sort)
found=$(printf '%s\n' "$exported" | sed 's/@.*//' | sort)
if [ "$declared" != "$found" ]; then
    echo "the header declares:" $declared
    echo "the library exports:" $found
    bad=1
fi

for needed in $(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    case $needed in
    libc.so.6 | libm.so.6 | libcjson.so.1) ;;
    *)
        echo "needs $needed"
        bad=1
        ;;
    esac
done

size=$(stat -L -c %s "$library")
echo "$(echo "$exported" | wc -w) functions, $size bytes"
[ "$size" -lt 2000000 ] || bad=1
exit $bad
