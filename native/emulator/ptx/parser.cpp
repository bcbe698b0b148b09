#include "ptx/parser.hpp"

#include "memory/device_memory.hpp"
#include "ptx/opcode.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace pck::emulator {

namespace {

constexpr u64 largest_variable = 1ull << 28;
constexpr u64 largest_alignment = 4096;
constexpr size_t most_errors_listed = 200;

bool fits(const std::vector<Parameter>& places, const std::vector<Parameter>& needed) {
    return std::equal(places.begin(), places.end(), needed.begin(), needed.end(),
                      [](const Parameter& a, const Parameter& b) { return a.size >= b.size; });
}

} // namespace

void parse_module(Program& program) { Parser(program).module(); }

Parser::Parser(Program& program) : program_(program), tokens_(tokenize(program.text)) {}

bool Parser::accept(std::string_view text) {
    if (word() != text || at_end())
        return false;
    ++position_;
    return true;
}

void Parser::expect(std::string_view text) {
    if (!accept(text))
        fail("expected '" + std::string(text) + "'");
}

std::string_view Parser::next() {
    if (at_end())
        fail("the text ends too early");
    return tokens_[position_++].text;
}

void Parser::skip_past(std::string_view text) {
    while (next() != text) {
    }
}

void Parser::skip_line() {
    const int line = token().line;
    while (!at_end() && token().line == line)
        ++position_;
}

void Parser::fail(const std::string& what) const {
    throw LoadError("PTX line " + std::to_string(token().line) + ": " + what + " near '" + std::string(word().substr(0, 60)) + "'");
}

u64 Parser::integer() {
    const bool negative = accept('-');
    std::string_view digits = word();
    if (digits.ends_with('U'))
        digits.remove_suffix(1);
    int base = 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
        digits.remove_prefix(2);
        base = 16;
    } else if (digits.size() > 1 && digits[0] == '0') {
        base = 8;
    }
    u64 value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size())
        fail("an integer is expected");
    ++position_;
    return negative ? 0 - value : value;
}

u64 Parser::bounded(u64 most, const char* what) {
    const u64 value = integer();
    if (value > most)
        fail(std::string(what) + " of " + std::to_string(value) + " is more than " + std::to_string(most));
    return value;
}

void Parser::module() {
    while (!at_end()) {
        const std::string_view directive = word();
        if (directive == ".version" || directive == ".target" || directive == ".address_size")
            skip_line();
        else if (directive == ".file")
            file();
        else if (directive == ".loc")
            skip_line();
        else if (directive == ".section")
            section();
        else if (directive == ".visible" || directive == ".weak" || directive == ".extern" || directive == ".common")
            ++position_;
        else if (directive == ".pragma" || directive == ".alias")
            skip_past(";");
        else if (accept(".global"))
            module_variable(Space::global);
        else if (accept(".const"))
            module_variable(Space::constant);
        else if (accept(".shared"))
            module_variable(Space::shared);
        else if (accept(".entry"))
            function(true);
        else if (accept(".func"))
            function(false);
        else
            fail("unknown directive");
    }
    link();
}

void Parser::section() {
    while (!accept('{'))
        next();
    for (int depth = 1; depth > 0;) {
        const std::string_view w = next();
        depth += w == "{" ? 1 : w == "}" ? -1 : 0;
    }
}

