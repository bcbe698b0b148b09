// What an emulator can tell and a driver cannot. The functions have names of their own, so nothing can mistake them for a driver's.
#pragma once

#include "driver/api.hpp"

#include <cstddef>
#include <string>

namespace pck::emulator::facade {
std::string missing_symbols(); // JSON array: names asked for by cuGetProcAddress that are not here
void inside_this_library();    // lies in this library: how it finds itself
} // namespace pck::emulator::facade

// "off", "on", "fatal", or "races=on,uninitialised=fatal"; for the kernels that run from now on.
PCK_DRIVER_API pckEmulatorSetChecks(const char* text);
// 0: the natural order of warps, blocks and graph nodes; else one shuffled by it.
PCK_DRIVER_API pckEmulatorSetSeed(unsigned seed);
// Registers a thread, as ptxas -v says: occupancy and launch limits then follow it.
PCK_DRIVER_API pckEmulatorSetRegisters(void* function, unsigned registers);

// UTF-8 text into a buffer, cut at its end; *needed is the whole length with the final zero. A null buffer only asks for that.
PCK_DRIVER_API pckEmulatorLastError(char* buffer, size_t bytes, size_t* needed);      // of this thread: why the last call failed
PCK_DRIVER_API pckEmulatorLastLaunch(char* buffer, size_t bytes, size_t* needed);     // JSON: the last kernel that ran, with its counters
PCK_DRIVER_API pckEmulatorFindings(char* buffer, size_t bytes, size_t* needed);       // JSON: every report and fault since the last clear
PCK_DRIVER_API pckEmulatorSums(char* buffer, size_t bytes, size_t* needed);           // JSON: launches, copies, waits; counters by kernel
PCK_DRIVER_API pckEmulatorMissingSymbols(char* buffer, size_t bytes, size_t* needed); // JSON: see missing_symbols
PCK_DRIVER_API pckEmulatorClear();                                                    // forgets launches, findings and sums
