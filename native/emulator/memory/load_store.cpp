// ld and st in all widths, to memory, from a kernel's arguments, and of the .param variables of calls.
#include "memory/access.hpp"
#include "memory/operations.hpp"

#include <cstring>

namespace pck::emulator {

namespace {

using Four = float __attribute__((vector_size(16)));

// Four lanes' float4 values turned into four registers' lanes.
PCK_INLINE void transpose(const u8* base, const u64* delta, u32* d0, u32* d1, u32* d2, u32* d3) {
    for (u32 l = 0; l < warp_size; l += 4) {
        Four r[4];
        for (u32 k = 0; k < 4; ++k)
            std::memcpy(&r[k], base + delta[l + k], 16);
        const Four a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5), b = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
        const Four c = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7), d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
        const Four out[4] = {__builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7),
                             __builtin_shufflevector(c, d, 0, 1, 4, 5), __builtin_shufflevector(c, d, 2, 3, 6, 7)};
        std::memcpy(d0 + l, &out[0], 16);
        std::memcpy(d1 + l, &out[1], 16);
        std::memcpy(d2 + l, &out[2], 16);
        std::memcpy(d3 + l, &out[3], 16);
    }
}

// 32 bytes of lanes at a time, side by side or all the same.
template <class R> PCK_INLINE void gather_groups(R* d, const u8* base, const AccessPattern& p) {
    constexpr u32 lanes_per_group = 32 / sizeof(R);
    for (u32 begin = 0; begin < warp_size; begin += lanes_per_group) {
        const u8* from = base + p.delta[begin];
        if (p.group_consecutive[begin / lanes_per_group]) {
            std::memcpy(d + begin, from, 32);
        } else {
            const R value = *reinterpret_cast<const R*>(from);
            for (u32 l = 0; l < lanes_per_group; ++l)
                d[begin + l] = value;
        }
    }
}

s32 element_register(const Warp& w, const Instruction& i, u32 k) {
    return i.elements == 1 ? i.d : w.launch->program.extras[static_cast<size_t>(i.extra)][k];
}

// E is what lies in memory, R the register; signed E is extended.
template <class R, class E, u32 n> PCK_INLINE void move_in(Warp& w, const Instruction& i, u32 lanes, const Access& at) {
    using Shape = AccessPattern::Shape;
    const AccessPattern& p = *at.pattern;
    if constexpr (n == 1) {
        R* d = destination<R>(w, i.d);
        const auto element = [&](u32 l) PCK_INLINE_LAMBDA { return static_cast<R>(*reinterpret_cast<const E*>(at.base + p.delta[l])); };
        if (p.shape == Shape::consecutive && sizeof(R) == sizeof(E)) {
            std::memcpy(d, at.base, warp_size * sizeof(R));
        } else if (p.shape == Shape::grouped && sizeof(R) == sizeof(E)) {
            gather_groups(d, at.base, p);
        } else if (p.shape == Shape::uniform) {
            const auto value = static_cast<R>(*reinterpret_cast<const E*>(at.base));
            put(d, lanes, [&](u32) PCK_INLINE_LAMBDA { return value; });
        } else {
            each_lane(lanes, [&](u32 l) { d[l] = element(l); });
        }
    } else {
        R* d[n];
        for (u32 k = 0; k < n; ++k)
            d[k] = destination<R>(w, element_register(w, i, k));
        if (p.shape == Shape::uniform) {
            for (u32 k = 0; k < n; ++k) {
                const auto value = static_cast<R>(reinterpret_cast<const E*>(at.base)[k]);
                put(d[k], lanes, [&](u32) PCK_INLINE_LAMBDA { return value; });
            }
            return;
        }
        if constexpr (n == 4 && sizeof(E) == 4 && sizeof(R) == 4) {
            if (lanes == all_lanes) {
                transpose(at.base, p.delta, d[0], d[1], d[2], d[3]);
                return;
            }
        }
        each_lane(lanes, [&](u32 l) {
            const E* from = reinterpret_cast<const E*>(at.base + p.delta[l]);
            for (u32 k = 0; k < n; ++k)
                d[k][l] = static_cast<R>(from[k]);
        });
    }
}

template <class R, class E, u32 n> PCK_INLINE void move_out(Warp& w, const Instruction& i, u32 lanes, const Access& at) {
    const AccessPattern& p = *at.pattern;
    ++w.launch->changes;
    if constexpr (n == 1) {
        const R* s = source<R>(w, i.d);
        if (p.shape == AccessPattern::Shape::consecutive && sizeof(R) == sizeof(E))
            std::memcpy(at.base, s, warp_size * sizeof(R));
        else
            each_lane(lanes, [&](u32 l) { *reinterpret_cast<E*>(at.base + p.delta[l]) = static_cast<E>(s[l]); });
    } else {
        const R* s[n];
        for (u32 k = 0; k < n; ++k)
            s[k] = source<R>(w, element_register(w, i, k));
        each_lane(lanes, [&](u32 l) {
            E* to = reinterpret_cast<E*>(at.base + p.delta[l]);
            for (u32 k = 0; k < n; ++k)
                to[k] = static_cast<E>(s[k][l]);
        });
    }
}

