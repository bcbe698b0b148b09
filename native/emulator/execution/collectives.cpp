// Operations for which lanes of a warp meet: shuffles, votes, matches, reductions, warp barriers. Lanes meet by the member mask that they
// name, coming from different instructions if need be; lanes at one instruction may name different masks.
#include "execution/interpreter.hpp"

#include "arithmetic/lanes.hpp"
#include "races/detector.hpp"

#include <algorithm>
#include <span>

namespace pck::emulator {

namespace {

// What the lanes brought and what they get.
struct Meeting {
    u32 lanes = 0;
    u32 members[warp_size] = {};
    u32 a[warp_size] = {}, b[warp_size] = {}, c[warp_size] = {};
    u64 wide[warp_size] = {};
    u32 result[warp_size] = {};
    u32 predicate = 0;
};

bool is_shuffle(Collective op) { return op >= Collective::shuffle_up && op <= Collective::shuffle_index; }
bool is_vote(Collective op) { return op >= Collective::ballot && op <= Collective::uniform; }
bool is_match(Collective op) { return op == Collective::match_any || op == Collective::match_all; }
bool is_reduction(Collective op) { return op >= Collective::add && op <= Collective::bit_xor; }

void bring(Warp& w, const Instruction& i, u32 lanes, Meeting& m) {
    const auto op = static_cast<Collective>(i.op);
    const u32* members = source<u32>(w, i.c);
    m.lanes |= lanes;
    each_lane(lanes, [&](u32 l) { m.members[l] = members[l]; });
    if (is_shuffle(op)) {
        const u32 *a = source<u32>(w, i.a), *b = source<u32>(w, i.b), *c = source<u32>(w, w.launch->program.extras[static_cast<size_t>(i.extra)][0]);
        each_lane(lanes, [&](u32 l) {
            m.a[l] = a[l];
            m.b[l] = b[l] & 31;
            m.c[l] = c[l];
        });
    } else if (is_vote(op)) {
        const u32 p = i.operand_negated ? ~predicate(w, i.a) : predicate(w, i.a);
        each_lane(lanes, [&](u32 l) { m.a[l] = p >> l & 1; });
    } else if (is_match(op)) {
        each_lane(lanes, [&](u32 l) { m.wide[l] = i.bytes == 8 ? source<u64>(w, i.a)[l] : source<u32>(w, i.a)[l]; });
    } else if (is_reduction(op)) {
        const u32* a = source<u32>(w, i.a);
        each_lane(lanes, [&](u32 l) { m.a[l] = a[l]; });
    }
}

void shuffle(Warp& w, const Instruction& i, Collective op, Meeting& m) {
    each_lane(m.lanes, [&](u32 l) {
        const u32 clamp = m.c[l] & 31, segment = m.c[l] >> 8 & 31, top = (l & segment) | (clamp & ~segment), bottom = l & segment;
        u32 from = l;
        bool inside = false;
        switch (op) {
        case Collective::shuffle_up:
            inside = static_cast<s32>(l - m.b[l]) >= static_cast<s32>(top);
            from = l - m.b[l];
            break;
        case Collective::shuffle_down:
            from = l + m.b[l];
            inside = from <= top;
            break;
        case Collective::shuffle_xor:
            from = l ^ m.b[l];
            inside = from <= top;
            break;
        default:
            from = bottom | (m.b[l] & ~segment & 31);
            inside = from <= top;
        }
        if (!inside)
            from = l;
        if (!has_lane(m.lanes, from) || !has_lane(m.members[l], from)) {
            report_collective(w, i, l, Report::Kind::absent_lane, "a shuffle reads lane " + std::to_string(from) + ", which does not take part");
            from = l;
        }
        m.result[l] = m.a[from];
        m.predicate |= static_cast<u32>(inside) << l;
    });
}

u32 reduce(Collective op, bool is_signed, u32 x, u32 y) {
    const bool less = is_signed ? static_cast<s32>(x) < static_cast<s32>(y) : x < y;
    switch (op) {
    case Collective::add: return x + y;
    case Collective::minimum: return less ? x : y;
    case Collective::maximum: return less ? y : x;
    case Collective::bit_and: return x & y;
    case Collective::bit_or: return x | y;
    default: return x ^ y;
    }
}

void resolve(Warp& w, const Instruction& i, Meeting& m) {
    const auto op = static_cast<Collective>(i.op);
    if (op == Collective::sync) {
        for (u32 rest = m.lanes; rest != 0;) {
            const u32 group = m.members[first_lane(rest)] & m.lanes;
            if (w.launch->detector != nullptr)
                w.launch->detector->warp_barrier(w, group);
            rest &= ~group;
        }
        return;
    }
    if (is_shuffle(op)) {
        shuffle(w, i, op, m);
        return;
    }
    each_lane(m.lanes, [&](u32 l) {
        const u32 group = m.members[l] & m.lanes;
        u32 result = 0;
        bool p = false;
        switch (op) {
        case Collective::ballot:
        case Collective::any:
        case Collective::all:
        case Collective::uniform: {
            each_lane(group, [&](u32 k) { result |= m.a[k] << k; });
            p = op == Collective::any ? result != 0 : op == Collective::all ? result == group : result == group || result == 0;
            break;
        }
        case Collective::match_any:
        case Collective::match_all:
            each_lane(group, [&](u32 k) { result |= m.wide[k] == m.wide[l] ? 1u << k : 0; });
            p = result == group;
            if (op == Collective::match_all && !p)
                result = 0;
            break;
        case Collective::elect:
            result = first_lane(group);
            p = result == l;
            break;
        default: {
            result = m.a[first_lane(group)];
            each_lane(group & (group - 1), [&](u32 k) { result = reduce(op, (i.flags & signed_value) != 0, result, m.a[k]); });
        }
        }
        m.result[l] = result;
        m.predicate |= static_cast<u32>(p) << l;
    });
}

void take(Warp& w, const Instruction& i, u32 lanes, const Meeting& m) {
    if (i.d != no_register) {
        u32* d = destination<u32>(w, i.d);
        each_lane(lanes, [&](u32 l) { d[l] = m.result[l]; });
    }
    if (i.e != no_register)
        set_predicate(w, i.e, lanes, m.predicate);
}

// Runs the operation for the lanes of these paths, which then go on.
void run_meeting(Warp& w, std::span<const u32> parts) {
    const auto& code = w.launch->program.code;
    u8* const registers = w.registers;
    Meeting m;
    for (u32 k : parts) {
        w.registers = w.paths[k].frame->registers;
        bring(w, code[static_cast<size_t>(w.paths[k].next)], w.paths[k].lanes, m);
    }
    resolve(w, code[static_cast<size_t>(w.paths[parts[0]].next)], m);
    for (u32 k : parts) {
        Path& path = w.paths[k];
        w.registers = path.frame->registers;
        take(w, code[static_cast<size_t>(path.next)], path.lanes, m);
        path.state = Path::State::ready;
        ++path.next;
    }
    w.registers = registers;
}

bool same_operation(const Instruction& a, const Instruction& b) { return a.op == b.op && a.flags == b.flags && a.bytes == b.bytes; }

} // namespace

bool complete_collectives(Warp& w) {
    const auto& code = w.launch->program.code;
    bool any = false;
    for (u32 k = 0; k < w.path_count; ++k) {
        const Path& path = w.paths[k];
        if (path.state != Path::State::waits_for_lanes)
            continue;
        std::array<u32, 2 * warp_size + 2> parts;
        size_t count = 0;
        u32 have = 0;
        for (u32 other = 0; other < w.path_count; ++other) {
            const Path& candidate = w.paths[other];
            if (candidate.state == Path::State::waits_for_lanes && candidate.members == path.members &&
                same_operation(code[static_cast<size_t>(candidate.next)], code[static_cast<size_t>(path.next)])) {
                parts[count++] = other;
                have |= candidate.lanes;
            }
        }
        if ((path.members & ~w.exited & ~have) != 0)
            continue;
        run_meeting(w, {parts.data(), count});
        any = true;
    }
    if (any)
        merge_paths(w);
    return any;
}

bool meet(Warp& w, const Instruction& i, u32 lanes) {
    const u32* members = source<u32>(w, i.c);
    const u32 live = w.born & ~w.exited;
    const u32 first = members[first_lane(lanes)];
    u32 different = 0;
    each_lane(lanes, [&](u32 l) { different |= members[l] ^ first; });
    bool everybody = true;
    if (different != 0 || (first & live) != lanes)
        each_lane(lanes, [&](u32 l) {
        if (!has_lane(members[l], l))
            fault(w, i, l, "the lane is not in the member mask that it names, " + hexadecimal(members[l]));
        u32 same = 0;
        each_lane(lanes, [&](u32 k) { same |= members[k] == members[l] ? 1u << k : 0; });
        everybody &= (members[l] & live & ~same) == 0;
    });
    Path& path = w.paths[w.current];
    if (everybody && lanes == path.lanes) {
        const u32 self[] = {w.current};
        run_meeting(w, self);
        return true;
    }
    const Path at = path;
    remove_path(w, w.current);
    if (at.lanes != lanes)
        add_path(w, at.next + 1, at.lanes & ~lanes, at.frame);
    for (u32 rest = lanes; rest != 0;) {
        const u32 named = members[first_lane(rest)];
        u32 same = 0;
        each_lane(rest, [&](u32 l) { same |= members[l] == named ? 1u << l : 0; });
        rest &= ~same;
        Path* waiting = nullptr;
        for (u32 k = 0; k < w.path_count; ++k)
            if (Path& p = w.paths[k]; p.state == Path::State::waits_for_lanes && p.next == at.next && p.frame == at.frame && p.members == (named & w.born))
                waiting = &p;
        if (waiting != nullptr) {
            waiting->lanes |= same;
            continue;
        }
        add_path(w, at.next, same, at.frame);
        w.paths[w.path_count - 1].state = Path::State::waits_for_lanes;
        w.paths[w.path_count - 1].members = named & w.born;
    }
    complete_collectives(w);
    return false;
}

} // namespace pck::emulator
