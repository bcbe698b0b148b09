#include "memory/access_pattern.hpp"

#include <algorithm>
#include <array>

namespace pck::emulator {

namespace {

// The distinct words among those that some lanes ask for, and by bank.
class Asked {
public:
    void add(u32 word) {
        size_t at = (word * 2654435761u) >> 24;
        while (places_[at] != 0 && places_[at] != u64{word} + 1)
            at = (at + 1) % places_.size();
        if (places_[at] != 0)
            return;
        places_[at] = u64{word} + 1;
        ++count;
        worst = std::max<u32>(worst, ++banks_[word % 32]);
    }

    u32 count = 0;
    u32 worst = 0; // the most that one of the 32 banks is asked for

private:
    std::array<u64, 256> places_{}; // twice as many as 32 lanes of 16 bytes fill; a word and one, 0: free
    std::array<u8, 32> banks_{};
};

Asked asked_by(const u32* words, u32 lanes, u32 words_per_lane) {
    Asked asked;
    each_lane(lanes, [&](u32 l) {
        for (u32 k = 0; k < words_per_lane; ++k)
            asked.add(words[l] + k);
    });
    return asked;
}

} // namespace

void AccessPattern::analyse(u32 active, const u64* addresses, u32 access_bytes, bool shared, bool matrix) {
    const u64 first = addresses[first_lane(active)];
    lanes = active;
    bytes = access_bytes;
    low = 0;
    high = bytes;
    aligned = true;
    std::fill(std::begin(sectors), std::end(sectors), unknown_sectors);
    bool consecutive = active == all_lanes, uniform = true;
    for (u32 l = 0; l < warp_size; ++l) {
        const bool on = has_lane(active, l);
        lane_mask[l] = on ? ~0ull : 0;
        delta[l] = on ? addresses[l] - first : 0;
        narrow_delta[l] = static_cast<u32>(delta[l]);
        if (!on)
            continue;
        const auto d = static_cast<s64>(delta[l]);
        low = std::min(low, d);
        high = std::max(high, d + static_cast<s64>(bytes));
        aligned &= (d & (bytes - 1)) == 0;
        consecutive &= d == static_cast<s64>(l) * bytes;
        uniform &= d == 0;
    }
    shape = uniform ? Shape::uniform : consecutive ? Shape::consecutive : Shape::scattered;
    if (shape == Shape::scattered && active == all_lanes && (bytes == 4 || bytes == 8)) {
        const u32 lanes_per_group = 32 / bytes;
        shape = Shape::grouped;
        for (u32 begin = 0; begin < warp_size; begin += lanes_per_group) {
            bool same = true, next = true;
            for (u32 l = 0; l < lanes_per_group; ++l) {
                same &= delta[begin + l] == delta[begin];
                next &= delta[begin + l] == delta[begin] + l * bytes;
            }
            const u32 group = begin / lanes_per_group;
            group_consecutive[group] = !same;
            if (!same && !next)
                shape = Shape::scattered;
            group_like[group] = static_cast<u8>(group);
            for (u32 k = group; k-- > 0;)
                if (group_consecutive[k] == !same && delta[k * lanes_per_group] == delta[begin])
                    group_like[group] = static_cast<u8>(k);
        }
    }

    ideal_sectors = static_cast<u8>((find_distinct(active) * bytes + 31) / 32);
    if (!shared)
        return;

    // 8- and 16-byte accesses go in half and quarter warps, unless no bank is asked for two words by the whole of it.
    u32 words[warp_size];
    for (u32 l = 0; l < warp_size; ++l)
        words[l] = static_cast<u32>(addresses[l] >> 2);
    const u32 words_per_lane = std::max(1u, bytes / 4), part = bytes >= 16 ? 8 : bytes == 8 ? 16 : 32;
    u32 waves = 0;
    for (u32 begin = 0; part < 32 && begin < warp_size; begin += part) {
        const u32 group = ((1u << part) - 1) << begin & active;
        if (group != 0)
            waves += asked_by(words, group, words_per_lane).worst;
    }
    const Asked whole = asked_by(words, active, words_per_lane);
    if (part == 32 || (!matrix && whole.worst == 1))
        waves = whole.worst;
    wavefronts = static_cast<u16>(waves);
    ideal_wavefronts = static_cast<u16>(matrix ? (lane_count(active) + 7) / 8 : (whole.count + 31) / 32);
}

// How many addresses there are; notes which lanes name them.
u32 AccessPattern::find_distinct(u32 active) {
    if (shape == Shape::consecutive) {
        distinct = active;
        return warp_size;
    }
    if (shape == Shape::uniform) {
        const u32 rest = active & (active - 1);
        distinct = (active & -active) | (rest & -rest);
        return 1;
    }
    distinct = 0;
    std::array<u64, warp_size> seen;
    u32 count = 0, places = 0;
    each_lane(active, [&](u32 l) {
        u32 equal = 0;
        for (u32 k = 0; k < count && equal < 2; ++k)
            equal += seen[k] == delta[l];
        if (equal < 2)
            distinct |= 1u << l;
        places += equal == 0;
        seen[count++] = delta[l];
    });
    return places;
}

u8 AccessPattern::count_sectors(u64 first) {
    std::array<u64, 2 * warp_size> touched;
    size_t count = 0;
    each_lane(lanes, [&](u32 l) {
        const u64 begin = first + delta[l];
        touched[count++] = begin >> 5; // aligned accesses of up to 16 bytes touch one
        touched[count++] = (begin + bytes - 1) >> 5;
    });
    std::sort(touched.begin(), touched.begin() + static_cast<long>(count));
    const auto distinct_sectors = std::unique(touched.begin(), touched.begin() + static_cast<long>(count)) - touched.begin();
    return sectors[first & 31] = static_cast<u8>(distinct_sectors);
}

} // namespace pck::emulator
