// Functions, narrow floats, integers, calls, memory of every width: results against the host's own arithmetic.
#include "arithmetic/narrow_floats.hpp"
#include "tests/support.hpp"

#include <algorithm>
#include <limits>

using namespace pck::tests;

namespace {

double relative(double value, double expected) {
    if (!std::isfinite(value) || !std::isfinite(expected))
        return value == expected || (std::isnan(value) && std::isnan(expected)) ? 0 : HUGE_VAL;
    return std::fabs(value - expected) / std::max(1e-2, std::fabs(expected));
}

void worst_of(Suite& suite, const char* what, double value, double expected, double tolerance) {
    const double error = relative(value, expected);
    suite.check(error <= tolerance, std::string(what) + ": " + std::to_string(value) + " is not " + std::to_string(expected) + ", off by " +
                                        std::to_string(error));
}

void check_functions(Suite& suite, const std::vector<float>& x, Buffer<float>& out, double fast_exponential) {
    const size_t n = x.size();
    for (size_t i = 0; i < n; ++i) {
        const float vf = x[i], pf = std::fabs(vf) + 1e-3f;
        const double v = static_cast<double>(vf), p = static_cast<double>(pf);
        const double expected[] = {std::exp(v),
                                   std::tanh(v),
                                   std::log(p),
                                   std::pow(p, static_cast<double>(1.7f)),
                                   std::erf(v),
                                   std::sin(v),
                                   std::cos(static_cast<double>(vf * 1000)),
                                   std::sqrt(p),
                                   1 / std::sqrt(p),
                                   std::log1p(p),
                                   std::expm1(v),
                                   1 / p,
                                   std::fmod(v, static_cast<double>(0.37f)),
                                   std::exp(v),
                                   std::exp2(v),
                                   std::round(static_cast<double>(vf * 10)),
                                   std::log2(p),
                                   std::cbrt(v)};
        for (size_t k = 0; k < 18; ++k)
            worst_of(suite, ("function " + std::to_string(k) + " of " + std::to_string(v)).c_str(), static_cast<double>(out[k * n + i]),
                     static_cast<double>(static_cast<float>(expected[k])), k == 13 ? fast_exponential : 1e-6);
    }
}

void check_functions_double(Suite& suite, const std::vector<double>& x, Buffer<double>& out) {
    const size_t n = x.size();
    for (size_t i = 0; i < n; ++i) {
        const double v = x[i], p = std::fabs(v) + 1e-3;
        const double expected[] = {std::exp(v), std::tanh(v),    std::log(p), std::pow(v < -1e3 ? v : p, 1.7),
                                   std::erf(v), std::sqrt(p),    1 / p,       std::rint(v * 10),
                                   std::sin(v), 1 / std::sqrt(p)};
        for (size_t k = 0; k < 10; ++k)
            worst_of(suite, ("double function " + std::to_string(k) + " of " + std::to_string(v)).c_str(), out[k * n + i], expected[k],
                     1e-14);
    }
}

void add_functions(Suite& suite) {
    add_for_variants(suite, "functions of float", "mathematics", [&](Machine& machine, Module& module) {
        const size_t n = 500;
        const auto x = random_floats(n, 1, -4, 4);
        Buffer<float> dx(machine, x, "x"), out(machine, n * 18, "out");
        check_clean(suite, module.launch("functions", {{4}, {128}}, static_cast<int>(n), dx, out));
        check_functions(suite, x, out, 1e-6);
    });
    add_for_variants(suite, "functions of double", "mathematics", [&](Machine& machine, Module& module) {
        const size_t n = 300;
        const auto floats = random_floats(n, 2, -4, 4);
        const std::vector<double> x(floats.begin(), floats.end());
        Buffer<double> dx(machine, x, "x"), out(machine, n * 10, "out");
        check_clean(suite, module.launch("functions_double", {{3}, {128}}, static_cast<int>(n), dx, out));
        check_functions_double(suite, x, out);
    });
    // Where libdevice takes its slow ways: arguments of sines far from zero, overflow, underflow, infinities, NaN.
    add_for_variants(suite, "functions far from zero and at the ends", "mathematics", [&](Machine& machine, Module& module) {
        const std::vector<double> x = {1e5,    -1e5,  1e10,   -1e10,  3e22,   -7e30, 2e38,  -2e38,    1e-30,     -1e-30,      1e-42,
                                       -1e-42, 0,     -0.0,   40,     -9.5,   88.5,  -88.5, -104,     200,       -200,        11.75,
                                       -11.75, 708.5, -708.5, -746.5, 1234.5, -1e4,  1e6,   HUGE_VAL, -HUGE_VAL, std::nan("")};
        const auto n = static_cast<int>(x.size());
        const std::vector<float> floats(x.begin(), x.end());
        Buffer<float> df(machine, floats, "floats"), out(machine, x.size() * 18, "out");
        check_clean(suite, module.launch("functions", {{1}, {128}}, n, df, out));
        check_functions(suite, floats, out, 2e-5); // __expf loses a bit for every doubling of its argument
        Buffer<double> dd(machine, x, "doubles"), wide(machine, x.size() * 10, "wide");
        check_clean(suite, module.launch("functions_double", {{1}, {128}}, n, dd, wide));
        check_functions_double(suite, x, wide);
    });
    add_for_variants(suite, "approximate functions and directed rounding", "mathematics", [&](Machine& machine, Module& module) {
        const size_t n = 200;
        const auto x = random_floats(n, 3, -1.5f, 1.5f);
        Buffer<float> dx(machine, x, "x"), out(machine, n * 24, "out");
        check_clean(suite, module.launch("rounded", {{2}, {128}}, static_cast<int>(n), dx, out));
        auto directed = [](Rounding mode, auto operation) {
            const RoundingScope scope(mode);
            volatile float r = operation();
            return r;
        };
        for (size_t i = 0; i < n; ++i) {
            const volatile float v = x[i], p = std::fabs(x[i]) + 0.1f, tiny = 1e-8f;
            const double vd = static_cast<double>(v), pd = static_cast<double>(p);
            const double near[] = {std::sin(vd), std::cos(vd), std::log(pd), std::pow(pd, 1.5), vd / 3};
            for (size_t k = 0; k < 5; ++k)
                worst_of(suite, "approximate", static_cast<double>(out[k * n + i]), near[k], 3e-6);
            worst_of(suite, "tanh.approx", static_cast<double>(out[17 * n + i]), std::tanh(vd), 1e-6);
            const float exact[] = {1 / p,
                                   std::sqrt(p),
                                   std::clamp(v * 2, 0.0f, 1.0f),
                                   directed(Rounding::zero, [&] { return v + tiny; }),
                                   directed(Rounding::up, [&] { return v + tiny; }),
                                   directed(Rounding::down, [&] { return v + tiny; }),
                                   directed(Rounding::zero, [&] { return v * p; }),
                                   directed(Rounding::up, [&] { return std::fma(v, p, v); }),
                                   std::trunc(v * 3),
                                   std::ceil(v * 3),
                                   std::floor(v * 3),
                                   std::copysign(p, v)};
            for (size_t k = 0; k < std::size(exact); ++k)
                suite.check(out[(k + 5) * n + i] == exact[k], "exact " + std::to_string(k) + " of " + std::to_string(v));
            const float after[] = {directed(Rounding::down, [&] { return v / p; }), directed(Rounding::up, [&] { return std::sqrt(p); }),
                                   std::fmin(v, 0.1f), std::fmax(v, -0.0f), std::rint(v * 7)};
            for (size_t k = 0; k < std::size(after); ++k)
                suite.check(out[(k + 18) * n + i] == after[k], "exact " + std::to_string(k + 18) + " of " + std::to_string(v));
        }
    });
    add_for_variants(suite, "halves and bfloats", "mathematics", [&](Machine& machine, Module& module) {
        const size_t n = 300;
        const auto x = random_floats(2 * n, 4);
        Buffer<u16> h(machine, 2 * n, "h"), y(machine, 2 * n, "y"), b(machine, 2 * n, "b"), z(machine, 2 * n, "z");
        for (size_t i = 0; i < 2 * n; ++i) {
            h[i] = static_cast<u16>(float_to_half(x[i]));
            b[i] = static_cast<u16>(float_to_bfloat(x[i]));
        }
        check_clean(suite, module.launch("halves", {{3}, {128}}, static_cast<int>(n), h, y, b, z));
        auto half = [](double value) { return half_to_float(float_to_half(narrow_to_odd(value))); };
        auto bfloat = [](double value) { return bfloat_to_float(float_to_bfloat(narrow_to_odd(value))); };
        for (size_t i = 0; i < n; ++i) {
            const double a[2] = {static_cast<double>(half_to_float(h[2 * i])), static_cast<double>(half_to_float(h[2 * i + 1]))};
            const double c[2] = {static_cast<double>(bfloat_to_float(b[2 * i])), static_cast<double>(bfloat_to_float(b[2 * i + 1]))};
            for (size_t k = 0; k < 2; ++k) {
                double r = static_cast<double>(half(a[k] + 0.5));
                r = static_cast<double>(half(a[k] * r + static_cast<double>(half(a[k] * a[k]))));
                r = static_cast<double>(half(r + a[k]));
                if (a[0] > a[1])
                    r = std::exp2(r);
                worst_of(suite, "half", static_cast<double>(half_to_float(y[2 * i + k])), std::max(r, std::fabs(a[k])),
                         a[0] > a[1] ? 6e-4 : 0);
                double d = static_cast<double>(bfloat(c[k] + (k == 0 ? 0.5 : -0.25)));
                d = static_cast<double>(bfloat(c[k] * d + static_cast<double>(bfloat(c[k] * c[k]))));
                d = c[0] < c[1] ? -d : d;
                const double limit = k == 0 ? static_cast<double>(bfloat(c[0] * 2)) : std::fabs(c[1]);
                worst_of(suite, "bfloat", static_cast<double>(bfloat_to_float(z[2 * i + k])),
                         std::min(static_cast<double>(bfloat(d - c[k])), limit), 0);
            }
        }
    });
}

std::vector<int> hard_integers(size_t n) {
    std::mt19937 generator(5);
    std::vector<int> x(n);
    for (int& v : x)
        v = static_cast<int>(generator());
    x[0] = std::numeric_limits<int>::min();
    x[1] = 0;
    x[2] = -1;
    x[3] = 57;
    return x;
}

s32 wrapped(u32 value) { return static_cast<s32>(value); }

void add_integers(Suite& suite) {
    add_for_variants(suite, "integers", "mathematics", [&](Machine& machine, Module& module) {
        const size_t n = 96;
        const auto x = hard_integers(n);
        Buffer<int> dx(machine, x, "x");
        Buffer<s64> out(machine, n * 32, "out");
        check_clean(suite, module.launch("integers", {{}, {96}}, static_cast<int>(n), dx, out));
        for (size_t k = 0; k < n; ++k) {
            const int v = x[k], i = static_cast<int>(k);
            const u32 u = static_cast<u32>(v), j = static_cast<u32>(i);
            const s64 l = static_cast<s64>(static_cast<u64>(static_cast<s64>(v)) * 1234567891011ull);
            const u64 w = static_cast<u64>(l), pair = static_cast<u64>(u * 3) << 32 | u;
            u32 dot = 3, bytes = 0, reversed = 0;
            for (u32 b = 0; b < 32; b += 8) {
                dot += static_cast<u32>(static_cast<s8>(u >> b) * static_cast<s8>(j >> b));
                bytes |= (((u >> b) + (0x01020304u >> b)) & 255) << b;
            }
            for (u32 b = 0; b < 32; ++b)
                reversed |= (u >> b & 1) << (31 - b);
            const auto s = static_cast<s16>(v);
            const auto t = static_cast<u16>(v);
            const s64 expected[] = {v / 7,
                                    v % 13,
                                    u / 10,
                                    static_cast<s64>(v) * v >> 32,
                                    static_cast<s64>(static_cast<u64>(u) * 12345 >> 32),
                                    l / 1000003,
                                    static_cast<s64>(w % 997),
                                    std::popcount(w),
                                    std::countl_zero(w),
                                    l >> 5,
                                    static_cast<s64>(w << 3),
                                    static_cast<s64>(static_cast<u32>(std::abs(static_cast<s64>(v) - i)) + 5),
                                    std::min(v, i),
                                    std::max(u, 17u),
                                    wrapped(v < 0 ? 0 - u : u),
                                    static_cast<s64>(pair << 7 >> 32 & 0xffffffff),
                                    static_cast<s64>(pair >> (j & 31) & 0xffffffff),
                                    wrapped(dot),
                                    s + static_cast<s8>(v) + static_cast<u8>(v),
                                    static_cast<int>(static_cast<float>(v) * 0.37f),
                                    std::llrint(static_cast<double>(v) * 1e3),
                                    wrapped(static_cast<u32>(wrapped(u << 8) >> 8) * j),
                                    (v & i) + ((v ^ i) >> 1),
                                    static_cast<s64>(static_cast<s128>(l) * l >> 64),
                                    wrapped((u & j) + (u | j) + (u ^ j) + ~u),
                                    bytes,
                                    v == 0 ? 0 : std::countr_zero(u) + 1,
                                    reversed,
                                    (u & 0xffff) | j << 16,
                                    s / 3 + t % 5 + (s > 4 ? s * t : s >> 2),
                                    std::llrint(static_cast<double>(std::fabs(static_cast<float>(v)) * 0.5f)),
                                    0};
            for (size_t r = 0; r < 31; ++r)
                suite.check(out[r * n + k] == expected[r], "result " + std::to_string(r) + " of " + std::to_string(v) + ": " +
                                                               std::to_string(out[r * n + k]) + ", not " + std::to_string(expected[r]));
        }
    });
    add_for_variants(suite, "rare instructions", "mathematics", [&](Machine& machine, Module& module) {
        const size_t n = 64;
        const auto x = hard_integers(n);
        Buffer<int> dx(machine, x, "x");
        Buffer<u32> out(machine, n * 8, "out");
        check_clean(suite, module.launch("rare", {{}, {64}}, static_cast<int>(n), dx, out));
        for (size_t k = 0; k < n; ++k) {
            const u32 v = static_cast<u32>(x[k]);
            const u32 expected[] = {v >> 5 & 511,
                                    static_cast<u32>(wrapped(v << 23) >> 26),
                                    (~v & ~(2047u << 7)) | (v << 7 & 2047u << 7),
                                    v ^ v >> 3 ^ v << 5,
                                    v == 0 ? ~0u : static_cast<u32>(31 - std::countl_zero(v)),
                                    x[k] >= 0 ? v : 7u,
                                    static_cast<u32>(std::clamp(x[k], 0, 255)),
                                    x[k] < 100 ? 3u : 105u};
            for (size_t r = 0; r < 8; ++r)
                suite.check(out[r * n + k] == expected[r],
                            "result " + std::to_string(r) + " of " + std::to_string(x[k]) + " is " + std::to_string(out[r * n + k]));
        }
    });
    add_for_variants(suite, "chains of carries", "memory", [&](Machine& machine, Module& module) {
        const size_t n = 64;
        std::mt19937_64 generator(3);
        std::vector<u64> x(2 * n);
        for (u64& v : x)
            v = generator();
        x[0] = x[1] = ~0ull;
        Buffer<u64> dx(machine, x, "x");
        Buffer<u32> out(machine, n * 10, "out");
        check_clean(suite, module.launch("carries", {{}, {64}}, static_cast<int>(n), dx, out));
        for (size_t k = 0; k < n; ++k) {
            const u128 a = x[2 * k], b = x[2 * k + 1];
            const u128 sum = a + b, difference = a - b, product = a * b;
            const u32 expected[] = {static_cast<u32>(sum),          static_cast<u32>(sum >> 32),        static_cast<u32>(sum >> 64),
                                    static_cast<u32>(difference),   static_cast<u32>(difference >> 32), static_cast<u32>(difference >> 64),
                                    static_cast<u32>(product),      static_cast<u32>(product >> 32),    static_cast<u32>(product >> 64),
                                    static_cast<u32>(product >> 96)};
            for (size_t r = 0; r < 10; ++r)
                suite.check(out[r * n + k] == expected[r], "word " + std::to_string(r) + " of pair " + std::to_string(k));
        }
    });
}

void add_control(Suite& suite) {
    add_for_variants(suite, "calls, recursion, local memory, structures", "control", [&](Machine& machine, Module& module) {
        struct Twelve {
            float values[12];
            int count;
        } argument{};
        for (size_t i = 0; i < 12; ++i)
            argument.values[i] = static_cast<float>(i) * 0.5f;
        argument.count = 3;
        const size_t n = 200;
        const auto x = random_floats(n, 6);
        Buffer<float> dx(machine, x, "x"), out(machine, n, "out");
        check_clean(suite, module.launch("mixture", {{2}, {128}}, static_cast<int>(n), dx, out, argument));
        const float primes[] = {1, 2, 3, 5, 7, 11, 13, 17};
        const int fibonacci[] = {0, 1, 1, 2, 3, 5, 8};
        for (size_t i = 0; i < n; ++i) {
            const float v = x[i];
            float r = 0;
            switch (i % 9) {
            case 0:
                r = v + 1;
                break;
            case 1:
                r = v * v;
                break;
            case 2:
                r = v / 3;
                break;
            case 3:
                for (size_t k = 8; k-- > 0;)
                    r = r * v + primes[k];
                break;
            case 4:
                r = -v;
                break;
            case 5:
                r = std::sqrt(std::fabs(v));
                break;
            case 6:
                r = std::floor(v * 8);
                break;
            case 7:
                r = std::fmin(v, 0.1f);
                break;
            default:
                r = 42;
            }
            float local[16];
            for (size_t k = 0; k < 16; ++k)
                local[k] = v * static_cast<float>(k) + 0.5f / static_cast<float>(1u << k % 4);
            const auto j = static_cast<size_t>(std::fabs(v) * 1000) % 16;
            for (size_t k = 0; k < 5; ++k)
                local[(j + k) % 16] += local[(j * 3 + k) % 16];
            r += local[(j + 7) % 16] + v * static_cast<float>((j + 2) % 12) + static_cast<float>(i % 3) +
                 static_cast<float>(fibonacci[i % 7]) + argument.values[j % 12] + 3;
            suite.check(std::fabs(r - out[i]) < 2e-5f * std::max(1.0f, std::fabs(r)), "element " + std::to_string(i));
        }
        u64 bytes = 0;
        const u64 calls = module.program().variable("calls", &bytes);
        suite.check(calls != 0 && bytes == 4 && *reinterpret_cast<const int*>(calls) == static_cast<int>(n),
                    "a module's variable counts the threads");
    });
    add_for_variants(suite, "a dense switch", "control", [&](Machine& machine, Module& module) {
        const size_t n = 100;
        std::vector<int> x(n);
        for (size_t i = 0; i < n; ++i)
            x[i] = static_cast<int>(i * 5 % 12);
        Buffer<int> dx(machine, x, "x"), out(machine, n + 2, "out");
        check_clean(suite, module.launch("cases", {{2}, {64}}, static_cast<int>(n), dx, out));
        for (size_t k = 0; k < n; ++k) {
            const int i = static_cast<int>(k);
            u32 grown = 2;
            for (u32 r = 0; r < k; ++r)
                grown = grown * 3 + r;
            const int expected[] = {
                5, x[k] * i + 3, wrapped(grown), std::popcount(k) + 100, i / 7, x[0] + i, -i, i % 5, i * i * i, i ^ 0x55, -1, -1};
            suite.check(out[k] == expected[x[k]], "element " + std::to_string(k));
        }
    });
}

void add_memory(Suite& suite) {
    add_for_variants(suite, "widths", "memory", [&](Machine& machine, Module& module) {
        const auto x = hard_integers(256);
        Buffer<int> dx(machine, x, "x"), dy(machine, 256, "y");
        const u32 add[2] = {3, 4};
        const u64 pair = static_cast<u64>(add[1]) << 32 | add[0];
        check_clean(suite, module.launch("widths", {{}, {64}}, dx, dy, pair));
        for (size_t t = 0; t < 64; ++t)
            for (size_t k = 0; k < 4; ++k) // the other of the other, four times
                suite.check(dy[t * 4 + k] == wrapped(static_cast<u32>(x[(t ^ 33) * 4 + k]) + (k == 0 ? 7 : 0)) ||
                                dy[t * 4 + k] == wrapped(static_cast<u32>(x[t * 4 + k]) + (k == 0 ? 7 : 0)),
                            "word " + std::to_string(k) + " of thread " + std::to_string(t));
    });
    add_for_variants(suite, "hints and volatile", "memory", [&](Machine& machine, Module& module) {
        const auto x = random_floats(256, 7);
        Buffer<float> dx(machine, x, "x"), out(machine, 448, "out");
        Buffer<u16> narrow(machine, 64, "narrow");
        check_clean(suite, module.launch("hints", {{}, {64}}, dx, out, narrow));
        for (size_t t = 0; t < 64; ++t) {
            suite.check(std::memcmp(&out[t * 4], &x[t * 4], 16) == 0 && std::memcmp(&out[256 + t * 2], &x[t * 4 + 2], 8) == 0, "vectors");
            suite.check(out[384 + t] == static_cast<float>(std::countl_zero(static_cast<u32>(t ^ 1)) + 100), "volatile");
            suite.check(static_cast<s16>(narrow[t]) == static_cast<s16>(std::lrint(x[t * 4] * 1000)), "16 bits");
        }
    });
    add_for_variants(suite, "masks of halves", "memory", [&](Machine& machine, Module& module) {
        const size_t n = 64;
        Buffer<u16> x(machine, 2 * n, "x"), y(machine, 2 * n, "y"), equal(machine, 2 * n, "equal"), below(machine, 2 * n, "below");
        for (size_t i = 0; i < 2 * n; ++i) {
            x[i] = static_cast<u16>(float_to_half(static_cast<float>(i % 7)));
            y[i] = static_cast<u16>(float_to_half(static_cast<float>(i % 5)));
        }
        check_clean(suite, module.launch("masks", {{}, {64}}, static_cast<int>(n), x, y, equal, below));
        for (size_t i = 0; i < 2 * n; ++i) {
            const float a = static_cast<float>(i % 7), b = static_cast<float>(i % 5);
            suite.check(half_to_float(equal[i]) == (a == b ? a + b : b), "equal " + std::to_string(i));
            suite.check(below[i] == (a < b ? 0xffff : 0), "below " + std::to_string(i));
        }
    });
}

const Registered values([](Suite& suite) {
    add_functions(suite);
    add_integers(suite);
    add_control(suite);
    add_memory(suite);
});

} // namespace
