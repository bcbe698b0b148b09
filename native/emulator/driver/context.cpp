// Contexts: the primary one, others, and each thread's stack of them.
#include "driver/driver.hpp"

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

Context& new_context(Driver& d, u32 flags) {
    Context& context = d.add<Context>();
    context.flags = flags;
    Stream& stream = d.add<Stream>();
    stream.context = &context;
    context.legacy = &stream;
    return context;
}

void make_current(Context* context) {
    std::vector<Context*>& stack = context_stack();
    if (!stack.empty())
        stack.pop_back();
    if (context != nullptr)
        stack.push_back(context);
}

constexpr u32 known_flags = 0xff;

Result create(const char* name, Context** out, u32 flags, Device device) {
    return call(name, [&](Driver& d) {
        require(out != nullptr, "the context's place is null");
        require((flags & ~known_flags) == 0, "there are no such flags");
        check_device(device);
        *out = &new_context(d, flags);
        context_stack().push_back(*out);
    });
}

} // namespace

PCK_DRIVER_API cuDevicePrimaryCtxRetain(Context** out, Device device) {
    return call("cuDevicePrimaryCtxRetain", [&](Driver& d) {
        require(out != nullptr, "the context's place is null");
        check_device(device);
        if (d.primary == nullptr) {
            d.primary = &new_context(d, d.primary_flags);
            d.primary->primary = true;
        }
        d.primary->retained++;
        *out = d.primary;
    });
}

PCK_DRIVER_API cuDevicePrimaryCtxRelease_v2(Device device) {
    return call("cuDevicePrimaryCtxRelease", [&](Driver& d) {
        check_device(device);
        if (d.primary == nullptr || d.primary->retained == 0)
            fail(Result::invalid_context, "the primary context is not retained");
        if (--d.primary->retained == 0)
            destroy_context(*d.primary);
    });
}

// Destroys what is in it, heals it, keeps the handle: whoever retained it may go on.
PCK_DRIVER_API cuDevicePrimaryCtxReset_v2(Device device) {
    return call("cuDevicePrimaryCtxReset", [&](Driver& d) {
        check_device(device);
        if (d.primary == nullptr)
            return;
        empty_context(*d.primary);
        d.primary->sticky = Result::success;
        d.primary->sticky_text.clear();
    });
}

PCK_DRIVER_API cuDevicePrimaryCtxGetState(Device device, unsigned* flags, int* active) {
    return call("cuDevicePrimaryCtxGetState", [&](Driver& d) {
        require(flags != nullptr && active != nullptr, "flags or active is null");
        check_device(device);
        *flags = d.primary == nullptr ? d.primary_flags : d.primary->flags;
        *active = d.primary != nullptr;
    });
}

PCK_DRIVER_API cuDevicePrimaryCtxSetFlags_v2(Device device, unsigned flags) {
    return call("cuDevicePrimaryCtxSetFlags", [&](Driver& d) {
        check_device(device);
        require((flags & ~known_flags) == 0, "there are no such flags");
        d.primary_flags = flags;
        if (d.primary != nullptr)
            d.primary->flags = flags;
    });
}

PCK_DRIVER_API cuCtxCreate_v2(Context** out, unsigned flags, Device device) { return create("cuCtxCreate", out, flags, device); }

PCK_DRIVER_API cuCtxCreate_v4(Context** out, const void* parameters, unsigned flags, Device device) {
    if (parameters != nullptr)
        return enter("cuCtxCreate", [](Driver&) { fail(Result::not_supported, "execution affinity and CIG parameters are not emulated"); });
    return create("cuCtxCreate", out, flags, device);
}

PCK_DRIVER_API cuCtxDestroy_v2(Context* handle) {
    return call("cuCtxDestroy", [&](Driver& d) {
        Context& context = d.need<Context>(handle, "the context");
        if (context.primary)
            fail(Result::invalid_context, "the primary context is released, not destroyed");
        std::vector<Context*>& stack = context_stack();
        if (!stack.empty() && stack.back() == &context)
            stack.pop_back();
        destroy_context(context);
    });
}

PCK_DRIVER_API cuCtxSetCurrent(Context* handle) {
    return call("cuCtxSetCurrent", [&](Driver& d) { make_current(handle == nullptr ? nullptr : &d.need<Context>(handle, "the context")); });
}

PCK_DRIVER_API cuCtxGetCurrent(Context** out) {
    return call("cuCtxGetCurrent", [&](Driver&) {
        require(out != nullptr, "the context's place is null");
        *out = current_context();
    });
}

PCK_DRIVER_API cuCtxPushCurrent_v2(Context* handle) {
    return call("cuCtxPushCurrent", [&](Driver& d) { context_stack().push_back(&d.need<Context>(handle, "the context")); });
}

PCK_DRIVER_API cuCtxPopCurrent_v2(Context** out) {
    return call("cuCtxPopCurrent", [&](Driver&) {
        std::vector<Context*>& stack = context_stack();
        if (stack.empty())
            fail(Result::invalid_context, "no context is current on this thread");
        if (out != nullptr)
            *out = stack.back();
        stack.pop_back();
    });
}

PCK_DRIVER_API cuCtxGetDevice(Device* device) {
    return call("cuCtxGetDevice", [&](Driver&) {
        require(device != nullptr, "device is null");
        if (current_context() == nullptr)
            fail(Result::invalid_context, "no context is current on this thread");
        *device = 0;
    });
}

PCK_DRIVER_API cuCtxGetFlags(unsigned* flags) {
    return call("cuCtxGetFlags", [&](Driver&) {
        require(flags != nullptr, "flags is null");
        if (current_context() == nullptr)
            fail(Result::invalid_context, "no context is current on this thread");
        *flags = current_context()->flags;
    });
}

PCK_DRIVER_API cuCtxGetApiVersion(Context* handle, unsigned* version) {
    return call("cuCtxGetApiVersion", [&](Driver& d) {
        require(version != nullptr, "version is null");
        if (handle != nullptr)
            d.need<Context>(handle, "the context");
        *version = driver_version;
    });
}

PCK_DRIVER_API cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    return call_in_context("cuCtxGetStreamPriorityRange", [&](Driver&, Context&) {
        if (least != nullptr)
            *least = 0;
        if (greatest != nullptr)
            *greatest = -5;
    });
}

PCK_DRIVER_API cuCtxSynchronize() {
    return call_in_context("cuCtxSynchronize", [&](Driver& d, Context& context) {
        refuse_while_capturing("cuCtxSynchronize");
        d.journal.totals.waits++;
        finish(context);
        check_health(context);
    });
}
