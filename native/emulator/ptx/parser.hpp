// PTX text to a Program. The grammar is here; what an instruction means is in decode.hpp.
#pragma once

#include "core/program.hpp"
#include "ptx/builder.hpp"
#include "ptx/lexer.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pck::emulator {

// Throws LoadError. Unknown instructions are gathered over the whole text and listed together.
void parse_module(Program& program);

class Parser {
public:
    explicit Parser(Program& program);
    void module();

private:
    struct Declaration {
        std::string name;
        std::string_view type;
        u64 alignment = 1, bytes = 0;
        bool unsized = false;
        std::vector<u8> initial;
    };
    struct Patch { // an address inside an initialiser
        std::string variable, target;
        u64 offset;
    };

    // words (parser.cpp)
    const Token& token(size_t ahead = 0) const { return tokens_[std::min(position_ + ahead, tokens_.size() - 1)]; }
    std::string_view word(size_t ahead = 0) const { return token(ahead).text; }
    bool at_end() const { return word().empty(); }
    bool accept(std::string_view text);
    bool accept(char sign) {
        const std::string_view w = word();
        if (w.size() != 1 || w[0] != sign)
            return false;
        ++position_;
        return true;
    }
    bool is(char sign) const { return word().size() == 1 && word()[0] == sign; }
    void expect(std::string_view text);
    std::string_view next();
    void skip_past(std::string_view text);
    void skip_line();
    u64 integer();
    u64 bounded(u64 most, const char* what);
    [[noreturn]] void fail(const std::string& what) const;

    // declarations (parser.cpp)
    void section();
    void file();
    void location();
    s32 note_place(const SourcePlace& place, s32 caller);
    Declaration declaration();
    void initialiser(Declaration& d);
    void initial_value(Declaration& d);
    void module_variable(Space space);
    void add_shared(const Declaration& d, Builder* builder);
    void link();

    // functions (function_parser.cpp)
    std::vector<std::pair<std::string, Parameter>> parameters(u32& bytes);
    void function(bool entry);
    void performance_directives(Function& f);
    void body(Builder& builder);
    bool statement_directive(Builder& builder);
    void register_declaration(Builder& builder);
    void variable_declaration(Builder& builder);
    void branch_targets(Builder& builder, const std::string& name);
    void instruction(Builder& builder);
    void call(Builder& builder, Instruction& i, std::string_view opcode);
    Operand operand(Builder& builder, int depth = 0);
    Operand address(Builder& builder);
    void finish_function(Builder& builder);

    Program& program_;
    std::vector<Token> tokens_;
    size_t position_ = 0;
    s32 place_ = -1;                      // of the next instruction
    std::map<SourcePlace, s32> place_of_; // the latest of this function; callers are looked up here
    std::vector<std::string> errors_;
    std::vector<Patch> patches_;
    std::vector<SharedArray> module_shared_;
    u32 module_shared_top_ = shared_of_modules;
    u64 initialised_bytes_ = 0;
};

} // namespace pck::emulator
