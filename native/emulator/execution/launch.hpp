// One launch while it runs: what all its blocks share, and how an operation says that something is wrong.
#pragma once

#include "execution/machine.hpp"
#include "execution/warp.hpp"
#include "memory/access_pattern.hpp"

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace pck::emulator {

class RaceDetector;

struct Executed {
    u64 times = 0, lanes = 0;
};

struct Launch {
    Launch(const Program& program, const Function& function, const LaunchConfig& config, const DeviceProperties& properties, DeviceMemory& memory);
    ~Launch();

    const Program& program;
    const Function& function;
    const LaunchConfig& config;
    const DeviceProperties& properties;
    DeviceMemory& memory;

    std::vector<u8> arguments;
    std::vector<SharedArray> shared; // the function's arrays and the dynamic one
    u32 shared_end = 0, shared_total = 0;
    u64 workspace = 0; // of cooperative groups: %envreg1 and 2
    bool counting = true;
    std::unique_ptr<RaceDetector> detector; // where races or uninitialised reads are looked for

    std::vector<AccessPattern> patterns;
    std::vector<Executed> executed;
    u64 instructions = 0, barriers = 0, divergent_branches = 0, most_paths = 1;
    u64 changes = 0; // of values in memory: while there are none, everybody who spins spins in vain
    u64 time() const { return instructions; }

    // A finding of a check that is on; throws when it is fatal. `with` is the other instruction, or -1.
    void report(Report::Kind kind, Check how, const Instruction& at, s32 with, u32 variant, const std::string& text);
    // True when this pair was reported before, which is then counted; spares making the text.
    bool known(Report::Kind kind, const Instruction& at, s32 with, u32 variant);
    std::vector<Report> take_reports();

    s32 number(const Instruction& i) const { return static_cast<s32>(&i - program.code.data()); }
    std::string where(const Instruction& i) const { return program.describe(number(i)); }
    std::string thread(u32 block, u32 thread_in_block) const; // "block (0,0,0) thread (5,0,0)"
    Dim3 block_index(u64 block) const;

private:
    using Key = std::tuple<Report::Kind, s32, s32, u32>;
    std::map<Key, Report> reports_;
};

// Ends the launch: "KERNEL: WHAT at 'instruction' (file:line), block (..) thread (..)".
[[noreturn]] void fault(Warp& warp, const Instruction& at, u32 lane, const std::string& what, Fault::Kind kind = Fault::Kind::other);
// A finding of Checks::collectives.
void report_collective(Warp& warp, const Instruction& at, u32 lane, Report::Kind kind, const std::string& what);

} // namespace pck::emulator
