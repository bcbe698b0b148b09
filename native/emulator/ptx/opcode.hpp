// An opcode taken apart at its dots: "ld.global.nc.v4.f32" is the head "ld" and modifiers that a decoder takes one by one.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace pck::emulator {

// Bytes of a PTX type without its dot; 0 for a predicate, -1 for what is no type.
int type_bytes(std::string_view type);
inline bool is_type(std::string_view type) { return type_bytes(type) >= 0; }
inline bool is_float(std::string_view type) { return type.starts_with("f") || type.starts_with("bf") || type == "tf32"; }

class Opcode {
public:
    explicit Opcode(std::string_view spelled);

    bool take(std::string_view modifier);
    // The first of these that is there, taken; else "".
    std::string_view take_one(std::initializer_list<std::string_view> choices);
    void drop(std::initializer_list<std::string_view> ignored);
    // All types, in order, taken.
    std::vector<std::string_view> take_types();
    // Throws when a modifier is left: what the tables do not know is never ignored.
    void finish() const;
    [[noreturn]] void unknown() const;

    std::string_view spelled, head;
    std::vector<std::string_view> modifiers;
};

} // namespace pck::emulator
