// One thing that a stream or a graph node does.
#pragma once

#include "driver/api.hpp"
#include "execution/machine.hpp"

#include <variant>
#include <vector>

namespace pck::emulator::facade {

struct Kernel;
struct Context;

struct Nothing {};

struct KernelOperation {
    Kernel* kernel = nullptr;
    LaunchConfig launch;
    bool by_graph = false;
};

struct CopyOperation {
    CopyDescription what{};
    std::vector<u8> staged; // pageable source of an asynchronous copy: taken at the call, as a driver does
};

struct SetOperation {
    MemsetNodeParameters what{};
};

using Operation = std::variant<Nothing, KernelOperation, CopyOperation, SetOperation>;

NodeType type_of(const Operation& operation);

CopyOperation linear_copy(DevicePointer to, DevicePointer from, size_t bytes);
CopyOperation linear_copy(DevicePointer to, const void* from, size_t bytes);
CopyOperation linear_copy(void* to, DevicePointer from, size_t bytes);
SetOperation linear_set(DevicePointer to, u32 value, u32 element_bytes, size_t count);

// What a driver checks at the call. Throws Failure.
void check(const Operation& operation);
// Does it now. What a kernel does wrong poisons the context; nothing is thrown for that.
void perform(const Operation& operation, Context& context);
// The operation that cuLaunchKernel's arguments describe, checked. Throws Failure.
KernelOperation kernel_operation(void* function, const u32 (&grid)[3], const u32 (&block)[3], u32 shared_bytes, void** values, void** extra,
                                 bool cooperative);

} // namespace pck::emulator::facade
