// Eight tags of a shadow, side by side, looked at together.
#pragma once

#include "arithmetic/lanes.hpp"

#include <cstring>

namespace pck::emulator {

struct TagRow {
    static constexpr u32 length = 8;
    using Tags = u32 __attribute__((vector_size(32)));

    Tags tags;

    PCK_INLINE explicit TagRow(const u32* from) { std::memcpy(&tags, from, sizeof tags); }
    // Of one event: `first` and the lanes after it, each for as many granules as it has.
    PCK_INLINE TagRow(u32 first, u32 granules_per_lane)
        : tags((granules_per_lane == 1 ? Tags{0, 1, 2, 3, 4, 5, 6, 7} : Tags{0, 0, 1, 1, 2, 2, 3, 3}) + first) {}

    PCK_INLINE void put(u32* to) const { std::memcpy(to, &tags, sizeof tags); }

    // Every tag is below `limit` or of one of these events.
    PCK_INLINE bool settled(u32 limit, u32 event, u32 other_event) const {
        const Tags events = tags >> 5;
        return none((tags >= limit) & (events != event) & (events != other_event));
    }
    PCK_INLINE bool has_zero() const { return !none(tags == 0); }
    PCK_INLINE bool of_one_event() const { return none((tags >> 5) != (tags[0] >> 5)); }

private:
    template <class V>
    PCK_INLINE static bool none(const V& flags) {
        u64 parts[4];
        std::memcpy(parts, &flags, sizeof parts);
        return (parts[0] | parts[1] | parts[2] | parts[3]) == 0;
    }
};

} // namespace pck::emulator
