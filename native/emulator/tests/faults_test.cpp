// Planted faults: each is found, its correct twin is silent, in every order of warps and blocks.
#include "tests/mutants.hpp"

#include <algorithm>

using namespace pck::tests;

namespace {

struct Planted {
    const char* kernel;
    Shape shape;
    const char* says;           // a part of what is reported
    Status status = Status::ok; // where the fault ends the launch
};

const Dim3 one_block{1}, two_blocks{2}, warp{32}, two_warps{64};

const Planted planted[] = {
    {"past_shared", {one_block, two_warps}, "outside every shared array", Status::illegal_address},
    {"into_neighbour", {one_block, two_warps}, "outside every shared array", Status::illegal_address},
    {"past_dynamic", {one_block, two_warps, 256}, "outside every shared array", Status::illegal_address},
    {"past_global", {two_blocks, two_warps}, "is in no allocation; nearest allocation", Status::illegal_address},
    {"past_local", {one_block, two_warps}, "local memory", Status::illegal_address},
    {"misaligned", {one_block, warp}, "misaligned address", Status::misaligned_address},
    {"null_pointer", {one_block, two_warps}, "null pointer", Status::illegal_address},
    {"no_barrier", {one_block, two_warps}, "race"},
    {"no_second_barrier", {one_block, two_warps}, "race"},
    {"no_barrier_dynamic", {one_block, two_warps, 256}, "race"},
    {"same_element", {one_block, two_warps}, "race (write after write by one instruction)"},
    {"blocks_overlap", {two_blocks, two_warps}, "race"},
    {"no_warp_barrier", {one_block, two_warps}, "race"},
    {"never_written", {one_block, two_warps}, "uninitialised read of shared"},
    {"no_wait", {one_block, two_warps}, "has not waited"},
    {"waits_after_barrier", {one_block, two_warps}, "race"},
    {"grid_not_awaited", {two_blocks, two_warps, 0, true}, "race"},
    {"no_fence", {two_blocks, warp, 0, true}, "race"},
    {"half_a_barrier", {one_block, two_warps}, "waits at barrier 0, to which 32 of 64 threads have come, without warp 1", Status::hang},
    {"endless", {one_block, two_warps}, "livelock", Status::hang},
    {"absent_lane", {one_block, warp}, "which does not take part"},
    {"plain_among_atomics", {one_block, two_warps}, "race"},
    {"two_barriers", {one_block, two_warps}, "at two instructions"},
    {"lock_without_fences", {one_block, warp}, "race"},
    {"relaxed_flag", {two_blocks, warp, 0, true}, "race"},
};

LaunchReport run(int architecture, const Planted& fault, bool faulty, u32 seed, Check how) {
    Machine machine;
    Module module(machine, ptx_of("faults", architecture));
    module.checks.checks = Checks::all(how);
    module.checks.seed = seed;
    Buffer<float> out(machine, 256, "out"), in(machine, random_floats(256, 1), "in");
    Buffer<u32> flag(machine, 1, "flag");
    const u64 target = faulty && std::string(fault.kernel) == "null_pointer" ? 0 : out.address();
    return module.launch(fault.kernel, fault.shape, static_cast<int>(faulty), target, in, flag);
}

bool mentions(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

} // namespace

int main(int count, char** argv) {
    ptx_folder = argv[1];
    Suite suite;
    for (const Planted& fault : planted) // the twins are correct kernels: nothing of theirs may be missing
        scenarios.push_back({fault.kernel, "faults", [&suite, &fault](Machine& machine, Module& module) {
                                 Buffer<float> out(machine, 256, "out"), in(machine, random_floats(256, 1), "in");
                                 Buffer<u32> flag(machine, 1, "flag");
                                 check_clean(suite, module.launch(fault.kernel, fault.shape, 0, out, in, flag));
                             }});
    if (count > 2)
        return run_mutants(suite, argv[2]);
    for (const Planted& fault : planted)
        for (int architecture : {80, 90}) {
            suite.add(std::string(fault.kernel) + ", sm_" + std::to_string(architecture), [&suite, &fault, architecture] {
                for (u32 seed = 0; seed < 6; ++seed) {
                    const std::string order = ", seed " + std::to_string(seed);
                    const LaunchReport wrong = run(architecture, fault, true, seed, Check::on),
                                       right = run(architecture, fault, false, seed, Check::on);
                    suite.check(right.clean(), "the twin is silent" + order + ": " + all_text(right));
                    suite.check(mentions(all_text(wrong), fault.says), "the fault is found" + order + ": " + all_text(wrong));
                    suite.check(wrong.status == fault.status, "the status" + order + " is " + name(wrong.status));
                }
                const LaunchReport fatal = run(architecture, fault, true, 0, Check::fatal);
                suite.check(fatal.status == (fault.status == Status::ok ? Status::launch_failed : fault.status),
                            std::string("fatal: ") + name(fatal.status));
            });
        }
    suite.add("a report names everything", [&] {
        const std::string text = all_text(run(90, planted[7], true, 0, Check::on)); // no_barrier
        for (const char* part : {"no_barrier: ", "shared ", "block (0,0,0) thread (", "ld.shared.f32", "st.shared.f32",
                                 "faults.cu:", "; block (0,0,0) thread ("})
            suite.check(mentions(text, part), std::string("it says '") + part + "': " + text);
    });
    suite.add("inlined code is named with the place that it was inlined at", [&] {
        const std::string copy = all_text(run(90, planted[14], true, 0, Check::on)),
                          late = all_text(run(90, planted[15], true, 0, Check::on));
        const std::string source = read_file(ptx_folder + "/../kernels/faults.cu");
        auto line_of = [&](const std::string& kernel) {
            const size_t at = source.find("copy_16(", source.find("KERNEL " + kernel));
            return std::count(source.begin(), source.begin() + static_cast<long>(at), '\n') + 1;
        };
        suite.check(mentions(copy, "inlined at faults.cu:" + std::to_string(line_of("no_wait"))), copy);
        suite.check(mentions(late, "inlined at faults.cu:" + std::to_string(line_of("waits_after_barrier"))), late);
    });
    suite.add("without checks a race is no report", [&] {
        const LaunchReport report = run(90, planted[7], true, 0, Check::off);
        suite.check(report.clean(), all_text(report));
    });
    suite.add("after a fault the machine goes on", [&] {
        Machine machine;
        Module module(machine, ptx_of("faults", 90));
        Buffer<float> out(machine, 256, "out"), in(machine, 256, "in");
        Buffer<u32> flag(machine, 1, "flag");
        suite.check(module.launch("past_shared", {{1}, {64}}, 1, out, in, flag).status == Status::illegal_address, "the fault");
        check_clean(suite, module.launch("past_shared", {{1}, {64}}, 0, out, in, flag));
    });
    return suite.run();
}
