// Matrix products against plain loops in the same order of summation: equal to the bit, but for tensor cores, which round in their own
// order.
#include "arithmetic/narrow_floats.hpp"
#include "tests/support.hpp"

using namespace pck::tests;

namespace {

template <class T>
std::vector<T> product(int m, int n, int k, const std::vector<T>& a, const std::vector<T>& b) {
    std::vector<T> c(static_cast<size_t>(m * n));
    for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
            T sum = 0;
            for (int l = 0; l < k; ++l)
                sum = std::fma(a[static_cast<size_t>(i * k + l)], b[static_cast<size_t>(l * n + j)], sum);
            c[static_cast<size_t>(i * n + j)] = sum;
        }
    return c;
}

template <class T>
std::vector<T> widened(const std::vector<float>& values) {
    return {values.begin(), values.end()};
}

std::vector<u16> narrowed(const std::vector<float>& values, u32 (*narrow)(float)) {
    std::vector<u16> out;
    for (float v : values)
        out.push_back(static_cast<u16>(narrow(v)));
    return out;
}

std::vector<float> widened(const std::vector<u16>& values, float (*widen)(u32)) {
    std::vector<float> out;
    for (u16 v : values)
        out.push_back(widen(v));
    return out;
}

std::vector<float> by_columns(int k, int n, const std::vector<float>& b) {
    std::vector<float> out(b.size());
    for (int i = 0; i < k; ++i)
        for (int j = 0; j < n; ++j)
            out[static_cast<size_t>(i * n + j)] = b[static_cast<size_t>(j * k + i)];
    return out;
}

void add_exact(Suite& suite) {
    add_for_variants(suite, "tiled float", "products", [&](Machine& machine, Module& module) {
        const int m = 100, n = 70, k = 50;
        const auto a = random_floats(m * k, 1), b = random_floats(k * n, 2);
        Buffer<float> da(machine, a, "a"), db(machine, b, "b"), dc(machine, m * n, "c");
        check_clean(suite, module.launch("product_tiled", {{5, 7}, {16, 16}}, m, n, k, da, db, dc));
        suite.check(dc.values() == product(m, n, k, a, b), "the product is exact");
    });
    add_for_variants(suite, "tiled double", "products", [&](Machine& machine, Module& module) {
        const int m = 50, n = 40, k = 33;
        const auto a = widened<double>(random_floats(m * k, 1)), b = widened<double>(random_floats(k * n, 2));
        Buffer<double> da(machine, a, "a"), db(machine, b, "b"), dc(machine, m * n, "c");
        check_clean(suite, module.launch("product_double", {{3, 4}, {16, 16}}, m, n, k, da, db, dc));
        suite.check(dc.values() == product(m, n, k, a, b), "the product is exact");
    });
    add_for_variants(suite, "blocked with asynchronous copies", "products", [&](Machine& machine, Module& module) {
        const int m = 256, n = 128, k = 40;
        const auto a = random_floats(m * k, 3), b = random_floats(k * n, 4);
        Buffer<float> da(machine, a, "a"), db(machine, b, "b"), dc(machine, m * n, "c");
        check_clean(suite, module.launch("product_blocked", {{1, 2}, {256}}, m, n, k, da, db, dc));
        suite.check(dc.values() == product(m, n, k, a, b), "the product is exact");
    });
    for (int pad : {0, 1})
        add_for_variants(
            suite, "transposition, padded by " + std::to_string(pad), "products", [&suite, pad](Machine& machine, Module& module) {
                const int n = 64;
                const auto x = random_floats(n * n, 5);
                Buffer<float> dx(machine, x, "x"), dy(machine, n * n, "y");
                check_clean(suite, module.launch("transposed", {{2, 2}, {32, 8}, static_cast<u32>(32 * (32 + pad) * 4)}, n, dx, dy, pad));
                suite.check(dy.values() == by_columns(n, n, x), "every element is in its place");
            });
}

