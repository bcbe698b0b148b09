// Registers are allocated over the linear order of the code: an interval runs from a register's first to its last reference, stretched
// over every basic block at whose border it is alive. A destination never shares a place with a source of the same instruction, since
// operations of several registers read late.
#include "ptx/builder.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <span>

namespace pck::emulator {

namespace {

class Liveness {
public:
    explicit Liveness(Builder& b) : builder_(b), first_(b.function.begin), count_(b.function.end - b.function.begin) {}

    void run() {
        find_blocks();
        collect_references();
        find_crossing();
        flow();
        stretch();
    }

private:
    using Bits = std::vector<u64>;

    Instruction& at(int i) { return builder_.program.code[static_cast<size_t>(first_ + i)]; }

    void successors(int i, std::vector<int>& out) {
        Instruction& last = at(i);
        out.clear();
        const bool falls_through = last.guard != no_register;
        if (last.kind == Kind::branch)
            out.push_back(last.target - first_);
        else if (last.kind == Kind::branch_table)
            for (s32 target : builder_.program.extras[static_cast<size_t>(last.extra)])
                out.push_back(target - first_);
        const bool ends =
            last.kind == Kind::branch || last.kind == Kind::branch_table || last.kind == Kind::leave || last.kind == Kind::exit;
        if ((!ends || falls_through) && i + 1 < count_)
            out.push_back(i + 1);
    }

    void find_blocks() {
        std::vector<char> leads(static_cast<size_t>(count_) + 1, 0);
        leads[0] = 1;
        std::vector<int> next;
        for (int i = 0; i < count_; ++i) {
            const Kind kind = at(i).kind;
            if (kind != Kind::branch && kind != Kind::branch_table && kind != Kind::leave && kind != Kind::exit)
                continue;
            leads[static_cast<size_t>(i) + 1] = 1;
            successors(i, next);
            for (int s : next)
                leads[static_cast<size_t>(s)] = 1;
        }
        block_of_.resize(static_cast<size_t>(count_));
        for (int i = 0; i < count_; ++i) {
            if (leads[static_cast<size_t>(i)])
                begins_.push_back(i);
            block_of_[static_cast<size_t>(i)] = static_cast<int>(begins_.size()) - 1;
        }
    }

    int end_of(size_t block) const { return block + 1 < begins_.size() ? begins_[block + 1] : count_; }

    // They were noted in the order of the instructions.
    void collect_references() {
        references_.reserve(builder_.references.size());
        reference_of_.assign(static_cast<size_t>(count_) + 1, 0);
        for (const Reference& r : builder_.references) {
            const int reg = builder_.field(builder_.program.code[static_cast<size_t>(r.instruction)], r.field);
            references_.push_back({reg, r.definition});
            reference_of_[static_cast<size_t>(r.instruction - first_) + 1]++;
        }
        std::partial_sum(reference_of_.begin(), reference_of_.end(), reference_of_.begin());
    }

    std::span<const std::pair<int, bool>> references_of(int i) const {
        const size_t begin = reference_of_[static_cast<size_t>(i)];
        return std::span(references_).subspan(begin, reference_of_[static_cast<size_t>(i) + 1] - begin);
    }

    // Of the thousands of registers of an unrolled product only a few are alive across a border of blocks: those that a block may read
    // before it has written them. The sets below are of these, under numbers of their own.
    void find_crossing() {
        crossing_number_.assign(builder_.registers.size(), -1);
        std::vector<int> written_in(builder_.registers.size(), -1);
        for (size_t b = 0; b < begins_.size(); ++b)
            for (int i = begins_[b]; i < end_of(b); ++i) {
                const bool guarded = at(i).guard != no_register; // keeps the old value where the guard is false
                for (const auto& [reg, definition] : references_of(i)) {
                    const auto r = static_cast<size_t>(reg);
                    if ((!definition || guarded) && written_in[r] != static_cast<int>(b) && crossing_number_[r] < 0) {
                        crossing_number_[r] = static_cast<int>(crossing_.size());
                        crossing_.push_back(reg);
                    }
                }
                for (const auto& [reg, definition] : references_of(i))
                    if (definition && !guarded)
                        written_in[static_cast<size_t>(reg)] = static_cast<int>(b);
            }
    }

    static void set(Bits& bits, int reg) { bits[static_cast<size_t>(reg) / 64] |= 1ull << (reg % 64); }
    static bool test(const Bits& bits, int reg) { return bits[static_cast<size_t>(reg) / 64] >> (reg % 64) & 1; }

