// Who knows what to have happened: the clocks that barriers, warp barriers, fences and release/acquire pairs move.
//
// A block counts its barriers (epochs), a warp its synchronisations (times). An access happened before another if the second one's
// thread knows of a later epoch of the first one's block, or of a later time of its thread or warp.
#pragma once

#include "core/basics.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

namespace pck::emulator {

// One access of one warp between two synchronisations. Handed around by number: 27 bits, so that a lane fits beside it.
struct Event {
    u32 block = 0, epoch = 0, time = 0, instruction = 0;
    u16 warp = 0;
    u8 how = 0; // AccessHow
};

enum AccessHow : u8 { access_reads = 0, access_writes = 1, access_strong = 2, access_in_flight = 4 };

// The events of a launch. Their numbers go on from those of the launches before: what memory remembers of those is below `first`.
class Events {
public:
    // Events are numbered below this; so a tag's highest bit is free.
    static constexpr u32 most = 1u << 26;

    void start_launch() {
        first_ = next();
        list_.clear();
    }
    void forget() {
        first_ = 1;
        list_.clear();
    }
    u32 first() const { return first_; }
    u32 next() const { return first_ + static_cast<u32>(list_.size()); }
    u32 add(const Event& event) {
        list_.push_back(event);
        return next() - 1;
    }
    const Event& operator[](u32 number) const { return list_[number - first_]; }

private:
    u32 first_ = 1;
    std::vector<Event> list_;
};

// What is known of other blocks: everything before an epoch, and of the epoch then current single threads or whole warps up to a time.
class Clock {
public:
    static constexpr u32 whole_warp = 1u << 31; // or'ed to a warp's number

    bool knows(const Event& event, u32 lane) const {
        auto found = blocks_.find(event.block);
        if (found == blocks_.end())
            return false;
        if (event.epoch < found->second.epoch)
            return true;
        for (const Entry& e : found->second.entries)
            if (event.time < e.time && (e.who == event.warp * warp_size + lane || e.who == (whole_warp | event.warp)))
                return true;
        return false;
    }

    void learn(u32 block, u32 epoch, u32 who, u32 time) {
        Known& known = blocks_[block];
        if (epoch < known.epoch)
            return;
        if (epoch > known.epoch) { // what was known of single threads is a part of what is known now
            known.epoch = epoch;
            known.entries.clear();
        }
        if (time == 0)
            return;
        for (Entry& e : known.entries)
            if (e.who == who) {
                e.time = std::max(e.time, time);
                return;
            }
        known.entries.push_back({who, time});
    }

    void join(const Clock& other) {
        for (const auto& [block, known] : other.blocks_) {
            learn(block, known.epoch, 0, 0);
            for (const Entry& e : known.entries)
                learn(block, known.epoch, e.who, e.time);
        }
    }

    bool empty() const { return blocks_.empty(); }
    void clear() { blocks_.clear(); }

private:
    struct Entry {
        u32 who, time;
    };
    struct Known {
        u32 epoch = 0;
        std::vector<Entry> entries;
    };
    std::map<u32, Known> blocks_;
};

using ClockRef = std::shared_ptr<const Clock>;

// The part of a warp that the detector owns.
struct WarpClock {
    u32 time = 1, synchronised = 0;                                           // now; when all its lanes last met
    std::unique_ptr<std::array<std::array<u32, warp_size>, warp_size>> pairs; // [a][b]: a knows b up to this time
    std::array<std::unique_ptr<Clock>, warp_size> acquired, read, fenced;     // known; read but not yet behind a fence; at the last fence
    std::array<ClockRef, warp_size> last;                                     // what was acquired last: spinning joins nothing twice
    bool any_acquired = false;
};

// Per granule of memory the last write and two reads, each a tag: `event << 5 | lane`, with the highest bit while a copy is in flight; 0
// is none.
struct Shadow {
    explicit Shadow(u64 bytes);
    Shadow(const Shadow&) = delete;
    Shadow& operator=(const Shadow&) = delete;
    ~Shadow();
    void refine(u32 shift);
    void clear(u64 begin, u64 end);

    u32 shift = 2; // of a granule's size: 4 bytes until a kernel uses smaller ones
    u64 granules = 0;
    u32 *write = nullptr, *read = nullptr, *other_read = nullptr;
};

// The part of a block that the detector owns.
struct BlockClock {
    u32 epoch = 1;
    u32 settled_below = 0;          // tags of its shared memory from before its last barrier: all of them are ordered before what comes
    Clock known;                    // what its threads acquired before its last barrier
    std::vector<u32> warps;         // [a * warps + b]: warp a knows warp b up to this time, by named barriers
    std::unique_ptr<Shadow> shadow; // of shared memory
};

} // namespace pck::emulator
