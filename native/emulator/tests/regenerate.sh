#!/usr/bin/env bash
# regenerate.sh NVCC FOLDER: the PTX of tests/kernels/*.cu for sm_80 and sm_90, into FOLDER. What is checked in lies in tests/ptx.
# regenerate.sh NVCC FOLDER --check: into a temporary folder, and fails where FOLDER's differs.
set -euo pipefail
nvcc=$1
target=$(mkdir -p "$2" && cd "$2" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/kernels"
out=$target
if [ "${3:-}" = --check ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi
# The compiler puts a hash of the build into some names, and its own folders into .file; neither says anything about the code.
tidy() {
    sed -E -e 's/(_INTERNAL_|_GLOBAL__N__)[0-9a-f]{8}_/\100000000_/g' -e 's|^(\t\.file\t[0-9]+ )"[^"]*/([^"/]+)".*|\1"\2"|' "$1" |
        awk '/^\t\.section\t\.debug_/ { skipping = 1 } !skipping { print } skipping && /^\t}/ { skipping = 0 }'
}
failed=0
for source in *.cu; do
    for architecture in 80 90; do
        name=${source%.cu}.sm_$architecture.ptx
        "$nvcc" -std=c++20 -O3 -lineinfo -arch="sm_$architecture" -ptx "$source" -o "$out/$name.raw"
        tidy "$out/$name.raw" > "$out/$name"
        rm "$out/$name.raw"
        if [ "$out" != "$target" ] && ! cmp -s "$out/$name" "$target/$name"; then
            echo "$name is not what $source gives: run native/emulator/tests/regenerate.sh $nvcc native/emulator/tests/ptx"
            failed=1
        fi
    done
done
exit $failed
