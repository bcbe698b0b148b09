// Blocks run one after another, all warps of a block in turn, on the caller's thread. A cooperative launch has all its blocks resident;
// another gets a further one only when those that are there wait for it (decoupled look-back and the like).
#include "execution/scheduler.hpp"

#include "races/detector.hpp"

#include <algorithm>
#include <cstring>
#include <deque>

namespace pck::emulator {

namespace {

constexpr u32 share = 20'000;          // instructions before another warp has its turn
constexpr u32 rounds_before_more = 64; // of spinning, before another block may come
constexpr size_t most_shown = 8;

// xorshift: the same shuffles everywhere.
class Shuffle {
public:
    explicit Shuffle(u32 seed) : state_(seed * 0x9e3779b97f4a7c15ull + 0x2545f4914f6cdd1dull) {}
    u32 below(u32 bound) {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<u32>((state_ >> 32) * bound >> 32);
    }
    void permute(std::vector<u32>& list) {
        for (u32 k = static_cast<u32>(list.size()); k > 1; --k)
            std::swap(list[k - 1], list[below(k)]);
    }

private:
    u64 state_;
};

class Scheduler {
public:
    Scheduler(Launch& launch, u64 capacity)
        : launch_(launch), capacity_(capacity), count_(launch.config.grid.count()), seed_(launch.config.seed), shuffle_(seed_) {
        if (seed_ != 0 && count_ <= 1u << 24) {
            order_.resize(count_);
            for (u32 k = 0; k < count_; ++k)
                order_[k] = k;
            shuffle_.permute(order_);
        }
        const u64 at_first = launch.config.cooperative ? count_ : 1;
        for (u64 k = 0; k < at_first; ++k)
            resident_.emplace_back();
    }

    void run() {
        u32 idle = 0;
        for (;;) {
            if (!refill())
                return;
            const u64 changes = launch_.changes;
            only_spins_ = true;
            const bool any = round();
            if (!any)
                hang("deadlock: no thread can go on");
            idle = only_spins_ && launch_.changes == changes ? idle + 1 : 0;
            if (idle >= rounds_before_more && next_ < count_ && resident_.size() < capacity_) {
                resident_.emplace_back();
                idle = 0;
            }
            if (idle >= launch_.config.spin_rounds)
                hang("livelock: every thread that can run spins, and no value has changed for " + std::to_string(idle) + " rounds");
            if (launch_.instructions > launch_.config.instruction_limit)
                hang("no end after " + std::to_string(launch_.instructions) + " warp instructions");
        }
    }

private:
    // Blocks that are done make room for the next ones; false when none is left.
    bool refill() {
        bool alive = false;
        for (Block& block : resident_) {
            if (block.done && next_ < count_) {
                start(block, order_.empty() ? next_ : order_[next_]);
                ++next_;
            }
            alive |= !block.done;
        }
        return alive;
    }

    void start(Block& block, u64 id) {
        const Dim3& shape = launch_.config.block;
        block.id = static_cast<u32>(id);
        block.index = launch_.block_index(id);
        block.threads = block.live = static_cast<u32>(shape.count());
        block.done = false;
        block.barriers.fill(Barrier());
        if (block.shared.size() < launch_.shared_end)
            block.shared = Bytes(launch_.shared_end);
        for (const SharedArray& array : launch_.shared)
            std::memset(block.shared.data() + array.begin, 0xff, array.end - array.begin);
        if (launch_.detector != nullptr)
            launch_.detector->start(block);
        const u32 warps = (block.threads + warp_size - 1) / warp_size;
        if (block.warps.size() != warps)
            block.warps = std::vector<Warp>(warps);
        for (u32 k = 0; k < warps; ++k) {
            const u32 lanes = std::min(warp_size, block.threads - k * warp_size);
            start_warp(block.warps[k], launch_, block, k, lanes == warp_size ? all_lanes : (1u << lanes) - 1);
        }
    }

    // Every warp that can has a turn; false when none could.
    bool round() {
        bool any = false;
        const u32 blocks = static_cast<u32>(resident_.size()), first = seed_ != 0 ? shuffle_.below(blocks) : 0;
        for (u32 k = 0; k < blocks; ++k) {
            Block& block = resident_[(first + k) % blocks];
            if (!block.done)
                any |= turn(block);
        }
        return any;
    }

    bool turn(Block& block) {
        const u32 warps = static_cast<u32>(block.warps.size());
        if (turns_.size() != warps || seed_ != 0) {
            turns_.resize(warps);
            for (u32 k = 0; k < warps; ++k)
                turns_[k] = k;
            if (seed_ != 0)
                shuffle_.permute(turns_);
        }
        bool any = false, alive = false;
        for (u32 k : turns_) {
            Warp& w = block.warps[k];
            if (w.done)
                continue;
            const u64 before = launch_.instructions, changes = launch_.changes;
            const Stop stop = pck::emulator::run(w, seed_ != 0 ? 64 + shuffle_.below(2000) : share);
            w.done = stop == Stop::finished;
            any |= stop != Stop::blocked || launch_.instructions != before || launch_.changes != changes;
            only_spins_ &= stop == Stop::spins || launch_.instructions == before;
            alive |= !w.done;
        }
        block.done = !alive;
        return any || block.done;
    }

    [[noreturn]] void hang(const std::string& what) {
        std::string text = launch_.function.name + ": " + what;
        size_t shown = 0, all = 0;
        for (const Block& block : resident_)
            for (const Warp& w : block.warps) {
                if (block.done || w.done)
                    continue;
                for (u32 k = 0; k < w.path_count; ++k)
                    if (++all <= most_shown) {
                        ++shown;
                        text += "\n  " + describe(block, w, w.paths[k]);
                    }
            }
        if (all > shown)
            text += "\n  and " + std::to_string(all - shown) + " more";
        throw Fault(Fault::Kind::hang, text);
    }

    std::string describe(const Block& block, const Warp& w, const Path& path) const {
        const std::string who = launch_.thread(block.id, w.id * warp_size + first_lane(path.lanes)) + " (warp " + std::to_string(w.id) + ", lanes " +
                                hexadecimal(path.lanes) + ")";
        const std::string where = launch_.program.describe(path.next);
        if (path.state == Path::State::waits_for_lanes)
            return who + " waits for lanes " + hexadecimal(path.members & ~w.exited & ~path.lanes) + " of its warp at " + where;
        if (path.state == Path::State::ready)
            return who + " runs at " + where;
        const Barrier& barrier = block.barriers[path.barrier];
        const u32 expected = barrier.expected == 0 ? block.live : barrier.expected;
        std::string missing;
        for (const Warp& other : block.warps)
            if (!other.done && !(barrier.warps >> other.id & 1))
                missing += (missing.empty() ? ", without warp " : ", ") + std::to_string(other.id);
        return who + " waits at barrier " + std::to_string(path.barrier) + ", to which " + std::to_string(barrier.arrived) + " of " + std::to_string(expected) +
               " threads have come" + missing + ", at " + where;
    }

    Launch& launch_;
    const u64 capacity_, count_;
    const u32 seed_;
    Shuffle shuffle_;
    std::vector<u32> order_, turns_;
    std::deque<Block> resident_;
    u64 next_ = 0;
    bool only_spins_ = true;
};

} // namespace

void run_blocks(Launch& launch, u64 capacity) { Scheduler(launch, capacity).run(); }

} // namespace pck::emulator
