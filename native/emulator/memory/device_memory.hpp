// Global memory: host memory in a table of allocations, which every access is checked against.
#pragma once

#include "core/basics.hpp"

#include <memory>
#include <string>
#include <vector>

namespace pck::emulator {

struct Shadow; // what the race detector remembers of an allocation

struct Allocation {
    Allocation() = default;
    Allocation(const Allocation&) = delete;
    Allocation& operator=(const Allocation&) = delete;
    ~Allocation();

    u64 base = 0, size = 0;
    std::string name;
    bool read_only = false;
    std::unique_ptr<Shadow> shadow;

    bool holds(u64 address, u64 bytes) const { return address >= base && address - base <= size && bytes <= size - (address - base); }
};

class DeviceMemory {
public:
    DeviceMemory() = default;
    DeviceMemory(const DeviceMemory&) = delete;
    DeviceMemory& operator=(const DeviceMemory&) = delete;

    // Zero when there is no memory left. The bytes are 0xff: a float read before it is written is a NaN.
    u64 allocate(u64 bytes, std::string name, u64 alignment = 256);
    bool release(u64 base);
    Allocation* find(u64 address) const;
    // "nearest allocation NAME 0x... [n bytes], m bytes past its end"
    std::string nearest(u64 address) const;
    void forget_shadows();
    u64 used() const { return used_; }

private:
    std::vector<std::unique_ptr<Allocation>> sorted_;
    u64 used_ = 0;
};

} // namespace pck::emulator
