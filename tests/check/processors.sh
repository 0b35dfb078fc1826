#!/bin/sh
# The same bits on every processor, and the tests on others than this one.
#
#   sh tests/check/processors.sh               all of it, an hour of one core
#   sh tests/check/processors.sh x86 arm64     some of: x86 arm64 s390x
#
# x86     the logits of every model in models/zoo and the 53 features, on `native` and `reference`, have the same bits
#         with JETTAG_PROCESSOR as it is, capped to avx2 and to portable, and on emulated processors without AVX
#         (Nehalem), with AVX2 (Haswell) and with less than SSE4 (the first x86-64)
# arm64   cross-built; the C tests pass under qemu, and the bits are those of x86-64
# s390x   the same on a big-endian processor
#
# Needs gcc, and qemu-user and cross compilers, which are installed as root. Libraries for the other processors are
# fetched from Debian's archive into build-<processor>/ and not installed.
set -eu
cd "$(dirname "$0")/../.."
. tests/check/packages.sh
models=$(ls models/zoo/*.jtm)
made=build/bits
mkdir -p $made

bits() { # bits NAME COMMAND...: COMMAND is jettag-bits or something that runs it
    name=$1
    shift
    for backend in native reference; do
        # shellcheck disable=SC2086
        "$@" $backend $models >>"$made/$name.new"
    done
    mv "$made/$name.new" "$made/$name.txt"
    if ! cmp -s "$made/here.txt" "$made/$name.txt"; then
        echo "$name: other bits than here:"
        diff "$made/here.txt" "$made/$name.txt" | head -5
        exit 1
    fi
    n=$(wc -l <"$made/$name.txt")
    echo "figure: numbers on $name with the bits of this processor: $n of $n"
}

x86() {
    need_packages qemu-user:qemu-x86_64
    bits avx2 env JETTAG_PROCESSOR=avx2 build/tests/check/jettag-bits
    bits portable env JETTAG_PROCESSOR=portable build/tests/check/jettag-bits
    bits qemu-haswell qemu-x86_64 -cpu Haswell build/tests/check/jettag-bits
    bits qemu-nehalem qemu-x86_64 -cpu Nehalem build/tests/check/jettag-bits
    bits qemu-first-x86-64 qemu-x86_64 -cpu qemu64,-sse4a,-pni build/tests/check/jettag-bits
}

fetch() { # fetch ARCHITECTURE: its libcjson and cmocka, unpacked into build-ARCHITECTURE/sysroot
    root=$PWD/build-$1
    [ -d "$root/sysroot/usr/include/cjson" ] && return 0
    mkdir -p "$root/sysroot" "$root/apt/lists/partial" "$root/apt/cache/archives/partial"
    options="-o APT::Architecture=$1 -o APT::Architectures=$1 -o Dir::State::lists=$root/apt/lists
        -o Dir::Cache=$root/apt/cache -o APT::Sandbox::User=$(id -un)"
    # shellcheck disable=SC2086
    (cd "$root/apt" && apt-get $options update -qq &&
        apt-get $options download -qq libcjson1 libcjson-dev libcmocka0 libcmocka-dev)
    for package in "$root"/apt/*.deb; do
        dpkg-deb -x "$package" "$root/sysroot"
    done
    rm -r "$root/apt"
}

count_tests() { # count_tests ARCHITECTURE: figures of its last run; what is skipped is oneDNN, which is not built for it
    log=build-$1/build/meson-logs/testlog.json
    skipped=$(grep -c '"result": "SKIP"' "$log" || true)
    passed=$(grep -c '"result": "OK"' "$log" || true)
    echo "figure: C tests that pass on $1 under qemu: $passed of $(($(wc -l <"$log") - skipped)), $skipped skipped"
}

other() { # other ARCHITECTURE GNU-NAME QEMU ENDIAN
    need_packages qemu-user:"$3" "gcc-$2:$2-gcc" "libc6-dev-$1-cross:/usr/$2/include/stdio.h" dpkg-dev:dpkg-deb
    fetch "$1"
    root=$PWD/build-$1
    libraries=$root/sysroot/usr/lib/$2
    cat >"$root/cross.txt" <<EOT
[binaries]
c = '$2-gcc'
ar = '$2-ar'
strip = '$2-strip'
pkgconfig = 'pkg-config'
exe_wrapper = ['$3', '-L', '/usr/$2', '-E', 'LD_LIBRARY_PATH=$libraries']
[properties]
sys_root = '$root/sysroot'
pkg_config_libdir = '$libraries/pkgconfig'
needs_exe_wrapper = true
[built-in options]
c_link_args = ['-Wl,-rpath-link,$libraries']
[host_machine]
system = 'linux'
cpu_family = '$([ "$1" = arm64 ] && echo aarch64 || echo "$1")'
cpu = '$1'
endian = '$4'
EOT
    # -O2: gcc 12 for arm64 gives up on a loop of the tests with -O3.
    [ -f "$root/build/build.ninja" ] || meson setup "$root/build" --cross-file "$root/cross.txt" -Dcuda=disabled \
        -Donednn=disabled -Doptimization=2
    ninja -C "$root/build"
    JETTAG_TEST_EMULATED=1 meson test -C "$root/build" --no-rebuild --print-errorlogs --timeout-multiplier 40
    count_tests "$1"
    bits "$1" "$3" -L "/usr/$2" -E "LD_LIBRARY_PATH=$libraries" "$root/build/tests/check/jettag-bits"
}

ninja -C build tests/check/jettag-bits >/dev/null
rm -f $made/*
for backend in native reference; do
    # shellcheck disable=SC2086
    build/tests/check/jettag-bits $backend $models >>$made/here.txt
done
for one in ${*:-x86 arm64 s390x}; do
    case $one in
    x86) x86 ;;
    arm64) other arm64 aarch64-linux-gnu qemu-aarch64 little ;;
    s390x) other s390x s390x-linux-gnu qemu-s390x big ;;
    *)
        echo "there is no part $one" >&2
        exit 2
        ;;
    esac
done
