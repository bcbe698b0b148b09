// setp and set: every comparison of every type, by two small tables of templates.
#include "arithmetic/lanes.hpp"
#include "arithmetic/narrow_floats.hpp"
#include "ptx/table.hpp"

namespace pck::emulator {

namespace {

// Lane i of the result is what F says about lane i of the operands.
template <class T, auto F> PCK_INLINE u32 compare_lanes(const T* a, const T* b) {
    u32 bits = 0;
#pragma GCC unroll 4
    for (u32 part = 0; part < warp_size; part += 8) {
        u32 byte[8];
        for (u32 l = 0; l < 8; ++l)
            byte[l] = F(a[part + l], b[part + l]) ? 1u << l : 0u;
        bits |= (byte[0] | byte[1] | byte[2] | byte[3] | byte[4] | byte[5] | byte[6] | byte[7]) << part;
    }
    return bits;
}

// setp d|e, a, b [, {!}c]: op 1 and, 2 or, 3 xor joins the third operand.
PCK_INLINE void set_results(Warp& w, const Instruction& i, u32 lanes, u32 result) {
    u32 opposite = ~result;
    if (i.op != 0) {
        const u32 c = i.operand_negated ? ~predicate(w, i.c) : predicate(w, i.c);
        result = i.op == 1 ? result & c : i.op == 2 ? result | c : result ^ c;
        opposite = i.op == 1 ? opposite & c : i.op == 2 ? opposite | c : opposite ^ c;
    }
    if (i.d != no_register)
        set_predicate(w, i.d, lanes, result);
    if (i.e != no_register)
        set_predicate(w, i.e, lanes, opposite);
}

template <class T, auto F> void compare(Warp& w, const Instruction& i, u32 lanes) {
    set_results(w, i, lanes, compare_lanes<T, F>(source<T>(w, i.a), source<T>(w, i.b)));
}

// Types that live in registers wider than they are, seen as V by way of `widen`.
template <auto widen, auto F> void compare_narrow(Warp& w, const Instruction& i, u32 lanes) {
    set_results(w, i, lanes, compare_lanes<u32, [](u32 a, u32 b) { return F(widen(a), widen(b)); }>(source<u32>(w, i.a), source<u32>(w, i.b)));
}

// set.CMP.D.T d, a, b: op 1 says "one", else all bits; immediate 1: pairs.
template <class T, auto F> void set_whole(Warp& w, const Instruction& i, u32 lanes) {
    const u32 bits = compare_lanes<T, F>(source<T>(w, i.a), source<T>(w, i.b)), yes = i.op == 1 ? 0x3f800000u : ~0u;
    put(destination<u32>(w, i.d), lanes, [&](u32 l) PCK_INLINE_LAMBDA { return (bits >> l & 1) != 0 ? yes : 0u; });
}

template <auto widen, u32 one, auto F> void set_halves(Warp& w, const Instruction& i, u32 lanes) {
    const u32 *a = source<u32>(w, i.a), *b = source<u32>(w, i.b);
    const bool pair = i.immediate != 0;
    const u32 yes = i.op == 1 ? one : pair ? 0xffffu : ~0u;
    put(destination<u32>(w, i.d), lanes, [&](u32 l) {
        const u32 low = F(widen(a[l] & 0xffff), widen(b[l] & 0xffff)) ? yes : 0;
        return pair ? low | (F(widen(a[l] >> 16), widen(b[l] >> 16)) ? yes : 0) << 16 : low;
    });
}

float from_half(u32 a) { return half_to_float(a & 0xffff); }
float from_bfloat(u32 a) { return bfloat_to_float(a & 0xffff); }
u32 from_u16(u32 a) { return a & 0xffff; }
s32 from_s16(u32 a) { return static_cast<s16>(a); }

enum class Family { setp, set };

template <Family family, auto F> Handler by_type(std::string_view type) {
    if constexpr (family == Family::set) {
        if (type == "f32")
            return set_whole<float, F>;
        if (type == "s32")
            return set_whole<s32, F>;
        if (type == "u32" || type == "b32")
            return set_whole<u32, F>;
        if (type.starts_with("f16"))
            return set_halves<from_half, 0x3c00, F>;
        if (type.starts_with("bf16"))
            return set_halves<from_bfloat, 0x3f80, F>;
        return nullptr;
    } else {
        static const struct {
            std::string_view type;
            Handler handler;
        } rows[] = {{"f32", compare<float, F>},       {"f64", compare<double, F>},
                    {"s32", compare<s32, F>},         {"u32", compare<u32, F>},
                    {"b32", compare<u32, F>},         {"s64", compare<s64, F>},
                    {"u64", compare<u64, F>},         {"b64", compare<u64, F>},
                    {"s16", compare_narrow<from_s16, F>}, {"u16", compare_narrow<from_u16, F>},
                    {"b16", compare_narrow<from_u16, F>}, {"f16", compare_narrow<from_half, F>},
                    {"bf16", compare_narrow<from_bfloat, F>}};
        for (const auto& row : rows)
            if (row.type == type)
                return row.handler;
        return nullptr;
    }
}

template <class T> PCK_INLINE bool ordered(T a, T b) { return a == a && b == b; }

template <Family family> Handler by_comparison(std::string_view name, std::string_view type) {
    const bool floating = type.starts_with('f') || type.starts_with("bf");
    if (name == "eq")
        return by_type<family, [](auto a, auto b) { return a == b; }>(type);
    if (name == "ne")
        return by_type<family, [](auto a, auto b) { return a != b && ordered(a, b); }>(type);
    if (name == "lt" || (name == "lo" && !floating))
        return by_type<family, [](auto a, auto b) { return a < b; }>(type);
    if (name == "le" || (name == "ls" && !floating))
        return by_type<family, [](auto a, auto b) { return a <= b; }>(type);
    if (name == "gt" || (name == "hi" && !floating))
        return by_type<family, [](auto a, auto b) { return b < a; }>(type);
    if (name == "ge" || (name == "hs" && !floating))
        return by_type<family, [](auto a, auto b) { return b <= a; }>(type);
    if (!floating)
        return nullptr;
    if (name == "equ")
        return by_type<family, [](auto a, auto b) { return a == b || !ordered(a, b); }>(type);
    if (name == "neu")
        return by_type<family, [](auto a, auto b) { return a != b; }>(type);
    if (name == "ltu")
        return by_type<family, [](auto a, auto b) { return !(b <= a); }>(type);
    if (name == "leu")
        return by_type<family, [](auto a, auto b) { return !(b < a); }>(type);
    if (name == "gtu")
        return by_type<family, [](auto a, auto b) { return !(a <= b); }>(type);
    if (name == "geu")
        return by_type<family, [](auto a, auto b) { return !(a < b); }>(type);
    if (name == "num")
        return by_type<family, [](auto a, auto b) { return ordered(a, b); }>(type);
    if (name == "nan")
        return by_type<family, [](auto a, auto b) { return !ordered(a, b); }>(type);
    return nullptr;
}

} // namespace

Handler compare_handler(std::string_view comparison, std::string_view type) { return by_comparison<Family::setp>(comparison, type); }
Handler set_handler(std::string_view comparison, std::string_view type) { return by_comparison<Family::set>(comparison, type); }

} // namespace pck::emulator
