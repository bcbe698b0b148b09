// Integer arithmetic, shifts, bits. Signed arithmetic is done in unsigned types: it wraps on the device and must wrap here.
#include "arithmetic/lanes.hpp"
#include "ptx/table.hpp"

#include <algorithm>
#include <limits>

namespace pck::emulator {

namespace {

u32 reverse_bits(u32 a) {
    a = __builtin_bswap32(a);
    a = (a >> 4 & 0x0f0f0f0fu) | (a & 0x0f0f0f0fu) << 4;
    a = (a >> 2 & 0x33333333u) | (a & 0x33333333u) << 2;
    return (a >> 1 & 0x55555555u) | (a & 0x55555555u) << 1;
}

u32 permute_bytes(u32 a, u32 b, u32 selector) {
    const u64 bytes = static_cast<u64>(b) << 32 | a;
    u32 out = 0;
    for (u32 i = 0; i < 4; ++i) {
        const u32 s = selector >> (4 * i);
        u32 byte = static_cast<u32>(bytes >> ((s & 7) * 8)) & 0xff;
        if ((s & 8) != 0)
            byte = (byte & 0x80) != 0 ? 0xff : 0;
        out |= byte << (8 * i);
    }
    return out;
}

template <class S> u32 dot_bytes(u32 a, u32 b, u32 c) {
    for (u32 i = 0; i < 32; i += 8)
        c += static_cast<u32>(static_cast<S>(a >> i) * static_cast<S>(b >> i));
    return c;
}

// The sign position of a signed value is the highest bit that differs from its sign.
template <class T> u32 highest_bit(T a) {
    using U = std::make_unsigned_t<T>;
    auto u = static_cast<U>(a);
    if (std::is_signed_v<T> && a < 0)
        u = static_cast<U>(~u);
    return u == 0 ? ~0u : static_cast<u32>(std::bit_width(u)) - 1;
}

template <class T> u32 shift_to_highest_bit(T a) {
    const u32 bit = highest_bit(a);
    return bit == ~0u ? bit : static_cast<u32>(sizeof(T) * 8) - 1 - bit;
}

template <class T> T extract_field(T a, u32 position, u32 length) {
    using U = std::make_unsigned_t<T>;
    constexpr u32 bits = sizeof(T) * 8;
    position &= 0xff;
    length &= 0xff;
    U value = position >= bits ? U{0} : static_cast<U>(static_cast<U>(a) >> position);
    if (length < bits)
        value &= static_cast<U>((U{1} << length) - 1);
    if (std::is_signed_v<T> && length != 0) {
        const u32 sign_at = std::min(position + length - 1, bits - 1);
        if ((static_cast<U>(a) >> sign_at & 1) != 0) {
            const u32 kept = position >= bits ? 0 : std::min(length, bits - position);
            if (kept < bits)
                value |= static_cast<U>(~U{0} << kept);
        }
    }
    return static_cast<T>(value);
}

template <class T> void insert_field(Warp& w, const Instruction& i, u32 lanes) {
    const T *a = source<T>(w, i.a), *b = source<T>(w, i.b);
    const u32 *c = source<u32>(w, i.c), *e = source<u32>(w, i.e);
    put(destination<T>(w, i.d), lanes, [&](u32 l) {
        constexpr u32 bits = sizeof(T) * 8;
        const u32 position = c[l] & 0xff, length = e[l] & 0xff;
        if (position >= bits || length == 0)
            return b[l];
        const T field = static_cast<T>((length >= bits ? ~T{0} : (T{1} << length) - 1) << position);
        return static_cast<T>((b[l] & ~field) | (a[l] << position & field));
    });
}

void any_logic(Warp& w, const Instruction& i, u32 lanes) {
    const u32 *a = source<u32>(w, i.a), *b = source<u32>(w, i.b), *c = source<u32>(w, i.c);
    const auto truth = static_cast<u32>(i.immediate);
    put(destination<u32>(w, i.d), lanes, [&](u32 l) PCK_INLINE_LAMBDA {
        u32 out = 0;
        for (u32 k = 0; k < 8; ++k)
            if ((truth >> k & 1) != 0)
                out |= ((k & 4) != 0 ? a[l] : ~a[l]) & ((k & 2) != 0 ? b[l] : ~b[l]) & ((k & 1) != 0 ? c[l] : ~c[l]);
        return out;
    });
}

template <class T> T quotient(T a, T b) {
    if (b == 0)
        return static_cast<T>(~T{0});
    if (std::is_signed_v<T> && b == static_cast<T>(-1))
        return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(a));
    return static_cast<T>(a / b);
}

template <class T> T remainder(T a, T b) {
    if (b == 0)
        return a;
    if (std::is_signed_v<T> && b == static_cast<T>(-1))
        return 0;
    return static_cast<T>(a % b);
}

// Rows for one type T, held in registers of type R (16-bit values live in 32-bit registers, the upper half zero).
template <class T, class R> class TypeRows {
    using U = std::make_unsigned_t<T>;
    // Twice as wide: what products go through.
    using W = std::conditional_t<sizeof(T) == 8, std::conditional_t<std::is_signed_v<T>, s128, u128>, std::conditional_t<std::is_signed_v<T>, s64, u64>>;
    static constexpr u32 bits = sizeof(T) * 8;
    static constexpr const char* reg = sizeof(T) == 8 ? "w" : "n";

    template <auto F> static void apply1(Warp& w, const Instruction& i, u32 lanes) {
        unary<R, R, [](R a) { return static_cast<U>(F(static_cast<T>(a))); }>(w, i, lanes);
    }
    template <auto F> static void apply2(Warp& w, const Instruction& i, u32 lanes) {
        binary<R, R, R, [](R a, R b) { return static_cast<U>(F(static_cast<T>(a), static_cast<T>(b))); }>(w, i, lanes);
    }
    template <auto F> static void apply3(Warp& w, const Instruction& i, u32 lanes) {
        ternary<R, R, R, R, [](R a, R b, R c) { return static_cast<U>(F(static_cast<T>(a), static_cast<T>(b), static_cast<T>(c))); }>(w, i, lanes);
    }

    static U times(T a, T b) { return static_cast<U>(static_cast<R>(static_cast<U>(a)) * static_cast<R>(static_cast<U>(b))); }
    static U high(T a, T b) { return static_cast<U>(static_cast<W>(a) * static_cast<W>(b) >> bits); }
    static U plus(T a, T b) { return static_cast<U>(static_cast<U>(a) + static_cast<U>(b)); }
    static U minus(T a, T b) { return static_cast<U>(static_cast<U>(a) - static_cast<U>(b)); }

public:
    TypeRows(Table& t, std::string_view type) {
        const std::string dot = "." + std::string(type), r = reg;
        auto add = [&](const std::string& name, Handler h, const std::string& operands) { t.add(name + dot, h, Class::integer, operands); };
        add("add", apply2<plus>, r + r + r);
        add("sub", apply2<minus>, r + r + r);
        add("mul.lo", apply2<times>, r + r + r);
        add("mul.hi", apply2<high>, r + r + r);
        add("mad.lo", apply3<[](T a, T b, T c) { return plus(static_cast<T>(times(a, b)), c); }>, r + r + r + r);
        add("mad.hi", apply3<[](T a, T b, T c) { return plus(static_cast<T>(high(a, b)), c); }>, r + r + r + r);
        add("div", apply2<quotient<T>>, r + r + r);
        add("rem", apply2<remainder<T>>, r + r + r);
        add("min", apply2<[](T a, T b) { return a < b ? a : b; }>, r + r + r);
        add("max", apply2<[](T a, T b) { return a < b ? b : a; }>, r + r + r);
        add("neg", apply1<[](T a) { return static_cast<U>(0 - static_cast<U>(a)); }>, r + r);
        add("abs", apply1<[](T a) { return a < 0 ? static_cast<U>(0 - static_cast<U>(a)) : static_cast<U>(a); }>, r + r);
        add("sad", apply3<[](T a, T b, T c) { return plus(static_cast<T>(a < b ? minus(b, a) : minus(a, b)), c); }>, r + r + r + r);
        add("shr",
            binary<R, R, u32,
                   [](R a, u32 n) {
                       const u32 most = std::is_signed_v<T> ? bits - 1 : bits;
                       n = n < most ? n : most;
                       return n == bits ? U{0} : static_cast<U>(static_cast<T>(a) >> n);
                   }>,
            r + r + "n");
        if constexpr (bits >= 32) {
            add("bfind", unary<u32, R, [](R a) { return highest_bit(static_cast<T>(a)); }>, "n" + r);
            add("bfind.shiftamt", unary<u32, R, [](R a) { return shift_to_highest_bit(static_cast<T>(a)); }>, "n" + r);
            add("bfe", ternary<R, R, u32, u32, [](R a, u32 p, u32 n) { return static_cast<U>(extract_field<T>(static_cast<T>(a), p, n)); }>, r + r + "nn");
        }
        if constexpr (bits == 32) {
            add("mul.wide", binary<u64, R, R, [](R a, R b) { return static_cast<u64>(static_cast<W>(static_cast<T>(a)) * static_cast<T>(b)); }>, "wnn");
            add("mad.wide",
                ternary<u64, R, R, u64, [](R a, R b, u64 c) { return static_cast<u64>(static_cast<W>(static_cast<T>(a)) * static_cast<T>(b)) + c; }>, "wnnw");
            add("mul24.lo", apply2<[](T a, T b) { return times(static_cast<T>(static_cast<T>(static_cast<U>(a) << 8) >> 8), static_cast<T>(static_cast<T>(static_cast<U>(b) << 8) >> 8)); }>, "nnn");
        }
        if constexpr (bits == 16) {
            add("mul.wide", binary<u32, R, R, [](R a, R b) { return static_cast<u32>(static_cast<W>(static_cast<T>(a)) * static_cast<T>(b)); }>, "nnn");
            add("mad.wide", ternary<u32, R, R, u32, [](R a, R b, u32 c) { return static_cast<u32>(static_cast<W>(static_cast<T>(a)) * static_cast<T>(b)) + c; }>,
                "nnnn");
        }
    }
};

// What does not depend on the sign, under .bN.
template <class U, class R> void add_bit_rows(Table& t, const std::string& dot) {
    constexpr u32 bits = sizeof(U) * 8;
    const std::string r = bits == 64 ? "w" : "n";
    auto add = [&](const std::string& name, Handler h, const std::string& operands) { t.add(name + dot, h, Class::integer, operands); };
    add("and", binary<R, R, R, [](R a, R b) { return static_cast<U>(a & b); }>, r + r + r);
    add("or", binary<R, R, R, [](R a, R b) { return static_cast<U>(a | b); }>, r + r + r);
    add("xor", binary<R, R, R, [](R a, R b) { return static_cast<U>(a ^ b); }>, r + r + r);
    add("not", unary<R, R, [](R a) { return static_cast<U>(~a); }>, r + r);
    add("cnot", unary<R, R, [](R a) { return static_cast<U>(static_cast<U>(a) == 0); }>, r + r);
    add("shl", binary<R, R, u32, [](R a, u32 n) { return n < bits ? static_cast<U>(a << (n & 63)) : U{0}; }>, r + r + "n");
    add("shr", binary<R, R, u32, [](R a, u32 n) { return n < bits ? static_cast<U>(static_cast<U>(a) >> n) : U{0}; }>, r + r + "n");
    if constexpr (bits >= 32) {
        add("popc", unary<u32, R, [](R a) { return static_cast<u32>(std::popcount(a)); }>, "n" + r);
        add("clz", unary<u32, R, [](R a) { return static_cast<u32>(std::countl_zero(a)); }>, "n" + r);
        add("bfi", insert_field<U>, r + r + r + "nn");
    }
}

// Chains of carries: add.cc and the like set the warp's carry of each lane, addc and the like take it in.
enum class Chain { add, sub, mad_low, mad_high };

template <class T, Chain chain, bool takes, bool sets> void chained(Warp& w, const Instruction& i, u32 lanes) {
    using W = std::conditional_t<sizeof(T) == 8, u128, u64>;
    constexpr u32 bits = sizeof(T) * 8;
    const T *a = source<T>(w, i.a), *b = source<T>(w, i.b), *c = i.c == no_register ? a : source<T>(w, i.c);
    T* d = destination<T>(w, i.d);
    each_lane(lanes, [&](u32 l) {
        const W carry = takes ? w.carry >> l & 1 : 0;
        W sum;
        if constexpr (chain == Chain::add)
            sum = static_cast<W>(a[l]) + b[l] + carry;
        else if constexpr (chain == Chain::sub) // the carry is a borrow
            sum = static_cast<W>(a[l]) - b[l] - carry;
        else if constexpr (chain == Chain::mad_low)
            sum = static_cast<W>(static_cast<T>(static_cast<W>(a[l]) * b[l])) + c[l] + carry;
        else
            sum = (static_cast<W>(a[l]) * b[l] >> bits) + c[l] + carry;
        d[l] = static_cast<T>(sum);
        if constexpr (sets)
            w.carry = (w.carry & ~(1u << l)) | static_cast<u32>(sum >> bits & 1) << l;
    });
}

template <class T, Chain chain> void add_chain_rows(Table& t, const std::string& plain, const std::string& part, const char* operands) {
    for (const char* sign : {"u", "s"}) {
        if (chain == Chain::mad_high && *sign == 's')
            continue; // the upper half of a signed product is another one
        const std::string type = part + ".cc." + sign + std::to_string(sizeof(T) * 8), without = part + "." + sign + std::to_string(sizeof(T) * 8);
        t.add(plain + type, chained<T, chain, false, true>, Class::integer, operands);
        t.add(plain + "c" + type, chained<T, chain, true, true>, Class::integer, operands);
        t.add(plain + "c" + without, chained<T, chain, true, false>, Class::integer, operands);
    }
}

template <class T> void add_chains(Table& t) {
    const bool wide = sizeof(T) == 8;
    add_chain_rows<T, Chain::add>(t, "add", "", wide ? "www" : "nnn");
    add_chain_rows<T, Chain::sub>(t, "sub", "", wide ? "www" : "nnn");
    add_chain_rows<T, Chain::mad_low>(t, "mad", ".lo", wide ? "wwww" : "nnnn");
    add_chain_rows<T, Chain::mad_high>(t, "mad", ".hi", wide ? "wwww" : "nnnn");
}

u64 funnel(u32 low, u32 high) { return static_cast<u64>(high) << 32 | low; }
u32 funnel_left(u32 low, u32 high, u32 n) { return static_cast<u32>(funnel(low, high) << n >> 32); }
u32 funnel_right(u32 low, u32 high, u32 n) { return static_cast<u32>(funnel(low, high) >> n); }

s32 clamped(s64 value) {
    return static_cast<s32>(std::clamp<s64>(value, std::numeric_limits<s32>::min(), std::numeric_limits<s32>::max()));
}

} // namespace

