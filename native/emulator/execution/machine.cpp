#include "execution/machine.hpp"

#include "counters/collect.hpp"
#include "execution/launch.hpp"
#include "execution/scheduler.hpp"
#include "races/detector.hpp"

#include <chrono>
#include <cstring>
#include <mutex>

namespace pck::emulator {

namespace {

constexpr u32 events_kept = 1u << 25; // numbers given to earlier launches, before all shadows are forgotten

// Why a launch is refused before it starts; empty when it is not.
struct Refusal {
    Status status = Status::ok;
    std::string message;
};

Refusal refuse(const DeviceProperties& d, const Function& f, const LaunchConfig& c) {
    auto no = [&](Status status, const std::string& what) { return Refusal{status, f.name + ": " + what}; };
    const Dim3 &g = c.grid, &b = c.block;
    const u64 threads = b.count();
    if (!f.entry || !f.defined)
        return no(Status::invalid_value, "this is no kernel");
    if (threads == 0 || g.count() == 0)
        return no(Status::invalid_value, "a grid or block without threads");
    if (b.x > d.largest_block.x || b.y > d.largest_block.y || b.z > d.largest_block.z || threads > d.threads_per_block)
        return no(Status::invalid_value,
                  std::to_string(threads) + " threads in a block, the device allows " + std::to_string(d.threads_per_block));
    if (g.x > d.largest_grid.x || g.y > d.largest_grid.y || g.z > d.largest_grid.z || g.count() > 0x7fffffff)
        return no(Status::invalid_value, "a grid of " + std::to_string(g.count()) + " blocks");
    if (threads > f.max_threads)
        return no(Status::invalid_value,
                  std::to_string(threads) + " threads in a block, the kernel is made for " + std::to_string(f.max_threads));
    if (c.arguments.size() < f.parameter_bytes && !f.parameters.empty()) {
        const Parameter& last = f.parameters.back();
        if (c.arguments.size() < last.offset + last.size)
            return no(Status::invalid_value,
                      std::to_string(c.arguments.size()) + " bytes of arguments where it takes " + std::to_string(last.offset + last.size));
    }
    if (static_cast<u64>(f.static_shared) + c.dynamic_shared > d.shared_per_block_optin)
        return no(Status::out_of_resources, std::to_string(f.static_shared + c.dynamic_shared) +
                                                " bytes of shared memory, the device has " + std::to_string(d.shared_per_block_optin) +
                                                " for a block");
    const u32 active = max_active_blocks(d, f, static_cast<u32>(threads), c.dynamic_shared);
    if (active == 0)
        return no(Status::out_of_resources,
                  std::to_string(threads) + " threads of " + std::to_string(registers_per_thread(f)) + " registers do not fit");
    if (c.cooperative && g.count() > static_cast<u64>(active) * d.multiprocessors)
        return no(Status::cooperative_too_large, std::to_string(g.count()) + " blocks, of which " + std::to_string(active) +
                                                     " fit on each of " + std::to_string(d.multiprocessors) + " multiprocessors");
    return {};
}

Status status_of(Fault::Kind kind) {
    switch (kind) {
    case Fault::Kind::address:
        return Status::illegal_address;
    case Fault::Kind::alignment:
        return Status::misaligned_address;
    case Fault::Kind::hang:
        return Status::hang;
    default:
        return Status::launch_failed;
    }
}

} // namespace

const char* name(Status status) {
    switch (status) {
    case Status::ok:
        return "ok";
    case Status::invalid_value:
        return "invalid value";
    case Status::out_of_resources:
        return "out of resources";
    case Status::cooperative_too_large:
        return "cooperative launch too large";
    case Status::illegal_address:
        return "illegal address";
    case Status::misaligned_address:
        return "misaligned address";
    case Status::hang:
        return "hang";
    case Status::launch_failed:
        return "launch failed";
    }
    return "?";
}

const char* name(Report::Kind kind) {
    switch (kind) {
    case Report::Kind::race:
        return "race";
    case Report::Kind::copy_in_flight:
        return "copy in flight";
    case Report::Kind::uninitialised:
        return "uninitialised";
    case Report::Kind::absent_lane:
        return "absent lane";
    case Report::Kind::divergent_barrier:
        return "divergent barrier";
    }
    return "?";
}

std::vector<u8> pack_arguments(const Function& f, const void* const* values) {
    std::vector<u8> bytes;
    for (size_t k = 0; k < f.parameters.size(); ++k) {
        const Parameter& p = f.parameters[k];
        bytes.resize(p.offset + p.size);
        if (p.size != 0)
            std::memcpy(bytes.data() + p.offset, values[k], p.size);
    }
    return bytes;
}

struct Machine::State {
    DeviceProperties properties;
    DeviceMemory memory;
    Events events;
    std::mutex turn;
};

Machine::Machine(DeviceProperties properties) : state_(std::make_unique<State>()) { state_->properties = std::move(properties); }
Machine::~Machine() = default;

const DeviceProperties& Machine::properties() const { return state_->properties; }
DeviceMemory& Machine::memory() { return state_->memory; }

LaunchReport Machine::launch(const Program& program, const Function& function, const LaunchConfig& config) {
    const std::lock_guard one_at_a_time(state_->turn);
    LaunchReport report;
    const Refusal refusal = refuse(state_->properties, function, config);
    if (refusal.status != Status::ok) {
        report.status = refusal.status;
        report.message = refusal.message;
        return report;
    }
    const auto begin = std::chrono::steady_clock::now();
    try {
        Launch launch(program, function, config, state_->properties, state_->memory);
        if (config.checks.races != Check::off || config.checks.uninitialised != Check::off) {
            state_->events.start_launch();
            if (state_->events.next() > events_kept) {
                state_->memory.forget_shadows();
                state_->events.forget();
            }
            launch.detector = std::make_unique<RaceDetector>(launch, state_->events);
        }
        const u32 active = max_active_blocks(state_->properties, function, static_cast<u32>(config.block.count()), config.dynamic_shared);
        try {
            run_blocks(launch, static_cast<u64>(active) * state_->properties.multiprocessors);
        } catch (const Fault& error) {
            report.status = status_of(error.kind);
            report.message = error.what();
        }
        report.reports = launch.take_reports();
        report.counters = collect_counters(launch);
        if (config.profile && config.count)
            for (const Executed& executed : launch.executed)
                report.executed.push_back(executed.lanes);
    } catch (const Fault& error) {
        report.status = Status::launch_failed;
        report.message = error.what();
    } catch (const std::bad_alloc&) {
        report.status = Status::out_of_resources;
        report.message = function.name + ": the host has no memory left for this launch";
    }
    report.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    return report;
}

} // namespace pck::emulator
