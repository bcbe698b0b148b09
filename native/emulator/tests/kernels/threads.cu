// Threads that meet: in a warp, in a block, in a grid.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

#define KERNEL extern "C" __global__ void

namespace groups = cooperative_groups;

namespace {

__device__ __forceinline__ unsigned load_acquire(const unsigned* p) {
    unsigned v;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(v) : "l"(p) : "memory");
    return v;
}

__device__ __forceinline__ void store_release(unsigned* p, unsigned v) { asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(p), "r"(v) : "memory"); }

} // namespace

// Sum over a grid: float4 loads, shuffles, one partial sum per warp in shared memory, one atomic per block.
KERNEL sum(int fours, const float4* x, float* out) {
    __shared__ float partial[32];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    float s = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < fours; i += gridDim.x * blockDim.x) {
        const float4 v = x[i];
        s += (v.x + v.y) + (v.z + v.w);
    }
    for (int k = 16; k > 0; k /= 2)
        s += __shfl_xor_sync(~0u, s, k);
    if (lane == 0)
        partial[warp] = s;
    __syncthreads(); // the partial sums are there
    if (warp != 0)
        return;
    s = lane < blockDim.x / 32 ? partial[lane] : 0;
    for (int k = 16; k > 0; k /= 2)
        s += __shfl_down_sync(~0u, s, k);
    if (lane == 0)
        atomicAdd(out, s);
}

// One counter per collective, so that each has an expected value; 128 threads a block.
KERNEL collectives(const float* x, float* reals, double* wide, int* counts) {
    const int t = threadIdx.x, lane = t % 32;
    const float v = x[blockIdx.x * blockDim.x + t];
    atomicAdd(wide, static_cast<double>(v));
    auto eight = groups::tiled_partition<8>(groups::this_thread_block());
    const float greatest = groups::reduce(eight, v, groups::greater<float>());
    if (eight.thread_rank() == 0)
        atomicAdd(reals, greatest);
    const int total = __reduce_add_sync(~0u, t), least = __reduce_min_sync(~0u, lane - 7), most = __reduce_max_sync(~0u, static_cast<unsigned>(lane));
    const unsigned mixed = __reduce_and_sync(~0u, 0xf0u | lane) + __reduce_or_sync(~0u, 1u << lane) + __reduce_xor_sync(~0u, 3u * lane);
    if (lane == 0) {
        atomicAdd(counts, total);
        atomicAdd(counts + 1, least + static_cast<int>(most));
        atomicAdd(counts + 2, static_cast<int>(mixed));
    }
    const unsigned positive = __ballot_sync(~0u, v > 0);
    if (lane == 0)
        atomicAdd(counts + 3, __popc(positive));
    if (v > 0) {
        auto together = groups::coalesced_threads();
        if (together.thread_rank() == 0)
            atomicAdd(counts + 4, static_cast<int>(together.size()));
    }
    if (__any_sync(~0u, v > 0.99f) && lane == 0)
        atomicAdd(counts + 5, 1);
    if (__all_sync(~0u, v > -0.9f) && lane == 0)
        atomicAdd(counts + 6, 1);
    if (__uni_sync(~0u, lane < 40) && lane == 0)
        atomicAdd(counts + 7, 1);
    if (__match_any_sync(~0u, t / 4) == 0xfu << (lane & ~3))
        atomicAdd(counts + 8, 1);
    int same = 0;
    if (__match_all_sync(~0u, t / 32, &same) == ~0u && same)
        atomicAdd(counts + 9, 1);
    // Two halves of a warp at two instructions, each with its own mask.
    if (lane < 16) {
        if (__shfl_xor_sync(0xffffu, v, 1) == x[blockIdx.x * blockDim.x + (t ^ 1)])
            atomicAdd(counts + 10, 1);
    } else {
        __syncwarp(0xffff0000u);
        atomicAdd(counts + 10, 1);
    }
    const int above = __syncthreads_count(v > 0);
    const int every = __syncthreads_and(v < 2), some = __syncthreads_or(v > 2);
    if (t == 0)
        atomicAdd(counts + 11, above + 1000 * every + 1'000'000 * some);
    atomicMax(counts + 12, t);
    atomicMin(counts + 13, -t);
    atomicOr(reinterpret_cast<unsigned*>(counts + 14), 1u << lane);
    atomicAnd(reinterpret_cast<unsigned*>(counts + 15), ~(1u << lane));
    atomicXor(reinterpret_cast<unsigned*>(counts + 16), 1u << lane);
    atomicInc(reinterpret_cast<unsigned*>(counts + 17), 99u);
    atomicDec(reinterpret_cast<unsigned*>(counts + 18), 99u);
    atomicCAS(counts + 19, 0, t + 1);
    atomicAdd(reinterpret_cast<unsigned long long*>(counts + 20), 1ull << 32);
    atomicExch(counts + 22 + blockIdx.x, __shfl_sync(~0u, t, 5) + __shfl_up_sync(~0u, t, 1) * 0);
    __shared__ int in_block;
    if (t == 0)
        in_block = 0;
    __syncthreads(); // the counter is zero
    atomicAdd(&in_block, t);
    __syncthreads(); // everybody has added
    if (t == 1)
        atomicAdd(counts + 24, in_block);
}

