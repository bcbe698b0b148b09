// Independent lanes: a warp is a list of paths, each some lanes at one instruction of one frame. Paths that meet are merged.
#include "execution/interpreter.hpp"

#include "races/detector.hpp"

#include <cstring>

namespace pck::emulator {

void add_path(Warp& w, s32 next, u32 lanes, Frame* frame) {
    Path& path = w.paths[w.path_count++];
    path = Path();
    path.next = next;
    path.lanes = lanes;
    path.frame = frame;
    w.launch->most_paths = std::max<u64>(w.launch->most_paths, w.path_count);
}

void remove_path(Warp& w, u32 index) { w.paths[index] = w.paths[--w.path_count]; }

void merge_paths(Warp& w) {
    for (u32 a = 0; a < w.path_count; ++a)
        for (u32 b = a + 1; b < w.path_count;) {
            Path &one = w.paths[a], &other = w.paths[b];
            const bool same = one.next == other.next && one.frame == other.frame && one.state == other.state &&
                              (one.state == Path::State::ready || (one.state == Path::State::waits_for_block && one.barrier == other.barrier));
            if (!same) {
                ++b;
                continue;
            }
            one.lanes |= other.lanes;
            remove_path(w, b);
        }
}

bool choose_path(Warp& w, u32 avoid) {
    // The one to avoid keeps its identity through the merging by its lanes.
    const u32 avoided = avoid < w.path_count ? w.paths[avoid].lanes : 0;
    if (w.path_count > 1)
        merge_paths(w);
    u32 best = ~0u, fallback = ~0u;
    for (u32 k = 0; k < w.path_count; ++k) {
        const Path& path = w.paths[k];
        if (path.state != Path::State::ready)
            continue;
        if ((path.lanes & avoided) != 0) {
            fallback = k;
            continue;
        }
        if (best == ~0u || path.frame->depth > w.paths[best].frame->depth ||
            (path.frame->depth == w.paths[best].frame->depth && path.next < w.paths[best].next))
            best = k;
    }
    best = best == ~0u ? fallback : best;
    if (best == ~0u)
        return false;
    w.current = best;
    return true;
}

void start_warp(Warp& w, Launch& launch, Block& block, u32 id, u32 lanes) {
    w.launch = &launch;
    w.block = &block;
    w.id = id;
    w.constants = launch.program.constants_end();
    w.born = lanes;
    w.exited = ~lanes;
    w.path_count = w.current = w.carry = 0;
    w.done = w.fair = false;
    w.copies.clear();
    w.copy_groups.fill(0);
    w.free_frames.clear();
    for (const auto& frame : w.frames)
        w.free_frames.push_back(frame.get());
    if (w.local_stride != 0)
        std::memset(w.local.data(), 0xff, w.local.size());
    if (launch.detector != nullptr)
        launch.detector->start(w);
    add_path(w, launch.function.begin, lanes, enter(w, launch.function, nullptr, nullptr, -1, lanes));
}

} // namespace pck::emulator
