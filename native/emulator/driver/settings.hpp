// What the environment, or the pckEmulator functions, ask of the emulator: which device it plays, what it looks for, where it writes.
//
//   PCK_EMULATOR_DEVICE   small (the default), h100, a100, or the path of a file of key=value lines: see read_device
//   PCK_EMULATOR_CHECKS   off (the default), on, fatal; or by name: races=on,uninitialised=fatal,collectives=off
//   PCK_EMULATOR_SEED     0: work in its natural order; else warps, blocks and free graph nodes in an order shuffled by it
//   PCK_EMULATOR_REPORT   a file that gets one JSON object a line for each kernel that ran
#pragma once

#include "execution/machine.hpp"

#include <string>

namespace pck::emulator::facade {

struct Settings {
    DeviceProperties device;
    Checks checks;
    u32 seed = 0;
    std::string report_path;
};

// Throws std::invalid_argument, which names the variable and what would be right.
Settings settings_from_environment();
Checks read_checks(const std::string& text);

// A preset's name or a file: `preset = h100` first where wanted, then members of DeviceProperties by name, such as
// `multiprocessors = 16` or `compute_capability = 8.0`; # begins a comment.
DeviceProperties read_device(const std::string& name_or_path);

} // namespace pck::emulator::facade
