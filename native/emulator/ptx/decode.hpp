// What an instruction means: from its opcode and operands to a record with a handler.
#pragma once

#include "ptx/builder.hpp"
#include "ptx/opcode.hpp"

#include <string_view>
#include <vector>

namespace pck::emulator {

// Fills the record; returns the floating-point operations per lane. `piped`: a "|" stood between the first operands. Throws LoadError
// for what is not known: no modifier is ever ignored that the tables do not name.
s32 decode(Builder& builder, Instruction& i, std::string_view opcode, std::vector<Operand>& operands, bool piped);

// The rooms; each returns false when the head is none of its own.
struct Decoding {
    Builder& builder;
    Instruction& i;
    Opcode opcode;
    std::vector<Operand>& operands;
    bool piped;
    s32 flop = 0;

    void expect_operands(size_t least, size_t most) const;
    std::vector<Operand> parts(const Operand& operand) const; // of a vector, or the operand alone
};

bool decode_control(Decoding& d);    // decode_control.cpp: branches, barriers, collectives
bool decode_memory(Decoding& d);     // decode_memory.cpp
bool decode_arithmetic(Decoding& d); // decode.cpp: everything that has a row

} // namespace pck::emulator
