// Threads that meet: every collective, barrier and flag against what it has to give.
#include "tests/support.hpp"

#include <algorithm>

using namespace pck::tests;

namespace {

void add_collectives(Suite& suite) {
    add_for_variants(suite, "sum over a grid", "threads", [&](Machine& machine, Module& module) {
        const int n = 20'000;
        const auto x = random_floats(n, 1);
        Buffer<float> dx(machine, x, "x"), out(machine, 1, "out");
        check_clean(suite, module.launch("sum", {{7}, {256}}, n / 4, dx, out));
        double expected = 0;
        for (float v : x)
            expected += v;
        suite.check(std::fabs(expected - out[0]) < 1e-3, "the sum is " + std::to_string(out[0]));
    });
    add_for_variants(suite, "collectives of a warp", "threads", [&](Machine& machine, Module& module) {
        auto x = random_floats(256, 2);
        x[5] = 3; // one thread of the first block differs from all others
        Buffer<float> dx(machine, x, "x"), reals(machine, 1, "reals");
        Buffer<double> wide(machine, 1, "wide");
        Buffer<int> counts(machine, 32, "counts");
        counts[15] = -1;
        check_clean(suite, module.launch("collectives", {{2}, {128}}, dx, reals, wide, counts));
        double sum = 0, greatest = 0;
        int positive = 0, above = 0, all_above = 0;
        for (size_t w = 0; w < 8; ++w) {
            bool any = false, all = true;
            for (size_t l = 0; l < 32; ++l) {
                const float v = x[w * 32 + l];
                sum += v;
                positive += v > 0;
                any |= v > 0.99f;
                all &= v > -0.9f;
            }
            above += any;
            all_above += all;
        }
        for (size_t i = 0; i < 256; i += 8)
            greatest += *std::max_element(x.begin() + static_cast<long>(i), x.begin() + static_cast<long>(i) + 8);
        suite.check(std::fabs(sum - wide[0]) < 1e-12 && std::fabs(greatest - reals[0]) < 1e-4,
                    "sums of doubles, and of each eight's greatest");
        const int xored = [] {
            unsigned r = 0;
            for (unsigned l = 0; l < 32; ++l)
                r ^= 3 * l;
            return static_cast<int>(r);
        }();
        const int expected[] = {2 * 127 * 64,
                                8 * (-7 + 31),
                                8 * (0xf0 + -1 + xored),
                                positive,
                                positive,
                                above,
                                all_above,
                                8,
                                256,
                                256,
                                256,
                                positive + 1000 + 1'000'000,
                                127,
                                -127,
                                -1,
                                0,
                                0,
                                56,
                                44};
        for (size_t k = 0; k < std::size(expected); ++k)
            suite.check(counts[k] == expected[k],
                        "count " + std::to_string(k) + " is " + std::to_string(counts[k]) + ", not " + std::to_string(expected[k]));
        suite.check(counts[19] >= 1 && counts[19] <= 128, "exactly one thread won the compare-and-swap");
        suite.check(counts[20] == 0 && counts[21] == 256, "64-bit atomics carry into the upper word");
        for (size_t b = 0; b < 2; ++b)
            suite.check(counts[22 + b] % 32 == 5, "a shuffle from lane 5");
        suite.check(counts[24] == 2 * 127 * 64, "atomics on shared memory");
    });
    add_for_variants(suite, "named barriers", "threads", [&](Machine& machine, Module& module) {
        const int rounds = 5;
        std::vector<int> x(32 * rounds), expected(32 * rounds);
        for (size_t i = 0; i < x.size(); ++i)
            x[i] = static_cast<int>(i * 37 % 101);
        for (size_t i = 0; i < x.size(); ++i)
            expected[i] = x[i ^ 1] + 1;
        Buffer<int> dx(machine, x, "x"), dy(machine, x.size(), "y");
        check_clean(suite, module.launch("hand_over", {{}, {64}}, rounds, dx, dy));
        suite.check(dy.values() == expected, "the consumers have what was produced");
    });
    add_for_variants(suite, "a lock within a warp", "threads", [&](Machine& machine, Module& module) {
        Buffer<int> lock(machine, 1, "lock"), value(machine, 1, "value");
        check_clean(suite, module.launch("locked", {{2}, {32}}, lock, value));
        suite.check(value[0] == 64, "nobody's addition is lost");
    });
    add_for_variants(suite, "scans", "threads", [&](Machine& machine, Module& module) {
        Buffer<int> x(machine, 128, "x"), y(machine, 128, "y");
        Buffer<double> u(machine, 64, "u"), v(machine, 64, "v");
        for (size_t i = 0; i < 128; ++i)
            x[i] = static_cast<int>(i * 7 % 13);
        for (size_t i = 0; i < 64; ++i)
            u[i] = static_cast<double>(i) * 0.25;
        check_clean(suite, module.launch("_Z4scanIiLi128EEviPKT_PS0_", {{}, {128}}, 100, x, y));
        check_clean(suite, module.launch("_Z4scanIdLi64EEviPKT_PS0_", {{}, {64}}, 64, u, v));
        int sum = 0;
        double real = 0;
        for (size_t i = 0; i < 100; ++i)
            suite.check(y[i] == (sum += x[i]), "integers");
        for (size_t i = 0; i < 64; ++i)
            suite.check(v[i] == (real += u[i]), "doubles");
    });
    add_for_variants(suite, "softmax of asynchronous copies", "threads", [&](Machine& machine, Module& module) {
        const size_t rows = 13;
        const auto x = random_floats(rows * 128, 3);
        Buffer<float> dx(machine, x, "x"), dy(machine, x.size(), "y");
        check_clean(suite, module.launch("softmax", {{4}, {128}}, static_cast<int>(rows), dx, dy));
        double worst = 0;
        for (size_t r = 0; r < rows; ++r) {
            double total = 0;
            for (size_t i = 0; i < 128; ++i)
                total += std::exp(static_cast<double>(x[r * 128 + i]));
            for (size_t i = 0; i < 128; ++i)
                worst = std::max(worst,
                                 std::fabs(std::exp(static_cast<double>(x[r * 128 + i])) / total - static_cast<double>(dy[r * 128 + i])));
        }
        suite.check(worst < 1e-7, "softmax");
    });
}

void add_grids(Suite& suite) {
    add_for_variants(suite, "grid barrier of cooperative groups", "threads", [&](Machine& machine, Module& module) {
        const size_t n = 1000;
        const int steps = 10;
        auto p = random_floats(n, 4);
        Buffer<float> a(machine, p, "a"), b(machine, n, "b");
        check_clean(suite, module.launch("smooth", {{4}, {96}, 0, true}, steps, static_cast<int>(n), a, b));
        for (int s = 0; s < steps; ++s) {
            std::vector<float> q(n);
            for (size_t i = 0; i < n; ++i)
                q[i] = std::fma(0.25f, p[(i + 1) % n], std::fma(0.25f, p[(i + n - 1) % n], 0.5f * p[i]));
            p = q;
        }
        suite.check(largest_difference(a.values(), p) < 1e-6, "ten Jacobi steps");
    });
    add_for_variants(suite, "recurrence behind a spinning barrier", "threads", [&](Machine& machine, Module& module) {
        const size_t n = 128;
        const int steps = 12;
        auto w = random_floats(n * n, 5), h = random_floats(n, 6);
        for (float& v : w)
            v *= 0.15f;
        Buffer<float> dw(machine, w, "w"), even(machine, h, "even"), odd(machine, n, "odd");
        Buffer<u32> barrier(machine, 1, "barrier");
        check_clean(suite, module.launch("recur", {{8}, {128}, n * 4, true}, steps, static_cast<int>(n), dw, even, odd, barrier));
        for (int s = 0; s < steps; ++s) {
            std::vector<float> next(n);
            for (size_t r = 0; r < n; ++r)
                for (size_t i = 0; i < n; ++i)
                    next[r] = std::fma(w[r * n + i], h[i], next[r]);
            h = next;
        }
        suite.check(even.values() == h, "equal to the bit");
    });
    add_for_variants(suite, "a ring of blocks with flags", "threads", [&](Machine& machine, Module& module) {
        const size_t blocks = 6, n = 100;
        const int steps = 7;
        Buffer<float> rows(machine, 2 * blocks * n, "rows");
        Buffer<u32> flags(machine, blocks, "flags");
        Buffer<int> late(machine, 1, "late");
        for (size_t b = 0; b < blocks; ++b)
            for (size_t i = 0; i < n; ++i)
                rows[b * n + i] = static_cast<float>(b * 1000);
        check_clean(suite, module.launch("ring", {{blocks}, {64}, 0, true}, steps, static_cast<int>(n), rows, flags, 100'000u, late));
        suite.check(late[0] == 0, "nobody waited in vain");
        for (size_t b = 0; b < blocks; ++b) {
            const size_t origin = (b + blocks * 2 - steps % blocks) % blocks;
            suite.check(rows[(steps % 2 * blocks + b) * n + n - 1] == static_cast<float>(origin * 1000 + steps),
                        "block " + std::to_string(b));
        }
    });
    add_for_variants(suite, "blocks that wait for earlier ones", "threads", [&](Machine& machine, Module& module) {
        const size_t blocks = 40;
        Buffer<int> x(machine, blocks, "x"), totals(machine, blocks, "totals");
        Buffer<u32> ready(machine, blocks, "ready");
        for (size_t b = 0; b < blocks; ++b)
            x[b] = static_cast<int>(b * b % 17);
        check_clean(suite, module.launch("look_back", {{blocks}, {32}}, x, totals, ready));
        int sum = 0;
        for (size_t b = 0; b < blocks; ++b)
            suite.check(totals[b] == (sum += x[b]), "block " + std::to_string(b));
    });
    add_for_variants(suite, "a grid barrier in a launch that is not cooperative", "threads", [&](Machine& machine, Module& module) {
        const int n = 96;
        Buffer<float> a(machine, n, "a"), b(machine, n, "b");
        const LaunchReport report = module.launch("smooth", {{1}, {96}}, 1, n, a, b);
        suite.check(report.status == Status::launch_failed && report.message.find("trap") != std::string::npos,
                    "cooperative groups trap: " + all_text(report));
    });
    suite.add("a bounded spin reports who is late", [&] {
        Machine machine;
        Module module(machine, ptx_of("threads", 90));
        Buffer<float> rows(machine, 2 * 2 * 4, "rows");
        Buffer<u32> flags(machine, 2, "flags");
        Buffer<int> late(machine, 1, "late");
        flags[0] = flags[1] = static_cast<u32>(-5); // nobody is where the others wait for him
        const LaunchReport report = module.launch("ring", {{2}, {32}, 0, true}, 3, 4, rows, flags, 500u, late);
        suite.check(report.clean() && late[0] != 0, "the kernel ended by itself and said so: " + all_text(report));
    });
}

const Registered threads([](Suite& suite) {
    add_collectives(suite);
    add_grids(suite);
});

} // namespace
