// 16-bit floats and rounding that the host has no operation for. Everything is exact to the bit but where it says so.
#pragma once

#include "core/basics.hpp"

#include <cfenv>
#include <cmath>

namespace pck::emulator {

inline float half_to_float(u32 half) {
    const u32 bits = (half & 0x7fff) << 13, sign = (half & 0x8000) << 16;
    const u32 finite = std::bit_cast<u32>(std::bit_cast<float>(bits) * 0x1p112f);
    return std::bit_cast<float>(((half & 0x7c00) == 0x7c00 ? bits | 0x7f800000 : finite) | sign);
}

inline u32 float_to_half(float value) {
    u32 u = std::bit_cast<u32>(value);
    const u32 sign = u >> 16 & 0x8000;
    u &= 0x7fffffff;
    if (u > 0x7f800000)
        return 0x7fff;
    if (u >= 0x477ff000) // rounds to more than 65504
        return sign | 0x7c00;
    if (u < 0x38800000) // no normal half: 0.5 has the same unit in the last place as the smallest one
        return sign | (std::bit_cast<u32>(std::bit_cast<float>(u) + 0.5f) - 0x3f000000);
    return sign | ((u + 0xfff + (u >> 13 & 1) - (112u << 23)) >> 13);
}

inline u32 float_to_half_towards_zero(float value) {
    u32 u = std::bit_cast<u32>(value);
    const u32 sign = u >> 16 & 0x8000;
    u &= 0x7fffffff;
    if (u > 0x7f800000)
        return 0x7fff;
    if (u == 0x7f800000)
        return sign | 0x7c00;
    if (u >= 0x47800000)
        return sign | 0x7bff;
    if (u < 0x38800000)
        return sign | static_cast<u32>(std::bit_cast<float>(u) * 0x1p24f);
    return sign | (u - (112u << 23)) >> 13;
}

inline float bfloat_to_float(u32 bfloat) { return std::bit_cast<float>(bfloat << 16); }

inline u32 float_to_bfloat(float value) {
    const u32 u = std::bit_cast<u32>(value);
    return value != value ? 0x7fff : (u + 0x7fff + (u >> 16 & 1)) >> 16;
}

inline u32 float_to_bfloat_towards_zero(float value) { return value != value ? 0x7fff : std::bit_cast<u32>(value) >> 16; }

// Narrowed to odd: a second rounding to fewer bits then gives what one rounding would have given.
inline float narrow_to_odd(double value) {
    const auto nearest = static_cast<float>(value);
    if (static_cast<double>(nearest) == value || !std::isfinite(nearest))
        return nearest;
    u32 u = std::bit_cast<u32>(nearest);
    if (std::fabs(static_cast<double>(nearest)) > std::fabs(value))
        --u;
    return std::bit_cast<float>(u | 1);
}

inline float flush(float value) { return std::fabs(value) < 0x1p-126f ? std::copysign(0.0f, value) : value; }

enum class Rounding : u8 { nearest, zero, down, up };

// The host's rounding mode while it lives. What is computed meanwhile has to be volatile, so that it stays inside.
class RoundingScope {
public:
    explicit RoundingScope(Rounding mode) : before_(std::fegetround()) {
        constexpr int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
        std::fesetround(modes[static_cast<size_t>(mode)]);
    }
    ~RoundingScope() { std::fesetround(before_); }
    RoundingScope(const RoundingScope&) = delete;
    RoundingScope& operator=(const RoundingScope&) = delete;

private:
    int before_;
};

// IEEE minimum and maximum as PTX has them: a NaN loses against a number, -0 is less than +0.
template <class T> inline T minimum(T a, T b) {
    const T smaller = a == b ? (std::signbit(a) ? a : b) : a < b ? a : b;
    const T without_a = a != a ? b : smaller;
    return b != b ? a : without_a;
}

template <class T> inline T maximum(T a, T b) {
    const T larger = a == b ? (std::signbit(a) ? b : a) : b < a ? a : b;
    const T without_a = a != a ? b : larger;
    return b != b ? a : without_a;
}

inline float saturate(float value) { return minimum(maximum(value, 0.0f), 1.0f); }

} // namespace pck::emulator