    void flow() {
        const size_t words = (crossing_.size() + 63) / 64, blocks = begins_.size();
        std::vector<Bits> used(blocks, Bits(words)), killed(blocks, Bits(words));
        in_.assign(blocks, Bits(words));
        out_.assign(blocks, Bits(words));
        for (size_t b = 0; b < blocks; ++b)
            for (int i = begins_[b]; i < end_of(b); ++i) {
                const bool guarded = at(i).guard != no_register;
                for (const auto& [reg, definition] : references_of(i))
                    if (const int number = crossing_number_[static_cast<size_t>(reg)];
                        number >= 0 && (!definition || guarded) && !test(killed[b], number))
                        set(used[b], number);
                for (const auto& [reg, definition] : references_of(i))
                    if (const int number = crossing_number_[static_cast<size_t>(reg)]; number >= 0 && definition && !guarded)
                        set(killed[b], number);
            }
        std::vector<int> next;
        for (bool changed = true; changed;) {
            changed = false;
            for (size_t b = blocks; b-- > 0;) {
                successors(end_of(b) - 1, next);
                for (int s : next)
                    for (size_t k = 0; k < words; ++k)
                        out_[b][k] |= in_[static_cast<size_t>(block_of_[static_cast<size_t>(s)])][k];
                for (size_t k = 0; k < words; ++k) {
                    const u64 live = used[b][k] | (out_[b][k] & ~killed[b][k]);
                    changed |= live != in_[b][k];
                    in_[b][k] = live;
                }
            }
        }
    }

    void touch(int reg, int i) {
        VirtualRegister& r = builder_.registers[static_cast<size_t>(reg)];
        r.first = std::min(r.first, i);
        r.last = std::max(r.last, i);
    }

    void touch_all(const Bits& live, int i) {
        for (size_t k = 0; k < live.size(); ++k)
            for (u64 rest = live[k]; rest != 0; rest &= rest - 1)
                touch(crossing_[k * 64 + static_cast<size_t>(std::countr_zero(rest))], i);
    }

    void stretch() {
        for (int i = 0; i < count_; ++i)
            for (const auto& [reg, definition] : references_of(i))
                touch(reg, i);
        for (size_t b = 0; b < begins_.size(); ++b) {
            touch_all(in_[b], begins_[b]);
            touch_all(out_[b], end_of(b));
        }
        for (const auto& [special, reg] : builder_.specials) {
            touch(reg, -1);
            builder_.registers[static_cast<size_t>(reg)].last = std::max(0, builder_.registers[static_cast<size_t>(reg)].last);
        }
    }

    Builder& builder_;
    const int first_, count_;
    std::vector<int> begins_, block_of_;
    std::vector<std::pair<int, bool>> references_; // register, whether it is written
    std::vector<size_t> reference_of_;             // by instruction: where its references begin
    std::vector<int> crossing_number_, crossing_;  // by register, and back
    std::vector<Bits> in_, out_;
};

} // namespace

void allocate_registers(Builder& builder) {
    Liveness(builder).run();
    auto& registers = builder.registers;
    std::vector<int> order;
    for (size_t r = 0; r < registers.size(); ++r)
        if (registers[r].last >= 0)
            order.push_back(static_cast<int>(r));
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return registers[static_cast<size_t>(a)].first < registers[static_cast<size_t>(b)].first; });

    int places[3] = {};
    std::vector<int> free_places[3];
    std::set<std::pair<int, int>> active; // (last, register)
    std::vector<int> place(registers.size(), -1);
    constexpr u32 words[] = {0, 1, 2}; // of a predicate, a narrow and a wide register
    u32 alive = 0;
    for (int r : order) {
        const VirtualRegister& reg = registers[static_cast<size_t>(r)];
        const auto width = static_cast<size_t>(reg.width);
        while (!active.empty() && active.begin()->first < reg.first) {
            const auto done = static_cast<size_t>(active.begin()->second);
            free_places[static_cast<size_t>(registers[done].width)].push_back(place[done]);
            alive -= words[static_cast<size_t>(registers[done].width)];
            active.erase(active.begin());
        }
        if (free_places[width].empty()) {
            place[static_cast<size_t>(r)] = places[width]++;
        } else {
            place[static_cast<size_t>(r)] = free_places[width].back();
            free_places[width].pop_back();
        }
        active.insert({reg.last, r});
        alive += words[width];
        builder.function.live_registers = std::max(builder.function.live_registers, alive);
    }

    const int wide_begin = (places[0] * 4 + 127) / 128 * 128, narrow_begin = wide_begin + places[2] * 256;
    builder.function.register_bytes = static_cast<u32>(narrow_begin + places[1] * 128);
    for (size_t r = 0; r < registers.size(); ++r)
        switch (registers[r].width) {
        case Width::predicate:
            registers[r].offset = place[r] * 4;
            break;
        case Width::wide:
            registers[r].offset = wide_begin + place[r] * 256;
            break;
        case Width::narrow:
            registers[r].offset = narrow_begin + place[r] * 128;
            break;
        }
    for (const Reference& r : builder.references) {
        s32& field = builder.field(builder.program.code[static_cast<size_t>(r.instruction)], r.field);
        field = registers[static_cast<size_t>(field)].offset;
    }
    for (const auto& [special, reg] : builder.specials)
        builder.function.specials.push_back({special, registers[static_cast<size_t>(reg)].offset});
}

} // namespace pck::emulator
