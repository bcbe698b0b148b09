// Moves, selections, packing, predicates, and the registers that are read with mov.
#include "arithmetic/lanes.hpp"
#include "execution/launch.hpp"
#include "ptx/table.hpp"

#include <cstring>

namespace pck::emulator {

namespace {

template <class T> void select(Warp& w, const Instruction& i, u32 lanes) {
    const T *a = source<T>(w, i.a), *b = source<T>(w, i.b);
    u32 p = predicate(w, i.c);
    p = i.operand_negated ? ~p : p;
    put(destination<T>(w, i.d), lanes, [&](u32 l) PCK_INLINE_LAMBDA { return (p >> l & 1) != 0 ? a[l] : b[l]; });
}

void local_address(Warp& w, const Instruction& i, u32 lanes) {
    const u64 address = w.frame->local_base + static_cast<u64>(i.immediate);
    put(destination<u64>(w, i.d), lanes, [&](u32) PCK_INLINE_LAMBDA { return address; });
}

void move_predicate(Warp& w, const Instruction& i, u32 lanes) { set_predicate(w, i.d, lanes, predicate(w, i.a)); }
void constant_predicate(Warp& w, const Instruction& i, u32 lanes) { set_predicate(w, i.d, lanes, i.immediate != 0 ? all_lanes : 0); }

template <auto F> void predicate_logic(Warp& w, const Instruction& i, u32 lanes) {
    set_predicate(w, i.d, lanes, F(predicate(w, i.a), i.b == no_register ? 0 : predicate(w, i.b)));
}

// mov.b32 {lo, hi}, a and mov.b64 {lo, hi}, a; either half may be "_".
template <class T> void unpack(Warp& w, const Instruction& i, u32 lanes) {
    constexpr u32 bits = sizeof(T) * 4;
    T a[warp_size];
    std::memcpy(a, source<T>(w, i.a), sizeof a);
    const auto low_part = [&](u32 l) PCK_INLINE_LAMBDA { return static_cast<u32>(a[l] & ((T{1} << bits) - 1)); };
    const auto high_part = [&](u32 l) PCK_INLINE_LAMBDA { return static_cast<u32>(a[l] >> bits); };
    if (i.d != no_register)
        put(destination<u32>(w, i.d), lanes, low_part);
    if (i.b != no_register)
        put(destination<u32>(w, i.b), lanes, high_part);
}

void active_mask(Warp& w, const Instruction& i, u32 lanes) {
    put(destination<u32>(w, i.d), lanes, [&](u32) PCK_INLINE_LAMBDA { return lanes; });
}

// Time is counted in instructions, so that it is the same in every run; op 1 is %globaltimer, whose nanoseconds they are too.
template <class T> void clock(Warp& w, const Instruction& i, u32 lanes) {
    const u64 now = w.launch->time();
    put(destination<T>(w, i.d), lanes, [&](u32) PCK_INLINE_LAMBDA { return static_cast<T>(now); });
}

void clock_high(Warp& w, const Instruction& i, u32 lanes) {
    const u64 now = w.launch->time();
    put(destination<u32>(w, i.d), lanes, [&](u32) PCK_INLINE_LAMBDA { return static_cast<u32>(now >> 32); });
}

template <u64 window> void in_window(Warp& w, const Instruction& i, u32 lanes) {
    const u64* a = source<u64>(w, i.a);
    u32 p = 0;
    for (u32 l = 0; l < warp_size; ++l)
        p |= static_cast<u32>(a[l] >> 56 == window >> 56) << l;
    set_predicate(w, i.d, lanes, p);
}

template <u64 window> void to_generic(Warp& w, const Instruction& i, u32 lanes) {
    const u64* a = source<u64>(w, i.a);
    put(destination<u64>(w, i.d), lanes, [&](u32 l) PCK_INLINE_LAMBDA { return a[l] + window; });
}

template <u64 window> void from_generic(Warp& w, const Instruction& i, u32 lanes) {
    const u64* a = source<u64>(w, i.a);
    put(destination<u64>(w, i.d), lanes, [&](u32 l) PCK_INLINE_LAMBDA { return a[l] - window; });
}

template <u64 window> void add_window_rows(Table& t, const std::string& space) {
    t.add("cvta." + space + ".u64", to_generic<window>, window == 0 ? Class::move : Class::integer, "ww");
    t.add("cvta.to." + space + ".u64", from_generic<window>, window == 0 ? Class::move : Class::integer, "ww");
    t.add("isspacep." + space, in_window<window>, Class::predicate, "pw");
}

} // namespace

void add_move_rows(Table& t) {
    for (const char* type : {".b32", ".u32", ".s32", ".f32", ".b16", ".u16", ".s16", ".f16", ".bf16", ".f16x2", ".bf16x2"}) {
        t.add(std::string("mov") + type, unary<u32, u32, [](u32 a) { return a; }>, Class::move, "nn");
        t.add(std::string("selp") + type, select<u32>, Class::integer, "nnnp");
        t.add(std::string("slct") + type + ".s32", ternary<u32, u32, u32, s32, [](u32 a, u32 b, s32 c) { return c >= 0 ? a : b; }>, Class::integer, "nnnn");
    }
    for (const char* type : {".b64", ".u64", ".s64", ".f64"}) {
        t.add(std::string("mov") + type, unary<u64, u64, [](u64 a) { return a; }>, Class::move, "ww");
        t.add(std::string("selp") + type, select<u64>, Class::integer, "wwwp");
        t.add(std::string("slct") + type + ".s32", ternary<u64, u64, u64, s32, [](u64 a, u64 b, s32 c) { return c >= 0 ? a : b; }>, Class::integer, "wwwn");
    }
    // Spelled with a slash: forms of mov that the decoder chooses by their operands.
    t.add("mov/local", local_address, Class::move, "wi");
    t.add("mov/pack.b32", binary<u32, u32, u32, [](u32 a, u32 b) { return (a & 0xffff) | b << 16; }>, Class::move, "nnn");
    t.add("mov/pack.b64", binary<u64, u32, u32, [](u32 a, u32 b) { return static_cast<u64>(b) << 32 | a; }>, Class::move, "wnn");
    t.add("mov/unpack.b32", unpack<u32>, Class::move, "");
    t.add("mov/unpack.b64", unpack<u64>, Class::move, "");
    t.add("mov/clock.b32", clock<u32>, Class::move, "n");
    t.add("mov/clock_hi.b32", clock_high, Class::move, "n");
    t.add("mov/clock.b64", clock<u64>, Class::move, "w");
    t.add("mov.pred", move_predicate, Class::predicate, "pp");
    t.add("mov/constant.pred", constant_predicate, Class::predicate, "pi");
    t.add("and.pred", predicate_logic<[](u32 a, u32 b) { return a & b; }>, Class::predicate, "ppp");
    t.add("or.pred", predicate_logic<[](u32 a, u32 b) { return a | b; }>, Class::predicate, "ppp");
    t.add("xor.pred", predicate_logic<[](u32 a, u32 b) { return a ^ b; }>, Class::predicate, "ppp");
    t.add("not.pred", predicate_logic<[](u32 a, u32) { return ~a; }>, Class::predicate, "pp");
    t.add("activemask.b32", active_mask, Class::warp, "n");
    add_window_rows<0>(t, "global");
    add_window_rows<0>(t, "const");
    add_window_rows<shared_window>(t, "shared");
    add_window_rows<shared_window>(t, "shared::cta");
    add_window_rows<local_window>(t, "local");
    add_window_rows<parameter_window>(t, "param");
}

} // namespace pck::emulator
