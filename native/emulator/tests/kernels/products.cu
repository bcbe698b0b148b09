// Matrix products, from the naive one to tensor cores: C [m][n] = A [m][k] B [k][n], all row-major.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define KERNEL extern "C" __global__ void

namespace {

__device__ __forceinline__ unsigned shared_address(const void* p) { return static_cast<unsigned>(__cvta_generic_to_shared(p)); }

__device__ __forceinline__ void copy_16(void* to, const void* from) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to)), "l"(from) : "memory");
}

__device__ __forceinline__ void copy_4(void* to, const void* from) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(shared_address(to)), "l"(from) : "memory");
}

// Reads no more than `bytes`; the rest of the 16 become zero.
__device__ __forceinline__ void copy_16_up_to(void* to, const void* from, int bytes) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(bytes) : "memory");
}

__device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int in_flight> __device__ __forceinline__ void wait_for_group() { asm volatile("cp.async.wait_group %0;" ::"n"(in_flight) : "memory"); }

template <class T> __device__ __forceinline__ void tiled(int m, int n, int k, const T* a, const T* b, T* c) {
    __shared__ T tile_a[16][16];
    __shared__ T tile_b[16][16];
    const int x = threadIdx.x, y = threadIdx.y, row = blockIdx.y * 16 + y, column = blockIdx.x * 16 + x;
    T sum = 0;
    for (int begin = 0; begin < k; begin += 16) {
        tile_a[y][x] = row < m && begin + x < k ? a[row * k + begin + x] : T(0);
        tile_b[y][x] = begin + y < k && column < n ? b[(begin + y) * n + column] : T(0);
        __syncthreads(); // the tiles are there
        for (int i = 0; i < 16; ++i)
            sum = fma(tile_a[y][i], tile_b[i][x], sum);
        __syncthreads(); // everybody has read them
    }
    if (row < m && column < n)
        c[row * n + column] = sum;
}

} // namespace

KERNEL product_tiled(int m, int n, int k, const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c) { tiled(m, n, k, a, b, c); }

KERNEL product_double(int m, int n, int k, const double* a, const double* b, double* c) { tiled(m, n, k, a, b, c); }

// 128 x 128 per block of 256 threads, 8 x 8 per thread, two buffers of depth 8; sizes are multiples of the tile.
KERNEL __launch_bounds__(256) product_blocked(int, int n, int k, const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c) {
    __shared__ __align__(16) float tile_a[2][8][132]; // transposed
    __shared__ __align__(16) float tile_b[2][8][128];
    const int t = threadIdx.x, tx = t % 16, ty = t / 16, first_row = blockIdx.y * 128, first_column = blockIdx.x * 128;
    float sum[8][8] = {};
    auto load = [&](int buffer, int begin) {
        for (int i = 0; i < 4; ++i) {
            const int e = t + i * 256;
            copy_4(&tile_a[buffer][e % 8][e / 8], a + (first_row + e / 8) * k + begin + e % 8);
        }
        copy_16(&tile_b[buffer][t / 32][t % 32 * 4], b + (begin + t / 32) * n + first_column + t % 32 * 4);
        commit();
    };
    load(0, 0);
    for (int begin = 0, buffer = 0; begin < k; begin += 8, buffer ^= 1) {
        if (begin + 8 < k) {
            load(buffer ^ 1, begin + 8);
            wait_for_group<1>();
        } else {
            wait_for_group<0>();
        }
        __syncthreads(); // everybody's copies have landed
#pragma unroll
        for (int i = 0; i < 8; ++i) {
            float x[8], y[8];
            for (int h = 0; h < 2; ++h) {
                *reinterpret_cast<float4*>(x + h * 4) = *reinterpret_cast<const float4*>(&tile_a[buffer][i][h * 64 + ty * 4]);
                *reinterpret_cast<float4*>(y + h * 4) = *reinterpret_cast<const float4*>(&tile_b[buffer][i][h * 64 + tx * 4]);
            }
#pragma unroll
            for (int r = 0; r < 8; ++r)
#pragma unroll
                for (int s = 0; s < 8; ++s)
                    sum[r][s] = fmaf(x[r], y[s], sum[r][s]);
        }
        __syncthreads(); // everybody has read this buffer: the next round writes it
    }
    for (int r = 0; r < 8; ++r)
        for (int h = 0; h < 2; ++h)
            *reinterpret_cast<float4*>(&c[(first_row + r / 4 * 64 + ty * 4 + r % 4) * n + first_column + h * 64 + tx * 4]) =
                make_float4(sum[r][h * 4], sum[r][h * 4 + 1], sum[r][h * 4 + 2], sum[r][h * 4 + 3]);
}

