// Branches, barriers, collectives of a warp, fences.
#include "execution/interpreter.hpp"
#include "memory/operations.hpp"
#include "ptx/decode.hpp"

namespace pck::emulator {

namespace {

void decode_branch(Decoding& d) {
    d.opcode.take("uni");
    d.i.category = Class::control;
    if (d.opcode.head == "bra") {
        d.opcode.finish();
        d.expect_operands(1, 1);
        d.i.kind = Kind::branch;
        d.builder.branch_to(d.operands[0].name);
        return;
    }
    d.opcode.take("idx");
    d.opcode.finish();
    d.expect_operands(2, 2);
    d.i.kind = Kind::branch_table;
    d.builder.source(d.i, Field::a, d.operands[0], false);
    d.builder.add_extras(d.i, 0);
    d.builder.branch_table(d.operands[1].name);
}

void decode_barrier(Decoding& d) {
    d.opcode.take("cta");
    d.opcode.take("aligned");
    if (d.opcode.take("warp")) {
        if (!d.opcode.take("sync"))
            d.opcode.unknown();
        d.opcode.finish();
        d.expect_operands(1, 1);
        d.i.kind = Kind::collective;
        d.i.category = Class::warp;
        d.i.op = static_cast<u8>(Collective::sync);
        d.builder.source(d.i, Field::c, d.operands[0], false);
        return;
    }
    d.i.kind = Kind::block_barrier;
    d.i.category = Class::barrier;
    if (d.opcode.take("sync")) {
        d.opcode.finish();
        d.expect_operands(1, 2);
        d.i.op = static_cast<u8>(BarrierOp::sync);
        d.builder.source(d.i, Field::a, d.operands[0], false);
        if (d.operands.size() == 2)
            d.builder.source(d.i, Field::b, d.operands[1], false);
    } else if (d.opcode.take("arrive")) {
        d.opcode.finish();
        d.expect_operands(2, 2);
        d.i.op = static_cast<u8>(BarrierOp::arrive);
        d.builder.source(d.i, Field::a, d.operands[0], false);
        d.builder.source(d.i, Field::b, d.operands[1], false);
    } else if (d.opcode.take("red")) {
        const std::string_view what = d.opcode.take_one({"popc", "and", "or"});
        d.opcode.take_types();
        d.opcode.finish();
        d.expect_operands(3, 4);
        if (what.empty())
            d.opcode.unknown();
        d.i.op = static_cast<u8>(what == "popc" ? BarrierOp::count : what == "and" ? BarrierOp::every : BarrierOp::some);
        if (what == "popc")
            d.builder.destination(d.i, Field::d, d.operands[0], false);
        else
            d.builder.predicate_destination(d.i, Field::d, d.operands[0]);
        if (d.i.d == no_register)
            throw LoadError("there is no destination");
        d.builder.source(d.i, Field::a, d.operands[1], false);
        if (d.operands.size() == 4)
            d.builder.source(d.i, Field::b, d.operands[2], false);
        d.builder.predicate_source(d.i, Field::c, d.operands.back());
        d.i.operand_negated = d.operands.back().negated;
    } else {
        d.opcode.unknown();
    }
}

struct Named {
    std::string_view name;
    Collective op;
};

Collective choose(Decoding& d, std::initializer_list<Named> choices) {
    for (const Named& choice : choices)
        if (d.opcode.take(choice.name))
            return choice.op;
    d.opcode.unknown();
}

void begin_collective(Decoding& d, Collective op) {
    d.i.kind = Kind::collective;
    d.i.category = Class::warp;
    d.i.op = static_cast<u8>(op);
}

// shfl.sync.MODE.b32 d[|p], a, b, c, members
void decode_shuffle(Decoding& d) {
    if (!d.opcode.take("sync"))
        d.opcode.unknown();
    begin_collective(d, choose(d, {{"up", Collective::shuffle_up}, {"down", Collective::shuffle_down}, {"bfly", Collective::shuffle_xor}, {"idx", Collective::shuffle_index}}));
    d.opcode.take_types();
    d.opcode.finish();
    const size_t first = d.piped ? 2 : 1;
    d.expect_operands(first + 4, first + 4);
    d.builder.destination(d.i, Field::d, d.operands[0], false);
    if (d.piped)
        d.builder.predicate_destination(d.i, Field::e, d.operands[1]);
    d.builder.source(d.i, Field::a, d.operands[first], false);
    d.builder.source(d.i, Field::b, d.operands[first + 1], false);
    d.builder.source(d.i, Field::c, d.operands[first + 3], false);
    d.builder.add_extras(d.i, 1);
    d.builder.source(d.i, extra(0), d.operands[first + 2], false);
}

void decode_vote(Decoding& d) {
    if (!d.opcode.take("sync"))
        d.opcode.unknown();
    const Collective op = choose(d, {{"ballot", Collective::ballot}, {"any", Collective::any}, {"all", Collective::all}, {"uni", Collective::uniform}});
    begin_collective(d, op);
    d.opcode.take_types();
    d.opcode.finish();
    d.expect_operands(3, 3);
    if (op == Collective::ballot)
        d.builder.destination(d.i, Field::d, d.operands[0], false);
    else
        d.builder.predicate_destination(d.i, Field::e, d.operands[0]);
    d.builder.predicate_source(d.i, Field::a, d.operands[1]);
    d.i.operand_negated = d.operands[1].negated;
    d.builder.source(d.i, Field::c, d.operands[2], false);
}

void decode_match(Decoding& d) {
    begin_collective(d, choose(d, {{"any", Collective::match_any}, {"all", Collective::match_all}}));
    if (!d.opcode.take("sync"))
        d.opcode.unknown();
    const auto types = d.opcode.take_types();
    d.opcode.finish();
    const size_t first = d.piped ? 2 : 1;
    d.expect_operands(first + 2, first + 2);
    const bool wide = types.size() == 1 && type_bytes(types[0]) == 8;
    d.i.bytes = wide ? 8 : 4;
    d.builder.destination(d.i, Field::d, d.operands[0], false);
    if (d.piped)
        d.builder.predicate_destination(d.i, Field::e, d.operands[1]);
    d.builder.source(d.i, Field::a, d.operands[first], wide);
    d.builder.source(d.i, Field::c, d.operands[first + 1], false);
}

void decode_reduction(Decoding& d) {
    if (!d.opcode.take("sync"))
        d.opcode.unknown();
    begin_collective(d, choose(d, {{"add", Collective::add},
                                   {"min", Collective::minimum},
                                   {"max", Collective::maximum},
                                   {"and", Collective::bit_and},
                                   {"or", Collective::bit_or},
                                   {"xor", Collective::bit_xor}}));
    const auto types = d.opcode.take_types();
    d.opcode.finish();
    d.expect_operands(3, 3);
    if (types.size() != 1 || is_float(types[0]))
        d.opcode.unknown();
    d.i.flags = types[0].starts_with('s') ? signed_value : 0;
    d.builder.destination(d.i, Field::d, d.operands[0], false);
    d.builder.source(d.i, Field::a, d.operands[1], false);
    d.builder.source(d.i, Field::c, d.operands[2], false);
}

void decode_elect(Decoding& d) {
    if (!d.opcode.take("sync"))
        d.opcode.unknown();
    d.opcode.finish();
    d.expect_operands(3, 3);
    begin_collective(d, Collective::elect);
    d.builder.destination(d.i, Field::d, d.operands[0], false);
    d.builder.predicate_destination(d.i, Field::e, d.operands[1]);
    d.builder.source(d.i, Field::c, d.operands[2], false);
}

void decode_fence(Decoding& d) {
    d.opcode.drop({"acq_rel", "sc", "gl", "sys", "cta", "gpu", "cluster"});
    d.opcode.finish();
    d.expect_operands(0, 0);
    d.i.category = Class::control;
    d.i.handler = fence_handler();
}

} // namespace

bool decode_control(Decoding& d) {
    const std::string_view head = d.opcode.head;
    if (head == "bra" || head == "brx") {
        decode_branch(d);
    } else if (head == "ret" || head == "exit") {
        d.opcode.take("uni");
        d.opcode.finish();
        d.expect_operands(0, 0);
        d.i.kind = head == "exit" || d.builder.function.entry ? Kind::exit : Kind::leave;
        d.i.category = Class::control;
    } else if (head == "trap" || head == "brkpt") {
        d.i.kind = Kind::trap;
        d.i.category = Class::control;
    } else if (head == "nanosleep") {
        d.i.kind = Kind::spin;
        d.i.category = Class::control;
    } else if (head == "bar" || head == "barrier") {
        decode_barrier(d);
    } else if (head == "shfl") {
        decode_shuffle(d);
    } else if (head == "vote") {
        decode_vote(d);
    } else if (head == "match") {
        decode_match(d);
    } else if (head == "redux") {
        decode_reduction(d);
    } else if (head == "elect") {
        decode_elect(d);
    } else if (head == "membar" || head == "fence") {
        decode_fence(d);
    } else {
        return false;
    }
    return true;
}

} // namespace pck::emulator
