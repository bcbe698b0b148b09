// float and double. What PTX rounds (add, mul, fma, div, rcp, sqrt) is exact to the bit; .approx functions are the host's, which are
// closer to the true value than the hardware's: tolerances have to come from the ISA's error bounds.
#include "arithmetic/lanes.hpp"
#include "arithmetic/narrow_floats.hpp"
#include "ptx/table.hpp"

namespace pck::emulator {

namespace {

enum class Op { add, sub, mul, fma, div, sqrt, rcp };

template <class T, Op op> PCK_INLINE T compute(T a, T b, T c) {
    if constexpr (op == Op::add)
        return a + b;
    else if constexpr (op == Op::sub)
        return a - b;
    else if constexpr (op == Op::mul)
        return a * b;
    else if constexpr (op == Op::fma)
        return sizeof(T) == 4 ? static_cast<T>(__builtin_fmaf(static_cast<float>(a), static_cast<float>(b), static_cast<float>(c)))
                              : static_cast<T>(__builtin_fma(static_cast<double>(a), static_cast<double>(b), static_cast<double>(c)));
    else if constexpr (op == Op::div)
        return a / b;
    else if constexpr (op == Op::rcp)
        return T{1} / a;
    else
        return std::sqrt(a);
}

template <class T, Op op, Rounding rounding> void rounded(Warp& w, const Instruction& i, u32 lanes) {
    const T* a = source<T>(w, i.a);
    const T* b = i.b == no_register ? a : source<T>(w, i.b);
    const T* c = i.c == no_register ? a : source<T>(w, i.c);
    T* d = destination<T>(w, i.d);
    const RoundingScope scope(rounding);
    each_lane(lanes, [&](u32 l) {
        volatile T x = a[l], y = b[l], z = c[l];
        volatile T out = compute<T, op>(x, y, z);
        d[l] = out;
    });
}

constexpr const char* operands_of(Op op, bool wide) {
    switch (op) {
    case Op::fma: return wide ? "wwww" : "nnnn";
    case Op::sqrt:
    case Op::rcp: return wide ? "ww" : "nn";
    default: return wide ? "www" : "nnn";
    }
}

template <class T, Op op> void add_directed_rows(Table& t, const std::string& name, const std::string& type, Class category, s32 flop) {
    const char* operands = operands_of(op, sizeof(T) == 8);
    t.add(name + ".rz" + type, rounded<T, op, Rounding::zero>, category, operands, flop);
    t.add(name + ".rm" + type, rounded<T, op, Rounding::down>, category, operands, flop);
    t.add(name + ".rp" + type, rounded<T, op, Rounding::up>, category, operands, flop);
}

// Plain, with .ftz, with .sat, with both, and rounded in the other directions.
template <Op op> void add_float_family(Table& t, const std::string& name, Class category, s32 flop) {
    const char* operands = operands_of(op, false);
    auto add = [&](const char* how, Handler h) { t.add(name + how + ".f32", h, category, operands, flop); };
    if constexpr (op == Op::fma) {
        add("", ternary<float, float, float, float, [](float a, float b, float c) { return compute<float, op>(a, b, c); }>);
        add(".ftz", ternary<float, float, float, float, [](float a, float b, float c) { return flush(compute<float, op>(flush(a), flush(b), flush(c))); }>);
        add(".sat", ternary<float, float, float, float, [](float a, float b, float c) { return saturate(compute<float, op>(a, b, c)); }>);
        add(".ftz.sat",
            ternary<float, float, float, float, [](float a, float b, float c) { return saturate(flush(compute<float, op>(flush(a), flush(b), flush(c)))); }>);
    } else if constexpr (op == Op::sqrt || op == Op::rcp) {
        add("", unary<float, float, [](float a) { return compute<float, op>(a, a, a); }>);
        add(".ftz", unary<float, float, [](float a) { return flush(compute<float, op>(flush(a), a, a)); }>);
    } else {
        add("", binary<float, float, float, [](float a, float b) { return compute<float, op>(a, b, a); }>);
        add(".ftz", binary<float, float, float, [](float a, float b) { return flush(compute<float, op>(flush(a), flush(b), a)); }>);
        add(".sat", binary<float, float, float, [](float a, float b) { return saturate(compute<float, op>(a, b, a)); }>);
        add(".ftz.sat", binary<float, float, float, [](float a, float b) { return saturate(flush(compute<float, op>(flush(a), flush(b), a))); }>);
    }
    add_directed_rows<float, op>(t, name, ".f32", category, flop);
}

template <Op op> void add_double_family(Table& t, const std::string& name, Class category, s32 flop) {
    const char* operands = operands_of(op, true);
    Handler h;
    if constexpr (op == Op::fma)
        h = ternary<double, double, double, double, [](double a, double b, double c) { return compute<double, op>(a, b, c); }>;
    else if constexpr (op == Op::sqrt || op == Op::rcp)
        h = unary<double, double, [](double a) { return compute<double, op>(a, a, a); }>;
    else
        h = binary<double, double, double, [](double a, double b) { return compute<double, op>(a, b, a); }>;
    t.add(name + ".f64", h, category, operands, flop);
    add_directed_rows<double, op>(t, name, ".f64", category, flop);
}

template <auto F> void add_unary(Table& t, const std::string& name, Class category) {
    t.add(name + ".f32", unary<float, float, F>, category, "nn");
    t.add(name + ".ftz.f32", unary<float, float, [](float a) { return flush(F(flush(a))); }>, category, "nn");
}

template <auto F> void add_binary(Table& t, const std::string& name, Class category) {
    t.add(name + ".f32", binary<float, float, float, F>, category, "nnn");
    t.add(name + ".ftz.f32", binary<float, float, float, [](float a, float b) { return flush(F(flush(a), flush(b))); }>, category, "nnn");
}

// The low word of an approximate double is zero.
double upper_word(double value) { return std::bit_cast<double>(std::bit_cast<u64>(value) & 0xffffffff00000000ull); }

float with_nan(float a, float b, float value) { return a != a || b != b ? std::bit_cast<float>(0x7fffffffu) : value; }

} // namespace

void add_float_rows(Table& t) {
    constexpr Class special = Class::special;
    add_float_family<Op::add>(t, "add", Class::f32, 1);
    add_float_family<Op::sub>(t, "sub", Class::f32, 1);
    add_float_family<Op::mul>(t, "mul", Class::f32, 1);
    add_float_family<Op::fma>(t, "fma", Class::fma_f32, 2);
    add_float_family<Op::fma>(t, "mad", Class::fma_f32, 2);
    add_float_family<Op::div>(t, "div", special, 0);
    add_float_family<Op::sqrt>(t, "sqrt", special, 0);
    add_float_family<Op::rcp>(t, "rcp", special, 0);
    add_binary<[](float a, float b) { return a / b; }>(t, "div.approx", special);
    add_binary<[](float a, float b) { return a / b; }>(t, "div.full", special);
    add_unary<[](float a) { return std::sqrt(a); }>(t, "sqrt.approx", special);
    add_unary<[](float a) { return 1.0f / a; }>(t, "rcp.approx", special);
    add_unary<[](float a) { return static_cast<float>(1.0 / std::sqrt(static_cast<double>(a))); }>(t, "rsqrt.approx", special);
    add_unary<[](float a) { return std::exp2(a); }>(t, "ex2.approx", special);
    add_unary<[](float a) { return std::log2(a); }>(t, "lg2.approx", special);
    add_unary<[](float a) { return static_cast<float>(std::sin(static_cast<double>(a))); }>(t, "sin.approx", special);
    add_unary<[](float a) { return static_cast<float>(std::cos(static_cast<double>(a))); }>(t, "cos.approx", special);
    add_unary<[](float a) { return std::tanh(a); }>(t, "tanh.approx", special);
    add_unary<[](float a) { return std::bit_cast<float>(std::bit_cast<u32>(a) ^ 0x80000000u); }>(t, "neg", Class::f32);
    add_unary<[](float a) { return std::bit_cast<float>(std::bit_cast<u32>(a) & 0x7fffffffu); }>(t, "abs", Class::f32);
    add_binary<minimum<float>>(t, "min", Class::f32);
    add_binary<maximum<float>>(t, "max", Class::f32);
    t.add("min.NaN.f32", binary<float, float, float, [](float a, float b) { return with_nan(a, b, minimum(a, b)); }>, Class::f32, "nnn");
    t.add("max.NaN.f32", binary<float, float, float, [](float a, float b) { return with_nan(a, b, maximum(a, b)); }>, Class::f32, "nnn");
    t.add("copysign.f32", binary<float, float, float, [](float a, float b) { return std::copysign(b, a); }>, Class::f32, "nnn");

    add_double_family<Op::add>(t, "add", Class::f64, 1);
    add_double_family<Op::sub>(t, "sub", Class::f64, 1);
    add_double_family<Op::mul>(t, "mul", Class::f64, 1);
    add_double_family<Op::fma>(t, "fma", Class::f64, 2);
    add_double_family<Op::fma>(t, "mad", Class::f64, 2);
    add_double_family<Op::div>(t, "div", special, 0);
    add_double_family<Op::sqrt>(t, "sqrt", special, 0);
    add_double_family<Op::rcp>(t, "rcp", special, 0);
    t.add("rcp.approx.ftz.f64", unary<double, double, [](double a) { return upper_word(1.0 / a); }>, special, "ww");
    t.add("rsqrt.approx.ftz.f64", unary<double, double, [](double a) { return upper_word(1.0 / std::sqrt(a)); }>, special, "ww");
    t.add("rsqrt.approx.f64", unary<double, double, [](double a) { return 1.0 / std::sqrt(a); }>, special, "ww");
    t.add("neg.f64", unary<double, double, [](double a) { return -a; }>, Class::f64, "ww");
    t.add("abs.f64", unary<double, double, [](double a) { return std::fabs(a); }>, Class::f64, "ww");
    t.add("min.f64", binary<double, double, double, minimum<double>>, Class::f64, "www");
    t.add("max.f64", binary<double, double, double, maximum<double>>, Class::f64, "www");
    t.add("copysign.f64", binary<double, double, double, [](double a, double b) { return std::copysign(b, a); }>, Class::f64, "www");
}

} // namespace pck::emulator
