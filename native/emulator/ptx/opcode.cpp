#include "ptx/opcode.hpp"

#include "core/basics.hpp"

#include <algorithm>

namespace pck::emulator {

int type_bytes(std::string_view type) {
    static constexpr struct {
        std::string_view name;
        int bytes;
    } types[] = {{"pred", 0},  {"b8", 1},    {"u8", 1},    {"s8", 1},     {"b16", 2}, {"u16", 2}, {"s16", 2}, {"f16", 2}, {"bf16", 2}, {"b32", 4}, {"u32", 4},
                 {"s32", 4}, {"f32", 4}, {"f16x2", 4}, {"bf16x2", 4}, {"tf32", 4}, {"b64", 8}, {"u64", 8}, {"s64", 8}, {"f64", 8}, {"b128", 16}};
    for (const auto& t : types)
        if (t.name == type)
            return t.bytes;
    return -1;
}

Opcode::Opcode(std::string_view text) : spelled(text) {
    for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.find('.', begin), text.size());
        if (begin == 0)
            head = text.substr(0, end);
        else
            modifiers.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
}

bool Opcode::take(std::string_view modifier) {
    auto found = std::find(modifiers.begin(), modifiers.end(), modifier);
    if (found == modifiers.end())
        return false;
    modifiers.erase(found);
    return true;
}

std::string_view Opcode::take_one(std::initializer_list<std::string_view> choices) {
    for (std::string_view choice : choices)
        if (take(choice))
            return choice;
    return "";
}

void Opcode::drop(std::initializer_list<std::string_view> ignored) {
    for (std::string_view modifier : ignored)
        take(modifier);
}

std::vector<std::string_view> Opcode::take_types() {
    std::vector<std::string_view> types;
    std::erase_if(modifiers, [&](std::string_view m) { return is_type(m) && (types.push_back(m), true); });
    return types;
}

void Opcode::finish() const {
    if (!modifiers.empty())
        throw LoadError("modifier ." + std::string(modifiers[0]) + " of '" + std::string(head) + "' is unknown");
}

void Opcode::unknown() const { throw LoadError("unknown instruction '" + std::string(spelled) + "'"); }

} // namespace pck::emulator
