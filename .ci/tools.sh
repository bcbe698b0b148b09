# Sourced by .ci/run: the tools the steps need.

# Installs what is missing, and asks the archive only then.
ensure_tools() {
    local missing=() pair
    for pair in cmake:cmake make:make g++:g++ clang-format:clang-format python3:python3; do
        command -v "${pair%%:*}" > /dev/null || missing+=("${pair##*:}")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        echo "missing: ${missing[*]}"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update && apt-get install -y --no-install-recommends "${missing[@]}" || return 1
    fi
    if ! command -v dotnet > /dev/null; then
        echo "there is no dotnet here: install the .NET SDK that global.json names"
        return 1
    fi
    dotnet --version && cmake --version && g++ --version && clang-format --version && python3 --version
}

# A toolkit named by the user wins; else the compiler kept in ../shared, if it is there. Sets CUDA_PATH; status 1: there is no nvcc.
find_nvcc() {
    if [ -z "${CUDA_PATH:-}" ] && [ -x ../shared/cuda/unpack ]; then
        CUDA_PATH=$(../shared/cuda/unpack < /dev/null) && export CUDA_PATH
    fi
    [ -n "${CUDA_PATH:-}${CUDACXX:-}" ] || command -v nvcc > /dev/null
}

# What CMake builds, for the steps after the tests: these keep one processor for most of their time. On what they leave, minutes become an hour.
background_limit=4000
build_native() { commands_but_last native "$background_limit"; }

build_sanitized() {
    cmake -S native -B build/native-sanitize -DCMAKE_BUILD_TYPE=Debug -DPCK_SANITIZE=ON || return
    timeout --kill-after=10 "$background_limit" cmake --build build/native-sanitize --parallel "$(nproc)"
}

# Each kernel file has become machine code for each architecture: one that CMake does not know of would go unchecked.
check_kernels() {
    local source architecture passed=0 failed=0
    while read -r source; do
        for architecture in sm_80 sm_90; do
            if [ -s "build/native/kernels/$(basename "$source" .cu).$architecture.cubin" ]; then
                passed=$((passed + 1))
            else
                failed=$((failed + 1))
                echo "$source is not compiled for $architecture: is there a pck_add_kernel for it?"
            fi
        done
    done < <(git ls-files 'native/kernels/*.cu')
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# A kernel file with PTX beside it says in its head by which command; the PTX on file is what that command makes, but for the compiler's
# name and build.
check_ptx() {
    local ptx source command fresh passed=0 failed=0 nvcc=nvcc
    fresh=$(mktemp) || return 1
    if [ -n "${CUDA_PATH:-}" ]; then nvcc=$CUDA_PATH/bin/nvcc; elif [ -n "${CUDACXX:-}" ]; then nvcc=$CUDACXX; fi
    while read -r ptx; do
        source=${ptx%.ptx}.cu
        [ -f "$source" ] || continue
        command=$(sed -n 's|^// *nvcc \(.*-ptx.*\)$|\1|p' "$source" | head -n 1)
        [ -n "$command" ] || continue
        read -ra words <<< "$command"
        if (cd "$(dirname "$source")" && "$nvcc" "${words[@]}" -o "$fresh") && diff <(grep -v '^//' "$ptx") <(grep -v '^//' "$fresh"); then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "$ptx is not what 'nvcc $command' makes of $source"
        fi
    done < <(git ls-files '*.ptx')
    rm -f "$fresh"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# All stages of the GPU run on a few tests and small nets: what is tried is the scripts.
gpu_standin() {
    PCK_GPU_STANDIN=emulator PCK_GPU_TESTS='CudaF32Suite.Kept CudaF32Suite.A_prediction CudaCublasF32Suite.Kept .CublasTests' OUT=$PWD/artifacts/gpu/standin bench/gpu/run
}

check_native_format() {
    local files
    mapfile -t files < <(git ls-files 'native/*.cu' 'native/*.cuh' 'native/*.cpp' 'native/*.hpp' 'tests/*.cu')
    if [ ${#files[@]} = 0 ]; then echo "git lists no native source"; return 1; fi
    clang-format --dry-run -Werror "${files[@]}"
}
