#include "ptx/builder.hpp"

#include <cctype>
#include <charconv>

namespace pck::emulator {

namespace {

constexpr size_t most_virtual_registers = 1 << 20;

const std::map<std::string_view, Special>& special_registers() {
    static const std::map<std::string_view, Special> names = {{"%tid.x", Special::tid_x},
                                                              {"%tid.y", Special::tid_y},
                                                              {"%tid.z", Special::tid_z},
                                                              {"%ntid.x", Special::ntid_x},
                                                              {"%ntid.y", Special::ntid_y},
                                                              {"%ntid.z", Special::ntid_z},
                                                              {"%ctaid.x", Special::ctaid_x},
                                                              {"%ctaid.y", Special::ctaid_y},
                                                              {"%ctaid.z", Special::ctaid_z},
                                                              {"%nctaid.x", Special::nctaid_x},
                                                              {"%nctaid.y", Special::nctaid_y},
                                                              {"%nctaid.z", Special::nctaid_z},
                                                              {"%laneid", Special::laneid},
                                                              {"%warpid", Special::warpid},
                                                              {"%nwarpid", Special::nwarpid},
                                                              {"%lanemask_eq", Special::lanemask_eq},
                                                              {"%lanemask_lt", Special::lanemask_lt},
                                                              {"%lanemask_le", Special::lanemask_le},
                                                              {"%lanemask_gt", Special::lanemask_gt},
                                                              {"%lanemask_ge", Special::lanemask_ge},
                                                              {"%envreg1", Special::envreg1},
                                                              {"%envreg2", Special::envreg2},
                                                              {"%dynamic_smem_size", Special::dynamic_smem_size},
                                                              {"%total_smem_size", Special::total_smem_size},
                                                              {"%smid", Special::smid},
                                                              {"%nsmid", Special::nsmid},
                                                              {"%gridid", Special::gridid}};
    return names;
}

} // namespace

Builder::Builder(Program& p, Function& f) : program(p), function(f) {
    scopes_.push_back({-1, {}, {}, {}, {}});
    open_.push_back(0);
}

void Builder::open_scope() {
    scopes_.push_back({open_.back(), {}, {}, {}, {}});
    open_.push_back(static_cast<int>(scopes_.size()) - 1);
}

bool Builder::close_scope() {
    open_.pop_back();
    return !open_.empty();
}

int Builder::add_register(Width width) {
    if (registers.size() >= most_virtual_registers)
        throw LoadError("too many registers in " + function.name);
    registers.push_back({width});
    return static_cast<int>(registers.size()) - 1;
}

void Builder::declare(std::string_view name, Width width) {
    scopes_[static_cast<size_t>(open_.back())].registers[std::string(name)] = add_register(width);
}

void Builder::declare_range(std::string_view prefix, u64 count, Width width) {
    scopes_[static_cast<size_t>(open_.back())].ranges.push_back({std::string(prefix), count, width, {}});
}

std::optional<int> Builder::find_register(std::string_view name) {
    size_t digits = name.size();
    while (digits > 0 && std::isdigit(static_cast<unsigned char>(name[digits - 1])))
        --digits;
    u64 number = 0;
    const bool numbered =
        digits < name.size() && digits > 0 && std::from_chars(name.data() + digits, name.data() + name.size(), number).ec == std::errc();
    for (auto at = open_.rbegin(); at != open_.rend(); ++at) {
        Scope& scope = scopes_[static_cast<size_t>(*at)];
        if (auto found = scope.registers.find(name); found != scope.registers.end())
            return found->second;
        if (numbered)
            for (Range& range : scope.ranges)
                if (number < range.count && name.substr(0, digits) == range.prefix)
                    return numbered_register(range, number);
    }
    if (auto found = special_registers().find(name); found != special_registers().end()) {
        auto [at, fresh] = specials.try_emplace(found->second, 0);
        if (fresh)
            at->second = add_register(Width::narrow);
        return at->second;
    }
    return std::nullopt;
}

int Builder::numbered_register(Range& range, u64 number) {
    auto [at, fresh] = range.registers.try_emplace(number, -1);
    if (fresh)
        at->second = add_register(range.width);
    return at->second;
}

void Builder::declare_parameter(const std::string& name, Parameter where) {
    scopes_[static_cast<size_t>(open_.back())].parameters[name] = where;
}

const Parameter* Builder::find_parameter(const std::string& name) const {
    for (auto at = open_.rbegin(); at != open_.rend(); ++at) {
        const auto& parameters = scopes_[static_cast<size_t>(*at)].parameters;
        if (auto found = parameters.find(name); found != parameters.end())
            return &found->second;
    }
    return nullptr;
}

void Builder::label(const std::string& name) {
    scopes_[static_cast<size_t>(open_.back())].labels[name] = static_cast<int>(program.code.size());
}

void Builder::branch_to(const std::string& name) { jumps_.push_back({static_cast<int>(program.code.size()), name, open_.back()}); }

void Builder::branch_table(const std::string& name) { table_jumps_.push_back({static_cast<int>(program.code.size()), name, open_.back()}); }

void Builder::declare_table(const std::string& name, std::vector<std::string> labels) { tables_[name] = std::move(labels); }

int Builder::find_label(const std::string& name, int scope) const {
    for (; scope >= 0; scope = scopes_[static_cast<size_t>(scope)].parent) {
        const auto& labels = scopes_[static_cast<size_t>(scope)].labels;
        if (auto found = labels.find(name); found != labels.end())
            return found->second;
    }
    throw LoadError("unknown label '" + name + "' in " + function.name);
}

void Builder::resolve_labels() {
    for (const Jump& jump : jumps_)
        program.code[static_cast<size_t>(jump.instruction)].target = find_label(jump.label, jump.scope);
    for (const Jump& jump : table_jumps_) {
        auto table = tables_.find(jump.label);
        if (table == tables_.end())
            throw LoadError("unknown branch table '" + jump.label + "' in " + function.name);
        auto& targets = program.extras[static_cast<size_t>(program.code[static_cast<size_t>(jump.instruction)].extra)];
        for (const std::string& name : table->second)
            targets.push_back(find_label(name, jump.scope));
    }
}

s32& Builder::field(Instruction& i, Field f) {
    switch (f) {
    case Field::d:
        return i.d;
    case Field::a:
        return i.a;
    case Field::b:
        return i.b;
    case Field::c:
        return i.c;
    case Field::e:
        return i.e;
    case Field::guard:
        return i.guard;
    default:
        return program.extras[static_cast<size_t>(i.extra)][static_cast<size_t>(f) - 16];
    }
}

void Builder::refer(Instruction& i, Field f, int reg, bool definition) {
    field(i, f) = reg;
    references.push_back({static_cast<int>(program.code.size()), f, definition});
}

void Builder::source(Instruction& i, Field f, const Operand& operand, bool wide) {
    u64 value = operand.value;
    switch (operand.what) {
    case Operand::What::reg:
        if (registers[static_cast<size_t>(operand.reg)].width != (wide ? Width::wide : Width::narrow))
            throw LoadError("the width of an operand does not fit");
        refer(i, f, operand.reg, false);
        return;
    case Operand::What::immediate:
        break;
    case Operand::What::symbol: {
        auto found = program.variables.find(operand.name);
        if (found == program.variables.end())
            throw LoadError("unknown name '" + operand.name + "'");
        value = found->second.address + static_cast<u64>(operand.offset);
        break;
    }
    default:
        throw LoadError("an operand is neither a register nor a value");
    }
    field(i, f) = program.constant(wide ? value : static_cast<u32>(value), wide);
}

void Builder::destination(Instruction& i, Field f, const Operand& operand, bool wide) {
    const Width width = wide ? Width::wide : Width::narrow;
    int reg = operand.reg;
    if (operand.what == Operand::What::sink)
        reg = add_register(width);
    else if (operand.what != Operand::What::reg || registers[static_cast<size_t>(reg)].width != width)
        throw LoadError("the width of a destination does not fit");
    refer(i, f, reg, true);
}

void Builder::predicate_source(Instruction& i, Field f, const Operand& operand) {
    if (operand.what != Operand::What::reg || registers[static_cast<size_t>(operand.reg)].width != Width::predicate)
        throw LoadError("a predicate is expected");
    refer(i, f, operand.reg, false);
}

void Builder::predicate_destination(Instruction& i, Field f, const Operand& operand) {
    if (operand.what == Operand::What::sink)
        return;
    predicate_source(i, f, operand);
    references.back().definition = true;
}

void Builder::address(Instruction& i, const Operand& operand) {
    if (operand.what != Operand::What::address)
        throw LoadError("an address is expected");
    i.immediate = operand.offset;
    if (operand.reg >= 0) {
        const Width width = registers[static_cast<size_t>(operand.reg)].width;
        if (width == Width::predicate)
            throw LoadError("a predicate is no address");
        i.narrow_address = width == Width::narrow;
        refer(i, Field::a, operand.reg, false);
        return;
    }
    if (operand.name.empty())
        return;
    auto found = program.variables.find(operand.name);
    if (found == program.variables.end())
        throw LoadError("unknown name '" + operand.name + "'");
    i.immediate += static_cast<s64>(found->second.address);
    if (i.space == Space::generic && found->second.space == Space::shared)
        i.immediate += static_cast<s64>(shared_window);
}

void Builder::add_extras(Instruction& i, size_t count) {
    i.extra = static_cast<s32>(program.extras.size());
    program.extras.emplace_back(count, no_register);
}

bool Builder::is_wide(const Operand& operand) const {
    return operand.what == Operand::What::reg && registers[static_cast<size_t>(operand.reg)].width == Width::wide;
}

} // namespace pck::emulator
