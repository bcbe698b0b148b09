// Which block is resident, which warp runs next, and when a launch hangs.
#pragma once

#include "execution/interpreter.hpp"

namespace pck::emulator {

// Runs all blocks of the launch; `capacity` of them may be resident at once. Throws Fault.
void run_blocks(Launch& launch, u64 capacity);

} // namespace pck::emulator
