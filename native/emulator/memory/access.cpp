#include "memory/access.hpp"

namespace pck::emulator {

namespace {

std::string of_bytes(u64 address, u32 bytes) { return hexadecimal(address) + " (" + std::to_string(bytes) + " bytes)"; }

std::string nearest_array(const std::vector<SharedArray>& arrays, u64 address) {
    const SharedArray* best = nullptr;
    u64 best_distance = ~0ull;
    for (const SharedArray& array : arrays) {
        const u64 distance = address < array.begin ? array.begin - address : address >= array.end ? address - array.end : 0;
        if (distance < best_distance) {
            best_distance = distance;
            best = &array;
        }
    }
    if (best == nullptr)
        return "the kernel has no shared memory";
    std::string out = "nearest is " + best->name + " [" + std::to_string(best->end - best->begin) + " bytes] at " + hexadecimal(best->begin);
    if (address < best->begin)
        return out + ", " + std::to_string(best_distance) + " bytes before it";
    return out + ", " + std::to_string(address - best->end) + " bytes past its end";
}

const SharedArray* find_array(const Launch& launch, u64 begin, u64 end) {
    for (const SharedArray& array : launch.shared)
        if (begin >= array.begin && end <= array.end)
            return &array;
    return nullptr;
}

} // namespace

PCK_COLD void misaligned(Warp& w, const Instruction& i, u32 lanes, u64 first, u32 bytes, const AccessPattern& p) {
    u32 wrong = first_lane(lanes);
    each_lane(lanes, [&](u32 l) {
        if (((first + p.delta[wrong]) & (bytes - 1)) == 0 && ((first + p.delta[l]) & (bytes - 1)) != 0)
            wrong = l;
    });
    const u64 address = first + p.delta[wrong];
    fault(w, i, wrong, "misaligned address " + hexadecimal(address) + " for an access of " + std::to_string(bytes) + " bytes", Fault::Kind::alignment);
}

PCK_COLD void check_bounds(Warp& w, const Instruction& i, u32 lanes, u64 first, u32 bytes, Space space, AccessPattern& p) {
    const Launch& launch = *w.launch;
    const u64 low = first + static_cast<u64>(p.low), high = first + static_cast<u64>(p.high);
    if (space == Space::shared) {
        p.array = low <= high ? find_array(launch, low, high) : nullptr;
        if (p.array != nullptr)
            return;
        each_lane(lanes, [&](u32 l) {
            const u64 address = first + p.delta[l];
            if (address + bytes < address || find_array(launch, address, address + bytes) == nullptr)
                fault(w, i, l, "shared address " + of_bytes(address, bytes) + " is outside every shared array; " + nearest_array(launch.shared, address),
                      Fault::Kind::address);
        });
        return;
    }
    p.allocation = launch.memory.find(first);
    if (p.allocation != nullptr && p.allocation->holds(low, high - low))
        return;
    p.allocation = nullptr; // the lanes are in several, if they are in any
    each_lane(lanes, [&](u32 l) {
        const u64 address = first + p.delta[l];
        const Allocation* found = launch.memory.find(address);
        if (found == nullptr || !found->holds(address, bytes))
            fault(w, i, l, (address < 4096 ? "null pointer " : "global address ") + of_bytes(address, bytes) + " is in no allocation; " + launch.memory.nearest(address),
                  Fault::Kind::address);
    });
}

void to_local_addresses(Warp& w, const Instruction& i, u32 lanes, u64* addresses, u32 bytes) {
    const u64 top = w.frame->local_base + w.frame->function->local_bytes;
    each_lane(lanes, [&](u32 l) {
        if (addresses[l] > top || bytes > top - addresses[l])
            fault(w, i, l, "local address " + of_bytes(addresses[l], bytes) + " is outside the thread's " + std::to_string(top) + " bytes of local memory",
                  Fault::Kind::address);
        addresses[l] += reinterpret_cast<u64>(w.local.data()) + static_cast<u64>(l) * w.local_stride;
    });
}

void to_argument_addresses(Warp& w, const Instruction& i, u32 lanes, u64* addresses, u32 bytes) {
    const u64 top = w.launch->function.parameter_bytes;
    each_lane(lanes, [&](u32 l) {
        if (addresses[l] > top || bytes > top - addresses[l])
            fault(w, i, l, "parameter address " + of_bytes(addresses[l], bytes) + " is outside the kernel's " + std::to_string(top) + " bytes of arguments",
                  Fault::Kind::address);
        addresses[l] += reinterpret_cast<u64>(w.launch->arguments.data());
    });
}

Space resolve(Warp& w, const Instruction& i, u32 lane, u64& address) {
    switch (address >> 56) {
    case 0: return Space::global;
    case shared_window >> 56: address -= shared_window; return Space::shared;
    case local_window >> 56: address -= local_window; return Space::local;
    case parameter_window >> 56: address -= parameter_window; return Space::parameter;
    default: fault(w, i, lane, "generic address " + hexadecimal(address) + " is in no window", Fault::Kind::address);
    }
}

} // namespace pck::emulator
