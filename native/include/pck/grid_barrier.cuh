// A barrier across all blocks of a cooperative launch, by one counter that only rises.
//
// Every wait is bounded: the first block that waits in vain says so in the fault record and leaves; the others run into their own bound.
// Who launches has to see to it that all blocks are resident at once, and that counter and record are zero.
#pragma once

#include <cstdint>

namespace pck {

// The first wait that was in vain; the host reports it. kind 0: none.
struct Fault {
    std::int32_t kind;  // see WaitKind
    std::int32_t block; // who waited
    std::int32_t step;  // the stage, or the step, before which it waited
    std::int32_t want, have;
    std::int32_t reserved[3];
};

enum class WaitKind : std::int32_t { none, grid, value_below, sum_above };

__device__ __forceinline__ std::uint32_t load_acquire(const std::uint32_t* from) {
    std::uint32_t value;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(from) : "memory");
    return value;
}

__device__ __forceinline__ void add_release(std::uint32_t* to, std::uint32_t value) {
    asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(to), "r"(value) : "memory");
}

__device__ __forceinline__ std::uint32_t add_acquire_release(std::uint32_t* to, std::uint32_t value) {
    std::uint32_t before;
    asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;" : "=r"(before) : "l"(to), "r"(value) : "memory");
    return before;
}

// One thread waits until a counter that only rises has reached what it wants. False: it has not, in spin_limit looks.
__device__ __forceinline__ bool wait_for(const std::uint32_t* counter, std::uint32_t want, std::uint32_t spin_limit, WaitKind kind,
                                         int step, Fault* fault) {
    std::uint32_t have = load_acquire(counter);
    for (std::uint32_t looks = 0; static_cast<std::int32_t>(have - want) < 0; ++looks) {
        if (looks == spin_limit) {
            if (atomicCAS(&fault->kind, 0, static_cast<std::int32_t>(kind)) == 0) {
                fault->block = static_cast<std::int32_t>(blockIdx.x);
                fault->step = step;
                fault->want = static_cast<std::int32_t>(want);
                fault->have = static_cast<std::int32_t>(have);
            }
            return false;
        }
        have = load_acquire(counter);
    }
    return true;
}

struct GridBarrier {
    std::uint32_t arrivals;
    std::uint32_t reserved[7];
    Fault fault;
};

static_assert(sizeof(Fault) == 32 && sizeof(GridBarrier) == 64);

// One thread of each block waits for those of all others; passed: barriers before this one. Its block's writes have to be visible to it, by
// a block barrier before; what it has seen of other blocks' is visible to its block behind another. False: it has waited in vain.
__device__ __forceinline__ bool meet_all_blocks(GridBarrier* barrier, int passed, std::uint32_t spin_limit) {
    add_release(&barrier->arrivals, 1);
    return wait_for(&barrier->arrivals, gridDim.x * static_cast<std::uint32_t>(passed + 1), spin_limit, WaitKind::grid, passed + 1,
                    &barrier->fault);
}

} // namespace pck
