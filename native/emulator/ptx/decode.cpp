#include "ptx/decode.hpp"

#include "ptx/table.hpp"

namespace pck::emulator {

namespace {

constexpr Field fields[] = {Field::d, Field::a, Field::b, Field::c, Field::e};

const Table& table() {
    static const Table rows = [] {
        Table t;
        add_integer_rows(t);
        add_float_rows(t);
        add_half_rows(t);
        add_move_rows(t);
        return t;
    }();
    return rows;
}

void use_row(Decoding& d, const Row& row) {
    d.i.handler = row.handler;
    d.i.category = row.category;
    d.flop = row.flop;
    d.expect_operands(row.operands.size(), row.operands.size());
    for (size_t k = 0; k < row.operands.size(); ++k) {
        const Operand& operand = d.operands[k];
        switch (row.operands[k]) {
        case 'p':
            if (k == 0) {
                d.builder.predicate_destination(d.i, fields[k], operand);
            } else {
                d.builder.predicate_source(d.i, fields[k], operand);
                d.i.operand_negated = operand.negated;
            }
            break;
        case 'i':
            if (operand.what != Operand::What::immediate)
                throw LoadError("an immediate operand is expected");
            d.i.immediate = static_cast<s64>(operand.value);
            break;
        default:
            if (k == 0)
                d.builder.destination(d.i, fields[k], operand, row.operands[k] == 'w');
            else
                d.builder.source(d.i, fields[k], operand, row.operands[k] == 'w');
        }
    }
    if (d.i.d == no_register)
        throw LoadError("there is no destination");
}

void use_row(Decoding& d, const std::string& name) {
    const Row* row = table().find(name);
    if (row == nullptr)
        d.opcode.unknown();
    use_row(d, *row);
}

std::string clock_row(std::string_view name, bool wide) {
    if (name == "%clock64" || name == "%globaltimer")
        return wide ? "mov/clock.b64" : "";
    if (name == "%clock" || name == "%globaltimer_lo")
        return wide ? "" : "mov/clock.b32";
    if (name == "%clock_hi" || name == "%globaltimer_hi")
        return wide ? "" : "mov/clock_hi.b32";
    return "";
}

// mov {lo, hi}, a
void decode_unpack(Decoding& d, bool wide, int bytes) {
    const auto& halves = d.operands[0].elements;
    if (halves.size() != 2 || bytes < 4)
        d.opcode.unknown();
    const Row& row = *table().find(wide ? "mov/unpack.b64" : "mov/unpack.b32");
    d.i.handler = row.handler;
    d.builder.source(d.i, Field::a, d.operands[1], wide);
    if (halves[0].what != Operand::What::sink)
        d.builder.destination(d.i, Field::d, halves[0], false);
    if (halves[1].what != Operand::What::sink)
        d.builder.destination(d.i, Field::b, halves[1], false);
}

void decode_move(Decoding& d) {
    const auto types = d.opcode.take_types();
    d.opcode.finish();
    d.expect_operands(2, 2);
    if (types.size() != 1)
        d.opcode.unknown();
    d.i.category = Class::move;
    Operand& from = d.operands[1];
    const int bytes = type_bytes(types[0]);
    const bool wide = bytes == 8;
    if (types[0] == "pred") {
        use_row(d, from.what == Operand::What::immediate ? "mov/constant.pred" : "mov.pred");
    } else if (d.operands[0].what == Operand::What::vector) {
        decode_unpack(d, wide, bytes);
    } else if (from.what == Operand::What::vector) {
        if (from.elements.size() != 2 || bytes < 4)
            d.opcode.unknown();
        const std::vector<Operand> halves = from.elements;
        d.operands = {d.operands[0], halves[0], halves[1]};
        use_row(d, wide ? "mov/pack.b64" : "mov/pack.b32");
    } else {
        std::string name = "mov." + std::string(types[0]);
        if (from.what == Operand::What::symbol) {
            if (const std::string clock = clock_row(from.name, wide); !clock.empty()) {
                d.operands.resize(1);
                name = clock;
            } else if (auto local = d.builder.locals.find(from.name); local != d.builder.locals.end() && wide) {
                from.what = Operand::What::immediate;
                from.value = local->second + static_cast<u64>(from.offset);
                name = "mov/local";
            } else if (auto argument = d.builder.kernel_arguments.find(from.name); argument != d.builder.kernel_arguments.end()) {
                from.what = Operand::What::immediate;
                from.value = argument->second.offset + static_cast<u64>(from.offset);
            }
        }
        use_row(d, name);
    }
}

void decode_convert(Decoding& d) {
    const std::string_view rounding = d.opcode.take_one({"rn", "rz", "rm", "rp", "rna", "rni", "rzi", "rmi", "rpi"});
    const bool integral = rounding.size() == 3 && rounding.back() == 'i', flush = d.opcode.take("ftz"), saturate = d.opcode.take("sat"), relu = d.opcode.take("relu");
    const auto types = d.opcode.take_types();
    d.opcode.finish();
    if (types.size() != 2)
        d.opcode.unknown();
    const std::string_view to = types[0], from = types[1];
    const bool real_to = is_float(to), real_from = is_float(from);
    const bool needs_rounding = real_from ? !real_to || type_bytes(to) < type_bytes(from) || to == "tf32" : real_to;
    if ((needs_rounding && rounding.empty()) || (real_to && !real_from && integral) || (rounding == "rna" && to != "tf32") ||
        (!real_to && to.starts_with('b')) || (!real_from && from.starts_with('b')))
        d.opcode.unknown();
    const bool pair = to.ends_with("x2"), wide = d.builder.is_wide(d.operands.at(0));
    if (wide != (type_bytes(to) == 8) && real_to)
        d.opcode.unknown();
    d.expect_operands(pair ? 3 : 2, pair ? 3 : 2);
    d.i.category = Class::convert;
    d.i.handler = convert_handler(rounding == "rna" ? "tf32 away" : to, from, wide);
    if (d.i.handler == nullptr)
        d.opcode.unknown();
    const u32 mode = rounding.empty() || rounding == "rna" ? 0 : rounding[1] == 'n' ? 0 : rounding[1] == 'z' ? 1 : rounding[1] == 'm' ? 2 : 3;
    auto flag = [](bool on, ConvertFlag f) { return on ? static_cast<u32>(f) : 0u; };
    d.i.op = static_cast<u8>(mode | flag(integral, convert_to_integral) | flag(flush, convert_flush) | flag(saturate, convert_saturate) | flag(relu, convert_relu));
    d.builder.destination(d.i, Field::d, d.operands[0], wide);
    d.builder.source(d.i, Field::a, d.operands[1], type_bytes(from) == 8);
    if (pair)
        d.builder.source(d.i, Field::b, d.operands[2], false);
}

// setp.CMP[.BOOL][.ftz].T p[|q], a, b[, {!}c]. A flushed comparison differs only between numbers that are both next to zero.
void decode_setp(Decoding& d) {
    if (d.opcode.modifiers.empty())
        d.opcode.unknown();
    const std::string comparison(d.opcode.modifiers[0]);
    d.opcode.modifiers.erase(d.opcode.modifiers.begin());
    const std::string_view join = d.opcode.take_one({"and", "or", "xor"});
    d.opcode.take("ftz");
    const auto types = d.opcode.take_types();
    d.opcode.finish();
    if (types.size() != 1 || (d.i.handler = compare_handler(comparison, types[0])) == nullptr)
        d.opcode.unknown();
    d.i.category = Class::predicate;
    const bool wide = type_bytes(types[0]) == 8;
    const size_t first = d.piped ? 2 : 1, count = first + (join.empty() ? 2 : 3);
    d.expect_operands(count, count);
    d.builder.predicate_destination(d.i, Field::d, d.operands[0]);
    if (d.piped)
        d.builder.predicate_destination(d.i, Field::e, d.operands[1]);
    d.builder.source(d.i, Field::a, d.operands[first], wide);
    d.builder.source(d.i, Field::b, d.operands[first + 1], wide);
    if (join.empty())
        return;
    d.i.op = join == "and" ? 1 : join == "or" ? 2 : 3;
    d.i.operand_negated = d.operands[first + 2].negated;
    d.builder.predicate_source(d.i, Field::c, d.operands[first + 2]);
}

void decode_set(Decoding& d) {
    if (d.opcode.modifiers.empty())
        d.opcode.unknown();
    const std::string comparison(d.opcode.modifiers[0]);
    d.opcode.modifiers.erase(d.opcode.modifiers.begin());
    d.opcode.take("ftz");
    const auto types = d.opcode.take_types();
    d.opcode.finish();
    if (types.size() != 2 || (d.i.handler = set_handler(comparison, types[1])) == nullptr)
        d.opcode.unknown();
    d.i.category = Class::predicate;
    d.i.op = is_float(types[0]) ? 1 : 0;
    d.i.immediate = types[0].ends_with("x2") || types[1].ends_with("x2") ? 1 : 0;
    d.expect_operands(3, 3);
    d.builder.destination(d.i, Field::d, d.operands[0], false);
    d.builder.source(d.i, Field::a, d.operands[1], false);
    d.builder.source(d.i, Field::b, d.operands[2], false);
}

} // namespace

void Decoding::expect_operands(size_t least, size_t most) const {
    if (operands.size() < least || operands.size() > most)
        throw LoadError("wrong number of operands");
}

std::vector<Operand> Decoding::parts(const Operand& operand) const {
    return operand.what == Operand::What::vector ? operand.elements : std::vector<Operand>{operand};
}

bool decode_arithmetic(Decoding& d) {
    if (d.opcode.head == "mov") {
        decode_move(d);
    } else if (d.opcode.head == "cvt") {
        decode_convert(d);
    } else if (d.opcode.head == "setp") {
        decode_setp(d);
    } else if (d.opcode.head == "set") {
        decode_set(d);
    } else {
        std::string name(d.opcode.head);
        for (const std::string_view modifier : d.opcode.modifiers)
            if (modifier != "rn") // what is meant where nothing is said
                name += "." + std::string(modifier);
        const Row* row = table().find(name);
        if (row == nullptr)
            return false;
        use_row(d, *row);
    }
    return true;
}

s32 decode(Builder& builder, Instruction& i, std::string_view opcode, std::vector<Operand>& operands, bool piped) {
    Decoding d{builder, i, Opcode(opcode), operands, piped};
    if (!decode_control(d) && !decode_memory(d) && !decode_arithmetic(d))
        d.opcode.unknown();
    return d.flop;
}

} // namespace pck::emulator
