// The state of running threads: frames, paths, warps, blocks.
#pragma once

#include "core/basics.hpp"
#include "core/program.hpp"
#include "races/clock.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace pck::emulator {

struct Launch;
struct Block;

// Bytes at a multiple of 128, zero, and taken from the system only where they are touched.
class Bytes {
public:
    Bytes() = default;
    explicit Bytes(u64 size);
    Bytes(Bytes&& other) noexcept;
    Bytes& operator=(Bytes&& other) noexcept;
    ~Bytes();
    u8* data() const { return data_; }
    u64 size() const { return size_; }

private:
    void* block_ = nullptr;
    u8* data_ = nullptr;
    u64 size_ = 0;
};

// One call of a function by some lanes of a warp.
struct Frame {
    Bytes memory;
    u8* registers = nullptr;
    u8* parameters = nullptr; // lane by lane, Function::parameter_bytes each
    Frame* caller = nullptr;
    const Function* function = nullptr;
    const CallSite* site = nullptr;
    s32 return_to = -1;
    u32 depth = 0, local_base = 0;
    u32 lanes = 0; // that have not returned
};

// Lanes of a warp that are at the same place.
struct Path {
    enum class State : u8 { ready, waits_for_lanes, waits_for_block };
    s32 next = 0;
    u32 lanes = 0;
    Frame* frame = nullptr;
    State state = State::ready;
    u32 members = 0; // waits_for_lanes: who else has to come
    u32 barrier = 0; // waits_for_block
};

// A copy from global to shared memory that has not been waited for.
struct AsyncCopy {
    u32 lanes, group;
    u32 bytes;
    u32 event;
    std::array<u32, warp_size> to;
    std::array<u64, warp_size> from;
    std::array<u8, warp_size> copied; // the rest of `bytes` becomes zero
};

struct Warp {
    u8* registers = nullptr;
    const u8* constants = nullptr; // the end of the module's constants: their offsets are negative
    Frame* frame = nullptr;
    Launch* launch = nullptr;
    Block* block = nullptr;
    u32 id = 0;
    u32 born = 0, exited = 0; // lanes that the block has; lanes that are gone, or never were
    std::array<Path, 2 * warp_size + 2> paths;
    u32 path_count = 0, current = 0;
    s32 at = 0;    // the instruction running
    u32 carry = 0; // condition code of each lane
    bool done = false, fair = false; // fair: another path goes first

    std::vector<std::unique_ptr<Frame>> frames;
    std::vector<Frame*> free_frames;
    Bytes local;
    u32 local_stride = 0;
    std::vector<AsyncCopy> copies;
    std::array<u32, warp_size> copy_groups{};
    WarpClock clock;
};

struct Barrier {
    u32 arrived = 0, expected = 0;
    u32 warps = 0, waiting_warps = 0;   // that arrived; that also wait
    std::array<u32, warp_size> times{}; // of each warp's arrival
    u32 count = 0;                      // barrier.red
    bool every = true, some = false;
};

struct Block {
    u32 id = 0;
    Dim3 index;
    u32 threads = 0, live = 0;
    bool done = true;
    std::vector<Warp> warps;
    Bytes shared;
    std::array<Barrier, 16> barriers;
    BlockClock clock;
};

} // namespace pck::emulator
