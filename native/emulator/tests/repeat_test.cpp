// The emulator is deterministic: run after run, every scenario leaves the same bits and counts the same; and in every order of warps and
// blocks it leaves the same bits, but where the kernel itself leaves open in which order it rounds or writes.
#include "tests/support.hpp"

#include <map>

using namespace pck::tests;

namespace {

// Whose bits may follow the order, and why.
const std::map<std::string, const char*> follows_order = {
    {"sum over a grid", "atomic sums of floats round in the order in which warps come"},
    {"collectives of a warp", "atomic sums of floats and doubles, as above"}};

struct Outcome {
    u64 memory;
    std::string counters;
};

Outcome outcome_of(const Scenario& scenario, u32 seed, Check checks) {
    Machine machine;
    Module module(machine, ptx_of(scenario.file, 90));
    module.checks.seed = seed;
    module.checks.checks = Checks::all(checks);
    scenario.body(machine, module);
    return {module.memory, module.counters};
}

} // namespace

int main(int, char** argv) {
    ptx_folder = argv[1];
    Suite scenario_checks, suite;
    for (const auto add : Registered::all())
        add(scenario_checks);
    for (const Scenario& scenario : scenarios)
        suite.add(scenario.name, [&] {
            const Outcome first = outcome_of(scenario, 0, Check::off);
            bool same_bits = true;
            for (u32 seed : {0u, 1u, 2u, 3u, 4u}) {
                const Outcome once = outcome_of(scenario, seed, Check::off), again = outcome_of(scenario, seed, Check::on);
                const std::string order = "seed " + std::to_string(seed);
                suite.check(once.memory == again.memory, "the same bits run after run, checks on or off, " + order);
                suite.check(once.counters == again.counters, "the same counters run after run, checks on or off, " + order);
                same_bits &= once.memory == first.memory;
            }
            const bool listed = follows_order.count(scenario.name) != 0;
            suite.check(same_bits || listed, "the same bits in every order");
            suite.check(!same_bits || !listed, "it is listed as following the order, but does not");
        });
    return suite.run();
}
