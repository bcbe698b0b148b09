// cp.async: a copy lands when its thread waits for it and not before, so that a missing wait shows.
#include "memory/access.hpp"
#include "memory/operations.hpp"

#include <algorithm>
#include <cstring>

namespace pck::emulator {

namespace {

// a: destination; b + extras[0]: source; c: bytes that are read, the rest becomes zero.
void copy(Warp& w, const Instruction& i, u32 lanes) {
    alignas(32) u64 to[warp_size];
    alignas(32) u64 from[warp_size];
    lane_addresses(w, i, to);
    const u64* b = source<u64>(w, i.b);
    const auto offset = static_cast<u64>(static_cast<s64>(w.launch->program.extras[static_cast<size_t>(i.extra)][0]));
    const u32* sizes = i.c == no_register ? nullptr : source<u32>(w, i.c);
    const u32 bytes = i.bytes;

    AsyncCopy request{};
    request.bytes = bytes;
    u32 reading = 0;
    for (u32 l = 0; l < warp_size; ++l)
        from[l] = b[l] + offset;
    each_lane(lanes, [&](u32 l) {
        request.copied[l] = static_cast<u8>(sizes == nullptr ? bytes : std::min(sizes[l], bytes));
        reading |= request.copied[l] != 0 ? 1u << l : 0;
    });
    if (reading != 0)
        access(w, i, reading, from, bytes, access_reads, Space::global, 1);
    const Access at = access(w, i, lanes, to, bytes, access_writes | access_in_flight, Space::shared);
    request.event = at.pattern->event;
    each_lane(lanes, [&](u32 l) {
        request.to[l] = static_cast<u32>(to[l]);
        request.from[l] = from[l];
    });
    for (u32 rest = lanes; rest != 0; rest &= ~request.lanes) { // lanes that diverged may be in different groups
        request.group = w.copy_groups[first_lane(rest)];
        request.lanes = 0;
        each_lane(rest, [&](u32 l) { request.lanes |= w.copy_groups[l] == request.group ? 1u << l : 0; });
        w.copies.push_back(request);
    }
}

void commit(Warp& w, const Instruction&, u32 lanes) {
    each_lane(lanes, [&](u32 l) { ++w.copy_groups[l]; });
}

void wait(Warp& w, const Instruction& i, u32 lanes) { wait_for_copies(w, lanes, static_cast<u32>(i.immediate)); }

void fence(Warp& w, const Instruction&, u32 lanes) {
    if (w.launch->detector != nullptr)
        w.launch->detector->fence(w, lanes);
}

} // namespace

void wait_for_copies(Warp& w, u32 lanes, u32 keep) {
    for (AsyncCopy& request : w.copies) {
        u32 done = 0;
        each_lane(request.lanes & lanes, [&](u32 l) {
            if (keep == ~0u || request.group + keep < w.copy_groups[l])
                done |= 1u << l;
        });
        if (done == 0)
            continue;
        each_lane(done, [&](u32 l) {
            u8* to = w.block->shared.data() + request.to[l];
            if (request.copied[l] != 0)
                std::memcpy(to, reinterpret_cast<const void*>(request.from[l]), request.copied[l]);
            std::memset(to + request.copied[l], 0, request.bytes - request.copied[l]);
        });
        ++w.launch->changes;
        if (w.launch->detector != nullptr)
            w.launch->detector->landed(w, request, done);
        request.lanes &= ~done;
    }
    std::erase_if(w.copies, [](const AsyncCopy& request) { return request.lanes == 0; });
}

Handler async_copy_handler() { return copy; }
Handler async_commit_handler() { return commit; }
Handler async_wait_handler() { return wait; }
Handler fence_handler() { return fence; }

} // namespace pck::emulator
