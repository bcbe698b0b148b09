// The loop: fetch, guard, do. One warp at a time, 32 lanes at once.
#include "execution/interpreter.hpp"

#include "arithmetic/lanes.hpp"
#include "memory/operations.hpp"

namespace pck::emulator {

namespace {

constexpr u32 atomics_per_turn = 32; // they may be a lock's: its holder has to get its turn

class Interpreter {
public:
    Interpreter(Warp& warp, u32 share) : w_(warp), launch_(*warp.launch), code_(launch_.program.code.data()), left_(share), share_(share) {}

    Stop run() {
        if (!choose_path(w_, w_.fair ? w_.current : ~0u))
            return w_.path_count != 0 ? Stop::blocked : Stop::finished;
        w_.fair = false;
        load();
        const Stop stop = loop();
        launch_.instructions += share_ - left_;
        return stop;
    }

private:
    // The current path is kept in registers of the host while it runs.
    void load() {
        const Path& path = w_.paths[w_.current];
        next_ = path.next;
        lanes_ = path.lanes;
        w_.frame = path.frame;
        w_.registers = path.frame->registers;
        // Where another path waits further on, this one has to stop, so that they may be merged.
        meeting_ = INT32_MAX;
        for (u32 k = 0; k < w_.path_count; ++k) {
            const Path& other = w_.paths[k];
            if (k != w_.current && other.state == Path::State::ready && other.frame->depth == path.frame->depth && other.next > next_)
                meeting_ = std::min(meeting_, other.next);
        }
    }

    void save() {
        w_.paths[w_.current].next = next_;
        w_.paths[w_.current].lanes = lanes_;
    }

    // After the paths have changed: false when none of them can go on.
    bool reload() {
        if (!choose_path(w_))
            return false;
        load();
        return true;
    }

    void switch_path() {
        save();
        reload();
    }

    Stop loop() {
        Executed* const executed = launch_.executed.data();
        const bool counting = launch_.counting;
        for (;;) {
            if (!PCK_LIKELY(next_ < meeting_))
                switch_path();
            const Instruction& i = code_[next_];
            u32 lanes = lanes_;
            if (i.guard != no_register) {
                const u32 p = predicate(w_, i.guard);
                lanes &= i.guard_negated ? ~p : p;
            }
            if (counting) {
                ++executed[next_].times;
                executed[next_].lanes += lane_count(lanes);
            }
            if (!PCK_LIKELY(--left_ != 0)) {
                save();
                w_.fair = w_.path_count > 1;
                ++left_; // this one has not run
                if (counting) {
                    --executed[next_].times;
                    executed[next_].lanes -= lane_count(lanes);
                }
                return Stop::quantum;
            }
            if (PCK_LIKELY(i.kind == Kind::compute)) {
                if (PCK_LIKELY(lanes != 0)) {
                    w_.at = next_;
                    i.handler(w_, i, lanes);
                }
                ++next_;
            } else if (lanes == 0 && i.kind != Kind::branch) {
                ++next_;
            } else if (const Turn turn = special(i, lanes); turn != Turn::go_on) {
                return turn == Turn::blocked ? Stop::blocked : turn == Turn::spins ? Stop::spins : turn == Turn::quantum ? Stop::quantum : Stop::finished;
            }
        }
    }

    enum class Turn : u8 { go_on, blocked, spins, quantum, finished };

    Turn special(const Instruction& i, u32 lanes) {
        switch (i.kind) {
        case Kind::branch: branch(i, lanes); return Turn::go_on;
        case Kind::branch_table:
            save();
            branch_by_table(w_, i, lanes);
            reload();
            return Turn::go_on;
        case Kind::call:
            save();
            call(w_, i, lanes);
            reload();
            return Turn::go_on;
        case Kind::leave:
            save();
            leave(w_, lanes);
            reload();
            return Turn::go_on;
        case Kind::exit: return exit(lanes);
        case Kind::block_barrier: {
            save();
            const bool goes_on = arrive(w_, i, lanes);
            if (goes_on) {
                load();
                return Turn::go_on;
            }
            return reload() ? Turn::go_on : Turn::blocked;
        }
        case Kind::collective:
            save();
            if (meet(w_, i, lanes)) {
                ++next_;
                return Turn::go_on;
            }
            return reload() ? Turn::go_on : Turn::blocked;
        case Kind::spin:
            w_.at = next_;
            if (i.handler != nullptr)
                i.handler(w_, i, lanes);
            ++next_;
            save();
            w_.fair = w_.path_count > 1;
            return Turn::spins;
        case Kind::atomic: return atomic(i, lanes);
        case Kind::trap: fault(w_, i, first_lane(lanes), "trap");
        default: return Turn::go_on;
        }
    }

    void branch(const Instruction& i, u32 lanes) {
        if (lanes == lanes_) {
            const bool backwards = i.target <= next_;
            next_ = i.target;
            if (backwards && w_.path_count > 1)
                switch_path();
        } else if (lanes == 0) {
            ++next_;
        } else {
            ++launch_.divergent_branches;
            add_path(w_, i.target, lanes, w_.frame);
            lanes_ &= ~lanes;
            ++next_;
            switch_path();
        }
    }

    Turn exit(u32 lanes) {
        if (!w_.copies.empty())
            wait_for_copies(w_, lanes, ~0u);
        w_.exited |= lanes;
        w_.block->live -= lane_count(lanes);
        ++launch_.changes;
        lanes_ &= ~lanes;
        if (lanes_ != 0) {
            ++next_;
            save();
        } else {
            remove_path(w_, w_.current);
        }
        complete_collectives(w_);
        complete_barriers(*w_.block);
        if (w_.path_count == 0)
            return Turn::finished;
        return reload() ? Turn::go_on : Turn::blocked;
    }

    Turn atomic(const Instruction& i, u32 lanes) {
        const u64 before = launch_.changes;
        w_.at = next_;
        i.handler(w_, i, lanes);
        ++next_;
        changed_ |= launch_.changes != before;
        if (++atomics_ < atomics_per_turn)
            return Turn::go_on;
        save();
        w_.fair = w_.path_count > 1;
        return changed_ ? Turn::quantum : Turn::spins;
    }

    Warp& w_;
    Launch& launch_;
    const Instruction* const code_;
    s32 next_ = 0, meeting_ = 0;
    u32 lanes_ = 0, left_, atomics_ = 0;
    const u32 share_;
    bool changed_ = false;
};

} // namespace

Stop run(Warp& warp, u32 share) { return Interpreter(warp, share).run(); }

} // namespace pck::emulator
