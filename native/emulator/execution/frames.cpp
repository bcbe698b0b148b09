// Calls and returns. A frame holds the registers, the .param variables and the place in local memory of one call.
#include "execution/interpreter.hpp"

#include "arithmetic/lanes.hpp"

#include <cstring>

namespace pck::emulator {

namespace {

constexpr u32 deepest_call = 512;
constexpr u32 local_begin = 16; // a null pointer to local memory is no array's address

u32 special_value(const Warp& w, Special special, u32 lane) {
    const Launch& launch = *w.launch;
    const Dim3 &block = launch.config.block, &grid = launch.config.grid;
    const u32 thread = w.id * warp_size + lane;
    switch (special) {
    case Special::tid_x: return thread % block.x;
    case Special::tid_y: return thread / block.x % block.y;
    case Special::tid_z: return thread / block.x / block.y;
    case Special::ntid_x: return block.x;
    case Special::ntid_y: return block.y;
    case Special::ntid_z: return block.z;
    case Special::ctaid_x: return w.block->index.x;
    case Special::ctaid_y: return w.block->index.y;
    case Special::ctaid_z: return w.block->index.z;
    case Special::nctaid_x: return grid.x;
    case Special::nctaid_y: return grid.y;
    case Special::nctaid_z: return grid.z;
    case Special::laneid: return lane;
    case Special::warpid: return w.id;
    case Special::nwarpid: return static_cast<u32>(w.block->warps.size());
    case Special::lanemask_eq: return 1u << lane;
    case Special::lanemask_lt: return (1u << lane) - 1;
    case Special::lanemask_le: return (2u << lane) - 1;
    case Special::lanemask_gt: return ~((2u << lane) - 1);
    case Special::lanemask_ge: return ~((1u << lane) - 1);
    case Special::envreg1: return static_cast<u32>(launch.workspace >> 32);
    case Special::envreg2: return static_cast<u32>(launch.workspace);
    case Special::dynamic_smem_size: return launch.config.dynamic_shared;
    case Special::total_smem_size: return launch.shared_total;
    case Special::smid: return w.block->id % launch.properties.multiprocessors;
    case Special::nsmid: return launch.properties.multiprocessors;
    case Special::gridid: return 1;
    }
    return 0;
}

void grow_local(Warp& w, u32 needed) {
    const u32 stride = (std::max(needed, w.local_stride * 2) + 15) & ~15u;
    Bytes fresh(static_cast<u64>(stride) * warp_size);
    std::memset(fresh.data(), 0xff, fresh.size());
    for (u32 lane = 0; lane < warp_size && w.local_stride != 0; ++lane)
        std::memcpy(fresh.data() + static_cast<u64>(lane) * stride, w.local.data() + static_cast<u64>(lane) * w.local_stride, w.local_stride);
    w.local = std::move(fresh);
    w.local_stride = stride;
}

// .param variables of one frame into those of another, for each lane.
void copy_parameters(u32 lanes, const Frame& to, const Frame& from, u32 to_offset, u32 from_offset, u32 bytes) {
    const size_t to_stride = to.function->parameter_bytes, from_stride = from.function->parameter_bytes;
    each_lane(lanes, [&](u32 l) { std::memcpy(to.parameters + l * to_stride + to_offset, from.parameters + l * from_stride + from_offset, bytes); });
}

} // namespace

Frame* enter(Warp& w, const Function& f, Frame* caller, const CallSite* site, s32 return_to, u32 lanes) {
    Frame* frame = nullptr;
    for (size_t k = 0; k < w.free_frames.size() && frame == nullptr; ++k)
        if (w.free_frames[k]->function == &f) {
            frame = w.free_frames[k];
            w.free_frames.erase(w.free_frames.begin() + static_cast<long>(k));
        }
    if (frame == nullptr) {
        w.frames.push_back(std::make_unique<Frame>());
        frame = w.frames.back().get();
        frame->memory = Bytes(f.register_bytes + static_cast<u64>(f.parameter_bytes) * warp_size + 128);
        frame->registers = frame->memory.data();
        frame->parameters = frame->registers + f.register_bytes;
        frame->function = &f;
    }
    frame->caller = caller;
    frame->site = site;
    frame->return_to = return_to;
    frame->lanes = lanes;
    frame->depth = caller == nullptr ? 0 : caller->depth + 1;
    frame->local_base = caller == nullptr ? local_begin : (caller->local_base + caller->function->local_bytes + 15) & ~15u;
    if (frame->depth > deepest_call)
        throw Fault(Fault::Kind::other, w.launch->function.name + ": " + f.name + " is called " + std::to_string(frame->depth) + " deep");
    if (const u32 top = frame->local_base + f.local_bytes; f.local_bytes != 0 && top > w.local_stride)
        grow_local(w, top);
    for (const auto& [special, offset] : f.specials)
        for (u32 lane = 0; lane < warp_size; ++lane)
            reinterpret_cast<u32*>(frame->registers + offset)[lane] = special_value(w, special, lane);
    return frame;
}

void call(Warp& w, const Instruction& i, u32 lanes) {
    const CallSite& site = w.launch->program.calls[static_cast<size_t>(i.extra)];
    const Path at = w.paths[w.current];
    Frame* frame = enter(w, *site.function, at.frame, &site, at.next + 1, lanes);
    for (size_t k = 0; k < site.arguments.size(); ++k) {
        const Parameter& p = site.function->parameters[k];
        copy_parameters(lanes, *frame, *at.frame, p.offset, site.arguments[k].offset, p.size);
    }
    remove_path(w, w.current);
    add_path(w, site.function->begin, lanes, frame);
    if (at.lanes != lanes)
        add_path(w, at.next + 1, at.lanes & ~lanes, at.frame);
}

void leave(Warp& w, u32 lanes) {
    const Path at = w.paths[w.current];
    Frame& frame = *at.frame;
    for (size_t k = 0; k < frame.site->results.size(); ++k) {
        const Parameter& p = frame.function->results[k];
        copy_parameters(lanes, *frame.caller, frame, frame.site->results[k].offset, p.offset, p.size);
    }
    remove_path(w, w.current);
    if (at.lanes != lanes)
        add_path(w, at.next + 1, at.lanes & ~lanes, at.frame);
    add_path(w, frame.return_to, lanes, frame.caller);
    frame.lanes &= ~lanes;
    if (frame.lanes == 0)
        w.free_frames.push_back(&frame);
}

void branch_by_table(Warp& w, const Instruction& i, u32 lanes) {
    const u32* index = source<u32>(w, i.a);
    const auto& table = w.launch->program.extras[static_cast<size_t>(i.extra)];
    const Path at = w.paths[w.current];
    remove_path(w, w.current);
    const u32 others = w.path_count;
    for (u32 rest = lanes; rest != 0;) {
        const u32 lane = first_lane(rest), value = index[lane];
        if (value >= table.size())
            fault(w, i, lane, "branch index " + std::to_string(value) + " is outside a table of " + std::to_string(table.size()));
        u32 same = 0;
        each_lane(rest, [&](u32 l) { same |= table[std::min<size_t>(index[l], table.size() - 1)] == table[value] && index[l] < table.size() ? 1u << l : 0; });
        add_path(w, table[value], same, at.frame);
        rest &= ~same;
    }
    if (at.lanes != lanes)
        add_path(w, at.next + 1, at.lanes & ~lanes, at.frame);
    w.launch->divergent_branches += w.path_count - others > 1;
}

} // namespace pck::emulator
