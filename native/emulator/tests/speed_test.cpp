// How long two products of 256^3 take on one thread of the host. Prints figures; the bounds hold where PCK_EMULATOR_SPEED=1 says that the
// machine has nothing else to do and was built with optimisation.
#include "tests/support.hpp"

#include <algorithm>
#include <cstdlib>

using namespace pck::tests;

int main(int, char** argv) {
    ptx_folder = argv[1];
    const bool strict = std::getenv("PCK_EMULATOR_SPEED") != nullptr;
    const struct {
        const char* kernel;
        Shape shape;
        double plain, checked;
    } cases[] = {{"product_tiled", {{16, 16}, {16, 16}}, 40, 160}, {"product_blocked", {{2, 2}, {256}}, 10, 35}};
    Suite suite;
    for (const auto& c : cases)
        suite.add(c.kernel, [&suite, &c, strict] {
            Machine machine;
            Module module(machine, ptx_of("products", 80));
            const int n = 256;
            Buffer<float> x(machine, random_floats(n * n, 1), "x"), y(machine, random_floats(n * n, 2), "y"), z(machine, n * n, "z");
            double best[2] = {1e9, 1e9};
            for (int run = 0; run < (strict ? 9 : 2); ++run)
                for (size_t checked = 0; checked < 2; ++checked) {
                    module.checks.checks.races = checked != 0 ? Check::on : Check::off;
                    const LaunchReport report = module.launch(c.kernel, c.shape, n, n, n, x, y, z);
                    check_clean(suite, report);
                    best[checked] = std::min(best[checked], report.milliseconds);
                }
            std::printf("  %s 256^3: %.1f ms, races on %.1f ms\n", c.kernel, best[0], best[1]);
            suite.check(!strict || (best[0] <= c.plain && best[1] <= c.checked),
                        "within " + std::to_string(c.plain) + " and " + std::to_string(c.checked) + " ms");
        });
    return suite.run();
}