// Producers fill a buffer for consumers through named barriers: 64 threads, half of each kind.
KERNEL hand_over(int rounds, const int* x, int* y) {
    __shared__ int buffer[32];
    const int t = threadIdx.x % 32;
    if (threadIdx.x < 32) {
        for (int r = 0; r < rounds; ++r) {
            asm volatile("barrier.cta.sync 2, 64;" ::: "memory"); // the buffer is free
            buffer[t] = x[r * 32 + t];
            asm volatile("barrier.cta.arrive 1, 64;" ::: "memory"); // the buffer is full
        }
    } else {
        for (int r = 0; r < rounds; ++r) {
            asm volatile("barrier.cta.arrive 2, 64;" ::: "memory");
            asm volatile("barrier.cta.sync 1, 64;" ::: "memory");
            y[r * 32 + t] = buffer[t ^ 1] + 1;
        }
    }
}

// A lock that lanes of one warp contend for.
KERNEL locked(int* lock, int* value) {
    while (atomicCAS(lock, 0, 1) != 0) {
    }
    __threadfence(); // what the last holder wrote
    *value += 1;
    __threadfence(); // is there before the lock opens
    atomicExch(lock, 0);
}

// Inclusive scan of a block with two buffers.
template <class T, int n> __global__ void scan(int count, const T* x, T* y) {
    __shared__ T buffer[2][n];
    const int t = threadIdx.x;
    int from = 0;
    buffer[0][t] = t < count ? x[t] : T(0);
    __syncthreads(); // the input is there
    for (int d = 1; d < n; d *= 2) {
        buffer[from ^ 1][t] = t >= d ? buffer[from][t] + buffer[from][t - d] : buffer[from][t];
        from ^= 1;
        __syncthreads(); // this step is there, the other buffer has been read
    }
    if (t < count)
        y[t] = buffer[from][t];
}
template __global__ void scan<int, 128>(int, const int*, int*);
template __global__ void scan<double, 64>(int, const double*, double*);

// Jacobi steps with cooperative groups' grid barrier.
KERNEL smooth(int steps, int n, float* a, float* b) {
    auto grid = groups::this_grid();
    const int first = static_cast<int>(grid.thread_rank()), stride = static_cast<int>(grid.size());
    for (int s = 0; s < steps; ++s) {
        for (int i = first; i < n; i += stride)
            b[i] = 0.25f * a[(i + n - 1) % n] + 0.5f * a[i] + 0.25f * a[(i + 1) % n];
        grid.sync(); // the step is there
        float* last = a;
        a = b;
        b = last;
    }
}

