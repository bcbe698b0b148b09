// Device memory, pinned host memory, copies and fills.
#include "driver/driver.hpp"

#include <unistd.h>

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

// What the device says it has, and never more than this machine can back.
u64 limit(const Driver& d) {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    const u64 host = pages > 0 && page > 0 ? static_cast<u64>(pages) * static_cast<u64>(page) / 4 * 3 : ~0ull;
    return std::min(d.device().memory_bytes, host);
}

u64 allocate(Driver& d, size_t bytes, const char* what) {
    require(bytes > 0, "0 bytes were asked for");
    const u64 used = d.memory().used(), most = limit(d);
    const u64 base = bytes > most || used > most - bytes ? 0 : d.memory().allocate(bytes, what);
    if (base == 0)
        fail(Result::out_of_memory,
             std::to_string(bytes) + " bytes were asked for, " + std::to_string(used) + " of " + std::to_string(most) + " are in use");
    return base;
}

bool is_pinned(const Context& context, const void* host, size_t bytes) {
    const auto holds = [&](const std::map<u64, size_t>& ranges) {
        const u64 address = reinterpret_cast<u64>(host);
        auto at = ranges.upper_bound(address);
        if (at == ranges.begin())
            return false;
        --at;
        return address - at->first <= at->second && bytes <= at->second - (address - at->first);
    };
    return holds(context.pinned) || holds(context.registered);
}

// A copy of the calling thread: all earlier work of the legacy stream's kind comes first, and it has ended when the call returns.
void copy_now(Driver& d, Context& context, CopyOperation operation) {
    if (operation.what.width_bytes == 0)
        return;
    refuse_while_capturing("a synchronous copy");
    check(operation);
    d.journal.totals.waits++;
    submit(*context.legacy, std::move(operation));
    finish(context.legacy->last);
    check_health(context);
}

void copy_later(Context& context, CopyOperation operation, void* stream_handle) {
    Stream& stream = stream_of(stream_handle, context);
    CopyDescription& what = operation.what;
    if (what.width_bytes == 0)
        return;
    check(operation);
    const bool capturing = stream.capture != nullptr;
    if (!capturing && what.source.type == MemoryType::host && !is_pinned(context, what.source.host, what.width_bytes)) {
        const u8* bytes = static_cast<const u8*>(what.source.host);
        operation.staged.assign(bytes, bytes + what.width_bytes);
        what.source.host = nullptr;
    }
    const bool to_pageable = what.destination.type == MemoryType::host && !is_pinned(context, what.destination.host, what.width_bytes);
    submit(stream, std::move(operation));
    if (to_pageable && !capturing) {
        finish(stream.last);
        check_health(context);
    }
}

void set_now(Driver& d, Context& context, SetOperation operation) {
    if (operation.what.width == 0)
        return;
    refuse_while_capturing("a synchronous fill");
    check(operation);
    d.journal.totals.waits++;
    submit(*context.legacy, std::move(operation));
}

void set_later(Context& context, SetOperation operation, void* stream) {
    if (operation.what.width == 0)
        return;
    check(operation);
    submit(stream_of(stream, context), std::move(operation));
}

void release(Driver& d, Context& context, DevicePointer address) {
    if (context.allocations.erase(address) == 0)
        fail(Result::invalid_value, hexadecimal(address) + " is not the beginning of an allocation of this context");
    d.memory().release(address);
}

CopySide either(DevicePointer address) {
    CopySide side{};
    side.type = driver().memory().find(address) != nullptr ? MemoryType::device : MemoryType::host;
    side.device = address;
    side.host = reinterpret_cast<void*>(address);
    return side;
}

CopyOperation unified_copy(DevicePointer to, DevicePointer from, size_t bytes) {
    CopyOperation operation = linear_copy(to, from, bytes);
    operation.what.source = either(from);
    operation.what.destination = either(to);
    return operation;
}

} // namespace

PCK_DRIVER_API cuMemAlloc_v2(DevicePointer* out, size_t bytes) {
    return call_in_context("cuMemAlloc", [&](Driver& d, Context& context) {
        require(out != nullptr, "the address's place is null");
        refuse_while_capturing("cuMemAlloc");
        *out = allocate(d, bytes, "cuMemAlloc");
        context.allocations.insert(*out);
    });
}

PCK_DRIVER_API cuMemFree_v2(DevicePointer address) {
    return call_in_context("cuMemFree", [&](Driver& d, Context& context) {
        if (address == 0)
            return;
        refuse_while_capturing("cuMemFree");
        finish(context);
        release(d, context, address);
        check_health(context);
    });
}

