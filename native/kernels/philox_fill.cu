// values[i] = u(seed, stream, first + i) for 0 <= i < count, u uniform in [0, 1) with 24 bits (pck/philox.cuh).
//
// Source:    Salmon et al. 2011 (Philox4x32-10). The host's Philox.UniformSingle gives the same bits.
// Shapes:    values [count] float32, contiguous, any alignment of 4 bytes; written once, never read.
// Aliasing:  one operand only. Counters run modulo 2^64.
// Launch:    1-D, any grid and block (grid-stride loop): 256 threads and at most 8 blocks per multiprocessor fill the machine.
// Budget:    no shared memory, at most 32 registers per thread. Bound by integer multiplications, not by memory.
#include "pck/philox.cuh"

#include <cstddef>

namespace {

constexpr int threads_per_block = 256;
constexpr int blocks_per_multiprocessor = 8;

struct PhiloxFillParameters {
    float* values;
    std::uint64_t count;
    std::uint64_t seed;
    std::uint64_t stream;
    std::uint64_t first;
};

// The host lays the same five words out by hand.
static_assert(sizeof(PhiloxFillParameters) == 40 && offsetof(PhiloxFillParameters, first) == 32);

} // namespace

extern "C" __global__ void __launch_bounds__(threads_per_block, blocks_per_multiprocessor)
    pck_philox_fill(const __grid_constant__ PhiloxFillParameters p) {
    const pck::Philox random{p.seed, p.stream};
    const std::uint64_t stride = static_cast<std::uint64_t>(gridDim.x) * blockDim.x;
    for (std::uint64_t i = static_cast<std::uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < p.count; i += stride)
        p.values[i] = random.uniform_single(p.first + i);
}
