// The kernels that constants.cpp times: a barrier over the grid, a flag there and back, a node of a graph, tile loads, multiply-adds.
//
// Launch:    barrier and flag: cooperative (blocks wait for one another), 128 threads. idle: any. load: any grid, 256 threads.
//            rate_*: any grid, up to 16 warps; every warp works on registers alone.
// Budget:    load: 16 KiB of shared memory, four copies under way per thread. rate_*: sixteen independent chains hide an instruction's latency.
// Compiled alone, for sm_80 and up; the early start of the next node (griddepcontrol) is there from sm_90 on.
#include <cstdint>

namespace pck::constants {

constexpr int copies = 4;
constexpr int load_threads = 256;
constexpr int chains = 16;

__device__ __forceinline__ unsigned acquire(const unsigned* word) {
    unsigned value;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(word) : "memory");
    return value;
}

__device__ __forceinline__ void release(unsigned* word, unsigned value) {
    asm volatile("st.release.gpu.global.u32 [%0], %1;" : : "l"(word), "r"(value) : "memory");
}

__device__ __forceinline__ unsigned arrive(unsigned* word) {
    unsigned before;
    asm volatile("atom.add.acq_rel.gpu.global.u32 %0, [%1], 1;" : "=r"(before) : "l"(word) : "memory");
    return before;
}

} // namespace pck::constants

using namespace pck::constants;

// `rounds` barriers over the whole grid; the word counts up and begins at 0.
extern "C" __global__ void __launch_bounds__(128) pck_constant_barrier(unsigned* word, int rounds) {
    for (int round = 1; round <= rounds; ++round) {
        __syncthreads(); // all of the block have come before its first thread says so
        if (threadIdx.x == 0) {
            arrive(word);
            while (acquire(word) < static_cast<unsigned>(round) * gridDim.x) {
            }
        }
        __syncthreads(); // nobody goes on before the first thread has seen every block
    }
}

// Two blocks: the first sets a word and waits for the second's, `rounds` times there and back. 32 words lie between the two.
extern "C" __global__ void __launch_bounds__(128) pck_constant_flag(unsigned* words, int rounds) {
    if (threadIdx.x != 0 || blockIdx.x > 1)
        return;
    unsigned *mine = words + blockIdx.x * 32, *theirs = words + (1 - blockIdx.x) * 32;
    for (unsigned round = 1; round <= static_cast<unsigned>(rounds); ++round) {
        if (blockIdx.x == 0)
            release(mine, round);
        while (acquire(theirs) < round) {
        }
        if (blockIdx.x == 1)
            release(mine, round);
    }
}

// A node that does next to nothing: what is left is the cost of a node.
extern "C" __global__ void pck_constant_node(unsigned* words) {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;");
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
    if (threadIdx.x == 0)
        words[blockIdx.x] += 1;
}

// Reads `bytes` once, 16 bytes a thread into shared memory by asynchronous copies, four groups under way: as the tiles are loaded.
extern "C" __global__ void __launch_bounds__(load_threads) pck_constant_load(const uint4* data, unsigned long long bytes, int rounds, unsigned* sink) {
    __shared__ uint4 tile[copies][load_threads];
    const unsigned long long count = bytes / sizeof(uint4), stride = static_cast<unsigned long long>(gridDim.x) * load_threads;
    unsigned sum = 0;
    for (int round = 0; round < rounds; ++round) {
        int group = 0;
        for (unsigned long long i = static_cast<unsigned long long>(blockIdx.x) * load_threads + threadIdx.x; i < count; i += stride) {
            const unsigned place = static_cast<unsigned>(__cvta_generic_to_shared(&tile[group][threadIdx.x]));
            asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" : : "r"(place), "l"(data + i) : "memory");
            asm volatile("cp.async.commit_group;" ::: "memory");
            asm volatile("cp.async.wait_group %0;" : : "n"(copies - 1) : "memory");
            group = (group + 1) % copies;
        }
        asm volatile("cp.async.wait_all;" ::: "memory");
        // A thread reads only what it copied itself, so no barrier stands here.
        sum += tile[0][threadIdx.x].x;
    }
    if (sum == 0xffffffffu)
        sink[threadIdx.x] = sum;
}

// 16 chains of fused multiply-adds a thread: 2 * 16 * rounds FLOP each.
extern "C" __global__ void __launch_bounds__(512) pck_constant_rate_f32(float* sink, int rounds) {
    float sums[chains];
    const float a = 1.0f + static_cast<float>(threadIdx.x) * 1e-7f, b = 1e-7f;
#pragma unroll
    for (int i = 0; i < chains; ++i)
        sums[i] = static_cast<float>(i);
    for (int round = 0; round < rounds; ++round)
#pragma unroll
        for (int i = 0; i < chains; ++i)
            sums[i] = fmaf(sums[i], a, b);
    float sum = 0;
#pragma unroll
    for (int i = 0; i < chains; ++i)
        sum += sums[i];
    if (sum == -1.0f)
        sink[threadIdx.x] = sum;
}

extern "C" __global__ void __launch_bounds__(512) pck_constant_rate_f64(double* sink, int rounds) {
    double sums[chains];
    const double a = 1.0 + static_cast<double>(threadIdx.x) * 1e-7, b = 1e-7;
#pragma unroll
    for (int i = 0; i < chains; ++i)
        sums[i] = static_cast<double>(i);
    for (int round = 0; round < rounds; ++round)
#pragma unroll
        for (int i = 0; i < chains; ++i)
            sums[i] = fma(sums[i], a, b);
    double sum = 0;
#pragma unroll
    for (int i = 0; i < chains; ++i)
        sum += sums[i];
    if (sum == -1.0)
        sink[threadIdx.x] = sum;
}

// m16n8k8 on TF32: 2 * 16 * 8 * 8 FLOP an instruction and warp, 16 chains.
extern "C" __global__ void __launch_bounds__(512) pck_constant_rate_tf32(float* sink, int rounds) {
    float c[chains][4] = {};
    const unsigned a = __float_as_uint(1.0f), b = __float_as_uint(static_cast<float>(threadIdx.x));
    for (int round = 0; round < rounds; ++round)
#pragma unroll
        for (int i = 0; i < chains; ++i)
            asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%5,%5}, {%0,%1,%2,%3};"
                         : "+f"(c[i][0]), "+f"(c[i][1]), "+f"(c[i][2]), "+f"(c[i][3])
                         : "r"(a), "r"(b));
    float sum = 0;
#pragma unroll
    for (int i = 0; i < chains; ++i)
        sum += c[i][0] + c[i][1] + c[i][2] + c[i][3];
    if (sum == -1.0f)
        sink[threadIdx.x] = sum;
}

// m16n8k16 on bf16: 2 * 16 * 8 * 16 FLOP an instruction and warp, 16 chains.
extern "C" __global__ void __launch_bounds__(512) pck_constant_rate_bf16(float* sink, int rounds) {
    float c[chains][4] = {};
    const unsigned a = 0x3f803f80u, b = 0x3f803f80u + threadIdx.x;
    for (int round = 0; round < rounds; ++round)
#pragma unroll
        for (int i = 0; i < chains; ++i)
            asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%5,%5}, {%0,%1,%2,%3};"
                         : "+f"(c[i][0]), "+f"(c[i][1]), "+f"(c[i][2]), "+f"(c[i][3])
                         : "r"(a), "r"(b));
    float sum = 0;
#pragma unroll
    for (int i = 0; i < chains; ++i)
        sum += c[i][0] + c[i][1] + c[i][2] + c[i][3];
    if (sum == -1.0f)
        sink[threadIdx.x] = sum;
}