namespace {

template <bool transposed> __device__ __forceinline__ void load_matrices(unsigned (&r)[4], const void* row) {
    if (transposed)
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)));
    else
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)));
}

__device__ __forceinline__ void multiply_bf16(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// 64 x 64 per block of four warps, 32 x 32 each; `padding` elements per row keep rows out of each other's banks.
template <int padding> __device__ __forceinline__ void bf16_product(int, int n, int k, const __nv_bfloat16* a, const __nv_bfloat16* b, float* c) {
    __shared__ __align__(16) __nv_bfloat16 tile_a[2][64][32 + padding], tile_b[2][32][64 + padding];
    const int t = threadIdx.x, lane = t % 32, warp = t / 32, row = warp / 2 * 32, column = warp % 2 * 32;
    const int first_row = blockIdx.y * 64, first_column = blockIdx.x * 64;
    float sum[2][4][4] = {};
    auto load = [&](int buffer, int begin) {
        for (int i = 0; i < 2; ++i) {
            const int e = t + i * 128;
            copy_16(&tile_a[buffer][e / 4][e % 4 * 8], a + (first_row + e / 4) * k + begin + e % 4 * 8);
            copy_16(&tile_b[buffer][e / 8][e % 8 * 8], b + (begin + e / 8) * n + first_column + e % 8 * 8);
        }
        commit();
    };
    load(0, 0);
    for (int begin = 0, buffer = 0; begin < k; begin += 32, buffer ^= 1) {
        if (begin + 32 < k) {
            load(buffer ^ 1, begin + 32);
            wait_for_group<1>();
        } else {
            wait_for_group<0>();
        }
        __syncthreads(); // everybody's copies have landed
#pragma unroll
        for (int i = 0; i < 32; i += 16) {
            unsigned x[2][4], y[2][4];
            for (int r = 0; r < 2; ++r)
                load_matrices<false>(x[r], &tile_a[buffer][row + r * 16 + lane % 16][i + lane / 16 * 8]);
            for (int s = 0; s < 2; ++s)
                load_matrices<true>(y[s], &tile_b[buffer][i + lane % 16][column + s * 16 + lane / 16 * 8]);
            for (int r = 0; r < 2; ++r)
                for (int s = 0; s < 4; ++s)
                    multiply_bf16(sum[r][s], x[r], y[s / 2][s % 2 * 2], y[s / 2][s % 2 * 2 + 1]);
        }
        __syncthreads(); // everybody has read this buffer
    }
    for (int r = 0; r < 2; ++r)
        for (int s = 0; s < 4; ++s)
            for (int h = 0; h < 2; ++h)
                *reinterpret_cast<float2*>(&c[(first_row + row + r * 16 + h * 8 + lane / 4) * n + first_column + column + s * 8 + lane % 4 * 2]) =
                    make_float2(sum[r][s][h * 2], sum[r][s][h * 2 + 1]);
}

} // namespace

KERNEL __launch_bounds__(128) product_bf16(int m, int n, int k, const __nv_bfloat16* a, const __nv_bfloat16* b, float* c) { bf16_product<8>(m, n, k, a, b, c); }
KERNEL __launch_bounds__(128) product_bf16_unpadded(int m, int n, int k, const __nv_bfloat16* a, const __nv_bfloat16* b, float* c) {
    bf16_product<0>(m, n, k, a, b, c);
}

// One warp, one 16 x 8 tile, depth 16, b given by columns: the documented layouts through plain shared arrays.
KERNEL tile_bf16(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c) {
    __shared__ __align__(16) __nv_bfloat16 rows[16][16], columns[8][16];
    const int lane = threadIdx.x;
    if (lane < 16)
        for (int h = 0; h < 2; ++h)
            copy_16_up_to(&rows[lane][h * 8], a + lane * 16 + h * 8, 16);
    asm volatile("cp.async.wait_all;" ::: "memory");
    for (int i = lane; i < 128; i += 32)
        columns[i / 16][i % 16] = b[i];
    __syncwarp(); // both arrays are there
    unsigned x[4], y0, y1, z;
    float sum[4] = {};
    load_matrices<false>(x, &rows[lane % 16][lane / 16 * 8]);
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];" : "=r"(y0), "=r"(y1) : "r"(shared_address(&columns[lane % 8][lane / 8 % 2 * 8])));
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(z) : "r"(shared_address(&columns[lane % 8][0])));
    multiply_bf16(sum, x, z == y0 ? y0 : 0, y1);
    float* to = c + lane / 4 * 8 + lane % 4 * 2;
    to[0] = sum[0];
    to[1] = sum[1];
    to[64] = sum[2];
    to[65] = sum[3];
}

