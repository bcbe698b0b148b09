// How long two products of 256^3 take on one thread of the host, checks off and races on: the best of several runs, which is what they
// take where nothing else is running.
//   emulator_speed_test PTX_FOLDER      prints the table; PCK_EMULATOR_SPEED=1 also asks for the limits, and measures longer
#include "tests/support.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

using namespace pck::tests;

namespace {

constexpr int least_runs = 9, most_runs = 500; // more than the least only while a limit is not met: others may be using the processor

struct Product {
    const char* kernel;
    const char* title;
    Shape shape;
    double limits[2]; // milliseconds: checks off, races on
};

const Product products[] = {{"product_tiled", "tiled, 16 x 16", {{16, 16}, {16, 16}}, {40, 160}},
                            {"product_blocked", "128 x 128 x 8, cp.async", {{2, 2}, {256}}, {10, 35}}};

std::string processor() {
    std::ifstream information("/proc/cpuinfo");
    for (std::string line; std::getline(information, line);)
        if (line.rfind("model name", 0) == 0)
            return line.substr(std::min(line.find(": ") + 2, line.size()));
    return "unknown CPU";
}

void measure(Suite& suite, const Product& product, bool strict) {
    Machine machine;
    Module module(machine, ptx_of("products", 80));
    const int n = 256;
    Buffer<float> x(machine, random_floats(n * n, 1), "x"), y(machine, random_floats(n * n, 2), "y"), z(machine, n * n, "z");
    double best[2] = {HUGE_VAL, HUGE_VAL};
    const auto met = [&] { return best[0] <= product.limits[0] && best[1] <= product.limits[1]; };
    int runs = 0;
    for (; runs < (strict ? least_runs : 2) || (strict && !met() && runs < most_runs); ++runs)
        for (size_t checked = 0; checked < 2; ++checked) {
            module.checks.checks.races = checked != 0 ? Check::on : Check::off;
            const LaunchReport report = module.launch(product.kernel, product.shape, n, n, n, x, y, z);
            check_clean(suite, report);
            best[checked] = std::min(best[checked], report.milliseconds);
        }
    std::printf("  %-26s %8.1f ms (limit %3.0f) %8.1f ms (limit %3.0f)   best of %d\n", product.title, best[0], product.limits[0], best[1],
                product.limits[1], runs);
    suite.check(!strict || met(), "within the limits");
}

} // namespace

int main(int, char** argv) {
    ptx_folder = argv[1];
    const bool asked = std::getenv("PCK_EMULATOR_SPEED") != nullptr, strict = asked && PCK_FAST_BUILD;
    if (asked && !strict)
        std::printf("limits are not asked for: this build is not optimised, or is sanitized\n");
    std::printf("machine  %s, %u cores, one thread used\n", processor().c_str(), std::thread::hardware_concurrency());
    std::printf("  %-26s %-23s %s\n", "product of 256^3, f32", "     checks off", "     races on");
    Suite suite;
    for (const Product& product : products)
        suite.add(product.kernel, [&] { measure(suite, product, strict); });
    return suite.run();
}
