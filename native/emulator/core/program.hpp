// A loaded module: decoded instructions, functions, variables, and where each instruction came from.
#pragma once

#include "core/basics.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pck::emulator {

struct Warp;
struct Instruction;
struct Function;
class DeviceMemory;

using Handler = void (*)(Warp&, const Instruction&, u32 lanes);

// What the interpreter loop itself has to do about an instruction; everything else is `compute`.
enum class Kind : u8 { compute, branch, branch_table, call, leave, exit, block_barrier, collective, spin, atomic, trap };

enum class Space : u8 { generic, global, shared, local, constant, parameter };

enum class Class : u8 {
    fma_f32,
    f32,
    f64,
    f16,
    mma,
    special,
    integer,
    convert,
    move,
    predicate,
    load_global,
    store_global,
    load_shared,
    store_shared,
    load_local,
    store_local,
    load_constant,
    atomic,
    load_matrix,
    copy_async,
    warp,
    barrier,
    control,
    count
};

// Generic addresses of the other spaces. The low words are not zero on purpose: a kernel that cuts a generic address to 32 bits and
// takes it for a shared one is wrong on hardware whose window does not start at zero, and must not work here.
constexpr u64 shared_window = (1ull << 56) + 0x34000000ull;
constexpr u64 local_window = (2ull << 56) + 0x12000000ull;
constexpr u64 parameter_window = (3ull << 56) + 0x56000000ull;

// Shared offsets: a kernel's own arrays, those of device functions and modules, the dynamic array. Arrays stand `shared_gap` apart, so
// that running from one into the next is seen.
constexpr u32 shared_of_kernels = 1 << 10;
constexpr u32 shared_of_modules = 256 << 10;
constexpr u32 shared_dynamic = 512 << 10;
constexpr u32 shared_gap = 128;

constexpr s32 no_register = INT32_MIN;

enum MemoryFlag : u8 { volatile_access = 1, acquires = 2, releases = 4, strong_access = 8, signed_value = 16 };

// One cache line: the loop of an unrolled matrix product is hundreds of these.
struct alignas(64) Instruction {
    Handler handler = nullptr;
    Kind kind = Kind::compute;
    Class category = Class::integer;
    u8 bytes = 4;
    u8 elements = 1;
    Space space = Space::generic;
    u8 flags = 0;
    u8 op = 0;
    bool guard_negated : 1 = false;
    bool narrow_address : 1 = false;
    bool operand_negated : 1 = false;
    s32 guard = no_register;
    // Registers as byte offsets into a frame, negative ones into the module's constants.
    s32 d = no_register, a = no_register, b = no_register, c = no_register, e = no_register;
    s32 memory = -1;
    s32 extra = -1;
    s32 target = -1;
    s64 immediate = 0;
};
static_assert(sizeof(Instruction) == 64);

struct SourcePlace {
    s32 file = 0, line = 0, column = 0;
    auto operator<=>(const SourcePlace&) const = default;
};

// A place, and where the function it is in was inlined (an index into Program::places, or -1).
struct InlinedPlace {
    SourcePlace place;
    s32 caller = -1;
};

struct Origin {
    s32 place = -1; // an index into Program::places
    s32 ptx_line = 0;
    s32 flop = 0; // per lane
    size_t text_begin = 0, text_end = 0;
};

struct Parameter {
    u32 offset = 0, size = 0, alignment = 1;
};

struct SharedArray {
    u32 begin = 0, end = 0;
    std::string name;
};

struct Variable {
    Space space = Space::global;
    u64 address = 0, size = 0;
};

enum class Special : s32 {
    tid_x,
    tid_y,
    tid_z,
    ntid_x,
    ntid_y,
    ntid_z,
    ctaid_x,
    ctaid_y,
    ctaid_z,
    nctaid_x,
    nctaid_y,
    nctaid_z,
    laneid,
    warpid,
    nwarpid,
    lanemask_eq,
    lanemask_lt,
    lanemask_le,
    lanemask_gt,
    lanemask_ge,
    envreg1,
    envreg2,
    dynamic_smem_size,
    total_smem_size,
    smid,
    nsmid,
    gridid
};

struct Function {
    std::string name;
    bool entry = false, defined = false;
    s32 begin = 0, end = 0;
    std::vector<Parameter> parameters, results;
    u32 parameter_bytes = 0; // of a kernel: its arguments; of a device function: the frame's .param space
    u32 register_bytes = 0;
    u32 local_bytes = 0;
    u32 static_shared = 0;
    u32 max_threads = 1024;
    u32 live_registers = 0;  // 32-bit words alive at once, at most
    u32 given_registers = 0; // what ptxas says, when somebody told us; see Program::set_registers
    std::vector<SharedArray> shared;
    std::vector<std::pair<Special, s32>> specials; // read once, when a frame is made
};

struct CallSite {
    std::string name;
    const Function* function = nullptr;
    std::vector<Parameter> results, arguments; // in the caller's .param space
};

class Program {
public:
    // Throws LoadError with every unknown instruction, its line and its text.
    Program(DeviceMemory& memory, std::string text);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    const Function* kernel(const std::string& name) const;
    // Where a module-level variable lies (0 when there is none of that name, or it is shared) and how large it is.
    u64 variable(const std::string& name, u64* bytes = nullptr) const;
    // Registers per thread as ptxas -v printed them; occupancy then uses these. False when there is no such kernel.
    bool set_registers(const std::string& name, u32 registers);
    s32 constant(u64 value, bool wide);
    void seal(); // lays the constants out; no more may follow
    const u8* constants_end() const { return constants_end_; }
    std::string describe(s32 instruction) const; // its text and source line

    DeviceMemory& memory;
    const std::string text;
    std::vector<Instruction> code;
    std::vector<Origin> origins;
    std::vector<std::string> files;
    std::vector<InlinedPlace> places;
    std::map<std::string, std::unique_ptr<Function>> functions;
    std::map<std::string, Variable> variables;
    std::vector<CallSite> calls;
    std::vector<std::vector<s32>> extras; // more operands than a record holds: vectors, matrices, branch tables
    s32 memory_instructions = 0;
    std::vector<u64> owned;

private:
    std::map<std::pair<u64, bool>, s32> constant_offsets_;
    s32 constant_bytes_ = 0;
    std::vector<u8> constants_;
    const u8* constants_end_ = nullptr;
};

} // namespace pck::emulator