// In stream order on a device. Here the memory is there at once, which no correct program can tell.
PCK_DRIVER_API cuMemAllocAsync(DevicePointer* out, size_t bytes, void* stream) {
    return call_in_context("cuMemAllocAsync", [&](Driver& d, Context& context) {
        require(out != nullptr, "the address's place is null");
        if (stream_of(stream, context).capture != nullptr)
            fail(Result::not_supported, "allocations inside a captured graph are not emulated");
        *out = allocate(d, bytes, "cuMemAllocAsync");
        context.allocations.insert(*out);
    });
}

PCK_DRIVER_API cuMemFreeAsync(DevicePointer address, void* stream) {
    return call_in_context("cuMemFreeAsync", [&](Driver& d, Context& context) {
        Stream& s = stream_of(stream, context);
        if (s.capture != nullptr)
            fail(Result::not_supported, "releases inside a captured graph are not emulated");
        finish(s.last);
        release(d, context, address);
        check_health(context);
    });
}

PCK_DRIVER_API cuMemGetInfo_v2(size_t* free, size_t* total) {
    return call_in_context("cuMemGetInfo", [&](Driver& d, Context&) {
        require(free != nullptr && total != nullptr, "free or total is null");
        *total = d.device().memory_bytes;
        *free = limit(d) - std::min(limit(d), d.memory().used());
    });
}

PCK_DRIVER_API cuMemGetAddressRange_v2(DevicePointer* base, size_t* bytes, DevicePointer address) {
    return call_in_context("cuMemGetAddressRange", [&](Driver& d, Context&) {
        const Allocation* allocation = d.memory().find(address);
        if (allocation == nullptr)
            fail(Result::not_found, hexadecimal(address) + " is in no allocation");
        if (base != nullptr)
            *base = allocation->base;
        if (bytes != nullptr)
            *bytes = allocation->size;
    });
}

PCK_DRIVER_API cuMemHostAlloc(void** out, size_t bytes, unsigned flags) {
    return call_in_context("cuMemHostAlloc", [&](Driver& d, Context& context) {
        require(out != nullptr, "the address's place is null");
        require((flags & ~7u) == 0, "there are no such flags");
        refuse_while_capturing("cuMemHostAlloc");
        const u64 base = allocate(d, bytes, "cuMemHostAlloc");
        context.pinned[base] = bytes;
        *out = reinterpret_cast<void*>(base);
    });
}

PCK_DRIVER_API cuMemAllocHost_v2(void** out, size_t bytes) { return cuMemHostAlloc(out, bytes, 0); }

PCK_DRIVER_API cuMemFreeHost(void* host) {
    return call_in_context("cuMemFreeHost", [&](Driver& d, Context& context) {
        if (host == nullptr)
            return;
        finish(context);
        const u64 base = reinterpret_cast<u64>(host);
        require(context.pinned.erase(base) != 0, "this memory is not from cuMemHostAlloc of this context");
        d.memory().release(base);
        check_health(context);
    });
}

PCK_DRIVER_API cuMemHostRegister_v2(void* host, size_t bytes, unsigned flags) {
    return call_in_context("cuMemHostRegister", [&](Driver&, Context& context) {
        require(host != nullptr && bytes > 0, "there is nothing to register");
        if ((flags & ~1u) != 0)
            fail(Result::not_supported, "only portable registered memory is emulated: kernels cannot reach it by address");
        const u64 begin = reinterpret_cast<u64>(host);
        const auto overlaps = [&](const std::map<u64, size_t>& ranges) {
            const auto next = ranges.lower_bound(begin);
            return (next != ranges.end() && next->first < begin + bytes) ||
                   (next != ranges.begin() && std::prev(next)->first + std::prev(next)->second > begin);
        };
        if (overlaps(context.registered) || overlaps(context.pinned))
            fail(Result::host_memory_already_registered, "part of this memory is pinned already");
        context.registered[begin] = bytes;
    });
}

PCK_DRIVER_API cuMemHostUnregister(void* host) {
    return call_in_context("cuMemHostUnregister", [&](Driver&, Context& context) {
        finish(context);
        if (context.registered.erase(reinterpret_cast<u64>(host)) == 0)
            fail(Result::host_memory_not_registered, "this memory is not registered");
    });
}

PCK_DRIVER_API cuMemHostGetDevicePointer_v2(DevicePointer* out, void* host, unsigned flags) {
    return call_in_context("cuMemHostGetDevicePointer", [&](Driver&, Context& context) {
        require(out != nullptr && flags == 0, "the address's place is null, or flags are not 0");
        require(is_pinned(context, host, 1), "this memory is not pinned");
        if (driver().memory().find(reinterpret_cast<u64>(host)) == nullptr)
            fail(Result::not_supported, "kernels cannot reach registered memory here: allocate it with cuMemHostAlloc");
        *out = reinterpret_cast<DevicePointer>(host);
    });
}

