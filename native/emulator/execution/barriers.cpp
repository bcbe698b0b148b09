// bar and barrier: sixteen numbered barriers of a block, which count threads.
#include "execution/interpreter.hpp"

#include "arithmetic/lanes.hpp"
#include "races/detector.hpp"

namespace pck::emulator {

namespace {

void give_result(Warp& w, const Path& path, const Instruction& i, const Barrier& barrier) {
    const auto op = static_cast<BarrierOp>(i.op);
    if (op == BarrierOp::sync || op == BarrierOp::arrive)
        return;
    u8* const registers = w.registers;
    w.registers = path.frame->registers;
    if (op == BarrierOp::count) {
        u32* d = destination<u32>(w, i.d);
        each_lane(path.lanes, [&](u32 l) { d[l] = barrier.count; });
    } else {
        set_predicate(w, i.d, path.lanes, (op == BarrierOp::every ? barrier.every : barrier.some) ? all_lanes : 0);
    }
    w.registers = registers;
}

} // namespace

void complete_barrier(Block& block, u32 number) {
    Barrier& barrier = block.barriers[number];
    if (barrier.arrived == 0 || barrier.arrived < (barrier.expected == 0 ? block.live : barrier.expected))
        return;
    Launch& launch = *block.warps[0].launch;
    const bool whole_block = barrier.expected == 0 || (barrier.expected >= block.threads && barrier.waiting_warps == barrier.warps);
    for (Warp& w : block.warps) {
        s32 met_at = -1;
        for (u32 k = 0; k < w.path_count; ++k) {
            Path& path = w.paths[k];
            if (path.state != Path::State::waits_for_block || path.barrier != number)
                continue;
            const Instruction& i = launch.program.code[static_cast<size_t>(path.next)];
            if (met_at >= 0 && met_at != path.next)
                report_collective(w, i, first_lane(path.lanes), Report::Kind::divergent_barrier,
                                  "one warp comes to barrier " + std::to_string(number) + " at two instructions, the other being " + launch.program.describe(met_at));
            met_at = path.next;
            give_result(w, path, i, barrier);
            path.state = Path::State::ready;
            ++path.next;
        }
        merge_paths(w);
    }
    ++launch.barriers;
    ++launch.changes;
    if (launch.detector != nullptr) {
        if (whole_block)
            launch.detector->block_barrier(block);
        else
            launch.detector->partial_barrier(block, barrier);
    }
    barrier = Barrier();
}

void complete_barriers(Block& block) {
    for (u32 number = 0; number < block.barriers.size(); ++number)
        complete_barrier(block, number);
}

bool arrive(Warp& w, const Instruction& i, u32 lanes) {
    Block& block = *w.block;
    const u32 lane = first_lane(lanes), number = source<u32>(w, i.a)[lane];
    if (number >= block.barriers.size())
        fault(w, i, lane, "there is no barrier " + std::to_string(number));
    Barrier& barrier = block.barriers[number];
    const u32 expected = i.b == no_register ? 0 : source<u32>(w, i.b)[lane];
    if (expected % warp_size != 0)
        fault(w, i, lane, "barrier " + std::to_string(number) + " of " + std::to_string(expected) + " threads, which are no whole warps");
    if (barrier.arrived != 0 && barrier.expected != expected)
        fault(w, i, lane,
              "barrier " + std::to_string(number) + " with " + std::to_string(expected) + " threads where others came with " + std::to_string(barrier.expected));
    const auto op = static_cast<BarrierOp>(i.op);
    barrier.expected = expected;
    barrier.arrived += lane_count(lanes);
    barrier.warps |= 1u << w.id;
    if (op != BarrierOp::arrive)
        barrier.waiting_warps |= 1u << w.id;
    barrier.times[w.id] = ++w.clock.time;
    if (op >= BarrierOp::count) {
        const u32 p = i.operand_negated ? ~predicate(w, i.c) : predicate(w, i.c);
        barrier.count += lane_count(p & lanes);
        barrier.every &= (~p & lanes) == 0;
        barrier.some |= (p & lanes) != 0;
    }
    if (op == BarrierOp::arrive) {
        ++w.paths[w.current].next;
        complete_barrier(block, number);
        return true;
    }
    const Path at = w.paths[w.current];
    if (at.lanes != lanes) {
        add_path(w, at.next + 1, at.lanes & ~lanes, at.frame);
        w.paths[w.current].lanes = lanes;
    }
    w.paths[w.current].state = Path::State::waits_for_block;
    w.paths[w.current].barrier = number;
    complete_barrier(block, number);
    return false;
}

} // namespace pck::emulator
