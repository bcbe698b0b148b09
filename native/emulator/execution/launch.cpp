#include "execution/launch.hpp"

#include "races/detector.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace pck::emulator {

Bytes::Bytes(u64 size) : block_(std::calloc(size + 256, 1)), size_(size) {
    if (block_ == nullptr)
        throw std::bad_alloc();
    data_ = static_cast<u8*>(block_) + (128 - reinterpret_cast<uintptr_t>(block_) % 128);
}

Bytes::Bytes(Bytes&& other) noexcept { *this = std::move(other); }

Bytes& Bytes::operator=(Bytes&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

Bytes::~Bytes() { std::free(block_); }

Launch::Launch(const Program& p, const Function& f, const LaunchConfig& c, const DeviceProperties& d, DeviceMemory& m)
    : program(p), function(f), config(c), properties(d), memory(m), arguments(c.arguments), shared(f.shared), counting(c.count) {
    arguments.resize(arguments.size() + 16); // nothing reads past the last one, whatever its width
    u64 bytes = c.dynamic_shared;
    for (const SharedArray& array : shared) {
        bytes += array.end - array.begin;
        shared_end = std::max(shared_end, array.end);
    }
    if (c.dynamic_shared != 0) {
        shared.push_back({shared_dynamic, shared_dynamic + c.dynamic_shared, "dynamic shared memory"});
        shared_end = shared_dynamic + c.dynamic_shared;
    }
    shared_total = static_cast<u32>(bytes);
    patterns.resize(static_cast<size_t>(p.memory_instructions));
    executed.resize(p.code.size());
    if (c.cooperative) {
        constexpr u64 size = 4096;
        workspace = memory.allocate(size, "workspace of the grid");
        if (workspace == 0)
            throw Fault(Fault::Kind::other, f.name + ": no memory for the workspace of the grid");
        std::memset(reinterpret_cast<void*>(workspace), 0, size);
    }
}

Launch::~Launch() {
    if (workspace != 0)
        memory.release(workspace);
}

Dim3 Launch::block_index(u64 block) const {
    const Dim3& g = config.grid;
    return {static_cast<u32>(block % g.x), static_cast<u32>(block / g.x % g.y), static_cast<u32>(block / g.x / g.y)};
}

std::string Launch::thread(u32 block, u32 t) const {
    auto triple = [](const Dim3& d) { return "(" + std::to_string(d.x) + "," + std::to_string(d.y) + "," + std::to_string(d.z) + ")"; };
    const Dim3& b = config.block;
    return "block " + triple(block_index(block)) + " thread " + triple({t % b.x, t / b.x % b.y, t / b.x / b.y});
}

bool Launch::known(Report::Kind kind, const Instruction& at, s32 with, u32 variant) {
    auto found = reports_.find({kind, number(at), with, variant});
    if (found == reports_.end())
        return false;
    ++found->second.count;
    return true;
}

void Launch::report(Report::Kind kind, Check how, const Instruction& at, s32 with, u32 variant, const std::string& text) {
    if (how == Check::off)
        return;
    reports_.try_emplace({kind, number(at), with, variant}, Report{kind, text, 1});
    if (how == Check::fatal)
        throw Fault(Fault::Kind::other, text);
}

std::vector<Report> Launch::take_reports() {
    std::vector<Report> out;
    for (auto& [key, report] : reports_)
        out.push_back(std::move(report));
    reports_.clear();
    return out;
}

void fault(Warp& w, const Instruction& at, u32 lane, const std::string& what, Fault::Kind kind) {
    const Launch& launch = *w.launch;
    throw Fault(kind, launch.function.name + ": " + what + " at " + launch.where(at) + ", " + launch.thread(w.block->id, w.id * warp_size + lane));
}

void report_collective(Warp& w, const Instruction& at, u32 lane, Report::Kind kind, const std::string& what) {
    Launch& launch = *w.launch;
    if (launch.config.checks.collectives == Check::off || launch.known(kind, at, -1, 0))
        return;
    launch.report(kind, launch.config.checks.collectives, at, -1, 0,
                  launch.function.name + ": " + what + " at " + launch.where(at) + ", " + launch.thread(w.block->id, w.id * warp_size + lane));
}

} // namespace pck::emulator
