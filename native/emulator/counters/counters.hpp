// What a launch did, in whole numbers that are the same run after run.
#pragma once

#include "core/basics.hpp"
#include "core/program.hpp"

#include <array>
#include <string>
#include <vector>

namespace pck::emulator {

const char* name(Class category);

// Requests of warps to one kind of memory. `units` are 32-byte sectors (global) or bank wavefronts (shared), `ideal` the fewest that the
// same bytes could take.
struct Traffic {
    u64 requests = 0, bytes = 0, units = 0, ideal = 0;
};

// An instruction that takes more sectors or wavefronts than its bytes need.
struct HotSpot {
    std::string where; // instruction and source line
    u64 executions = 0, requests = 0, units = 0, ideal = 0;
    bool shared = false;
};

struct Counters {
    u64 warp_instructions = 0, lane_instructions = 0;
    std::array<u64, static_cast<size_t>(Class::count)> by_class{}; // warp instructions
    u64 flop = 0, matrix_flop = 0;
    Traffic global, shared;
    u64 atomics = 0;              // lanes that did one
    u64 block_barriers = 0;       // completed
    u64 divergent_branches = 0, most_paths = 1; // paths of one warp alive at once
    std::vector<HotSpot> hot_spots; // the worst first

    double lanes_per_instruction() const;
    std::string json() const;
    void add(const Counters& other); // sums; hot spots are not kept
};

} // namespace pck::emulator
