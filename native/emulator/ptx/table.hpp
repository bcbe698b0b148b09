// The decode table of what computes: one row per spelled instruction, one function per row.
#pragma once

#include "core/program.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace pck::emulator {

// The letters of `operands` say what d, a, b, c, e are: n a register of up to 32 bits, w one of 64, p a predicate, i an immediate.
struct Row {
    Handler handler;
    Class category;
    std::string operands;
    s32 flop; // per lane
};

class Table {
public:
    void add(std::string name, Handler handler, Class category, std::string operands, s32 flop = 0) {
        rows_.insert_or_assign(std::move(name), Row{handler, category, std::move(operands), flop});
    }
    const Row* find(const std::string& name) const {
        auto found = rows_.find(name);
        return found == rows_.end() ? nullptr : &found->second;
    }

private:
    std::unordered_map<std::string, Row> rows_;
};

// One room each; the name is the opcode as it is spelled, without .rn, which is what is meant where nothing is said.
void add_integer_rows(Table& table); // arithmetic/integers.cpp
void add_float_rows(Table& table);   // arithmetic/floats.cpp
void add_half_rows(Table& table);    // arithmetic/halves.cpp
void add_move_rows(Table& table);    // arithmetic/moves.cpp

// Families with too many members to spell out.
Handler compare_handler(std::string_view comparison, std::string_view type); // arithmetic/compare.cpp: setp
Handler set_handler(std::string_view comparison, std::string_view type);     // set
Handler convert_handler(std::string_view to, std::string_view from, bool wide_destination); // arithmetic/convert.cpp
Handler matrix_handler();                                                                   // arithmetic/matrix.cpp

// Instruction::op of a conversion.
enum ConvertFlag : u8 { convert_rounding = 7, convert_to_integral = 8, convert_flush = 32, convert_saturate = 64, convert_relu = 128 };

// Instruction::op of a matrix product.
enum class Matrix : u8 { bf16, f16, tf32, f16_sums, f64 };

} // namespace pck::emulator
