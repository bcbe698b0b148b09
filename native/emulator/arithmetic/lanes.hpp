// Registers as arrays of 32 lanes, and the loops over them that every operation is made of.
#pragma once

#include "core/program.hpp"
#include "execution/warp.hpp"

#if defined(__GNUC__)
#define PCK_INLINE inline __attribute__((always_inline))
#define PCK_COLD __attribute__((noinline, cold))
#define PCK_INLINE_LAMBDA __attribute__((always_inline))
#define PCK_LIKELY(condition) __builtin_expect(!!(condition), 1)
#else
#define PCK_INLINE inline
#define PCK_COLD
#define PCK_INLINE_LAMBDA
#define PCK_LIKELY(condition) (condition)
#endif

namespace pck::emulator {

template <class T> PCK_INLINE T* destination(Warp& warp, s32 offset) { return std::assume_aligned<32>(reinterpret_cast<T*>(warp.registers + offset)); }

template <class T> PCK_INLINE const T* source(const Warp& warp, s32 offset) {
    return std::assume_aligned<32>(reinterpret_cast<const T*>((offset >= 0 ? warp.registers : warp.constants) + offset));
}

PCK_INLINE u32 predicate(const Warp& warp, s32 offset) { return *reinterpret_cast<const u32*>(warp.registers + offset); }

PCK_INLINE void set_predicate(Warp& warp, s32 offset, u32 lanes, u32 value) {
    u32& p = *reinterpret_cast<u32*>(warp.registers + offset);
    p = (p & ~lanes) | (value & lanes);
}

// d[lane] = f(lane) for the lanes given; the others keep their value. f must not depend on d at another lane.
template <class T, class F> PCK_INLINE void put(T* d, u32 lanes, F f) {
    if (PCK_LIKELY(lanes == all_lanes)) {
#pragma GCC ivdep
        for (u32 lane = 0; lane < warp_size; ++lane)
            d[lane] = f(lane);
        return;
    }
    alignas(32) T value[warp_size];
#pragma GCC ivdep
    for (u32 lane = 0; lane < warp_size; ++lane)
        value[lane] = f(lane);
#pragma GCC ivdep
    for (u32 lane = 0; lane < warp_size; ++lane)
        d[lane] = (lanes >> lane & 1) != 0 ? value[lane] : d[lane];
}

template <class D, class A, auto F> void unary(Warp& w, const Instruction& i, u32 lanes) {
    const A* a = source<A>(w, i.a);
    put(destination<D>(w, i.d), lanes, [&](u32 l) PCK_INLINE_LAMBDA { return static_cast<D>(F(a[l])); });
}

template <class D, class A, class B, auto F> void binary(Warp& w, const Instruction& i, u32 lanes) {
    const A* a = source<A>(w, i.a);
    const B* b = source<B>(w, i.b);
    put(destination<D>(w, i.d), lanes, [&](u32 l) PCK_INLINE_LAMBDA { return static_cast<D>(F(a[l], b[l])); });
}

template <class D, class A, class B, class C, auto F> void ternary(Warp& w, const Instruction& i, u32 lanes) {
    const A* a = source<A>(w, i.a);
    const B* b = source<B>(w, i.b);
    const C* c = source<C>(w, i.c);
    put(destination<D>(w, i.d), lanes, [&](u32 l) PCK_INLINE_LAMBDA { return static_cast<D>(F(a[l], b[l], c[l])); });
}

} // namespace pck::emulator
