#include "memory/device_memory.hpp"

#include "races/clock.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace pck::emulator {

Allocation::~Allocation() { std::free(reinterpret_cast<void*>(base)); }

namespace {

auto after(const std::vector<std::unique_ptr<Allocation>>& sorted, u64 address) {
    return std::upper_bound(sorted.begin(), sorted.end(), address, [](u64 a, const auto& allocation) { return a < allocation->base; });
}

} // namespace

u64 DeviceMemory::allocate(u64 bytes, std::string name, u64 alignment) {
    const u64 padded = (bytes + 511) & ~255ull;
    if (padded < bytes)
        return 0;
    void* host = std::aligned_alloc(std::max<u64>(alignment, 256), (padded + alignment - 1) / alignment * alignment);
    if (host == nullptr)
        return 0;
    std::memset(host, 0xff, padded);
    auto fresh = std::make_unique<Allocation>();
    fresh->base = reinterpret_cast<u64>(host);
    fresh->size = bytes;
    fresh->name = std::move(name);
    const u64 base = fresh->base;
    sorted_.insert(after(sorted_, base), std::move(fresh));
    used_ += bytes;
    return base;
}

bool DeviceMemory::release(u64 base) {
    auto at = after(sorted_, base);
    if (at == sorted_.begin() || (*--at)->base != base)
        return false;
    used_ -= (*at)->size;
    sorted_.erase(at);
    return true;
}

Allocation* DeviceMemory::find(u64 address) const {
    auto at = after(sorted_, address);
    if (at == sorted_.begin())
        return nullptr;
    --at;
    return address - (*at)->base < (*at)->size ? at->get() : nullptr;
}

std::string DeviceMemory::nearest(u64 address) const {
    const Allocation* best = nullptr;
    u64 best_distance = ~0ull;
    for (const auto& allocation : sorted_) {
        const u64 end = allocation->base + allocation->size;
        const u64 distance = address < allocation->base ? allocation->base - address : address >= end ? address - end : 0;
        if (distance < best_distance) {
            best_distance = distance;
            best = allocation.get();
        }
    }
    if (best == nullptr)
        return "there are no allocations";
    std::string out = "nearest allocation " + best->name + " " + hexadecimal(best->base) + " [" + std::to_string(best->size) + " bytes]";
    if (address < best->base)
        return out + ", " + std::to_string(best_distance) + " bytes before it";
    return out + ", " + std::to_string(address - best->base - best->size) + " bytes past its end";
}

void DeviceMemory::forget_shadows() {
    for (auto& allocation : sorted_)
        allocation->shadow.reset();
}

} // namespace pck::emulator
