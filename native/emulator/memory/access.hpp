// Addresses of a warp's lanes: made, told apart by space, checked against what is allocated, counted, shown to the race detector.
#pragma once

#include "arithmetic/lanes.hpp"
#include "execution/launch.hpp"
#include "memory/access_pattern.hpp"
#include "races/detector.hpp"

namespace pck::emulator {

// A request that was found to be in bounds: lane l's bytes are at base + pattern->delta[l].
struct Access {
    u8* base;
    AccessPattern* pattern;
};

// The slow ends: they report and throw, or return when nothing is wrong after all.
void check_bounds(Warp& w, const Instruction& i, u32 lanes, u64 first, u32 bytes, Space space, AccessPattern& p);
[[noreturn]] void misaligned(Warp& w, const Instruction& i, u32 lanes, u64 first, u32 bytes, const AccessPattern& p);
void to_local_addresses(Warp& w, const Instruction& i, u32 lanes, u64* addresses, u32 bytes);
void to_argument_addresses(Warp& w, const Instruction& i, u32 lanes, u64* addresses, u32 bytes);

PCK_INLINE void lane_addresses(const Warp& w, const Instruction& i, u64* out) {
    const auto offset = static_cast<u64>(i.immediate);
    if (i.a == no_register) {
        for (u32 l = 0; l < warp_size; ++l)
            out[l] = offset;
    } else if (i.narrow_address) {
        const u32* a = source<u32>(w, i.a);
        for (u32 l = 0; l < warp_size; ++l)
            out[l] = a[l] + static_cast<u32>(offset);
    } else {
        const u64* a = source<u64>(w, i.a);
        for (u32 l = 0; l < warp_size; ++l)
            out[l] = a[l] + offset;
    }
}

// The space of a generic address, which becomes one of that space.
Space resolve(Warp& w, const Instruction& i, u32 lane, u64& address);

// Calls body(lanes, space) once for each space that the lanes' addresses are in.
template <class F> PCK_INLINE void each_space(Warp& w, const Instruction& i, u32 lanes, u64* addresses, F body) {
    if (i.space != Space::generic) {
        body(lanes, i.space == Space::constant ? Space::global : i.space);
        return;
    }
    std::array<u32, 6> by_space{};
    each_lane(lanes, [&](u32 l) { by_space[static_cast<size_t>(resolve(w, i, l, addresses[l]))] |= 1u << l; });
    for (Space space : {Space::global, Space::shared, Space::local, Space::parameter})
        if (const u32 these = by_space[static_cast<size_t>(space)]; these != 0)
            body(these, space);
}

// Everything but the pattern: that one is known to fit.
PCK_INLINE Access checked(Warp& w, const Instruction& i, u32 lanes, u64 first, u32 bytes, u8 how, Space space, AccessPattern& p) {
    Launch& launch = *w.launch;
    if (!PCK_LIKELY((first & (bytes - 1)) == 0 && p.aligned))
        misaligned(w, i, lanes, first, bytes, p);
    u8* base;
    if (space == Space::shared) {
        const s64 low = static_cast<s64>(first) + p.low, high = static_cast<s64>(first) + p.high;
        if (!PCK_LIKELY(p.array != nullptr && low >= p.array->begin && high <= p.array->end))
            check_bounds(w, i, lanes, first, bytes, space, p);
        base = w.block->shared.data() + first;
        if (launch.counting) {
            ++p.requests;
            p.units += p.wavefronts;
            p.ideal_units += p.ideal_wavefronts;
            p.moved_bytes += bytes * lane_count(lanes);
        }
    } else if (space == Space::global) {
        const u64 low = first + static_cast<u64>(p.low), size = static_cast<u64>(p.high - p.low);
        if (!PCK_LIKELY(p.allocation != nullptr && p.allocation->holds(low, size)))
            check_bounds(w, i, lanes, first, bytes, space, p);
        base = reinterpret_cast<u8*>(first);
        if (launch.counting) {
            const u8 known = p.sectors[first & 31];
            ++p.requests;
            p.units += PCK_LIKELY(known != AccessPattern::unknown_sectors) ? known : p.count_sectors(first);
            p.ideal_units += p.ideal_sectors;
            p.moved_bytes += bytes * lane_count(lanes);
        }
    } else {
        return {reinterpret_cast<u8*>(first), &p};
    }
    if (launch.detector != nullptr)
        launch.detector->access(w, i, p, lanes, first, bytes, how, space);
    return {base, &p};
}

// `which` tells the two ends of a copy apart.
PCK_INLINE Access access(Warp& w, const Instruction& i, u32 lanes, u64* addresses, u32 bytes, u8 how, Space space, u32 which = 0) {
    AccessPattern& p = w.launch->patterns[static_cast<size_t>(i.memory) + which];
    if (space == Space::local)
        to_local_addresses(w, i, lanes, addresses, bytes);
    else if (space == Space::parameter)
        to_argument_addresses(w, i, lanes, addresses, bytes);
    const u64 first = addresses[first_lane(lanes)];
    u64 differs = p.lanes == lanes && p.bytes == bytes ? 0 : 1;
    for (u32 l = 0; l < warp_size; ++l)
        differs |= ((addresses[l] - first) ^ p.delta[l]) & p.lane_mask[l];
    if (!PCK_LIKELY(differs == 0))
        p.analyse(lanes, addresses, bytes, space == Space::shared, i.category == Class::load_matrix);
    return checked(w, i, lanes, first, bytes, how, space, p);
}

// The usual case: the whole warp, one space, the pattern of the last time; false when it is not that.
PCK_INLINE bool quick_access(Warp& w, const Instruction& i, u32 lanes, u32 bytes, u8 how, Access& out) {
    if (lanes != all_lanes || i.a == no_register || (i.flags & (volatile_access | strong_access)) != 0)
        return false;
    AccessPattern& p = w.launch->patterns[static_cast<size_t>(i.memory)];
    if (p.lanes != all_lanes || p.bytes != bytes)
        return false;
    if (i.narrow_address) {
        if (i.space != Space::shared)
            return false;
        const u32* a = source<u32>(w, i.a);
        u32 differs = 0;
        for (u32 l = 0; l < warp_size; ++l)
            differs |= (a[l] - a[0]) ^ p.narrow_delta[l];
        if (differs != 0)
            return false;
        out = checked(w, i, lanes, a[0] + static_cast<u32>(i.immediate), bytes, how, Space::shared, p);
        return true;
    }
    if (i.space != Space::global)
        return false;
    const u64* a = source<u64>(w, i.a);
    u64 differs = 0;
    for (u32 l = 0; l < warp_size; ++l)
        differs |= (a[l] - a[0]) ^ p.delta[l];
    if (differs != 0)
        return false;
    out = checked(w, i, lanes, a[0] + static_cast<u64>(i.immediate), bytes, how, Space::global, p);
    return true;
}

} // namespace pck::emulator