// Only what tells whose memory an address is.
PCK_DRIVER_API cuPointerGetAttribute(void* out, int attribute, DevicePointer address) {
    return call_in_context("cuPointerGetAttribute", [&](Driver& d, Context& context) {
        require(out != nullptr, "the value's place is null");
        const bool pinned = is_pinned(context, reinterpret_cast<const void*>(address), 1);
        if (d.memory().find(address) == nullptr && !pinned)
            fail(Result::invalid_value, hexadecimal(address) + " is unknown to the driver");
        switch (attribute) {
        case 1:
            *static_cast<Context**>(out) = &context;
            break;
        case 2:
            *static_cast<int*>(out) = static_cast<int>(pinned ? MemoryType::host : MemoryType::device);
            break;
        case 3:
            *static_cast<DevicePointer*>(out) = address;
            break;
        case 9:
            *static_cast<int*>(out) = 0;
            break; // the device
        default:
            fail(Result::not_supported, "only the context, kind, device pointer and device of an address are emulated");
        }
    });
}

PCK_DRIVER_API cuMemcpyHtoD_v2(DevicePointer to, const void* from, size_t bytes) {
    return call_in_context("cuMemcpyHtoD", [&](Driver& d, Context& c) { copy_now(d, c, linear_copy(to, from, bytes)); });
}

PCK_DRIVER_API cuMemcpyDtoH_v2(void* to, DevicePointer from, size_t bytes) {
    return call_in_context("cuMemcpyDtoH", [&](Driver& d, Context& c) { copy_now(d, c, linear_copy(to, from, bytes)); });
}

PCK_DRIVER_API cuMemcpyDtoD_v2(DevicePointer to, DevicePointer from, size_t bytes) {
    return call_in_context("cuMemcpyDtoD", [&](Driver& d, Context& c) { copy_now(d, c, linear_copy(to, from, bytes)); });
}

PCK_DRIVER_API cuMemcpy(DevicePointer to, DevicePointer from, size_t bytes) {
    return call_in_context("cuMemcpy", [&](Driver& d, Context& c) { copy_now(d, c, unified_copy(to, from, bytes)); });
}

PCK_DRIVER_API cuMemcpyHtoDAsync_v2(DevicePointer to, const void* from, size_t bytes, void* stream) {
    return call_in_context("cuMemcpyHtoDAsync", [&](Driver&, Context& c) { copy_later(c, linear_copy(to, from, bytes), stream); });
}

PCK_DRIVER_API cuMemcpyDtoHAsync_v2(void* to, DevicePointer from, size_t bytes, void* stream) {
    return call_in_context("cuMemcpyDtoHAsync", [&](Driver&, Context& c) { copy_later(c, linear_copy(to, from, bytes), stream); });
}

PCK_DRIVER_API cuMemcpyDtoDAsync_v2(DevicePointer to, DevicePointer from, size_t bytes, void* stream) {
    return call_in_context("cuMemcpyDtoDAsync", [&](Driver&, Context& c) { copy_later(c, linear_copy(to, from, bytes), stream); });
}

PCK_DRIVER_API cuMemcpyAsync(DevicePointer to, DevicePointer from, size_t bytes, void* stream) {
    return call_in_context("cuMemcpyAsync", [&](Driver&, Context& c) { copy_later(c, unified_copy(to, from, bytes), stream); });
}

PCK_DRIVER_API cuMemsetD8_v2(DevicePointer to, unsigned char value, size_t count) {
    return call_in_context("cuMemsetD8", [&](Driver& d, Context& c) { set_now(d, c, linear_set(to, value, 1, count)); });
}

PCK_DRIVER_API cuMemsetD32_v2(DevicePointer to, unsigned value, size_t count) {
    return call_in_context("cuMemsetD32", [&](Driver& d, Context& c) { set_now(d, c, linear_set(to, value, 4, count)); });
}

PCK_DRIVER_API cuMemsetD8Async(DevicePointer to, unsigned char value, size_t count, void* stream) {
    return call_in_context("cuMemsetD8Async", [&](Driver&, Context& c) { set_later(c, linear_set(to, value, 1, count), stream); });
}

PCK_DRIVER_API cuMemsetD32Async(DevicePointer to, unsigned value, size_t count, void* stream) {
    return call_in_context("cuMemsetD32Async", [&](Driver&, Context& c) { set_later(c, linear_set(to, value, 4, count), stream); });
}
