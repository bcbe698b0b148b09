// atom and red. Lanes take turns in their order; one thread of the host runs the launch, so that nothing else can come in between.
#include "arithmetic/narrow_floats.hpp"
#include "memory/access.hpp"
#include "memory/operations.hpp"

namespace pck::emulator {

namespace {

template <class T, auto F> void atomic(Warp& w, const Instruction& i, u32 lanes) {
    using R = std::conditional_t<sizeof(T) == 8, u64, u32>;
    alignas(32) u64 addresses[warp_size];
    lane_addresses(w, i, addresses);
    each_space(w, i, lanes, addresses, [&](u32 these, Space space) {
        if (space == Space::parameter)
            fault(w, i, first_lane(these), "atomic on the kernel's arguments", Fault::Kind::address);
        // What a generic address of another space resolved to is needed below; access() may turn local addresses into the host's.
        alignas(32) u64 resolved[warp_size];
        std::copy_n(addresses, warp_size, resolved);
        const Access at = access(w, i, these, addresses, sizeof(T), access_writes | access_strong, space);
        if (w.launch->detector != nullptr)
            w.launch->detector->strong_access_of(w, i, these, resolved, space, true, true);
        const R* b = source<R>(w, i.b);
        const R* c = i.c == no_register ? b : source<R>(w, i.c);
        R* d = i.d == no_register ? nullptr : destination<R>(w, i.d);
        each_lane(these, [&](u32 l) {
            R* place = reinterpret_cast<R*>(at.base + at.pattern->delta[l]);
            const R old = *place, operand = b[l];
            const R fresh = std::bit_cast<R>(static_cast<T>(F(std::bit_cast<T>(old), std::bit_cast<T>(operand), std::bit_cast<T>(c[l]))));
            *place = fresh;
            w.launch->changes += fresh != old;
            if (d != nullptr)
                d[l] = old;
        });
    });
}

template <class T> Handler whole(std::string_view operation) {
    using U = std::make_unsigned_t<T>;
    if (operation == "add")
        return atomic<T, [](T a, T b, T) { return static_cast<T>(static_cast<U>(a) + static_cast<U>(b)); }>;
    if (operation == "exch")
        return atomic<T, [](T, T b, T) { return b; }>;
    if (operation == "cas")
        return atomic<T, [](T a, T b, T c) { return a == b ? c : a; }>;
    if (operation == "min")
        return atomic<T, [](T a, T b, T) { return b < a ? b : a; }>;
    if (operation == "max")
        return atomic<T, [](T a, T b, T) { return a < b ? b : a; }>;
    if (operation == "and")
        return atomic<T, [](T a, T b, T) { return a & b; }>;
    if (operation == "or")
        return atomic<T, [](T a, T b, T) { return a | b; }>;
    if (operation == "xor")
        return atomic<T, [](T a, T b, T) { return a ^ b; }>;
    if constexpr (std::is_same_v<T, u32>) {
        if (operation == "inc")
            return atomic<T, [](T a, T b, T) { return a >= b ? 0 : a + 1; }>;
        if (operation == "dec")
            return atomic<T, [](T a, T b, T) { return a == 0 || b < a ? b : a - 1; }>;
    }
    return nullptr;
}

template <auto widen, auto narrow> u32 add_pair(u32 a, u32 b, u32) {
    return narrow(widen(a & 0xffff) + widen(b & 0xffff)) | narrow(widen(a >> 16) + widen(b >> 16)) << 16;
}

} // namespace

Handler atomic_handler(std::string_view operation, std::string_view type) {
    if (type == "u32" || type == "b32")
        return whole<u32>(operation);
    if (type == "s32")
        return whole<s32>(operation);
    if (type == "u64" || type == "b64")
        return whole<u64>(operation);
    if (type == "s64")
        return whole<s64>(operation);
    if (operation == "exch" && type == "f32")
        return whole<u32>(operation);
    if (operation != "add")
        return nullptr;
    if (type == "f32")
        return atomic<float, [](float a, float b, float) { return a + b; }>;
    if (type == "f64")
        return atomic<double, [](double a, double b, double) { return a + b; }>;
    if (type == "f16x2")
        return atomic<u32, add_pair<half_to_float, float_to_half>>;
    if (type == "bf16x2")
        return atomic<u32, add_pair<bfloat_to_float, float_to_bfloat>>;
    return nullptr;
}

} // namespace pck::emulator
