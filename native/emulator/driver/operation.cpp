#include "driver/operation.hpp"

#include "driver/driver.hpp"

#include <cstring>

namespace pck::emulator::facade {
namespace {

CopyDescription linear(size_t bytes) {
    CopyDescription what{};
    what.width_bytes = bytes;
    what.height = what.depth = 1;
    return what;
}

// Bytes from the side's beginning to just past its last one.
u64 extent(const CopySide& side, const CopyDescription& what) {
    const u64 plane = static_cast<u64>(side.pitch) * side.height;
    return (what.depth - 1) * plane + (what.height - 1) * side.pitch + what.width_bytes;
}

u64 first(const CopySide& side) { return side.x_bytes + side.pitch * (side.y + side.height * side.z); }

void check_range(DevicePointer begin, u64 bytes, const char* what) {
    const Allocation* allocation = driver().memory().find(begin);
    if (allocation == nullptr || !allocation->holds(begin, bytes))
        fail(Result::invalid_value, std::string(what) + " " + hexadecimal(begin) + " [" + std::to_string(bytes) +
                                        " bytes] is not inside one allocation; " + driver().memory().nearest(begin));
}

void check_side(const CopySide& side, const CopyDescription& what, const char* name) {
    if (side.type == MemoryType::device || side.type == MemoryType::unified)
        check_range(side.device + first(side), extent(side, what), name);
    else if (side.type != MemoryType::host)
        fail(Result::not_supported, std::string(name) + ": arrays are not emulated");
    if (side.level != 0)
        fail(Result::invalid_value, std::string(name) + ": there are no levels of detail");
}

u8* begin(const CopySide& side) {
    u8* base = side.type == MemoryType::host ? static_cast<u8*>(side.host) : reinterpret_cast<u8*>(side.device);
    return base + first(side);
}

void copy(const CopyOperation& operation) {
    const CopyDescription& what = operation.what;
    const u8* from = operation.staged.empty() ? begin(what.source) : operation.staged.data();
    u8* to = begin(what.destination);
    for (size_t z = 0; z < what.depth; z++)
        for (size_t y = 0; y < what.height; y++)
            std::memmove(to + what.destination.pitch * (y + what.destination.height * z),
                         from + what.source.pitch * (y + what.source.height * z), what.width_bytes);
}

template <class T>
void fill(const MemsetNodeParameters& what) {
    for (size_t y = 0; y < what.height; y++) {
        T* row = reinterpret_cast<T*>(what.destination + y * what.pitch);
        std::fill_n(row, what.width, static_cast<T>(what.value));
    }
}

Result code(Status status) {
    switch (status) {
    case Status::ok:
        return Result::success;
    case Status::invalid_value:
        return Result::invalid_value;
    case Status::out_of_resources:
        return Result::launch_out_of_resources;
    case Status::cooperative_too_large:
        return Result::cooperative_launch_too_large;
    case Status::illegal_address:
        return Result::illegal_address;
    case Status::misaligned_address:
        return Result::misaligned_address;
    case Status::hang:
        return Result::launch_timeout;
    case Status::launch_failed:
        return Result::launch_failed;
    }
    return Result::unknown;
}

void run(const KernelOperation& operation, Context& context) {
    Driver& d = driver();
    LaunchConfig launch = operation.launch;
    launch.checks = d.settings.checks;
    launch.seed = d.settings.seed;
    const LaunchReport report = d.machine->launch(*operation.kernel->module->program, *operation.kernel->function, launch);
    d.journal.add(*operation.kernel->function, launch, report, operation.by_graph);
    if (report.status != Status::ok) {
        context.sticky = code(report.status);
        context.sticky_text = "kernel " + operation.kernel->function->name + ": " + report.message;
    }
}

// The largest of the dynamic shared memory that a launch may ask for.
void check_shared(const Kernel& kernel, u32 bytes) {
    if (bytes > kernel.dynamic_limit)
        fail(Result::invalid_value, "kernel " + kernel.function->name + ": " + std::to_string(bytes) + " bytes of dynamic shared memory, " +
                                        std::to_string(kernel.dynamic_limit) +
                                        " are allowed; raise it by cuFuncSetAttribute(MAX_DYNAMIC_SHARED_SIZE_BYTES)");
}

void check_launch(const KernelOperation& operation) {
    const DeviceProperties& device = driver().device();
    const Kernel& kernel = *operation.kernel;
    const LaunchConfig& launch = operation.launch;
    const std::string& name = kernel.function->name;
    const Dim3 grid = launch.grid, block = launch.block;
    if (grid.count() == 0 || block.count() == 0)
        fail(Result::invalid_value, "kernel " + name + ": a grid or block without threads");
    if (grid.x > device.largest_grid.x || grid.y > device.largest_grid.y || grid.z > device.largest_grid.z)
        fail(Result::invalid_value, "kernel " + name + ": the grid is larger than the device takes");
    if (block.x > device.largest_block.x || block.y > device.largest_block.y || block.z > device.largest_block.z ||
        block.count() > device.threads_per_block)
        fail(Result::invalid_value, "kernel " + name + ": " + std::to_string(block.count()) + " threads in a block, the device takes " +
                                        std::to_string(device.threads_per_block));
    check_shared(kernel, launch.dynamic_shared);
    const u32 threads = static_cast<u32>(block.count());
    if (threads > kernel.function->max_threads)
        fail(Result::invalid_value, "kernel " + name + ": " + std::to_string(threads) + " threads in a block, its launch bounds say " +
                                        std::to_string(kernel.function->max_threads));
    const u32 resident = max_active_blocks(device, *kernel.function, threads, launch.dynamic_shared);
    if (resident == 0)
        fail(Result::launch_out_of_resources,
             "kernel " + name + ": not one block of " + std::to_string(threads) +
                 " threads fits a multiprocessor: " + std::to_string(registers_per_thread(*kernel.function)) + " registers a thread, " +
                 std::to_string(kernel.function->static_shared + launch.dynamic_shared) + " bytes shared");
    if (launch.cooperative && grid.count() > static_cast<u64>(resident) * device.multiprocessors)
        fail(Result::cooperative_launch_too_large, "kernel " + name + ": " + std::to_string(grid.count()) + " blocks, " +
                                                       std::to_string(resident) + " x " + std::to_string(device.multiprocessors) +
                                                       " can be resident");
}

// CU_LAUNCH_PARAM_BUFFER_POINTER, _SIZE, end: the arguments as one buffer.
std::vector<u8> from_buffer(const Function& function, void** extra) {
    const void* buffer = nullptr;
    const size_t* bytes = nullptr;
    for (; *extra != nullptr; extra += 2) {
        const u64 id = reinterpret_cast<u64>(*extra);
        require(id == 1 || id == 2, "extra holds an option that does not exist");
        if (id == 1)
            buffer = extra[1];
        else
            bytes = static_cast<const size_t*>(extra[1]);
    }
    require(buffer != nullptr && bytes != nullptr, "extra lacks the buffer or its size");
    if (*bytes != function.parameter_bytes)
        fail(Result::invalid_value, "kernel " + function.name + ": " + std::to_string(*bytes) + " bytes of arguments, it takes " +
                                        std::to_string(function.parameter_bytes));
    const u8* first_byte = static_cast<const u8*>(buffer);
    return {first_byte, first_byte + *bytes};
}

} // namespace

NodeType type_of(const Operation& operation) {
    if (std::holds_alternative<KernelOperation>(operation))
        return NodeType::kernel;
    if (std::holds_alternative<CopyOperation>(operation))
        return NodeType::memcpy;
    return std::holds_alternative<SetOperation>(operation) ? NodeType::memset : NodeType::empty;
}

CopyOperation linear_copy(DevicePointer to, DevicePointer from, size_t bytes) {
    CopyOperation operation{linear(bytes), {}};
    operation.what.source.type = operation.what.destination.type = MemoryType::device;
    operation.what.source.device = from;
    operation.what.destination.device = to;
    return operation;
}

CopyOperation linear_copy(DevicePointer to, const void* from, size_t bytes) {
    CopyOperation operation = linear_copy(to, DevicePointer{0}, bytes);
    operation.what.source.type = MemoryType::host;
    operation.what.source.host = const_cast<void*>(from);
    return operation;
}

CopyOperation linear_copy(void* to, DevicePointer from, size_t bytes) {
    CopyOperation operation = linear_copy(DevicePointer{0}, from, bytes);
    operation.what.destination.type = MemoryType::host;
    operation.what.destination.host = to;
    return operation;
}

SetOperation linear_set(DevicePointer to, u32 value, u32 element_bytes, size_t count) { return {{to, 0, value, element_bytes, count, 1}}; }

void check(const Operation& operation) {
    if (const auto* kernel = std::get_if<KernelOperation>(&operation))
        check_launch(*kernel);
    if (const auto* copying = std::get_if<CopyOperation>(&operation)) {
        const CopyDescription& what = copying->what;
        require(what.width_bytes > 0 && what.height > 0 && what.depth > 0, "a copy of nothing");
        require(what.source.type != MemoryType::host || what.source.host != nullptr || !copying->staged.empty(), "the source is null");
        require(what.destination.type != MemoryType::host || what.destination.host != nullptr, "the destination is null");
        check_side(what.source, what, "the source");
        check_side(what.destination, what, "the destination");
    }
    if (const auto* setting = std::get_if<SetOperation>(&operation)) {
        const MemsetNodeParameters& what = setting->what;
        require(what.element_bytes == 1 || what.element_bytes == 2 || what.element_bytes == 4, "elements have 1, 2 or 4 bytes");
        require(what.width > 0 && what.height > 0, "a fill of nothing");
        require(what.destination % what.element_bytes == 0, "the address is not a multiple of the element's size");
        require(what.width <= ~0ull / 4 / what.height, "the fill is larger than any memory");
        const u64 row = static_cast<u64>(what.width) * what.element_bytes;
        check_range(what.destination, (what.height - 1) * what.pitch + row, "the destination");
    }
}

void perform(const Operation& operation, Context& context) {
    Driver& d = driver();
    if (const auto* kernel = std::get_if<KernelOperation>(&operation))
        run(*kernel, context);
    if (const auto* copying = std::get_if<CopyOperation>(&operation)) {
        d.journal.totals.copies++;
        copy(*copying);
    }
    if (const auto* setting = std::get_if<SetOperation>(&operation)) {
        d.journal.totals.sets++;
        switch (setting->what.element_bytes) {
        case 1:
            fill<u8>(setting->what);
            break;
        case 2:
            fill<u16>(setting->what);
            break;
        default:
            fill<u32>(setting->what);
            break;
        }
    }
}

KernelOperation kernel_operation(void* function, const u32 (&grid)[3], const u32 (&block)[3], u32 shared_bytes, void** values, void** extra,
                                 bool cooperative) {
    Kernel& kernel = driver().need<Kernel>(function, "the function");
    KernelOperation operation;
    operation.kernel = &kernel;
    operation.launch.grid = {grid[0], grid[1], grid[2]};
    operation.launch.block = {block[0], block[1], block[2]};
    operation.launch.dynamic_shared = shared_bytes;
    operation.launch.cooperative = cooperative;
    require(values == nullptr || extra == nullptr, "arguments are given twice");
    if (extra != nullptr)
        operation.launch.arguments = from_buffer(*kernel.function, extra);
    else {
        require(values != nullptr || kernel.function->parameters.empty(), "the kernel takes arguments, none are given");
        operation.launch.arguments = pack_arguments(*kernel.function, values);
    }
    check_launch(operation);
    return operation;
}

} // namespace pck::emulator::facade