// h := W h, again and again, the whole state in every block's shared memory; a grid barrier of atomics and a spin.
KERNEL __launch_bounds__(128) recur(int steps, int n, const float* w, float* even, float* odd, unsigned* barrier) {
    extern __shared__ float state[];
    for (int s = 0; s < steps; ++s) {
        const float* from = s % 2 != 0 ? odd : even;
        float* to = s % 2 != 0 ? even : odd;
        for (int i = threadIdx.x; i < n; i += blockDim.x)
            state[i] = from[i];
        __syncthreads(); // the state is there
        for (int r = blockIdx.x * blockDim.x + threadIdx.x; r < n; r += gridDim.x * blockDim.x) {
            float sum = 0;
            for (int i = 0; i < n; ++i)
                sum = fmaf(w[r * n + i], state[i], sum);
            to[r] = sum;
        }
        __syncthreads(); // the block has written
        if (threadIdx.x == 0) {
            __threadfence(); // before the grid hears of it
            atomicAdd(barrier, 1u);
            while (load_acquire(barrier) < (s + 1) * gridDim.x)
                __nanosleep(20);
            __threadfence();
        }
        __syncthreads(); // the grid has written
    }
}

// Blocks in a ring hand a row on by flags: release after writing, acquire before reading, two buffers. fault[0] != 0: a neighbour never came.
KERNEL ring(int steps, int n, float* rows, unsigned* flags, unsigned spin, int* fault) {
    const int blocks = gridDim.x, me = blockIdx.x, left = (me + blocks - 1) % blocks, right = (me + 1) % blocks;
    for (int s = 0; s < steps; ++s) {
        const float* from = rows + ((s % 2) * blocks + left) * n;
        float* to = rows + (((s + 1) % 2) * blocks + me) * n;
        int late = 0;
        if (threadIdx.x < 2) { // the left one has written step s, the right one has read my step s - 1
            const unsigned* flag = flags + (threadIdx.x == 0 ? left : right);
            for (unsigned k = 0; static_cast<int>(load_acquire(flag) - s) < 0; ++k)
                if (k > spin) {
                    late = 1;
                    atomicExch(fault, s + 1);
                    break;
                }
        }
        if (__syncthreads_or(late)) // the row is there
            return;
        for (int i = threadIdx.x; i < n; i += blockDim.x)
            to[i] = from[i] + 1;
        __syncthreads(); // the block has written
        if (threadIdx.x == 0)
            store_release(flags + me, s + 1);
    }
}

// Each block waits for the one before it, without being cooperative: decoupled look-back.
KERNEL look_back(const int* x, int* totals, unsigned* ready) {
    if (threadIdx.x != 0)
        return;
    int before = 0;
    if (blockIdx.x > 0) {
        while (load_acquire(ready + blockIdx.x - 1) == 0) {
        }
        before = totals[blockIdx.x - 1];
    }
    totals[blockIdx.x] = before + x[blockIdx.x];
    store_release(ready + blockIdx.x, 1);
}

// A softmax per warp out of an asynchronous copy, with approximate functions and volatile shared memory on the way.
KERNEL softmax(int rows, const float* x, float* y) {
    __shared__ __align__(16) float copied[4][128];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, row = blockIdx.x * 4 + warp;
    if (row >= rows)
        return;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(static_cast<unsigned>(__cvta_generic_to_shared(&copied[warp][lane * 4]))), "l"(x + row * 128 + lane * 4)
                 : "memory");
    asm volatile("cp.async.commit_group;" ::: "memory");
    asm volatile("cp.async.wait_group 0;" ::: "memory");
    __syncwarp(); // every lane's copy has landed
    float v[4], most = -1e30f, total = 0;
    for (int i = 0; i < 4; ++i) {
        v[i] = copied[warp][lane + 32 * i];
        most = fmaxf(most, v[i]);
    }
    for (int k = 16; k > 0; k /= 2)
        most = fmaxf(most, __shfl_xor_sync(~0u, most, k));
    for (int i = 0; i < 4; ++i)
        total += v[i] = exp2f((v[i] - most) * 1.44269504f);
    for (int k = 16; k > 0; k /= 2)
        total += __shfl_xor_sync(~0u, total, k);
    for (int i = 0; i < 4; ++i)
        y[row * 128 + lane + 32 * i] = v[i] / total;
}
