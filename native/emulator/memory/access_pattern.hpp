// The addresses of one memory instruction relative to its first lane's. Loops repeat their pattern, so bounds become one comparison, and
// sectors and bank wavefronts a look-up.
#pragma once

#include "core/basics.hpp"
#include "core/program.hpp"

namespace pck::emulator {

struct Allocation;

struct AccessPattern {
    enum class Shape : u8 { scattered, consecutive, uniform, grouped }; // grouped: each 32 bytes of lanes consecutive or uniform

    u32 lanes = 0, bytes = 0;
    Shape shape = Shape::scattered;
    bool aligned = true;
    bool group_consecutive[8] = {};
    u8 group_like[8] = {}; // the first group with these addresses: itself, or an earlier one
    u32 distinct = 0;      // lanes whose address at most one lower lane has: two readers per granule are all that is remembered
    s64 low = 0, high = 0;
    u16 wavefronts = 0, ideal_wavefronts = 0;
    u8 ideal_sectors = 0;
    u8 sectors[32] = {}; // by the low bits of the first address; unknown_sectors until asked for
    alignas(32) u64 delta[warp_size] = {}, lane_mask[warp_size] = {};
    alignas(32) u32 narrow_delta[warp_size] = {};

    // Where it was found to be in bounds the last time.
    Allocation* allocation = nullptr;
    const SharedArray* array = nullptr;

    // Counted.
    u64 requests = 0, units = 0, ideal_units = 0, moved_bytes = 0;

    // The race detector's event of the last access, and what it was made from.
    u32 event = 0, event_block = ~0u, event_epoch = 0, event_time = 0;
    u16 event_warp = 0;
    u8 event_how = 0;

    static constexpr u8 unknown_sectors = 0xff;

    void analyse(u32 active, const u64* addresses, u32 access_bytes, bool shared, bool matrix);
    u8 count_sectors(u64 first);

private:
    u32 find_distinct(u32 active);
};

} // namespace pck::emulator
