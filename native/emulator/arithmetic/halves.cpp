// f16, bf16 and their pairs: computed in float, narrowed once. A fused product goes through double and is narrowed to odd in between, so
// that it too is rounded once.
#include "arithmetic/lanes.hpp"
#include "arithmetic/narrow_floats.hpp"
#include "ptx/table.hpp"

namespace pck::emulator {

namespace {

struct Half {
    static float widen(u32 bits) { return half_to_float(bits & 0xffff); }
    static u32 narrow(float value) { return float_to_half(value); }
    static constexpr const char* type = ".f16";
    static constexpr u32 one = 0x3c00;
};

struct BFloat {
    static float widen(u32 bits) { return bfloat_to_float(bits & 0xffff); }
    static u32 narrow(float value) { return float_to_bfloat(value); }
    static constexpr const char* type = ".bf16";
    static constexpr u32 one = 0x3f80;
};

template <class H, auto F> u32 one1(u32 a) { return H::narrow(F(H::widen(a))); }
template <class H, auto F> u32 one2(u32 a, u32 b) { return H::narrow(F(H::widen(a), H::widen(b))); }
template <class H> u32 one_fma(u32 a, u32 b, u32 c) {
    const double sum = std::fma(static_cast<double>(H::widen(a)), static_cast<double>(H::widen(b)), static_cast<double>(H::widen(c)));
    return H::narrow(narrow_to_odd(sum));
}
template <class H> u32 relu(u32 bits) { return (bits & 0x8000) != 0 && H::widen(bits) == H::widen(bits) ? 0 : bits; }
template <class H> u32 saturated(u32 bits) { return H::narrow(saturate(H::widen(bits))); }

template <class H> class HalfRows {
public:
    explicit HalfRows(Table& table) : table_(table) {
        add2<[](float a, float b) { return a + b; }>("add", 1);
        add2<[](float a, float b) { return a - b; }>("sub", 1);
        add2<[](float a, float b) { return a * b; }>("mul", 1);
        add2<minimum<float>>("min", 0);
        add2<maximum<float>>("max", 0);
        add2<[](float a, float b) { return a != a || b != b ? std::bit_cast<float>(0x7fffffffu) : minimum(a, b); }>("min.NaN", 0);
        add2<[](float a, float b) { return a != a || b != b ? std::bit_cast<float>(0x7fffffffu) : maximum(a, b); }>("max.NaN", 0);
        add1<[](float a) { return std::exp2(a); }>("ex2.approx", Class::special);
        add1<[](float a) { return std::tanh(a); }>("tanh.approx", Class::special);
        add_fma<[](u32 r) { return r; }>("fma");
        add_fma<relu<H>>("fma.relu");
        add_fma<saturated<H>>("fma.sat");
        const std::string one = H::type, two = one + "x2";
        table_.add("neg" + one, unary<u32, u32, [](u32 a) { return (a ^ 0x8000) & 0xffff; }>, Class::f16, "nn");
        table_.add("neg" + two, unary<u32, u32, [](u32 a) { return a ^ 0x80008000; }>, Class::f16, "nn");
        table_.add("abs" + one, unary<u32, u32, [](u32 a) { return a & 0x7fff; }>, Class::f16, "nn");
        table_.add("abs" + two, unary<u32, u32, [](u32 a) { return a & 0x7fff7fff; }>, Class::f16, "nn");
    }

private:
    template <auto F> void add1(const std::string& name, Class category) {
        add_both(name, unary<u32, u32, one1<H, F>>, unary<u32, u32, [](u32 a) { return one1<H, F>(a) | one1<H, F>(a >> 16) << 16; }>, "nn", 0, category);
    }
    template <auto F> void add2(const std::string& name, s32 flop) {
        add_both(name, binary<u32, u32, u32, one2<H, F>>,
                 binary<u32, u32, u32, [](u32 a, u32 b) { return one2<H, F>(a, b) | one2<H, F>(a >> 16, b >> 16) << 16; }>, "nnn", flop, Class::f16);
    }
    template <auto After> void add_fma(const std::string& name) {
        add_both(name, ternary<u32, u32, u32, u32, [](u32 a, u32 b, u32 c) { return After(one_fma<H>(a, b, c)); }>,
                 ternary<u32, u32, u32, u32,
                         [](u32 a, u32 b, u32 c) { return After(one_fma<H>(a, b, c)) | After(one_fma<H>(a >> 16, b >> 16, c >> 16)) << 16; }>,
                 "nnnn", 2, Class::f16);
    }
    // Under .ftz too where the ISA has it only for these types' special functions: nothing that is normal is flushed differently here.
    void add_both(const std::string& name, Handler single, Handler pair, const char* operands, s32 flop, Class category) {
        const std::string type = H::type;
        table_.add(name + type, single, category, operands, flop);
        table_.add(name + type + "x2", pair, category, operands, flop * 2);
        if (category == Class::special) {
            table_.add(name + ".ftz" + type, single, category, operands, flop);
            table_.add(name + ".ftz" + type + "x2", pair, category, operands, flop * 2);
        }
    }
    Table& table_;
};

} // namespace

void add_half_rows(Table& table) {
    HalfRows<Half>{table};
    HalfRows<BFloat>{table};
}

} // namespace pck::emulator
