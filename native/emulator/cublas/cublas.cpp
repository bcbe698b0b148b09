// A stand-in for the few functions of cuBLAS that PcKernels calls: the library is machine code, which the emulated GPU cannot run.
//
// It is a client of the driver API, as the library is: a product is a launch of gemm.cu's kernel in the handle's stream, so that order,
// capture, checks and counters are the driver's own. Where cuBLAS refuses a call this one does, with the same status; it is stricter in
// what a capture may hold: the kernels must have been used before, and the workspace be the caller's.
#include "cublas/gemm_ptx.hpp"
#include "driver/api.hpp"

#include <algorithm>
#include <memory>

using pck::emulator::u64;
using pck::emulator::facade::CaptureStatus;
using pck::emulator::facade::Result;

// Of this library.
PCK_DRIVER_API cuModuleLoadData(void** module, const void* image);
PCK_DRIVER_API cuModuleUnload(void* module);
PCK_DRIVER_API cuModuleGetFunction(void** function, void* module, const char* name);
PCK_DRIVER_API cuStreamIsCapturing(void* stream, CaptureStatus* status);
PCK_DRIVER_API cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                              unsigned shared_bytes, void* stream, void** values, void** extra);

#define PCK_CUBLAS_API extern "C" __attribute__((visibility("default")))

namespace {

enum Status : int {
    success = 0,
    not_initialized = 1,
    alloc_failed = 3,
    invalid_value = 7,
    execution_failed = 13,
    not_supported = 15,
};

enum DataType : int { single_type = 0, double_type = 1 }; // CUDA_R_32F, CUDA_R_64F

enum ComputeType : int {
    compute_32f = 68,
    compute_32f_pedantic = 69,
    compute_64f = 70,
    compute_64f_pedantic = 71,
    compute_32f_fast_bf16 = 75,
    compute_32f_fast_tf32 = 77,
};

struct Handle {
    void* stream = nullptr;
    u64 workspace = 0;
    void* module = nullptr;
};

template <class T>
struct Gemm {
    u64 a, b, c;
    T alpha, beta;
    int m, n, k, lda, ldb, ldc, turns_a, turns_b, rounding, reserved;
};
static_assert(sizeof(Gemm<float>) == 72 && sizeof(Gemm<double>) == 80);

struct Shape {
    int turns_a, turns_b, m, n, k, lda, ldb, ldc;

    bool is_valid() const {
        const auto covers = [](int stride, int rows) { return stride >= std::max(1, rows); };
        return (turns_a == 0 || turns_a == 1) && (turns_b == 0 || turns_b == 1) && m >= 0 && n >= 0 && k >= 0 &&
               covers(lda, turns_a != 0 ? k : m) && covers(ldb, turns_b != 0 ? n : k) && covers(ldc, m);
    }
};

bool is_known(int type, int compute) {
    return type == double_type ? compute == compute_64f || compute == compute_64f_pedantic
                               : type == single_type && (compute == compute_32f || compute == compute_32f_pedantic ||
                                                         compute == compute_32f_fast_bf16 || compute == compute_32f_fast_tf32);
}

template <class T>
Status launch(const Handle& handle, const char* name, const Shape& s, const void* alpha, u64 a, u64 b, const void* beta, u64 c,
              int rounding) {
    void* function = nullptr;
    if (cuModuleGetFunction(&function, handle.module, name) != Result::success)
        return execution_failed;
    Gemm<T> gemm{
        a,         b,        c, *static_cast<const T*>(alpha), *static_cast<const T*>(beta), s.m, s.n, s.k, s.lda, s.ldb, s.ldc, s.turns_a,
        s.turns_b, rounding, 0};
    void* values[] = {&gemm};
    const u64 results = static_cast<u64>(s.m) * static_cast<u64>(s.n);
    const Result code =
        cuLaunchKernel(function, static_cast<unsigned>((results + 127) / 128), 1, 1, 128, 1, 1, 0, handle.stream, values, nullptr);
    return code == Result::success ? success : execution_failed;
}

} // namespace

