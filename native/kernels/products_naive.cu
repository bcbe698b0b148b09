// The three products of predictive coding as plain loops, one thread per result: what the tiles of pck/wave/product.cuh are checked
// against.
//
//   predict   z[i, j] = sum_k a[i, k] W[j, k]
//   settle    g[i, j] = sum_k d[i, k] W[k, j]
//   learn     G[i, j] = sum_k d[k, i] a[k, j]
//
// Shapes:    c [m, n], depth k, all row-major with leading dimensions in elements; any alignment of an element.
// Aliasing:  c is neither a nor b.
// Launch:    2-D blocks of 16 x 16 threads, x over n, y over m, rounded up.
// Budget:    no shared memory. One chain of fused multiply-adds over ascending k: a tile without slices has the same bits.
#include <cstddef>

// Named: the compiler gives an anonymous one another name in every compilation, and the checked-in PTX would never be the same.
namespace pck::naive {

__device__ __forceinline__ float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
__device__ __forceinline__ double multiply_add(double a, double b, double c) { return fma(a, b, c); }

template <class T>
struct ProductParameters {
    const T* a;
    const T* b;
    T* c;
    int m, n, k, lda, ldb, ldc;
};

static_assert(sizeof(ProductParameters<float>) == 48 && offsetof(ProductParameters<float>, m) == 24);

// a(i, k) lies at i * row + k * column of a, and so on: the strides tell the three products apart.
template <class T>
__device__ __forceinline__ void product(const ProductParameters<T>& p, int a_row, int a_depth, int b_row, int b_depth) {
    const int j = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x), i = static_cast<int>(blockIdx.y * blockDim.y + threadIdx.y);
    if (i >= p.m || j >= p.n)
        return;
    T sum = T(0);
    for (int k = 0; k < p.k; ++k)
        sum = multiply_add(p.a[static_cast<std::ptrdiff_t>(i) * a_row + static_cast<std::ptrdiff_t>(k) * a_depth],
                           p.b[static_cast<std::ptrdiff_t>(j) * b_row + static_cast<std::ptrdiff_t>(k) * b_depth], sum);
    p.c[static_cast<std::ptrdiff_t>(i) * p.ldc + j] = sum;
}

} // namespace pck::naive

using pck::naive::product;
using pck::naive::ProductParameters;

extern "C" __global__ void pck_predict_naive_f32(const __grid_constant__ ProductParameters<float> p) { product(p, p.lda, 1, p.ldb, 1); }
extern "C" __global__ void pck_settle_naive_f32(const __grid_constant__ ProductParameters<float> p) { product(p, p.lda, 1, 1, p.ldb); }
extern "C" __global__ void pck_learn_naive_f32(const __grid_constant__ ProductParameters<float> p) { product(p, 1, p.lda, 1, p.ldb); }
extern "C" __global__ void pck_predict_naive_f64(const __grid_constant__ ProductParameters<double> p) { product(p, p.lda, 1, p.ldb, 1); }
extern "C" __global__ void pck_settle_naive_f64(const __grid_constant__ ProductParameters<double> p) { product(p, p.lda, 1, 1, p.ldb); }
extern "C" __global__ void pck_learn_naive_f64(const __grid_constant__ ProductParameters<double> p) { product(p, 1, p.lda, 1, p.ldb); }
