// C = alpha op(A) op(B) + beta C, column-major: what cublasGemmEx is defined to do, one thread a result, for the stand-in of cublas.cpp.
//
// Operands:  op(A) [m, k], op(B) [k, n], C [m, n]; from one column to the next lda, ldb, ldc elements. beta 0: C is not read.
// Launch:    any grid of 128 threads that has one for every result.
// Sums ascend along k, in the element type; factors are rounded before where `rounding` says so (1: TF32, 2: bfloat16).
//
// nvcc -std=c++20 -O3 -arch=compute_80 -ptx gemm.cu
#include <cuda_bf16.h>

namespace pck::cublas {

template <class T>
struct Gemm { // native/emulator/cublas/cublas.cpp has the same bytes
    const T *a, *b;
    T* c;
    T alpha, beta;
    int m, n, k, lda, ldb, ldc, turns_a, turns_b, rounding, reserved;
};

__device__ float rounded(float x, int rounding) {
    if (rounding == 1) {
        unsigned bits;
        asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
        return __uint_as_float(bits);
    }
    return rounding == 2 ? __bfloat162float(__float2bfloat16_rn(x)) : x;
}
__device__ double rounded(double x, int) { return x; }

__device__ float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
__device__ double multiply_add(double a, double b, double c) { return fma(a, b, c); }

template <class T>
__device__ void run(const Gemm<T>& g) {
    const long long number = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (number >= static_cast<long long>(g.m) * g.n)
        return;
    const long long i = number % g.m, j = number / g.m;
    const long long a_row = g.turns_a != 0 ? g.lda : 1, a_depth = g.turns_a != 0 ? 1 : g.lda;
    const long long b_column = g.turns_b != 0 ? 1 : g.ldb, b_depth = g.turns_b != 0 ? g.ldb : 1;
    T sum = 0;
    for (long long k = 0; k < g.k; ++k)
        sum = multiply_add(rounded(g.a[i * a_row + k * a_depth], g.rounding), rounded(g.b[j * b_column + k * b_depth], g.rounding), sum);
    T* to = g.c + j * g.ldc + i;
    *to = g.beta == 0 ? g.alpha * sum : multiply_add(g.alpha, sum, g.beta * *to);
}

} // namespace pck::cublas

using namespace pck::cublas;

extern "C" __global__ void __launch_bounds__(128) pck_gemm_f32(const __grid_constant__ Gemm<float> g) { run(g); }
extern "C" __global__ void __launch_bounds__(128) pck_gemm_f64(const __grid_constant__ Gemm<double> g) { run(g); }
