#!/bin/sh
# build.sh OUT [SOURCES]: compiles every *.bpf.c in the directory SOURCES (default: beside this script) into the
# directory OUT, as CO-RE objects with BTF.
# Clang is $BPF_CLANG, else the newest clang-NN on the PATH, else clang.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$1
sources=${2:-$here}
mkdir -p "$out"

find_clang() {
    if [ -n "${BPF_CLANG:-}" ]; then
        echo "$BPF_CLANG"
        return
    fi
    for version in 25 24 23 22 21 20 19 18 17 16 15; do
        if command -v "clang-$version" >/dev/null 2>&1; then
            echo "clang-$version"
            return
        fi
    done
    echo clang
}

clang=$(find_clang)
command -v "$clang" >/dev/null 2>&1 || {
    echo "build.sh: no clang found to compile the BPF programs; run scripts/setup, or apt-get install clang" >&2
    exit 1
}

case $(uname -m) in
    x86_64) arch=x86 ;;
    aarch64) arch=arm64 ;;
    *) echo "build.sh: unsupported machine $(uname -m)" >&2; exit 1 ;;
esac

for source in "$sources"/*.bpf.c; do
    [ -e "$source" ] || continue
    object=$out/$(basename "$source" .c).o
    "$clang" -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_$arch \
        -I"/usr/include/$(uname -m)-linux-gnu" -Wall -Wextra -Werror -Wno-unused-parameter \
        -I"$here" -c "$source" -o "$object.tmp"
    mv "$object.tmp" "$object"
done
