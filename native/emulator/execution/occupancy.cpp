// How many blocks fit on a multiprocessor: threads, slots, registers and shared memory each allow so many; the fewest count.
#include "execution/machine.hpp"

#include <algorithm>

namespace pck::emulator {

namespace {

constexpr u32 registers_kept_for_addresses = 10; // ptxas needs some beyond what is alive in PTX; an estimate
constexpr u32 register_step = 8;
constexpr u32 most_registers = 255;

u32 round_up(u32 value, u32 step) { return (value + step - 1) / step * step; }

} // namespace

DeviceProperties DeviceProperties::h100() {
    DeviceProperties d;
    d.name = "PcKernels emulator (H100 limits)";
    return d;
}

DeviceProperties DeviceProperties::a100() {
    DeviceProperties d;
    d.name = "PcKernels emulator (A100 limits)";
    d.capability_major = 8;
    d.multiprocessors = 108;
    d.shared_per_block_optin = 163 << 10;
    d.shared_per_multiprocessor = 164 << 10;
    d.l2_bytes = 40 << 20;
    d.clock_khz = 1'410'000;
    d.memory_clock_khz = 1'593'000;
    return d;
}

u32 registers_per_thread(const Function& f) {
    if (f.given_registers != 0)
        return f.given_registers;
    return std::min(most_registers, round_up(f.live_registers + registers_kept_for_addresses, register_step));
}

u32 max_active_blocks(const DeviceProperties& d, const Function& f, u32 threads, u32 dynamic_shared) {
    if (threads == 0 || threads > std::min(d.threads_per_block, f.max_threads))
        return 0;
    const u32 shared = f.static_shared + dynamic_shared;
    if (shared < dynamic_shared || shared > d.shared_per_block_optin)
        return 0;
    const u32 warps = (threads + warp_size - 1) / warp_size;
    const u32 registers_of_warp = round_up(round_up(registers_per_thread(f), register_step) * warp_size, d.registers_granule);
    const u32 warps_by_registers = d.registers_per_multiprocessor / registers_of_warp;
    if (warps * registers_of_warp > d.registers_per_block)
        return 0;
    const u32 shared_of_block = round_up(shared + d.shared_reserved_per_block, d.shared_granule);
    return std::min({d.blocks_per_multiprocessor, d.threads_per_multiprocessor / (warps * warp_size), warps_by_registers / warps,
                     d.shared_per_multiprocessor / shared_of_block});
}

} // namespace pck::emulator
