// cvt: every pair of types. Instruction::op holds the rounding in its low bits and the flags above it.
#include "arithmetic/lanes.hpp"
#include "arithmetic/narrow_floats.hpp"
#include "ptx/table.hpp"

#include <limits>

namespace pck::emulator {

namespace {

struct HalfBits {};
struct BFloatBits {};

template <class T> constexpr bool is_real = std::is_floating_point_v<T> || std::is_same_v<T, HalfBits> || std::is_same_v<T, BFloatBits>;
template <class T> using Register = std::conditional_t<sizeof(T) == 8, u64, u32>;

// The value that a register holds, seen as T.
template <class T> PCK_INLINE auto value_of(Register<T> bits) {
    if constexpr (std::is_same_v<T, HalfBits>)
        return half_to_float(bits & 0xffff);
    else if constexpr (std::is_same_v<T, BFloatBits>)
        return bfloat_to_float(bits & 0xffff);
    else if constexpr (std::is_floating_point_v<T>)
        return std::bit_cast<T>(bits);
    else
        return static_cast<T>(bits);
}

double to_integral(double value, Rounding rounding) {
    switch (rounding) {
    case Rounding::nearest: return std::nearbyint(value);
    case Rounding::zero: return std::trunc(value);
    case Rounding::down: return std::floor(value);
    default: return std::ceil(value);
    }
}

template <class D, class S, class R> void to_integer(Warp& w, const Instruction& i, u32 lanes) {
    R* d = destination<R>(w, i.d);
    const auto* a = source<Register<S>>(w, i.a);
    using U = std::make_unsigned_t<D>;
    constexpr D least = std::numeric_limits<D>::min(), most = std::numeric_limits<D>::max();
    if constexpr (is_real<S>) {
        const auto rounding = static_cast<Rounding>(i.op & convert_rounding);
        each_lane(lanes, [&](u32 l) {
            const double value = static_cast<double>(value_of<S>(a[l]));
            if (value != value) {
                // A NaN becomes 0 in 32 bits and less, the sign bit alone in 64.
                d[l] = sizeof(S) == 8 || sizeof(D) == 8 ? static_cast<R>(U{1} << (sizeof(D) * 8 - 1)) : R{0};
                return;
            }
            const double whole = to_integral(value, rounding);
            const D out = whole <= static_cast<double>(least) ? least : whole >= static_cast<double>(most) ? most : static_cast<D>(whole);
            d[l] = static_cast<R>(out);
        });
    } else if ((i.op & convert_saturate) != 0) {
        put(d, lanes, [&](u32 l) {
            const s128 value = value_of<S>(a[l]);
            return static_cast<R>(value < least ? least : value > most ? most : static_cast<D>(value));
        });
    } else {
        put(d, lanes, [&](u32 l) PCK_INLINE_LAMBDA { return static_cast<R>(static_cast<D>(value_of<S>(a[l]))); });
    }
}

// The host's own conversion, in the rounding mode asked for.
template <class D, class S> D host_convert(S value, Rounding rounding) {
    const RoundingScope scope(rounding);
    volatile S from = value;
    volatile D to = static_cast<D>(from);
    return to;
}

template <class D> u32 narrow_float(double value, bool towards_zero) {
    const float odd = narrow_to_odd(value);
    if constexpr (std::is_same_v<D, HalfBits>)
        return towards_zero ? float_to_half_towards_zero(odd) : float_to_half(odd);
    else
        return towards_zero ? float_to_bfloat_towards_zero(odd) : float_to_bfloat(odd);
}

template <class D, class S> void to_float(Warp& w, const Instruction& i, u32 lanes) {
    auto* d = destination<Register<D>>(w, i.d);
    const auto* a = source<Register<S>>(w, i.a);
    const auto rounding = static_cast<Rounding>(i.op & convert_rounding);
    const bool plain = (i.op & ~convert_rounding) == 0;
    constexpr bool exact = is_real<S> && (sizeof(D) == 8 || !std::is_same_v<S, double>);
    if constexpr (std::is_floating_point_v<D>) {
        if (plain && (rounding == Rounding::nearest || exact)) {
            put(reinterpret_cast<D*>(d), lanes, [&](u32 l) PCK_INLINE_LAMBDA { return static_cast<D>(value_of<S>(a[l])); });
            return;
        }
    }
    each_lane(lanes, [&](u32 l) {
        const auto from = value_of<S>(a[l]);
        double value = static_cast<double>(from);
        if (is_real<S> && sizeof(S) <= 4 && (i.op & convert_flush) != 0)
            value = static_cast<double>(flush(static_cast<float>(value)));
        if ((i.op & convert_to_integral) != 0)
            value = std::copysign(to_integral(value, rounding), value);
        if ((i.op & convert_saturate) != 0)
            value = value >= 0 ? (value > 1 ? 1 : value) : 0; // a NaN becomes 0
        if ((i.op & convert_relu) != 0)
            value = value < 0 ? 0 : value;
        const bool integral = (i.op & convert_to_integral) != 0;
        if constexpr (std::is_same_v<D, double>) {
            if constexpr (!is_real<S>)
                value = host_convert<double>(from, rounding);
            d[l] = std::bit_cast<u64>(value);
        } else if constexpr (std::is_same_v<D, float>) {
            float out;
            if constexpr (is_real<S>)
                out = host_convert<float>(value, integral ? Rounding::nearest : rounding);
            else
                out = host_convert<float>(from, rounding);
            d[l] = std::bit_cast<u32>((i.op & convert_flush) != 0 ? flush(out) : out);
        } else {
            d[l] = narrow_float<D>(value, rounding == Rounding::zero && !integral);
        }
    });
}

// cvt.{rn,rz}[.relu].f16x2.f32 d, a, b: a goes to the upper half.
template <class D> void to_pair(Warp& w, const Instruction& i, u32 lanes) {
    const float *a = source<float>(w, i.a), *b = source<float>(w, i.b);
    u32* d = destination<u32>(w, i.d);
    const bool relu = (i.op & convert_relu) != 0, towards_zero = (i.op & convert_rounding) == static_cast<u8>(Rounding::zero);
    auto narrow = [&](float value) { return narrow_float<D>(static_cast<double>(relu && value < 0 ? 0.0f : value), towards_zero); };
    each_lane(lanes, [&](u32 l) { d[l] = narrow(a[l]) << 16 | narrow(b[l]); });
}

// rna rounds ties away from zero, rn to even; 13 bits go.
template <bool ties_away> void to_tf32(Warp& w, const Instruction& i, u32 lanes) {
    const u32* a = source<u32>(w, i.a);
    put(destination<u32>(w, i.d), lanes, [&](u32 l) PCK_INLINE_LAMBDA {
        const u32 u = a[l], rounded = (u + (ties_away ? 0x1000u : 0x0fffu + (u >> 13 & 1))) & ~0x1fffu;
        return (u & 0x7f800000) == 0x7f800000 ? u : rounded;
    });
}

template <class S> Handler from(std::string_view to, bool wide) {
    if (to == "u64")
        return to_integer<u64, S, u64>;
    if (to == "s64")
        return to_integer<s64, S, u64>;
    if (to == "f64")
        return to_float<double, S>;
    if (to == "f32")
        return to_float<float, S>;
    if (to == "f16")
        return to_float<HalfBits, S>;
    if (to == "bf16")
        return to_float<BFloatBits, S>;
    if (to == "u8")
        return wide ? to_integer<u8, S, u64> : to_integer<u8, S, u32>;
    if (to == "s8")
        return wide ? to_integer<s8, S, u64> : to_integer<s8, S, u32>;
    if (to == "u16")
        return wide ? to_integer<u16, S, u64> : to_integer<u16, S, u32>;
    if (to == "s16")
        return wide ? to_integer<s16, S, u64> : to_integer<s16, S, u32>;
    if (to == "u32")
        return wide ? to_integer<u32, S, u64> : to_integer<u32, S, u32>;
    if (to == "s32")
        return wide ? to_integer<s32, S, u64> : to_integer<s32, S, u32>;
    return nullptr;
}

} // namespace

Handler convert_handler(std::string_view to, std::string_view type, bool wide) {
    if (type == "f32" && to == "f16x2")
        return to_pair<HalfBits>;
    if (type == "f32" && to == "bf16x2")
        return to_pair<BFloatBits>;
    if (type == "f32" && to == "tf32")
        return to_tf32<false>;
    if (type == "f32" && to == "tf32 away")
        return to_tf32<true>;
    if (type == "u8")
        return from<u8>(to, wide);
    if (type == "s8")
        return from<s8>(to, wide);
    if (type == "u16")
        return from<u16>(to, wide);
    if (type == "s16")
        return from<s16>(to, wide);
    if (type == "u32")
        return from<u32>(to, wide);
    if (type == "s32")
        return from<s32>(to, wide);
    if (type == "u64")
        return from<u64>(to, wide);
    if (type == "s64")
        return from<s64>(to, wide);
    if (type == "f16")
        return from<HalfBits>(to, wide);
    if (type == "bf16")
        return from<BFloatBits>(to, wide);
    if (type == "f32")
        return from<float>(to, wide);
    if (type == "f64")
        return from<double>(to, wide);
    return nullptr;
}

} // namespace pck::emulator
