#include "driver/driver.hpp"

namespace pck::emulator::facade {

Driver& driver() {
    static Driver* the = new Driver;
    return *the;
}

std::vector<Context*>& context_stack() {
    thread_local std::vector<Context*> stack;
    return stack;
}

// A context destroyed by another thread may still be on this thread's stack.
Context* current_context() {
    std::vector<Context*>& stack = context_stack();
    return stack.empty() || driver().find<Context>(stack.back()) == nullptr ? nullptr : stack.back();
}

CaptureMode& capture_mode() {
    thread_local CaptureMode mode = CaptureMode::global;
    return mode;
}

std::string& last_error() {
    thread_local std::string text;
    return text;
}

Result leave(const char* name, Result code, const std::string& text) {
    if (code != Result::not_ready)
        last_error() = std::string(name) + ": " + text;
    return code;
}

void check_health(const Context& context) {
    if (context.sticky != Result::success)
        fail(context.sticky, context.sticky_text);
}

Context& healthy_context() {
    Context* context = current_context();
    if (context == nullptr)
        fail(Result::invalid_context, "no context is current on this thread");
    check_health(*context);
    return *context;
}

void free_allocations(Context& context) {
    DeviceMemory& memory = driver().memory();
    for (const DevicePointer base : context.allocations)
        memory.release(base);
    for (const auto& [base, bytes] : context.pinned)
        memory.release(base);
    context.allocations.clear();
    context.pinned.clear();
    context.registered.clear();
}

void empty_context(Context& context) {
    Driver& d = driver();
    finish(context);
    std::vector<const void*> gone;
    const auto collect = [&](Object& object, const Context* owner) {
        if (owner == &context)
            gone.push_back(&object);
    };
    std::set<Graph*> captured;
    d.each<Kernel>([&](Kernel& kernel) { collect(kernel, kernel.module->context); });
    d.each<Module>([&](Module& module) { collect(module, module.context); });
    d.each<Event>([&](Event& event) { collect(event, event.context); });
    d.each<Executable>([&](Executable& executable) { collect(executable, executable.context); });
    d.each<Stream>([&](Stream& stream) {
        if (stream.context == &context && stream.capture != nullptr)
            captured.insert(stream.capture->graph);
        if (&stream != context.legacy)
            collect(stream, stream.context);
    });
    for (Graph* graph : captured)
        destroy_graph(*graph);
    for (const void* handle : gone)
        d.remove(handle);
    context.per_thread.clear();
    free_allocations(context);
}

void destroy_context(Context& context) {
    Driver& d = driver();
    empty_context(context);
    d.remove(context.legacy);
    if (d.primary == &context)
        d.primary = nullptr;
    d.remove(&context);
}

} // namespace pck::emulator::facade
