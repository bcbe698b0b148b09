// Function headers, bodies, operands and calls.
#include "ptx/decode.hpp"
#include "ptx/opcode.hpp"
#include "ptx/parser.hpp"

#include <algorithm>
#include <charconv>

namespace pck::emulator {

namespace {

constexpr u32 most_parameter_bytes = 1 << 16;

// Places one more variable into `bytes` and returns where it lies.
Parameter place(u32& bytes, u64 size, u64 alignment) {
    const auto a = static_cast<u32>(alignment), s = static_cast<u32>(size);
    bytes = (bytes + a - 1) / a * a;
    const Parameter p{bytes, s, a};
    bytes += s;
    return p;
}

bool hexadecimal_float(std::string_view w, char lower) { return w.size() > 2 && w[0] == '0' && (w[1] | 0x20) == lower; }

} // namespace

std::vector<std::pair<std::string, Parameter>> Parser::parameters(u32& bytes) {
    std::vector<std::pair<std::string, Parameter>> list;
    expect("(");
    while (!accept(')')) {
        if (accept(','))
            continue;
        if (!accept(".param") && !accept(".reg"))
            fail("a parameter is expected");
        const Declaration d = declaration();
        if (bytes + d.bytes > most_parameter_bytes)
            fail("too many parameters");
        list.emplace_back(d.name, place(bytes, d.bytes, d.alignment));
    }
    return list;
}

void Parser::performance_directives(Function& f) {
    while (!is('{') && !is(';')) {
        if (accept(".maxntid") || accept(".reqntid")) {
            u64 threads = bounded(1024, "a block size");
            while (accept(','))
                threads *= bounded(1024, "a block size");
            f.max_threads = static_cast<u32>(std::min<u64>(threads, 1024));
        } else if (word() == ".reqnctapercluster" || word() == ".explicitcluster" || word() == ".maxclusterrank") {
            errors_.push_back("PTX line " + std::to_string(token().line) + ": clusters are not emulated: " + std::string(word()) + " of " +
                              f.name);
            ++position_;
        } else {
            next(); // .minnctapersm, .maxnreg and the like only advise
        }
    }
}

void Parser::function(bool entry) {
    u32 bytes = 0;
    std::vector<std::pair<std::string, Parameter>> results, arguments;
    if (is('('))
        results = parameters(bytes);
    const std::string name(next());
    if (is('('))
        arguments = parameters(bytes);

    auto& slot = program_.functions[name];
    if (slot == nullptr)
        slot = std::make_unique<Function>();
    Function& f = *slot;
    if (f.defined)
        fail("the function " + name + " is there twice");
    f.name = name;
    f.entry = entry;
    f.results.clear();
    f.parameters.clear();
    for (const auto& [n, p] : results)
        f.results.push_back(p);
    for (const auto& [n, p] : arguments)
        f.parameters.push_back(p);
    f.parameter_bytes = bytes;
    performance_directives(f);
    if (accept(';'))
        return;
    expect("{");

    Builder builder(program_, f);
    if (entry)
        for (const auto& [n, p] : arguments)
            builder.kernel_arguments[n] = p;
    else
        for (const auto* list : {&results, &arguments})
            for (const auto& [n, p] : *list)
                builder.declare_parameter(n, p);
    f.begin = static_cast<s32>(program_.code.size());
    place_ = -1;
    place_of_.clear();
    body(builder);
    finish_function(builder);
    f.defined = true;
}

void Parser::finish_function(Builder& builder) {
    Instruction last; // a function may end without ret
    last.kind = builder.function.entry ? Kind::exit : Kind::leave;
    last.category = Class::control;
    program_.code.push_back(last);
    program_.origins.push_back({place_, token().line, 0, 0, 0});
    builder.function.end = static_cast<s32>(program_.code.size());
    builder.resolve_labels();
    allocate_registers(builder);
}

void Parser::body(Builder& builder) {
    for (;;) {
        if (at_end())
            fail("a function does not end");
        if (accept('{')) {
            builder.open_scope();
        } else if (accept('}')) {
            if (!builder.close_scope())
                return;
        } else if (accept(';') || statement_directive(builder)) {
        } else if (word(1) == ":") {
            const std::string name(next());
            ++position_;
            if (accept(".branchtargets"))
                branch_targets(builder, name);
            else if (accept(".callprototype") || accept(".calltargets"))
                skip_past(";");
            else
                builder.label(name);
        } else {
            instruction(builder);
        }
    }
}

bool Parser::statement_directive(Builder& builder) {
    const std::string_view directive = word();
    if (!directive.starts_with('.'))
        return false;
    if (directive == ".loc")
        location();
    else if (directive == ".pragma")
        skip_past(";");
    else if (directive.starts_with(".reg"))
        register_declaration(builder);
    else if (directive == ".shared" || directive == ".local" || directive == ".param")
        variable_declaration(builder);
    else
        fail("unknown directive");
    return true;
}

void Parser::register_declaration(Builder& builder) {
    std::string_view type = next().substr(4); // nvcc also writes ".reg.b16"
    if (type.empty())
        type = next();
    type.remove_prefix(type.starts_with('.') ? 1 : 0);
    const int bytes = type_bytes(type);
    if (bytes < 0 || bytes == 16)
        errors_.push_back("PTX line " + std::to_string(token().line) + ": registers of type ." + std::string(type) + " are not emulated");
    const Width width = bytes == 0 ? Width::predicate : bytes == 8 ? Width::wide : Width::narrow;
    while (!accept(';')) {
        if (accept(','))
            continue;
        const std::string_view name = next();
        if (accept('<')) {
            builder.declare_range(name, bounded(1 << 24, "a register count"), width);
            expect(">");
        } else {
            builder.declare(name, width);
        }
    }
}

void Parser::variable_declaration(Builder& builder) {
    const std::string_view space = next();
    const Declaration d = declaration();
    expect(";");
    if (space == ".shared") {
        add_shared(d, &builder);
        return;
    }
    Function& f = builder.function;
    u32& bytes = space == ".local" ? f.local_bytes : f.parameter_bytes;
    if (d.bytes > (512 << 10) || bytes + d.bytes > (space == ".local" ? 512u << 10 : most_parameter_bytes))
        fail("the variable " + d.name + " is too large");
    if (space == ".local") {
        builder.locals[d.name] = place(bytes, d.bytes, d.alignment).offset;
    } else if (f.entry) {
        // A kernel's own .param variables are arguments of calls; they follow its arguments.
        builder.declare_parameter(d.name, place(bytes, d.bytes, d.alignment));
    } else {
        builder.declare_parameter(d.name, place(bytes, d.bytes, d.alignment));
    }
}

void Parser::branch_targets(Builder& builder, const std::string& name) {
    std::vector<std::string> labels;
    while (!accept(';'))
        if (!accept(','))
            labels.emplace_back(next());
    builder.declare_table(name, std::move(labels));
}

Operand Parser::address(Builder& builder) {
    Operand o;
    o.what = Operand::What::address;
    const std::string_view w = word();
    if (auto reg = builder.find_register(w)) {
        o.reg = *reg;
        ++position_;
    } else if (w == "-" || (!w.empty() && w[0] >= '0' && w[0] <= '9')) {
        o.offset = static_cast<s64>(integer());
    } else {
        o.name = next();
    }
    if (accept('+'))
        o.offset = static_cast<s64>(static_cast<u64>(o.offset) + integer());
    else if (is('-'))
        o.offset = static_cast<s64>(static_cast<u64>(o.offset) + integer());
    expect("]");
    return o;
}

Operand Parser::operand(Builder& builder, int depth) {
    Operand o;
    if (depth > 4)
        fail("an operand is nested too deeply");
    if (accept('!')) {
        o = operand(builder, depth + 1);
        o.negated = true;
        return o;
    }
    if (accept('{')) {
        o.what = Operand::What::vector;
        while (!accept('}'))
            if (!accept(','))
                o.elements.push_back(operand(builder, depth + 1));
        return o;
    }
    if (accept('['))
        return address(builder);
    const std::string_view w = word();
    if (at_end() || w == ";" || w == "}")
        fail("an operand is missing");
    if (accept('_'))
        return o;
    o.what = Operand::What::immediate;
    if (hexadecimal_float(w, 'f') || hexadecimal_float(w, 'd')) {
        std::from_chars(w.data() + 2, w.data() + w.size(), o.value, 16);
        ++position_;
    } else if (w == "-" || (w[0] >= '0' && w[0] <= '9')) {
        o.value = integer();
    } else if (accept("WARP_SZ")) {
        o.value = warp_size;
    } else if (auto reg = builder.find_register(w)) {
        o.what = Operand::What::reg;
        o.reg = *reg;
        ++position_;
    } else {
        o.what = Operand::What::symbol;
        o.name = next();
        if (accept('+'))
            o.offset = static_cast<s64>(integer());
    }
    return o;
}

void Parser::instruction(Builder& builder) {
    const size_t first = position_, kept_references = builder.references.size();
    const int line = token().line;
    Instruction i;
    s32 flop = 0;
    try {
        if (accept('@')) {
            const Operand guard = operand(builder);
            builder.predicate_source(i, Field::guard, guard);
            i.guard_negated = guard.negated;
        }
        const std::string_view opcode = next();
        if (opcode == "call" || opcode.starts_with("call.")) {
            call(builder, i, opcode);
        } else {
            std::vector<Operand> operands;
            bool piped = false;
            while (!is(';')) {
                if (accept(','))
                    continue;
                if (accept('|')) {
                    piped = true;
                    continue;
                }
                operands.push_back(operand(builder));
            }
            flop = decode(builder, i, opcode, operands, piped);
        }
        if (!is(';'))
            fail("expected ';'");
    } catch (const LoadError& error) {
        // One unknown instruction must not hide the next: note it and go on after it.
        position_ = first;
        for (int depth = 0; !at_end() && !is(';'); ++position_) {
            depth += is('{') ? 1 : is('}') ? -1 : 0;
            if (depth < 0)
                break;
        }
        const size_t begin = static_cast<size_t>(tokens_[first].text.data() - program_.text.data());
        const size_t end = static_cast<size_t>(token().text.data() - program_.text.data());
        errors_.push_back("PTX line " + std::to_string(line) + ": " + error.what() + ": " +
                          program_.text.substr(begin, std::min<size_t>(end - begin, 200)));
        builder.discard_references(kept_references);
        i = Instruction();
        if (at_end() || errors_.size() > 100'000)
            throw LoadError(errors_[0]);
        accept(';');
        return;
    }
    const size_t begin = static_cast<size_t>(tokens_[first].text.data() - program_.text.data());
    const size_t end = static_cast<size_t>(token().text.data() - program_.text.data());
    ++position_;
    program_.code.push_back(i);
    program_.origins.push_back({place_, line, flop, begin, end});
}

// call [.uni] [(results),] NAME [, (arguments)]
void Parser::call(Builder& builder, Instruction& i, std::string_view opcode) {
    if (opcode != "call" && opcode != "call.uni")
        throw LoadError("unknown instruction '" + std::string(opcode) + "'");
    CallSite site;
    auto list = [&](std::vector<Parameter>& places) {
        expect("(");
        while (!accept(')')) {
            if (accept(','))
                continue;
            const Parameter* p = builder.find_parameter(std::string(word()));
            if (p == nullptr)
                throw LoadError("the argument " + std::string(word()) + " is no .param variable");
            places.push_back(*p);
            ++position_;
        }
    };
    if (is('(')) {
        list(site.results);
        expect(",");
    }
    site.name = next();
    if (site.name[0] == '%')
        throw LoadError("indirect calls are not emulated");
    if (accept(','))
        list(site.arguments);
    i.kind = Kind::call;
    i.category = Class::control;
    i.extra = static_cast<s32>(program_.calls.size());
    program_.calls.push_back(std::move(site));
}

} // namespace pck::emulator
