// How barriers, fences, releases and acquires move the clocks.
#include "races/detector.hpp"

namespace pck::emulator {

namespace {

void join(std::unique_ptr<Clock>& into, const Clock& what) {
    if (into == nullptr)
        into = std::make_unique<Clock>();
    into->join(what);
}

// Shared addresses are a block's own.
u64 key_of(const Warp& w, u64 address, Space space) {
    return space == Space::shared ? address | static_cast<u64>(w.block->id + 1) << 24 | 1ull << 63 : address;
}

} // namespace

void RaceDetector::warp_barrier(Warp& w, u32 lanes) {
    WarpClock& clock = w.clock;
    ++clock.time;
    if (clock.any_acquired) {
        Clock together;
        each_lane(lanes, [&](u32 l) {
            if (clock.acquired[l] != nullptr)
                together.join(*clock.acquired[l]);
        });
        if (!together.empty())
            each_lane(lanes, [&](u32 l) { join(clock.acquired[l], together); });
    }
    const u32 live = w.born & ~w.exited;
    if ((lanes & live) == live) {
        clock.synchronised = clock.time;
        return;
    }
    if (clock.pairs == nullptr)
        clock.pairs = std::make_unique<std::array<std::array<u32, warp_size>, warp_size>>();
    auto& pairs = *clock.pairs;
    std::array<u32, warp_size> together{};
    each_lane(lanes, [&](u32 l) {
        for (u32 k = 0; k < warp_size; ++k)
            together[k] = std::max(together[k], pairs[l][k]);
    });
    each_lane(lanes, [&](u32 l) { together[l] = clock.time; });
    each_lane(lanes, [&](u32 l) { pairs[l] = together; });
}

void RaceDetector::block_barrier(Block& block) {
    ++block.clock.epoch;
    block.clock.settled_below = events_.next() << 5;
    for (Warp& w : block.warps) {
        if (!w.clock.any_acquired)
            continue;
        for (auto& acquired : w.clock.acquired)
            if (acquired != nullptr) {
                block.clock.known.join(*acquired);
                acquired.reset();
            }
        w.clock.any_acquired = false;
        for (const auto& read : w.clock.read)
            w.clock.any_acquired |= read != nullptr;
    }
}

// Who only arrives is seen by those who wait, but sees nothing.
void RaceDetector::partial_barrier(Block& block, const Barrier& barrier) {
    const size_t n = block.warps.size();
    if (block.clock.warps.empty())
        block.clock.warps.assign(n * n, 0);
    std::vector<u32> together(n, 0);
    Clock acquired;
    each_lane(barrier.warps, [&](u32 warp) {
        for (size_t k = 0; k < n; ++k)
            together[k] = std::max(together[k], block.clock.warps[warp * n + k]);
        for (const auto& clock : block.warps[warp].clock.acquired)
            if (clock != nullptr)
                acquired.join(*clock);
    });
    each_lane(barrier.warps, [&](u32 warp) { together[warp] = std::max(together[warp], barrier.times[warp]); });
    each_lane(barrier.waiting_warps, [&](u32 warp) {
        for (size_t k = 0; k < n; ++k)
            block.clock.warps[warp * n + k] = std::max(block.clock.warps[warp * n + k], together[k]);
        Warp& w = block.warps[warp];
        w.clock.synchronised = ++w.clock.time;
        if (!acquired.empty()) {
            each_lane(w.born & ~w.exited, [&](u32 l) { join(w.clock.acquired[l], acquired); });
            w.clock.any_acquired = true;
        }
    });
}

// All that this thread knows, itself up to now included.
Clock RaceDetector::snapshot(const Warp& w, u32 lane) const {
    const Block& block = *w.block;
    Clock out = block.clock.known;
    if (w.clock.acquired[lane] != nullptr)
        out.join(*w.clock.acquired[lane]);
    const u32 epoch = block.clock.epoch;
    out.learn(block.id, epoch, Clock::whole_warp | w.id, w.clock.synchronised);
    if (w.clock.pairs != nullptr)
        for (u32 l = 0; l < warp_size; ++l)
            out.learn(block.id, epoch, w.id * warp_size + l, (*w.clock.pairs)[lane][l]);
    if (!block.clock.warps.empty())
        for (u32 k = 0; k < block.warps.size(); ++k)
            out.learn(block.id, epoch, Clock::whole_warp | k, block.clock.warps[w.id * block.warps.size() + k]);
    out.learn(block.id, epoch, w.id * warp_size + lane, w.clock.time + 1);
    return out;
}

// What was read before a fence is acquired by it; what is written after it publishes what came before.
void RaceDetector::fence(Warp& w, u32 lanes) {
    WarpClock& clock = w.clock;
    each_lane(lanes, [&](u32 l) {
        if (clock.read[l] != nullptr) {
            join(clock.acquired[l], *clock.read[l]);
            clock.read[l].reset();
            clock.any_acquired = true;
        }
        clock.fenced[l] = std::make_unique<Clock>(snapshot(w, l));
    });
    ++clock.time;
}

void RaceDetector::strong_access_of(Warp& w, const Instruction& i, u32 lanes, const u64* addresses, Space space, bool reads, bool writes) {
    if (space == Space::local)
        return;
    WarpClock& clock = w.clock;
    bool released = false;
    each_lane(lanes, [&](u32 l) {
        const u64 key = key_of(w, addresses[l], space);
        auto found = released_.find(key);
        const bool acquiring = (i.flags & acquires) != 0;
        if (reads && found != released_.end() && !(acquiring && clock.last[l] == found->second)) {
            join(acquiring ? clock.acquired[l] : clock.read[l], *found->second);
            clock.any_acquired = true;
            if (acquiring)
                clock.last[l] = found->second;
        }
        if (!writes)
            return;
        const bool releasing = (i.flags & releases) != 0;
        if (!releasing && clock.fenced[l] == nullptr) {
            if (!reads && found != released_.end())
                released_.erase(found); // a plain store heads no release sequence; an atomic continues one
            return;
        }
        auto fresh = std::make_shared<Clock>(releasing ? snapshot(w, l) : *clock.fenced[l]);
        if (reads && found != released_.end())
            fresh->join(*found->second);
        released_[key] = std::move(fresh);
        released |= releasing;
    });
    if (released)
        ++clock.time;
}

} // namespace pck::emulator