PCK_CUBLAS_API int cublasCreate_v2(Handle** handle) {
    if (handle == nullptr)
        return invalid_value;
    *handle = std::make_unique<Handle>().release();
    return success;
}

PCK_CUBLAS_API int cublasDestroy_v2(Handle* handle) {
    if (handle == nullptr)
        return not_initialized;
    const std::unique_ptr<Handle> owned(handle);
    if (owned->module != nullptr)
        cuModuleUnload(owned->module); // fails where the context is gone, and the module with it
    return success;
}

// As with cuBLAS, the workspace is the library's own again.
PCK_CUBLAS_API int cublasSetStream_v2(Handle* handle, void* stream) {
    if (handle == nullptr)
        return not_initialized;
    handle->stream = stream;
    handle->workspace = 0;
    return success;
}

PCK_CUBLAS_API int cublasSetWorkspace_v2(Handle* handle, u64 workspace, size_t bytes) {
    if (handle == nullptr)
        return not_initialized;
    if (workspace % 256 != 0 || (bytes > 0 && workspace == 0))
        return invalid_value;
    handle->workspace = bytes > 0 ? workspace : 0;
    return success;
}

PCK_CUBLAS_API int cublasSetMathMode(Handle* handle, int mode) {
    return handle == nullptr ? not_initialized : mode >= 0 && mode <= 3 ? success : invalid_value;
}

PCK_CUBLAS_API int cublasGetVersion_v2(Handle*, int* version) {
    if (version == nullptr)
        return invalid_value;
    *version = 0; // no version that cuBLAS ever had
    return success;
}

PCK_CUBLAS_API const char* cublasGetStatusName(int status) {
    switch (status) {
    case success:
        return "CUBLAS_STATUS_SUCCESS";
    case not_initialized:
        return "CUBLAS_STATUS_NOT_INITIALIZED";
    case alloc_failed:
        return "CUBLAS_STATUS_ALLOC_FAILED";
    case invalid_value:
        return "CUBLAS_STATUS_INVALID_VALUE";
    case execution_failed:
        return "CUBLAS_STATUS_EXECUTION_FAILED";
    case not_supported:
        return "CUBLAS_STATUS_NOT_SUPPORTED";
    default:
        return "CUBLAS_STATUS_UNKNOWN";
    }
}

PCK_CUBLAS_API int cublasGemmEx(Handle* handle, int turns_a, int turns_b, int m, int n, int k, const void* alpha, u64 a, int type_a,
                                int lda, u64 b, int type_b, int ldb, const void* beta, u64 c, int type_c, int ldc, int compute, int) {
    if (handle == nullptr)
        return not_initialized;
    const Shape shape{turns_a, turns_b, m, n, k, lda, ldb, ldc};
    if (!shape.is_valid() || alpha == nullptr || beta == nullptr)
        return invalid_value;
    if (type_a != type_b || type_b != type_c || !is_known(type_a, compute))
        return not_supported;
    if (m == 0 || n == 0)
        return success;
    CaptureStatus capture{};
    if (cuStreamIsCapturing(handle->stream, &capture) != Result::success)
        return execution_failed;
    if (capture != CaptureStatus::none && (handle->workspace == 0 || handle->module == nullptr))
        return alloc_failed;
    if (handle->module == nullptr && cuModuleLoadData(&handle->module, gemm_ptx) != Result::success)
        return execution_failed;
    return type_a == double_type ? launch<double>(*handle, "pck_gemm_f64", shape, alpha, a, b, beta, c, 0)
                                 : launch<float>(*handle, "pck_gemm_f32", shape, alpha, a, b, beta, c,
                                                 compute == compute_32f_fast_tf32   ? 1
                                                 : compute == compute_32f_fast_bf16 ? 2
                                                                                    : 0);
}
