// A function while it is being read: scopes, virtual registers, and which field of which instruction names which of them.
#pragma once

#include "core/program.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pck::emulator {

struct Operand {
    enum class What { sink, reg, immediate, symbol, address, vector };
    What what = What::sink;
    int reg = -1; // of a register, or of an address that has one
    u64 value = 0;
    s64 offset = 0;
    bool negated = false;
    std::string name;
    std::vector<Operand> elements;
};

enum class Width : u8 { predicate, narrow, wide };

struct VirtualRegister {
    Width width = Width::narrow;
    int first = INT32_MAX, last = -1; // instructions between which it is alive
    s32 offset = 0;
};

// The fields of an instruction that hold registers; extra(i) is the i-th operand of its list in Program::extras.
enum class Field : s32 { d, a, b, c, e, guard };
constexpr Field extra(size_t i) { return static_cast<Field>(16 + i); }

struct Reference {
    int instruction;
    Field field;
    bool definition;
};

class Builder {
public:
    Builder(Program& program, Function& function);

    void open_scope();
    bool close_scope(); // false when it was the function's own
    void declare(std::string_view name, Width width);
    void declare_range(std::string_view prefix, u64 count, Width width);
    std::optional<int> find_register(std::string_view name);
    void declare_parameter(const std::string& name, Parameter where);
    const Parameter* find_parameter(const std::string& name) const;
    void label(const std::string& name);
    void branch_to(const std::string& name); // the instruction being made jumps there
    void branch_table(const std::string& name);
    void declare_table(const std::string& name, std::vector<std::string> labels);
    void resolve_labels();

    // The instruction being made is number `program.code.size()`.
    void source(Instruction& i, Field field, const Operand& operand, bool wide);
    void destination(Instruction& i, Field field, const Operand& operand, bool wide);
    void predicate_source(Instruction& i, Field field, const Operand& operand);
    void predicate_destination(Instruction& i, Field field, const Operand& operand);
    void address(Instruction& i, const Operand& operand);
    void add_extras(Instruction& i, size_t count);
    bool is_wide(const Operand& operand) const;
    void discard_references(size_t keep) { references.resize(keep); }
    s32& field(Instruction& i, Field f);

    Program& program;
    Function& function;
    std::vector<VirtualRegister> registers;
    std::vector<Reference> references;
    std::map<Special, int> specials;
    std::map<std::string, u32> locals; // offsets in the function's local memory
    std::map<std::string, Parameter> kernel_arguments;

private:
    struct Range {
        std::string prefix;
        u64 count;
        Width width;
        std::unordered_map<u64, int> registers; // by number, those that have been named
    };
    struct Scope {
        int parent;
        std::map<std::string, int, std::less<>> registers;
        std::vector<Range> ranges;
        std::map<std::string, int> labels;
        std::map<std::string, Parameter> parameters;
    };
    struct Jump {
        int instruction;
        std::string label;
        int scope;
    };

    int add_register(Width width);
    int numbered_register(Range& range, u64 number);
    int find_label(const std::string& name, int scope) const;
    void refer(Instruction& i, Field f, int reg, bool definition);

    std::vector<Scope> scopes_;
    std::vector<int> open_;
    std::vector<Jump> jumps_, table_jumps_;
    std::map<std::string, std::vector<std::string>> tables_;
};

// Gives every virtual register a place in the frame; registers that are never alive together share one.
void allocate_registers(Builder& builder);

} // namespace pck::emulator