void Parser::file() {
    const int line = token().line;
    ++position_;
    const auto number = static_cast<size_t>(bounded(10'000, "a file number"));
    std::string_view name = next();
    if (name.size() < 2 || name.front() != '"')
        fail("a file name is expected");
    name = name.substr(1, name.size() - 2);
    if (program_.files.size() <= number)
        program_.files.resize(number + 1);
    program_.files[number] = name.substr(name.rfind('/') + 1);
    while (!at_end() && token().line == line) // older ones add a time and a size
        ++position_;
}

// .loc FILE LINE COLUMN [, function_name LABEL [+ OFFSET], inlined_at FILE LINE COLUMN]
void Parser::location() {
    const int line = token().line;
    ++position_;
    auto place = [&] {
        SourcePlace p;
        p.file = static_cast<s32>(bounded(INT32_MAX, "a file number"));
        p.line = static_cast<s32>(bounded(INT32_MAX, "a line"));
        p.column = static_cast<s32>(bounded(INT32_MAX, "a column"));
        return p;
    };
    const SourcePlace here = place();
    s32 caller = -1;
    while (!at_end() && token().line == line)
        if (accept("inlined_at")) {
            const SourcePlace from = place();
            auto known = place_of_.find(from);
            caller = known != place_of_.end() ? known->second : from.line != 0 ? note_place(from, -1) : -1;
        } else {
            ++position_;
        }
    if (here.line != 0) // line 0 says "none": the last one stays
        place_ = note_place(here, caller);
}

s32 Parser::note_place(const SourcePlace& place, s32 caller) {
    auto& places = program_.places;
    auto [at, fresh] = place_of_.try_emplace(place, -1);
    if (fresh || places[static_cast<size_t>(at->second)].caller != caller) {
        at->second = static_cast<s32>(places.size());
        places.push_back({place, caller});
    }
    return at->second;
}

Parser::Declaration Parser::declaration() {
    Declaration d;
    d.alignment = 0;
    while (word().starts_with('.')) {
        const std::string_view w = next();
        if (w == ".align") {
            d.alignment = bounded(largest_alignment, "an alignment");
            if (!std::has_single_bit(d.alignment))
                fail("an alignment is no power of two");
        } else if (is_type(w.substr(1))) {
            d.type = w.substr(1);
        } else if (w != ".ptr" && w != ".global" && w != ".shared" && w != ".const" && w != ".local" && w != ".param") {
            fail("unknown attribute " + std::string(w));
        }
    }
    d.name = next();
    const auto element = static_cast<u64>(std::max(1, type_bytes(d.type)));
    d.bytes = element;
    if (d.alignment == 0)
        d.alignment = element;
    bool array = false;
    while (accept('[')) {
        if (accept(']')) {
            d.unsized = true;
            d.bytes = 0;
            continue;
        }
        d.bytes = (array ? d.bytes : element) * bounded(largest_variable, "an array");
        if (d.bytes > largest_variable)
            fail("the variable " + d.name + " is too large");
        array = true;
        expect("]");
    }
    if (accept('='))
        initialiser(d);
    return d;
}

void Parser::initialiser(Declaration& d) {
    if (!accept('{')) {
        initial_value(d);
        return;
    }
    for (int depth = 1; depth > 0;) {
        if (accept('{'))
            ++depth;
        else if (accept('}'))
            --depth;
        else if (!accept(','))
            initial_value(d);
    }
}

void Parser::initial_value(Declaration& d) {
    const auto bytes = static_cast<size_t>(std::min(8, std::max(1, type_bytes(d.type))));
    auto put = [&](u64 value, size_t n) {
        d.initial.resize(d.initial.size() + n);
        std::memcpy(d.initial.data() + d.initial.size() - n, &value, n);
    };
    const std::string_view w = word();
    if (w.size() > 2 && w[0] == '0' && std::string_view("fFdD").find(w[1]) != std::string_view::npos) {
        u64 value = 0;
        std::from_chars(w.data() + 2, w.data() + w.size(), value, 16);
        ++position_;
        put(value, bytes);
    } else if (w == "-" || (!w.empty() && w[0] >= '0' && w[0] <= '9')) {
        put(integer(), bytes);
    } else {
        const bool generic = accept("generic");
        if (generic)
            expect("(");
        patches_.push_back({d.name, std::string(next()), d.initial.size()});
        if (generic)
            expect(")");
        put(0, 8);
    }
}

void Parser::module_variable(Space space) {
    const Declaration d = declaration();
    expect(";");
    if (space == Space::shared) {
        add_shared(d, nullptr);
        return;
    }
    initialised_bytes_ += d.bytes;
    if (initialised_bytes_ > 4 * largest_variable)
        fail("the module's variables are too large");
    const u64 address = program_.memory.allocate(std::max<u64>(d.bytes, 1), d.name, d.alignment);
    if (address == 0)
        fail("no memory for the variable " + d.name);
    program_.owned.push_back(address);
    std::memset(reinterpret_cast<void*>(address), 0, d.bytes);
    if (!d.initial.empty())
        std::memcpy(reinterpret_cast<void*>(address), d.initial.data(), std::min<u64>(d.initial.size(), d.bytes));
    program_.memory.find(address)->read_only = space == Space::constant;
    program_.variables[d.name] = {space, address, d.bytes};
}

// Arrays of a kernel are its own; those of device functions and of the module may be used by every kernel.
void Parser::add_shared(const Declaration& d, Builder* builder) {
    if (d.unsized) {
        program_.variables[d.name] = {Space::shared, shared_dynamic, 0};
        return;
    }
    const bool own = builder != nullptr && builder->function.entry;
    auto& arrays = own ? builder->function.shared : module_shared_;
    u32 top = own ? (arrays.empty() ? shared_of_kernels : arrays.back().end + shared_gap) : module_shared_top_;
    const auto alignment = static_cast<u32>(std::max<u64>(d.alignment, shared_gap));
    top = (top + alignment - 1) / alignment * alignment;
    if (d.bytes > 228 << 10 || top + d.bytes > (own ? shared_of_modules : shared_dynamic))
        fail("too much shared memory");
    const auto bytes = static_cast<u32>(d.bytes);
    arrays.push_back({top, top + bytes, d.name});
    program_.variables[d.name] = {Space::shared, top, bytes};
    if (builder != nullptr)
        builder->function.static_shared += bytes;
    if (!own)
        module_shared_top_ = top + bytes + shared_gap;
}

void Parser::link() {
    for (const Patch& patch : patches_) {
        auto variable = program_.variables.find(patch.variable), target = program_.variables.find(patch.target);
        if (target == program_.variables.end())
            errors_.push_back("the variable " + patch.variable + " holds the address of '" + patch.target +
                              "', which is not a variable of the module");
        else if (variable != program_.variables.end() && variable->second.space != Space::shared &&
                 patch.offset + 8 <= variable->second.size)
            std::memcpy(reinterpret_cast<void*>(variable->second.address + patch.offset), &target->second.address, 8);
    }
    for (CallSite& site : program_.calls) {
        auto found = program_.functions.find(site.name);
        if (found == program_.functions.end() || !found->second->defined || found->second->entry) {
            errors_.push_back("call of '" + site.name + "', which the module does not define");
            continue;
        }
        site.function = found->second.get();
        if (site.function->parameters.size() != site.arguments.size() || site.function->results.size() != site.results.size())
            errors_.push_back("call of '" + site.name + "' with another number of arguments or results than it has");
        else if (!fits(site.arguments, site.function->parameters) || !fits(site.results, site.function->results))
            errors_.push_back("call of '" + site.name + "' with arguments or results of another size than it has");
    }
    for (auto& [name, f] : program_.functions)
        f->shared.insert(f->shared.end(), module_shared_.begin(), module_shared_.end());
    if (errors_.empty())
        return;
    std::string message = std::to_string(errors_.size()) + (errors_.size() == 1 ? " error" : " errors") + " in the module:";
    for (size_t i = 0; i < std::min(errors_.size(), most_errors_listed); ++i)
        message += "\n  " + errors_[i];
    throw LoadError(message);
}

} // namespace pck::emulator