constexpr u8 strong_flags = volatile_access | strong_access;

template <class R, class E, u32 n> void load(Warp& w, const Instruction& i, u32 lanes) {
    Access at;
    if (quick_access(w, i, lanes, sizeof(E) * n, access_reads, at)) {
        move_in<R, E, n>(w, i, lanes, at);
        return;
    }
    alignas(32) u64 addresses[warp_size];
    lane_addresses(w, i, addresses);
    const bool strong = (i.flags & strong_flags) != 0;
    each_space(w, i, lanes, addresses, [&](u32 these, Space space) {
        const Access found = access(w, i, these, addresses, sizeof(E) * n, strong ? access_strong : access_reads, space);
        move_in<R, E, n>(w, i, these, found);
        if (strong && w.launch->detector != nullptr)
            w.launch->detector->strong_access_of(w, i, these, addresses, space, true, false);
    });
}

template <class R, class E, u32 n> void store(Warp& w, const Instruction& i, u32 lanes) {
    Access at;
    const bool strong = (i.flags & strong_flags) != 0;
    auto write = [&](u32 these, const Access& found, Space space) {
        if (space == Space::global && found.pattern->allocation != nullptr && found.pattern->allocation->read_only)
            fault(w, i, first_lane(these), "store to constant memory " + found.pattern->allocation->name, Fault::Kind::address);
        move_out<R, E, n>(w, i, these, found);
    };
    if (quick_access(w, i, lanes, sizeof(E) * n, access_writes, at)) {
        write(lanes, at, i.space);
        return;
    }
    alignas(32) u64 addresses[warp_size];
    lane_addresses(w, i, addresses);
    each_space(w, i, lanes, addresses, [&](u32 these, Space space) {
        if (space == Space::parameter)
            fault(w, i, first_lane(these), "store to the kernel's arguments", Fault::Kind::address);
        if (strong && w.launch->detector != nullptr)
            w.launch->detector->strong_access_of(w, i, these, addresses, space, false, true);
        const auto how = static_cast<u8>(access_writes | (strong ? access_strong : 0));
        write(these, access(w, i, these, addresses, sizeof(E) * n, how, space), space);
    });
}

// A kernel's argument is the same for everyone.
template <class R, class E> void load_argument(Warp& w, const Instruction& i, u32 lanes) {
    for (u32 k = 0; k < i.elements; ++k) {
        E value;
        std::memcpy(&value, w.launch->arguments.data() + i.immediate + k * sizeof(E), sizeof value);
        const auto extended = static_cast<R>(value);
        put(destination<R>(w, element_register(w, i, k)), lanes, [&](u32) PCK_INLINE_LAMBDA { return extended; });
    }
}

template <class R, class E, bool writes> void call_parameter(Warp& w, const Instruction& i, u32 lanes) {
    const size_t bytes = w.frame->function->parameter_bytes;
    for (u32 k = 0; k < i.elements; ++k) {
        const s32 reg = element_register(w, i, k);
        each_lane(lanes, [&](u32 l) {
            u8* at = w.frame->parameters + l * bytes + static_cast<size_t>(i.immediate) + k * sizeof(E);
            E value;
            if constexpr (writes) {
                value = static_cast<E>(source<R>(w, reg)[l]);
                std::memcpy(at, &value, sizeof value);
            } else {
                std::memcpy(&value, at, sizeof value);
                destination<R>(w, reg)[l] = static_cast<R>(value);
            }
        });
    }
}

template <class R, class E> Handler by_form(MemoryForm form, u32 elements) {
    const size_t which = elements == 1 ? 0 : elements == 2 ? 1 : 2;
    constexpr Handler loads[] = {load<R, E, 1>, load<R, E, 2>, load<R, E, 4>}, stores[] = {store<R, E, 1>, store<R, E, 2>, store<R, E, 4>};
    switch (form) {
    case MemoryForm::load: return loads[which];
    case MemoryForm::store: return stores[which];
    case MemoryForm::load_argument: return load_argument<R, E>;
    case MemoryForm::load_parameter: return call_parameter<R, E, false>;
    default: return call_parameter<R, E, true>;
    }
}

template <class R> Handler by_element(MemoryForm form, u32 elements, u32 bytes, bool sign_extend) {
    switch (bytes) {
    case 1: return sign_extend ? by_form<R, s8>(form, elements) : by_form<R, u8>(form, elements);
    case 2: return sign_extend ? by_form<R, s16>(form, elements) : by_form<R, u16>(form, elements);
    case 4: return sign_extend ? by_form<R, s32>(form, elements) : by_form<R, u32>(form, elements);
    default: return nullptr;
    }
}

} // namespace

Handler memory_handler(MemoryForm form, u32 elements, u32 bytes, bool sign_extend, u32 register_bytes) {
    if (elements == 4 && bytes == 8)
        return nullptr;
    if (register_bytes == 4)
        return by_element<u32>(form, elements, bytes, sign_extend);
    return bytes == 8 ? by_form<u64, u64>(form, elements) : by_element<u64>(form, elements, bytes, sign_extend);
}

} // namespace pck::emulator
