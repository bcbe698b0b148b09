// Philox4x32-10, the counter-based generator of src/PcKernels/Randomness/Philox.cs, to the same bits.
//
//   block(counter) = 10 rounds of (c0, c1, c2, c3) <- (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)), the key stepping by
//   a Weyl sequence; counter = (index low, index high, stream low, stream high), key = (seed low, seed high).
//
// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
// Compiles as C++ and as CUDA. Stateless: any thread may draw any element. Twenty widening multiplications a block.
#pragma once

#include <cmath>
#include <cstdint>

#include "pck/host_device.cuh"

namespace pck {

struct PhiloxBlock {
    std::uint32_t word0, word1, word2, word3;
};

struct Philox {
    std::uint64_t seed;
    std::uint64_t stream;

    static constexpr int rounds = 10;
    static constexpr std::uint32_t multiplier0 = 0xD2511F53u, multiplier1 = 0xCD9E8D57u;
    static constexpr std::uint32_t key_step0 = 0x9E3779B9u, key_step1 = 0xBB67AE85u; // golden ratio and sqrt(3) - 1, times 2^32
    static constexpr double two_to_minus_53 = 1.0 / 9007199254740992.0;
    static constexpr float two_to_minus_24 = 1.0f / 16777216.0f;

    // The four words for a whole 128-bit counter; the stream is not used.
    PCK_HOST_DEVICE PhiloxBlock block(std::uint64_t counter_low, std::uint64_t counter_high) const {
        auto c0 = static_cast<std::uint32_t>(counter_low), c1 = static_cast<std::uint32_t>(counter_low >> 32);
        auto c2 = static_cast<std::uint32_t>(counter_high), c3 = static_cast<std::uint32_t>(counter_high >> 32);
        auto k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
        for (int round = 0; round < rounds; ++round) {
            const std::uint64_t product0 = static_cast<std::uint64_t>(multiplier0) * c0;
            const std::uint64_t product1 = static_cast<std::uint64_t>(multiplier1) * c2;
            c0 = static_cast<std::uint32_t>(product1 >> 32) ^ c1 ^ k0;
            c1 = static_cast<std::uint32_t>(product1);
            c2 = static_cast<std::uint32_t>(product0 >> 32) ^ c3 ^ k1;
            c3 = static_cast<std::uint32_t>(product0);
            k0 += key_step0;
            k1 += key_step1;
        }
        return {c0, c1, c2, c3};
    }

    // 32 uniform bits: word 0.
    PCK_HOST_DEVICE std::uint32_t uint32(std::uint64_t index) const { return block(index, stream).word0; }

    // 64 uniform bits: words 0 (low) and 1 (high).
    PCK_HOST_DEVICE std::uint64_t uint64(std::uint64_t index) const {
        const PhiloxBlock words = block(index, stream);
        return join(words.word0, words.word1);
    }

    // Uniform in [0, 1), 53 bits.
    PCK_HOST_DEVICE double uniform(std::uint64_t index) const { return static_cast<double>(uint64(index) >> 11) * two_to_minus_53; }

    // Uniform in [0, 1), 24 bits.
    PCK_HOST_DEVICE float uniform_single(std::uint64_t index) const { return static_cast<float>(uint32(index) >> 8) * two_to_minus_24; }

    // Standard normal by Box and Muller from one block; logarithm and cosine are the platform's, so the last digits may differ between
    // platforms.
    PCK_HOST_DEVICE double normal(std::uint64_t index) const {
        const PhiloxBlock words = block(index, stream);
        const double u = static_cast<double>((join(words.word0, words.word1) >> 11) + 1) * two_to_minus_53; // in (0, 1]: log 0 is infinite
        const double v = static_cast<double>(join(words.word2, words.word3) >> 11) * two_to_minus_53;
        return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * v);
    }

private:
    PCK_HOST_DEVICE static std::uint64_t join(std::uint32_t low, std::uint32_t high) {
        return low | (static_cast<std::uint64_t>(high) << 32);
    }
};

static_assert(sizeof(Philox) == 16, "seed and stream cross the border inside parameter structs");

} // namespace pck
