// Sums up what a launch's instructions counted.
#pragma once

#include "counters/counters.hpp"

namespace pck::emulator {

struct Launch;

Counters collect_counters(const Launch& launch);

} // namespace pck::emulator
