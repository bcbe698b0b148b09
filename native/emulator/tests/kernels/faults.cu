// Planted faults, each with its correct twin: fault 0 runs the twin. Every kernel takes the same arguments.
#define KERNEL extern "C" __global__ void
#define ARGUMENTS int fault, float *out, const float *in, unsigned *flag

namespace {

__device__ __forceinline__ unsigned load_acquire(const unsigned* p) {
    unsigned v;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(v) : "l"(p) : "memory");
    return v;
}

__device__ __forceinline__ void copy_16(void* to, const void* from) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(static_cast<unsigned>(__cvta_generic_to_shared(to))), "l"(from) : "memory");
}

__device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
__device__ __forceinline__ void wait() { asm volatile("cp.async.wait_group 0;" ::: "memory"); }

} // namespace

KERNEL past_shared(ARGUMENTS) {
    __shared__ float a[64];
    a[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = a[threadIdx.x + fault * 64];
}

KERNEL into_neighbour(ARGUMENTS) { // from one shared array into the next
    __shared__ float a[64], b[64];
    a[threadIdx.x] = b[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = a[threadIdx.x + fault] * (fault ? 1 : 0) + b[63 - threadIdx.x];
}

KERNEL past_dynamic(ARGUMENTS) {
    extern __shared__ float d[];
    d[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = d[threadIdx.x + fault];
}

KERNEL past_global(ARGUMENTS) { out[threadIdx.x + blockIdx.x * blockDim.x + fault * 192] = 1; }

KERNEL past_local(ARGUMENTS) {
    float a[8];
    for (int i = 0; i < 8; ++i)
        a[i] = in[i];
    __syncthreads();
    out[threadIdx.x] = a[(threadIdx.x & 7) + fault * 8];
}

KERNEL misaligned(ARGUMENTS) { *reinterpret_cast<float2*>(out + threadIdx.x * 2 + fault) = make_float2(1, 2); }

KERNEL null_pointer(ARGUMENTS) { out[threadIdx.x] = 1; } // the host passes null

KERNEL no_barrier(ARGUMENTS) {
    __shared__ float a[64];
    a[threadIdx.x] = in[threadIdx.x];
    if (!fault)
        __syncthreads();
    out[threadIdx.x] = a[threadIdx.x ^ 33];
}

KERNEL no_second_barrier(ARGUMENTS) {
    __shared__ float a[64];
    for (int t = 0; t < 3; ++t) {
        a[threadIdx.x] = in[threadIdx.x] + t;
        __syncthreads();
        out[threadIdx.x] += a[threadIdx.x ^ 33];
        if (!fault)
            __syncthreads();
    }
}

KERNEL no_barrier_dynamic(ARGUMENTS) {
    extern __shared__ float d[];
    d[threadIdx.x] = in[threadIdx.x];
    if (!fault)
        __syncthreads();
    out[threadIdx.x] = d[threadIdx.x ^ 33];
}

KERNEL same_element(ARGUMENTS) { out[fault ? 0 : threadIdx.x] = in[threadIdx.x]; }

KERNEL blocks_overlap(ARGUMENTS) { out[fault ? threadIdx.x + blockIdx.x : threadIdx.x + blockIdx.x * blockDim.x] = 1; }

KERNEL no_warp_barrier(ARGUMENTS) {
    __shared__ float a[64];
    a[threadIdx.x] = in[threadIdx.x];
    if (!fault)
        __syncwarp();
    out[threadIdx.x] = a[threadIdx.x ^ 1];
}

KERNEL never_written(ARGUMENTS) {
    __shared__ float a[64];
    if (!fault || threadIdx.x != 5)
        a[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = a[threadIdx.x];
}

KERNEL no_wait(ARGUMENTS) {
    __shared__ __align__(16) float a[256];
    copy_16(a + 4 * threadIdx.x, in);
    commit();
    if (!fault)
        wait();
    out[threadIdx.x] = a[4 * threadIdx.x];
    if (fault)
        wait();
}

KERNEL waits_after_barrier(ARGUMENTS) {
    __shared__ __align__(16) float a[256];
    copy_16(a + 4 * threadIdx.x, in);
    commit();
    if (fault)
        __syncthreads();
    wait();
    if (!fault)
        __syncthreads();
    out[threadIdx.x] = a[4 * (threadIdx.x ^ 33)];
}

KERNEL grid_not_awaited(ARGUMENTS) {
    out[threadIdx.x + blockIdx.x * blockDim.x] = in[threadIdx.x];
    __syncthreads();
    if (threadIdx.x == 0) {
        __threadfence();
        atomicAdd(flag, 1u);
        if (!fault)
            while (load_acquire(flag) < gridDim.x)
                __nanosleep(20);
        __threadfence();
    }
    __syncthreads();
    const float other = out[threadIdx.x + (blockIdx.x ^ 1) * blockDim.x];
    out[threadIdx.x + (2 + blockIdx.x) * blockDim.x] = other;
}

KERNEL no_fence(ARGUMENTS) { // a message without a fence before its flag
    if (threadIdx.x != 0)
        return;
    if (blockIdx.x == 0) {
        out[0] = in[0];
        if (!fault)
            __threadfence();
        atomicExch(flag, 1u);
    } else {
        while (load_acquire(flag) == 0)
            __nanosleep(20);
        out[1] = out[0];
    }
}

KERNEL half_a_barrier(ARGUMENTS) {
    if (!fault || threadIdx.x < 32)
        __syncthreads();
    if (fault && threadIdx.x >= 32)
        while (load_acquire(flag) == 0)
            __nanosleep(50);
    out[threadIdx.x] = 1;
}

KERNEL endless(ARGUMENTS) {
    if (fault)
        while (load_acquire(flag) == 0) {
        }
    out[threadIdx.x] = 1;
}

KERNEL absent_lane(ARGUMENTS) {
    float v = in[threadIdx.x];
    if (threadIdx.x < 16 || !fault)
        v += __shfl_xor_sync(~0u, v, 16);
    out[threadIdx.x] = v;
}

KERNEL plain_among_atomics(ARGUMENTS) {
    if (fault)
        flag[0] = flag[0] + 1;
    else
        atomicAdd(flag, 1u);
}

// Beyond the prototype's: two barriers at two places, a lock without fences, a relaxed flag.

KERNEL two_barriers(ARGUMENTS) {
    if (fault && threadIdx.x % 2 != 0) {
        asm volatile("barrier.cta.sync 0;" ::: "memory");
        out[threadIdx.x] = 2;
    } else {
        asm volatile("barrier.cta.sync 0;" ::: "memory");
        out[threadIdx.x] = 1;
    }
}

KERNEL lock_without_fences(ARGUMENTS) {
    while (atomicCAS(flag, 0u, 1u) != 0) {
    }
    if (!fault)
        __threadfence();
    *out += 1;
    if (!fault)
        __threadfence();
    atomicExch(flag, 0u);
}

KERNEL relaxed_flag(ARGUMENTS) {
    if (threadIdx.x != 0)
        return;
    if (blockIdx.x == 0) {
        out[0] = in[0];
        if (fault)
            asm volatile("st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(flag), "r"(1u) : "memory");
        else
            asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(flag), "r"(1u) : "memory");
    } else {
        while (load_acquire(flag) == 0)
            __nanosleep(20);
        out[1] = out[0];
    }
}
