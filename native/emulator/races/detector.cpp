// What every access does to the shadow of the memory it touches. Clocks are in synchronisation.cpp.
#include "races/detector.hpp"

#include "arithmetic/lanes.hpp"
#include "memory/device_memory.hpp"
#include "races/tag_row.hpp"

namespace pck::emulator {

namespace {

constexpr u32 tag_in_flight = 1u << 31;

u32 tag_of(u32 event, u32 lane) { return event << 5 | lane; }
u32 lane_of(u32 tag) { return tag & 31; }
u32 event_of(u32 tag) { return (tag & ~tag_in_flight) >> 5; }

} // namespace

struct RaceDetector::Request {
    Warp& w;
    const Instruction& i;
    Shadow* shadow;
    Space space;
    u64 base;
    u8 how;
    u32 settled_below; // tags that are ordered before this block
    u32 event = 0;

    bool writes() const { return (how & access_writes) != 0; }
    bool strong() const { return (how & access_strong) != 0; }
    u32 tag(u32 lane) const { return tag_of(event, lane) | ((how & access_in_flight) != 0 ? tag_in_flight : 0); }
};

RaceDetector::RaceDetector(Launch& launch, Events& events)
    : launch_(launch), events_(events), stale_below_(events.first() << 5), races_(launch.config.checks.races != Check::off),
      uninitialised_(launch.config.checks.uninitialised != Check::off) {}

void RaceDetector::start(Block& block) {
    block.clock.epoch = 1;
    block.clock.settled_below = events_.next() << 5;
    block.clock.known.clear();
    block.clock.warps.clear();
    if (block.clock.shadow == nullptr)
        block.clock.shadow = std::make_unique<Shadow>(launch_.shared_end);
    else
        for (const SharedArray& array : launch_.shared)
            block.clock.shadow->clear(array.begin, array.end);
}

void RaceDetector::start(Warp& warp) {
    warp.clock = WarpClock();
    warp_ = nullptr;
}

PCK_INLINE void RaceDetector::take_turn(const Warp& w) {
    if (warp_ == &w)
        return;
    warp_ = &w;
    turn_ = events_.next();
    memo_[0] = memo_[1] = others_ = 0;
}

Shadow* RaceDetector::shadow_of(Warp& w, Space space, u64 address, u64& base) {
    base = 0;
    if (space == Space::shared)
        return w.block->clock.shadow.get();
    Allocation* allocation = launch_.memory.find(address);
    if (allocation == nullptr)
        return nullptr;
    base = allocation->base;
    if (allocation->shadow == nullptr)
        allocation->shadow = std::make_unique<Shadow>(allocation->size);
    return allocation->shadow.get();
}

u32 RaceDetector::number(const Event& event) {
    if (events_.next() >= Events::most)
        throw Fault(Fault::Kind::other, launch_.function.name + ": too many accesses for the race detector: check a smaller launch");
    return events_.add(event);
}

// Accesses of one warp by one instruction between two synchronisations are one event.
void RaceDetector::number_event(Request& r, AccessPattern& p) {
    const Warp& w = r.w;
    const Block& block = *w.block;
    if (p.event < events_.first() || p.event_block != block.id || p.event_warp != w.id || p.event_epoch != block.clock.epoch ||
        p.event_time != w.clock.time || p.event_how != r.how) {
        p.event_block = block.id;
        p.event_warp = static_cast<u16>(w.id);
        p.event_epoch = block.clock.epoch;
        p.event_time = w.clock.time;
        p.event_how = r.how;
        p.event = number({block.id, block.clock.epoch, w.clock.time, static_cast<u32>(launch_.number(r.i)), static_cast<u16>(w.id), r.how});
    }
    r.event = p.event;
}

// Of this launch only.
PCK_INLINE bool RaceDetector::mine(const Request& r, u32 tag) {
    const u32 number = event_of(tag);
    if (number >= turn_)
        return true;
    if (number == others_)
        return false;
    const Event& event = events_[number];
    if (event.block == r.w.block->id && event.warp == r.w.id)
        return true;
    others_ = number;
    return false;
}

// Ordered before every lane of this warp, by what is cheap to see.
PCK_INLINE bool RaceDetector::settled(Request& r, u32 tag) {
    if (tag < r.settled_below)
        return true;
    const u32 number = event_of(tag);
    if (number == memo_[0] || number == memo_[1])
        return true;
    const Event& event = events_[number];
    const Block& block = *r.w.block;
    if ((event.how & access_in_flight) != 0 || event.block != block.id)
        return false;
    if (event.epoch >= block.clock.epoch && !(event.warp == r.w.id && event.time < r.w.clock.synchronised))
        return false;
    memo_[1] = memo_[0];
    memo_[0] = number;
    return true;
}

bool RaceDetector::ordered(const Warp& w, u32 lane, const Event& event, u32 event_lane) const {
    if ((event.how & access_in_flight) != 0)
        return false;
    const Block& block = *w.block;
    if (event.block == block.id) {
        if (event.epoch < block.clock.epoch)
            return true;
        if (event.warp == w.id) {
            if (event_lane == lane || event.time < w.clock.synchronised)
                return true;
            if (w.clock.pairs != nullptr && (*w.clock.pairs)[lane][event_lane] > event.time)
                return true;
        } else if (!block.clock.warps.empty() && block.clock.warps[w.id * block.warps.size() + event.warp] > event.time) {
            return true;
        }
    }
    return block.clock.known.knows(event, event_lane) ||
           (w.clock.acquired[lane] != nullptr && w.clock.acquired[lane]->knows(event, event_lane));
}

void RaceDetector::judge(Request& r, u32 lane, u32 tag, bool against_read, u64 at) {
    const Event& other = events_[event_of(tag)];
    if (r.strong() && (other.how & access_strong) != 0)
        return;
    const bool in_flight = (other.how & access_in_flight) != 0;
    if (event_of(tag) == r.event && lane_of(tag) != lane && r.writes()) {
        report(r, lane, other, lane_of(tag), "race (write after write by one instruction)", at);
        return;
    }
    if (!in_flight && mine(r, tag) && lane_of(tag) == lane)
        return;
    if (!ordered(r.w, lane, other, lane_of(tag)))
        report(r, lane, other, lane_of(tag),
               in_flight      ? "access to a copy in flight"
               : against_read ? "race (write after read)"
               : r.writes()   ? "race (write after write)"
                              : "race (read after write)",
               at);
}

PCK_INLINE void RaceDetector::read_granule(Request& r, u32 lane, u64 at, u32 tag) {
    u32 &first = r.shadow->read[at], &second = r.shadow->other_read[at];
    if (settled(r, first) || (mine(r, first) && lane_of(first) == lane))
        first = tag;
    else if (settled(r, second) || mine(r, second) || !mine(r, first))
        second = tag;
    else
        first = tag;
}

PCK_INLINE void RaceDetector::granule(Request& r, u32 lane, u64 at) {
    Shadow& s = *r.shadow;
    const u32 last = s.write[at], tag = r.tag(lane);
    if (!settled(r, last))
        judge(r, lane, last, false, at);
    else if (last == 0 && r.space == Space::shared && !r.writes() && uninitialised_)
        report_uninitialised(r, lane, at);
    if (!r.writes()) {
        read_granule(r, lane, at, tag);
        return;
    }
    for (const u32 reader : {s.read[at], s.other_read[at]})
        if (!settled(r, reader))
            judge(r, lane, reader, true, at);
    s.write[at] = tag;
    s.read[at] = s.other_read[at] = 0;
}

// Eight granules side by side of lanes side by side; one_by_one when they have to be looked at so, behind_others when others read all
// of them in this epoch too and keep their place.
PCK_INLINE RaceDetector::Seen RaceDetector::whole_row(Request& r, u32 lane, u64 at, u32 granules_per_lane) {
    u32 *write = r.shadow->write + at, *read = r.shadow->read + at, *other = r.shadow->other_read + at;
    settled(r, write[0]); // may put its event into the memo
    const auto all_settled = [&](const TagRow& row) PCK_INLINE_LAMBDA { return row.settled(r.settled_below, memo_[0], memo_[1]); };
    const TagRow written(write), fresh(r.tag(lane), granules_per_lane);
    if (!all_settled(written) || (!r.writes() && r.space == Space::shared && uninitialised_ && written.has_zero()))
        return Seen::one_by_one;
    const bool open = !settled(r, read[0]);
    const TagRow readers(read);
    const bool all_read_before = !open && all_settled(readers);
    if (r.writes()) {
        if (!all_read_before || !all_settled(TagRow(other)))
            return Seen::one_by_one;
        fresh.put(write);
        std::memset(read, 0, TagRow::length * sizeof(u32));
        std::memset(other, 0, TagRow::length * sizeof(u32));
        return Seen::done;
    }
    if (all_read_before) {
        fresh.put(read);
        return Seen::done;
    }
    // As in read_granule, the same choice for all eight.
    if (!open || !readers.of_one_event())
        return Seen::one_by_one;
    if (!mine(r, read[0])) {
        fresh.put(other);
        return Seen::behind_others;
    }
    if (!TagRow(other).of_one_event())
        return Seen::one_by_one;
    fresh.put(lane_of(read[0]) != lane && (settled(r, other[0]) || mine(r, other[0])) ? other : read);
    return Seen::done;
}

// Several granules read by one lane that have the same past: one look decides for all of them.
template <u32 count>
PCK_INLINE bool RaceDetector::read_alike(Request& r, u32 lane, u64 at) {
    u32 *write = r.shadow->write + at, *read = r.shadow->read + at, *other = r.shadow->other_read + at;
    u32 different = 0;
    for (u32 k = 1; k < count; ++k)
        different |= (write[k] ^ write[0]) >> 5 | (read[k] ^ read[0]) | (other[k] ^ other[0]);
    if (different != 0 || !settled(r, write[0]) || (write[0] == 0 && r.space == Space::shared && uninitialised_))
        return false;
    read_granule(r, lane, at, r.tag(lane));
    const u32 first = read[0], second = other[0];
    for (u32 k = 1; k < count; ++k) {
        read[k] = first;
        other[k] = second;
    }
    return true;
}

PCK_INLINE void RaceDetector::each_granule(Request& r, u32 lane, u64 first_granule, u32 count) {
    if (!r.writes() && ((count == 4 && read_alike<4>(r, lane, first_granule)) || (count == 2 && read_alike<2>(r, lane, first_granule))))
        return;
    for (u32 k = 0; k < count; ++k)
        granule(r, lane, first_granule + k);
}

// Lanes that are side by side, 32 bytes of them at a time.
PCK_INLINE void RaceDetector::each_row(Request& r, const AccessPattern& p, u32 lanes, u64 first, u32 bytes) {
    const bool consecutive = p.shape == AccessPattern::Shape::consecutive;
    const u32 lanes_per_row = 32 / bytes, row_lanes = (1u << lanes_per_row) - 1;
    u32 behind_others = 0;
    for (u32 group = 0, l = 0; l < warp_size; ++group, l += lanes_per_row) {
        const u32 part = lanes & row_lanes << l;
        if (part == 0 || (!consecutive && (behind_others >> p.group_like[group] & 1) != 0))
            continue; // in the place that is left, one lane of this warp is as good as another
        Seen seen = Seen::one_by_one;
        if (consecutive || p.group_consecutive[group])
            seen = whole_row(r, l, (first + p.delta[l] - r.base) >> 2, bytes / 4);
        if (seen == Seen::one_by_one)
            each_lane(part, [&](u32 lane) { each_granule(r, lane, (first + p.delta[lane] - r.base) >> 2, bytes / 4); });
        else if (seen == Seen::behind_others)
            behind_others |= 1u << group;
    }
}

void RaceDetector::access(Warp& w, const Instruction& i, AccessPattern& p, u32 lanes, u64 first, u32 bytes, u8 how, Space space) {
    Request r{w, i, nullptr, space, 0, how, space == Space::shared ? w.block->clock.settled_below : stale_below_};
    take_turn(w);
    const bool one_place = space == Space::shared || p.allocation != nullptr;
    if (one_place && (r.shadow = shadow_of(w, space, first, r.base)) == nullptr)
        return;
    number_event(r, p);
    const u32 shift = bytes >= 4 ? 2 : bytes == 2 ? 1 : 0;
    const u32 looked_at = r.writes() ? lanes : lanes & p.distinct;
    if (!one_place) { // lanes in several allocations
        each_lane(looked_at, [&](u32 l) {
            const u64 address = first + p.delta[l];
            r.shadow = shadow_of(w, space, address, r.base);
            if (r.shadow->shift > shift)
                r.shadow->refine(shift);
            each_granule(r, l, (address - r.base) >> r.shadow->shift, std::max(1u, bytes >> r.shadow->shift));
        });
        return;
    }
    if (r.shadow->shift > shift)
        r.shadow->refine(shift);
    using Shape = AccessPattern::Shape;
    if ((p.shape == Shape::consecutive || p.shape == Shape::grouped) && r.shadow->shift == 2 && (bytes == 4 || bytes == 8)) {
        each_row(r, p, looked_at, first, bytes);
        return;
    }
    const u32 granules_per_lane = std::max(1u, bytes >> r.shadow->shift);
    each_lane(looked_at, [&](u32 l) { each_granule(r, l, (first + p.delta[l] - r.base) >> r.shadow->shift, granules_per_lane); });
}

void RaceDetector::landed(Warp& w, const AsyncCopy& copy, u32 lanes) {
    take_turn(w);
    Event event = events_[copy.event];
    event.how = access_writes;
    event.epoch = w.block->clock.epoch;
    event.time = w.clock.time;
    const u32 fresh = number(event);
    Shadow& s = *w.block->clock.shadow;
    each_lane(lanes, [&](u32 l) {
        for (u64 g = copy.to[l] >> s.shift; g <= (copy.to[l] + copy.bytes - 1) >> s.shift; ++g)
            if (s.write[g] == (tag_of(copy.event, l) | tag_in_flight))
                s.write[g] = tag_of(fresh, l);
    });
}

std::string RaceDetector::place(const Request& r, u64 at) const {
    const u64 address = r.base + (at << r.shadow->shift);
    if (r.space != Space::shared) {
        const Allocation* allocation = launch_.memory.find(address);
        if (allocation == nullptr)
            return "global " + hexadecimal(address);
        return "global " + allocation->name + "+" + std::to_string(address - allocation->base) + " (" + hexadecimal(address) + ")";
    }
    for (const SharedArray& array : launch_.shared)
        if (address >= array.begin && address < array.end)
            return "shared " + array.name + "+" + std::to_string(address - array.begin);
    return "shared " + hexadecimal(address);
}

void RaceDetector::report(const Request& r, u32 lane, const Event& other, u32 other_lane, const char* what, u64 at) {
    if (!races_)
        return;
    const Report::Kind kind = (other.how & access_in_flight) != 0 ? Report::Kind::copy_in_flight : Report::Kind::race;
    const auto with = static_cast<s32>(other.instruction);
    const u32 variant = (r.writes() ? 1u : 0u) | (other.how & access_writes);
    if (launch_.known(kind, r.i, with, variant << 1))
        return;
    const char* did = (other.how & access_in_flight) != 0 ? "copies asynchronously and has not waited"
                      : (other.how & access_writes) == 0  ? "read"
                      : (other.how & access_strong) != 0  ? "wrote atomically"
                                                          : "wrote";
    launch_.report(kind, launch_.config.checks.races, r.i, with, variant << 1,
                   launch_.function.name + ": " + what + " on " + place(r, at) + ": " +
                       launch_.thread(r.w.block->id, r.w.id * warp_size + lane) + (r.writes() ? " writes at " : " reads at ") +
                       launch_.where(r.i) + "; " + launch_.thread(other.block, other.warp * warp_size + other_lane) + " " + did + " at " +
                       launch_.program.describe(with));
}

void RaceDetector::report_uninitialised(const Request& r, u32 lane, u64 at) {
    if (launch_.known(Report::Kind::uninitialised, r.i, -1, 0))
        return;
    launch_.report(Report::Kind::uninitialised, launch_.config.checks.uninitialised, r.i, -1, 0,
                   launch_.function.name + ": uninitialised read of " + place(r, at) + ": " +
                       launch_.thread(r.w.block->id, r.w.id * warp_size + lane) + " reads at " + launch_.where(r.i));
}

} // namespace pck::emulator
