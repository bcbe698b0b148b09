// How a warp runs: its paths, its calls, the operations for which its lanes meet.
#pragma once

#include "execution/launch.hpp"

namespace pck::emulator {

// Why a warp stopped.
enum class Stop : u8 { blocked, spins, quantum, finished };

// Runs a warp until it waits, spins, has had its share of instructions, or is done.
Stop run(Warp& warp, u32 share);

// paths.cpp
void start_warp(Warp& warp, Launch& launch, Block& block, u32 id, u32 lanes);
void add_path(Warp& warp, s32 next, u32 lanes, Frame* frame);
void remove_path(Warp& warp, u32 index);
void merge_paths(Warp& warp);
// Makes the path that goes next the current one: the deepest call first, then the lowest instruction; `avoid` only if there is no other.
bool choose_path(Warp& warp, u32 avoid = ~0u);

// frames.cpp
Frame* enter(Warp& warp, const Function& function, Frame* caller, const CallSite* site, s32 return_to, u32 lanes);
void call(Warp& warp, const Instruction& instruction, u32 lanes);         // the current path's lanes enter a function
void leave(Warp& warp, u32 lanes);                                        // they return from it
void branch_by_table(Warp& warp, const Instruction& instruction, u32 lanes); // brx.idx

// collectives.cpp: instructions of Kind::collective; true when the current path goes on at once.
bool meet(Warp& warp, const Instruction& instruction, u32 lanes);
bool complete_collectives(Warp& warp);

// barriers.cpp: instructions of Kind::block_barrier; true when the current path goes on at once (it only arrived).
bool arrive(Warp& warp, const Instruction& instruction, u32 lanes);
void complete_barrier(Block& block, u32 number);
void complete_barriers(Block& block); // after threads have gone

// Collective::op
enum class Collective : u8 {
    sync,
    shuffle_up,
    shuffle_down,
    shuffle_xor,
    shuffle_index,
    ballot,
    any,
    all,
    uniform,
    match_any,
    match_all,
    add,
    minimum,
    maximum,
    bit_and,
    bit_or,
    bit_xor,
    elect
};

// Instruction::op of a block barrier.
enum class BarrierOp : u8 { sync, arrive, count, every, some };

} // namespace pck::emulator
