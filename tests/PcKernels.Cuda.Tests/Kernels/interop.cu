// Kernels that the tests of the driver layer launch. interop.ptx is made of them by
//   nvcc -std=c++20 -O3 -arch=compute_80 -ptx interop.cu
// and checked in, so that the tests need no nvcc.
#include <cooperative_groups.h>

extern "C" __device__ float scale_factor = 2.0f;

// y[i] += a x[i]
extern "C" __global__ void axpy(unsigned count, float a, const float* x, float* y) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count)
        y[i] = a * x[i] + y[i];
}

struct ScaleParameters {
    float* values;
    unsigned count;
    float by;
    double shift;
};

// The one structure of a launch: values[i] = values[i] * by * scale_factor + shift
extern "C" __global__ void scale(const __grid_constant__ ScaleParameters p) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < p.count)
        p.values[i] = static_cast<float>(p.values[i] * p.by * scale_factor + p.shift);
}

// C[m, n] = A[m, k] B[k, n] in tiles of 16 by 16, m, n and k any
extern "C" __global__ void product(unsigned m, unsigned n, unsigned k, const float* a, const float* b, float* c) {
    __shared__ float tile_a[16][16];
    __shared__ float tile_b[16][17];
    const unsigned row = blockIdx.y * 16 + threadIdx.y, column = blockIdx.x * 16 + threadIdx.x;
    float sum = 0;
    for (unsigned begin = 0; begin < k; begin += 16) {
        tile_a[threadIdx.y][threadIdx.x] = row < m && begin + threadIdx.x < k ? a[row * k + begin + threadIdx.x] : 0.0f;
        tile_b[threadIdx.y][threadIdx.x] = column < n && begin + threadIdx.y < k ? b[(begin + threadIdx.y) * n + column] : 0.0f;
        __syncthreads(); // the tiles are whole
        for (unsigned i = 0; i < 16; i++)
            sum = fmaf(tile_a[threadIdx.y][i], tile_b[i][threadIdx.x], sum);
        __syncthreads(); // nobody reads the tiles any more
    }
    if (row < m && column < n)
        c[row * n + column] = sum;
}

// A sum by tiles that lacks the second barrier: a race from the second tile on.
extern "C" __global__ void racing_sum(unsigned count, const float* x, float* y) {
    __shared__ float tile[64];
    float sum = 0;
    for (unsigned begin = 0; begin < count; begin += 64) {
        tile[threadIdx.x] = begin + threadIdx.x < count ? x[begin + threadIdx.x] : 0.0f;
        __syncthreads();
        for (unsigned i = 0; i < 64; i++)
            sum += tile[i];
    }
    y[threadIdx.x] = sum;
}

// Each round every block adds its neighbour's value of the round before: the grid's barrier orders them.
extern "C" __global__ void ring(unsigned rounds, int* even, int* odd) {
    const cooperative_groups::grid_group grid = cooperative_groups::this_grid();
    for (unsigned round = 0; round < rounds; round++) {
        int* from = round % 2 == 0 ? even : odd;
        int* to = round % 2 == 0 ? odd : even;
        if (threadIdx.x == 0)
            to[blockIdx.x] = from[blockIdx.x] + from[(blockIdx.x + 1) % gridDim.x];
        grid.sync();
    }
}

// The block's values in reverse, by way of dynamic shared memory.
extern "C" __global__ void reverse(float* values) {
    extern __shared__ float staged[];
    staged[threadIdx.x] = values[threadIdx.x];
    __syncthreads();
    values[threadIdx.x] = staged[blockDim.x - 1 - threadIdx.x];
}