// The same with f16 and sums in f16, fragments made by hand; depth 16 and then 8 more of the same.
KERNEL tile_f16(const __half* a, const __half* b, __half* c, float* c32) {
    const int lane = threadIdx.x, g = lane / 4, t = lane % 4;
    auto pair = [](const __half* p) { return *reinterpret_cast<const unsigned*>(p); };
    const unsigned x[4] = {pair(a + g * 16 + t * 2), pair(a + (g + 8) * 16 + t * 2), pair(a + g * 16 + t * 2 + 8), pair(a + (g + 8) * 16 + t * 2 + 8)};
    const unsigned y[2] = {pair(b + g * 16 + t * 2), pair(b + g * 16 + t * 2 + 8)};
    unsigned half_sums[2];
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0,%1}, {%2,%3,%4,%5}, {%6,%7}, {%8,%8};"
                 : "=r"(half_sums[0]), "=r"(half_sums[1])
                 : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(y[0]), "r"(y[1]), "r"(0));
    float sums[4] = {};
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(x[0]), "r"(x[1]), "r"(y[0]));
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(x[2]), "r"(x[3]), "r"(y[1]));
    *reinterpret_cast<unsigned*>(&c[g * 8 + t * 2]) = half_sums[0];
    *reinterpret_cast<unsigned*>(&c[(g + 8) * 8 + t * 2]) = half_sums[1];
    for (int i = 0; i < 4; ++i)
        c32[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = sums[i];
}

namespace {

__device__ __forceinline__ unsigned to_tf32(float x) {
    unsigned r;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(x));
    return r;
}

} // namespace

// One warp, 16 x 8, depth k in steps of 8 (and 4 for the second result).
KERNEL tile_tf32(int k, const float* a, const float* b, float* c, float* c_by_fours) {
    const int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    float sum[4] = {}, other[4] = {};
    for (int i = 0; i < k; i += 8) {
        const unsigned x[4] = {to_tf32(a[g * k + i + t]), to_tf32(a[(g + 8) * k + i + t]), to_tf32(a[g * k + i + t + 4]), to_tf32(a[(g + 8) * k + i + t + 4])};
        const unsigned y[2] = {to_tf32(b[(i + t) * 8 + g]), to_tf32(b[(i + t + 4) * 8 + g])};
        asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                     : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                     : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(y[0]), "r"(y[1]));
        for (int h = 0; h < 2; ++h)
            asm volatile("mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                         : "+f"(other[0]), "+f"(other[1]), "+f"(other[2]), "+f"(other[3])
                         : "r"(x[h * 2]), "r"(x[h * 2 + 1]), "r"(y[h]));
    }
    for (int i = 0; i < 4; ++i) {
        c[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = sum[i];
        c_by_fours[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = other[i];
    }
}

// One warp, 8 x 8 in double, depth 4.
KERNEL tile_f64(const double* a, const double* b, double* c) {
    const int lane = threadIdx.x, g = lane / 4, t = lane % 4;
    double sum[2] = {};
    asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0,%1}, {%2}, {%3}, {%0,%1};" : "+d"(sum[0]), "+d"(sum[1]) : "d"(a[g * 4 + t]), "d"(b[t * 8 + g]));
    c[g * 8 + t * 2] = sum[0];
    c[g * 8 + t * 2 + 1] = sum[1];
}

// The tile of a transposition in dynamic shared memory; pad 0: 32 lanes ask one bank, pad 1: each its own.
KERNEL transposed(int n, const float* x, float* y, int pad) {
    extern __shared__ float square[];
    const int tx = threadIdx.x, ty = threadIdx.y, column = blockIdx.x * 32, row = blockIdx.y * 32;
    for (int i = 0; i < 32; i += 8)
        square[(ty + i) * (32 + pad) + tx] = x[(row + ty + i) * n + column + tx];
    __syncthreads(); // the tile is there
    for (int i = 0; i < 32; i += 8)
        y[(column + ty + i) * n + row + tx] = square[tx * (32 + pad) + ty + i];
}
