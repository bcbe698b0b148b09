#include "core/program.hpp"

#include "memory/device_memory.hpp"
#include "ptx/parser.hpp"

#include <cctype>
#include <cstdio>
#include <cstring>

namespace pck::emulator {

std::string hexadecimal(u64 value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

Program::Program(DeviceMemory& device_memory, std::string source) : memory(device_memory), text(std::move(source)) {
    try {
        parse_module(*this);
        seal();
    } catch (...) {
        for (u64 address : owned)
            memory.release(address);
        throw;
    }
}

Program::~Program() {
    for (u64 address : owned)
        memory.release(address);
}

const Function* Program::kernel(const std::string& name) const {
    auto found = functions.find(name);
    return found != functions.end() && found->second->entry && found->second->defined ? found->second.get() : nullptr;
}

u64 Program::variable(const std::string& name, u64* bytes) const {
    auto found = variables.find(name);
    if (found == variables.end() || found->second.space == Space::shared)
        return 0;
    if (bytes != nullptr)
        *bytes = found->second.size;
    return found->second.address;
}

bool Program::set_registers(const std::string& name, u32 registers) {
    if (kernel(name) == nullptr)
        return false;
    functions.at(name)->given_registers = registers;
    return true;
}

s32 Program::constant(u64 value, bool wide) {
    auto [at, fresh] = constant_offsets_.try_emplace({value, wide}, 0);
    if (fresh) {
        constant_bytes_ += wide ? 256 : 128;
        at->second = -constant_bytes_;
    }
    return at->second;
}

void Program::seal() {
    constants_.assign(static_cast<size_t>(constant_bytes_) + 64, 0);
    u8* begin = constants_.data() + (64 - reinterpret_cast<uintptr_t>(constants_.data()) % 64) % 64;
    constants_end_ = begin + constant_bytes_;
    for (const auto& [key, offset] : constant_offsets_) {
        const auto [value, wide] = key;
        for (u32 lane = 0; lane < warp_size; ++lane)
            std::memcpy(begin + constant_bytes_ + offset + lane * (wide ? 8 : 4), &value, wide ? 8 : 4);
    }
}

std::string Program::describe(s32 instruction) const {
    const Origin& origin = origins[static_cast<size_t>(instruction)];
    std::string out = "'";
    for (char c : std::string_view(text).substr(origin.text_begin, origin.text_end - origin.text_begin)) {
        const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
        if (!blank || out.back() != ' ')
            out += blank ? ' ' : c;
    }
    out += "'";
    auto named = [&](const SourcePlace& place) {
        const auto file = static_cast<size_t>(place.file);
        return (file < files.size() && !files[file].empty() ? files[file] : "file " + std::to_string(place.file)) + ":" + std::to_string(place.line);
    };
    if (origin.place < 0)
        return out + " (PTX line " + std::to_string(origin.ptx_line) + ")";
    const InlinedPlace* place = &places[static_cast<size_t>(origin.place)];
    out += " (" + named(place->place);
    if (place->caller < 0)
        return out + ")";
    while (place->caller >= 0) // a caller was noted before what is inlined in it: this ends
        place = &places[static_cast<size_t>(place->caller)];
    return out + ", inlined at " + named(place->place) + ")";
}

} // namespace pck::emulator
