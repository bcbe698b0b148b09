// Counters are whole numbers that follow from the kernel: asserted exactly, the same run after run and for every seed without spinning.
#include "tests/support.hpp"

using namespace pck::tests;

namespace {

LaunchReport tiled(Machine& machine, Module& module, int n) {
    const auto size = static_cast<size_t>(n * n);
    Buffer<float> a(machine, random_floats(size, 1), "a"), b(machine, random_floats(size, 2), "b"), c(machine, size, "c");
    const auto blocks = static_cast<u32>(n / 16);
    return module.launch("product_tiled", {{blocks, blocks}, {16, 16}}, n, n, n, a, b, c);
}

LaunchReport transposed(Machine& machine, Module& module, int pad) {
    Buffer<float> x(machine, 64 * 64, "x"), y(machine, 64 * 64, "y");
    return module.launch("transposed", {{2, 2}, {32, 8}, static_cast<u32>(32 * (32 + pad) * 4)}, 64, x, y, pad);
}

} // namespace

int main(int, char** argv) {
    ptx_folder = argv[1];
    Suite suite;
    suite.add("a tiled product counts what its loops say", [&] {
        Machine machine;
        Module module(machine, ptx_of("products", 90));
        const Counters c = tiled(machine, module, 64).counters;
        const u64 warps = 16 * 8, steps = 4;
        auto of = [&](Class category) { return c.by_class[static_cast<size_t>(category)]; };
        suite.check(c.flop == 2ull * 64 * 64 * 64, "2 n^3 floating-point operations, counted " + std::to_string(c.flop));
        suite.check(of(Class::fma_f32) == warps * steps * 16 && of(Class::load_shared) == warps * steps * 32 && of(Class::store_shared) == warps * steps * 2, "shared memory");
        suite.check(of(Class::load_global) == warps * steps * 2 && of(Class::store_global) == warps, "global memory");
        suite.check(c.block_barriers == 16 * steps * 2 && of(Class::barrier) == warps * steps * 2, "barriers");
        suite.check(c.global.bytes == warps * 32 * 4 * (steps * 2 + 1) && c.global.units == warps * 4 * (steps * 2 + 1) && c.global.units == c.global.ideal, "whole sectors");
        suite.check(c.shared.units == c.shared.requests && c.lanes_per_instruction() > 29, "no bank conflicts; only branches have idle lanes");
    });
    suite.add("bank conflicts of a transposition", [&] {
        Machine machine;
        Module module(machine, ptx_of("products", 80));
        const LaunchReport bad = transposed(machine, module, 0), good = transposed(machine, module, 1);
        suite.check(good.counters.shared.units == good.counters.shared.ideal && good.counters.shared.requests == 4 * 8 * 8, "padded: one wavefront each");
        suite.check(bad.counters.shared.units == 4 * 8 * 4 * (1 + 32), "not padded: 32 for each column");
        suite.check(!bad.counters.hot_spots.empty() && bad.counters.hot_spots[0].where.find("products.cu:") != std::string::npos, "the line is named");
    });
    suite.add("run after run, and for every order, the same", [&] {
        std::string first;
        for (u32 seed : {0u, 0u, 1u, 2u, 3u}) {
            Machine machine;
            Module module(machine, ptx_of("products", 90));
            module.checks.seed = seed;
            module.checks.checks = Checks::all(seed % 2 == 0 ? Check::off : Check::on);
            const LaunchReport report = tiled(machine, module, 48);
            check_clean(suite, report);
            if (first.empty())
                first = report.counters.json();
            suite.check(report.counters.json() == first, "seed " + std::to_string(seed));
        }
    });
    suite.add("spinning kernels count the same run after run", [&] {
        std::string first;
        for (int k = 0; k < 3; ++k) {
            Machine machine;
            Module module(machine, ptx_of("threads", 90));
            Buffer<float> w(machine, random_floats(64 * 64, 1), "w"), even(machine, random_floats(64, 2), "even"), odd(machine, 64, "odd");
            Buffer<u32> barrier(machine, 1, "barrier");
            const LaunchReport report = module.launch("recur", {{4}, {64}, 256, true}, 5, 64, w, even, odd, barrier);
            check_clean(suite, report);
            first = first.empty() ? report.counters.json() : first;
            suite.check(report.counters.json() == first, "run " + std::to_string(k));
        }
    });
    suite.add("sums of counters, and JSON", [&] {
        Machine machine;
        Module module(machine, ptx_of("products", 90));
        Counters sum = tiled(machine, module, 32).counters;
        const u64 once = sum.warp_instructions;
        sum.add(sum);
        suite.check(sum.warp_instructions == 2 * once, "twice");
        const std::string json = sum.json();
        for (const char* part : {"\"warp_instructions\": ", "\"by_class\": {\"fma.f32\": ", "\"global\": {\"requests\": ", "\"ideal_wavefronts\": ", "\"hot_spots\": []}"})
            suite.check(json.find(part) != std::string::npos, std::string(part) + " in " + json);
    });
    suite.add("launches that are refused", [&] {
        Machine machine;
        Module module(machine, ptx_of("threads", 90));
        Buffer<float> x(machine, 64, "x");
        Buffer<u32> flag(machine, 1, "flag");
        auto status = [&](Shape shape) { return module.launch("recur", shape, 0, 0, x, x, x, flag).status; };
        suite.check(status({{0}, {64}}) == Status::invalid_value && status({{1}, {2048}}) == Status::invalid_value && status({{1}, {256}}) == Status::invalid_value, "shapes");
        suite.check(status({{1}, {64}, 300 << 10}) == Status::out_of_resources, "shared memory");
        suite.check(status({{100'000}, {128}, 0, true}) == Status::cooperative_too_large, "a cooperative grid");
        suite.check(status({{1}, {64}}) == Status::ok, "and one that is not");
    });
    return suite.run();
}
