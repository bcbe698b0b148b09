// The emulated device: what it is, how a kernel is launched on it, what a launch says afterwards. The driver API stands on this header.
//
//   Machine machine(DeviceProperties::h100());
//   Program program(machine.memory(), ptx_text);                    // throws LoadError: every unknown instruction, with line and text
//   LaunchConfig launch;
//   launch.grid = {8}, launch.block = {128};
//   launch.arguments = pack_arguments(*program.kernel("scale"), values);
//   LaunchReport report = machine.launch(program, *program.kernel("scale"), launch);
#pragma once

#include "core/basics.hpp"
#include "core/program.hpp"
#include "counters/counters.hpp"
#include "memory/device_memory.hpp"

#include <memory>
#include <string>
#include <vector>

namespace pck::emulator {

// Limits as cuDeviceGetAttribute and the occupancy calculation see them. Sizes are bytes, clocks kHz.
struct DeviceProperties {
    std::string name;
    u32 capability_major = 9, capability_minor = 0;
    u32 multiprocessors = 132;
    u64 memory_bytes = 80ull << 30;
    u32 threads_per_block = 1024;
    Dim3 largest_block = {1024, 1024, 64};
    Dim3 largest_grid = {0x7fffffff, 65535, 65535};
    u32 threads_per_multiprocessor = 2048;
    u32 blocks_per_multiprocessor = 32;
    u32 registers_per_block = 65536, registers_per_multiprocessor = 65536;
    u32 registers_granule = 256;     // a warp's registers are handed out in multiples of this
    u32 shared_per_block = 48 << 10; // without opting in
    u32 shared_per_block_optin = 227 << 10;
    u32 shared_per_multiprocessor = 228 << 10;
    u32 shared_reserved_per_block = 1 << 10;
    u32 shared_granule = 128;
    u32 l2_bytes = 50 << 20;
    u32 constant_bytes = 64 << 10;
    u32 clock_khz = 1'980'000, memory_clock_khz = 2'619'000, memory_bus_bits = 5120;

    static DeviceProperties h100();
    static DeviceProperties a100();
};

// Off: not looked for. On: reported, the kernel goes on. Fatal: the first one ends the launch with Status::launch_failed.
// Bounds, alignment, traps and hangs are no matter of choice: they always end the launch, as on a GPU.
enum class Check : u8 { off, on, fatal };

struct Checks {
    Check races = Check::off;         // two accesses that nothing orders; copies that nobody waited for
    Check uninitialised = Check::off; // reads of shared memory that nothing wrote
    Check collectives = Check::off;   // shuffles from absent lanes, barriers met at two places by one warp

    static Checks all(Check how) { return {how, how, how}; }
    bool any() const { return races != Check::off || uninitialised != Check::off || collectives != Check::off; }
};

struct LaunchConfig {
    Dim3 grid, block;
    u32 dynamic_shared = 0;
    bool cooperative = false;  // every block is resident at once; grid barriers work
    std::vector<u8> arguments; // laid out as Function::parameters say; pack_arguments makes them
    u32 seed = 0;              // 0: warps and blocks in their order; else shuffled, the same way for the same seed
    Checks checks;
    bool count = true;                         // keep counters
    bool profile = false;                      // and say of every instruction how often it ran: LaunchReport::executed
    u64 instruction_limit = 50'000'000'000ull; // per launch, in warp instructions: beyond it is a hang
    u32 spin_rounds = 20'000; // so often may every thread that can run have spun, with no value changed, before that is a hang
};

// What the caller of cuLaunchKernel would be told; the driver facade maps these to its codes.
enum class Status : u8 {
    ok,
    invalid_value,         // a grid or block of no or too many threads, arguments of another size
    out_of_resources,      // more threads, registers or shared memory than a block may have
    cooperative_too_large, // more blocks than can be resident
    illegal_address,       // sticky from here on, as on a GPU
    misaligned_address,
    hang,         // nobody can go on, or everybody spins
    launch_failed // trap, a bad barrier, a fatal report
};

const char* name(Status status);

// One finding; the same two instructions meeting again only count.
struct Report {
    enum class Kind : u8 { race, copy_in_flight, uninitialised, absent_lane, divergent_barrier };
    Kind kind;
    std::string text;
    u64 count = 1;
};

const char* name(Report::Kind kind);

struct LaunchReport {
    Status status = Status::ok;
    std::string message; // empty when ok: the fault, with kernel, source line, instruction, thread, address, nearest allocation
    std::vector<Report> reports;
    Counters counters;
    std::vector<u64> executed; // by instruction of the program: lanes that ran it; empty unless asked for
    double milliseconds = 0;   // host time

    bool clean() const { return status == Status::ok && reports.empty(); }
};

// Bytes for LaunchConfig::arguments from pointers to the values, one per parameter of the kernel.
std::vector<u8> pack_arguments(const Function& function, const void* const* values);

// Registers per thread: Function::given_registers when set (from ptxas -v), else estimated from liveness.
u32 registers_per_thread(const Function& function);

// Blocks of this shape that one multiprocessor holds at once; 0 when not even one fits.
u32 max_active_blocks(const DeviceProperties& device, const Function& function, u32 threads, u32 dynamic_shared);

// One device. Launches run on the caller's thread, one at a time: callers take turns.
class Machine {
public:
    explicit Machine(DeviceProperties properties = DeviceProperties::h100());
    ~Machine();
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    const DeviceProperties& properties() const;
    DeviceMemory& memory();

    // Never throws for what a kernel does; the report says it. The program must have been loaded into memory().
    LaunchReport launch(const Program& program, const Function& function, const LaunchConfig& config);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace pck::emulator
