// Integers, lanes and the errors that end a launch or a load.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace pck::emulator {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

__extension__ typedef __int128 s128;
__extension__ typedef unsigned __int128 u128;

constexpr u32 warp_size = 32;
constexpr u32 all_lanes = ~0u;

struct Dim3 {
    u32 x = 1, y = 1, z = 1;
    u64 count() const { return static_cast<u64>(x) * y * z; }
};

inline u32 first_lane(u32 lanes) { return static_cast<u32>(std::countr_zero(lanes)); }
inline u32 lane_count(u32 lanes) { return static_cast<u32>(std::popcount(lanes)); }
inline bool has_lane(u32 lanes, u32 lane) { return lanes >> lane & 1; }

template <class F>
inline void each_lane(u32 lanes, F&& body) {
    for (; lanes != 0; lanes &= lanes - 1)
        body(first_lane(lanes));
}

// The text cannot be loaded; the message lists everything that is wrong with it.
struct LoadError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What a running kernel did wrong; the kind decides which status code the driver's caller sees.
struct Fault : std::runtime_error {
    enum class Kind { address, alignment, hang, other };
    Fault(Kind k, const std::string& what) : std::runtime_error(what), kind(k) {}
    Kind kind;
};

std::string hexadecimal(u64 value);

} // namespace pck::emulator
