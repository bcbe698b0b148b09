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

# A toolkit named by the user wins; else the compiler kept in ../shared, if it is there. CMake says what it took.
find_nvcc() {
    if [ -z "${CUDA_PATH:-}" ] && [ -x ../shared/cuda/unpack ]; then
        CUDA_PATH=$(../shared/cuda/unpack) && export CUDA_PATH
    fi
    return 0
}

check_native_format() {
    local files
    mapfile -t files < <(git ls-files 'native/*.cu' 'native/*.cuh' 'native/*.cpp' 'native/*.hpp')
    if [ ${#files[@]} = 0 ]; then echo "git lists no native source"; return 1; fi
    clang-format --dry-run -Werror "${files[@]}"
}