void add_tensor_cores(Suite& suite) {
    for (const char* kernel : {"product_bf16", "product_bf16_unpadded"})
        add_for_variants(suite, kernel, "products", [&suite, kernel](Machine& machine, Module& module) {
            const int m = 128, n = 192, k = 96;
            const auto a = narrowed(random_floats(m * k, 6), float_to_bfloat), b = narrowed(random_floats(k * n, 7), float_to_bfloat);
            Buffer<u16> da(machine, a, "a"), db(machine, b, "b");
            Buffer<float> dc(machine, m * n, "c");
            check_clean(suite, module.launch(kernel, {{3, 2}, {128}}, m, n, k, da, db, dc));
            const auto expected =
                product(m, n, k, widened<double>(widened(a, bfloat_to_float)), widened<double>(widened(b, bfloat_to_float)));
            suite.check(largest_difference(dc.values(), widened<float>(std::vector<float>(expected.begin(), expected.end()))) < 1e-5,
                        "the product");
        });
    add_for_variants(suite, "tile bf16", "products", [&](Machine& machine, Module& module) {
        const auto a = narrowed(random_floats(256, 8), float_to_bfloat), b = narrowed(random_floats(128, 9), float_to_bfloat);
        Buffer<u16> da(machine, a, "a"), db(machine, b, "b");
        Buffer<float> dc(machine, 128, "c");
        check_clean(suite, module.launch("tile_bf16", {{}, {32}}, da, db, dc));
        const auto expected = product(16, 8, 16, widened(a, bfloat_to_float), by_columns(16, 8, widened(b, bfloat_to_float)));
        suite.check(largest_difference(dc.values(), expected) < 1e-6, "the product");
    });
    add_for_variants(suite, "tile f16", "products", [&](Machine& machine, Module& module) {
        const auto a = narrowed(random_floats(256, 10), float_to_half), b = narrowed(random_floats(128, 11), float_to_half);
        Buffer<u16> da(machine, a, "a"), db(machine, b, "b"), dc(machine, 128, "c");
        Buffer<float> dc32(machine, 128, "c32");
        check_clean(suite, module.launch("tile_f16", {{}, {32}}, da, db, dc, dc32));
        const auto expected = product(16, 8, 16, widened(a, half_to_float), by_columns(16, 8, widened(b, half_to_float)));
        suite.check(largest_difference(dc32.values(), expected) < 1e-6, "sums in f32");
        suite.check(largest_difference(widened(dc.values(), half_to_float), expected) < 2e-3, "sums in f16");
    });
    add_for_variants(suite, "tile tf32", "products", [&](Machine& machine, Module& module) {
        const int k = 64;
        const auto a = random_floats(16 * k, 12), b = random_floats(k * 8, 13);
        Buffer<float> da(machine, a, "a"), db(machine, b, "b"), dc(machine, 128, "c"), dd(machine, 128, "d");
        check_clean(suite, module.launch("tile_tf32", {{}, {32}}, k, da, db, dc, dd));
        const auto expected = product(16, 8, k, a, b);
        suite.check(largest_difference(dc.values(), expected) < 5e-3, "depth 8");
        suite.check(largest_difference(dd.values(), dc.values()) < 1e-5, "depth 4 gives the same");
    });
    add_for_variants(suite, "tile f64", "products", [&](Machine& machine, Module& module) {
        const auto a = widened<double>(random_floats(32, 14)), b = widened<double>(random_floats(32, 15));
        Buffer<double> da(machine, a, "a"), db(machine, b, "b"), dc(machine, 64, "c");
        check_clean(suite, module.launch("tile_f64", {{}, {32}}, da, db, dc));
        suite.check(dc.values() == product(8, 8, 4, a, b), "the product is exact");
    });
}

const Registered products([](Suite& suite) {
    add_exact(suite);
    add_tensor_cores(suite);
});

} // namespace
