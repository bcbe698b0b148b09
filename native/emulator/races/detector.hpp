// Races by happens-before. Two accesses of the same bytes, one of them a plain write or both not atomic, race unless a chain of
// barriers, warp barriers, fences with atomics, or releases and acquires orders them. Running in lock step orders nothing.
#pragma once

#include "execution/launch.hpp"
#include "races/clock.hpp"

#include <unordered_map>

namespace pck::emulator {

class RaceDetector {
public:
    // The numbers of `events` outlive a launch: what is of earlier ones is stale, and everything stale is ordered.
    RaceDetector(Launch& launch, Events& events);

    void start(Block& block);
    void start(Warp& warp);

    void access(Warp& w, const Instruction& i, AccessPattern& p, u32 lanes, u64 first, u32 bytes, u8 how, Space space);
    // Copies in flight land: from now on they are writes of the waiting threads.
    void landed(Warp& w, const AsyncCopy& copy, u32 lanes);
    // Accesses that other threads may acquire by (reads) or that publish what was fenced or released (writes).
    void strong_access_of(Warp& w, const Instruction& i, u32 lanes, const u64* addresses, Space space, bool reads, bool writes);

    void fence(Warp& w, u32 lanes);
    void warp_barrier(Warp& w, u32 lanes);
    void block_barrier(Block& block);
    void partial_barrier(Block& block, const Barrier& barrier);

private:
    struct Request; // one access, while its granules are looked at

    void take_turn(const Warp& w);
    bool ordered(const Warp& w, u32 lane, const Event& event, u32 event_lane) const;
    bool mine(const Request& r, u32 tag);
    bool settled(Request& r, u32 tag);
    Clock snapshot(const Warp& w, u32 lane) const;
    Shadow* shadow_of(Warp& w, Space space, u64 address, u64& base);
    u32 number(const Event& event);
    void number_event(Request& r, AccessPattern& p);
    void each_granule(Request& r, u32 lane, u64 first_granule, u32 count);
    template <u32 count>
    bool read_alike(Request& r, u32 lane, u64 at);
    void each_row(Request& r, const AccessPattern& p, u32 lanes, u64 first, u32 bytes);
    void granule(Request& r, u32 lane, u64 at);
    void read_granule(Request& r, u32 lane, u64 at, u32 tag);
    enum class Seen : u8 { one_by_one, done, behind_others };
    Seen whole_row(Request& r, u32 lane, u64 at, u32 granules_per_lane);
    void judge(Request& r, u32 lane, u32 tag, bool against_read, u64 at);
    void report(const Request& r, u32 lane, const Event& other, u32 other_lane, const char* what, u64 at);
    void report_uninitialised(const Request& r, u32 lane, u64 at);
    std::string place(const Request& r, u64 at) const;

    Launch& launch_;
    Events& events_;
    const u32 stale_below_; // tags of earlier launches
    const bool races_, uninitialised_;
    // The warp that runs, the first event of this turn of it, events found to be ordered before all of it (once so, always so, while it
    // lives), and one found to be another warp's.
    const Warp* warp_ = nullptr;
    u32 turn_ = 0, memo_[2] = {0, 0}, others_ = 0;
    std::unordered_map<u64, ClockRef> released_; // by address: what an acquire there learns
};

} // namespace pck::emulator