void add_integer_rows(Table& t) {
    TypeRows<s16, u32>(t, "s16");
    TypeRows<u16, u32>(t, "u16");
    TypeRows<s32, u32>(t, "s32");
    TypeRows<u32, u32>(t, "u32");
    TypeRows<s64, u64>(t, "s64");
    TypeRows<u64, u64>(t, "u64");
    add_bit_rows<u16, u32>(t, ".b16");
    add_bit_rows<u32, u32>(t, ".b32");
    add_bit_rows<u64, u64>(t, ".b64");
    add_chains<u32>(t);
    add_chains<u64>(t);
    auto add = [&](const char* name, Handler h, const char* operands) { t.add(name, h, Class::integer, operands); };
    add("add.sat.s32", binary<s32, s32, s32, [](s32 a, s32 b) { return clamped(static_cast<s64>(a) + b); }>, "nnn");
    add("sub.sat.s32", binary<s32, s32, s32, [](s32 a, s32 b) { return clamped(static_cast<s64>(a) - b); }>, "nnn");
    add("brev.b32", unary<u32, u32, reverse_bits>, "nn");
    add("brev.b64", unary<u64, u64, [](u64 a) { return funnel(reverse_bits(static_cast<u32>(a >> 32)), reverse_bits(static_cast<u32>(a))); }>, "ww");
    add("prmt.b32", ternary<u32, u32, u32, u32, permute_bytes>, "nnnn");
    add("lop3.b32", any_logic, "nnnni");
    add("dp4a.s32.s32", ternary<u32, u32, u32, u32, dot_bytes<s8>>, "nnnn");
    add("dp4a.u32.u32", ternary<u32, u32, u32, u32, dot_bytes<u8>>, "nnnn");
    add("shf.l.wrap.b32", ternary<u32, u32, u32, u32, [](u32 a, u32 b, u32 n) { return funnel_left(a, b, n & 31); }>, "nnnn");
    add("shf.r.wrap.b32", ternary<u32, u32, u32, u32, [](u32 a, u32 b, u32 n) { return static_cast<u32>(funnel_right(a, b, n & 31)); }>, "nnnn");
    add("shf.l.clamp.b32", ternary<u32, u32, u32, u32, [](u32 a, u32 b, u32 n) { return funnel_left(a, b, std::min(n, 32u)); }>, "nnnn");
    add("shf.r.clamp.b32", ternary<u32, u32, u32, u32, [](u32 a, u32 b, u32 n) { return funnel_right(a, b, std::min(n, 32u)); }>, "nnnn");
    add("bmsk.clamp.b32",
        binary<u32, u32, u32, [](u32 a, u32 b) { return a < 32 ? static_cast<u32>((b < 32 ? (1ull << b) - 1 : 0xffffffffull) << a) : 0u; }>, "nnn");
    add("bmsk.wrap.b32", binary<u32, u32, u32, [](u32 a, u32 b) { return static_cast<u32>(((1ull << (b & 31)) - 1) << (a & 31)); }>, "nnn");
}

} // namespace pck::emulator
