// The state behind the exported functions, and how each of them is entered and left.
#pragma once

#include "driver/api.hpp"
#include "driver/journal.hpp"
#include "driver/objects.hpp"
#include "driver/recent_programs.hpp"
#include "driver/settings.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pck::emulator::facade {

// Ends a call with a code; the text is what pckEmulatorLastError gives.
struct Failure : std::runtime_error {
    Failure(Result c, const std::string& text) : std::runtime_error(text), code(c) {}
    Result code;
};

[[noreturn]] inline void fail(Result code, const std::string& text) { throw Failure(code, text); }
inline void require(bool holds, const char* text) {
    if (!holds)
        fail(Result::invalid_value, text);
}
inline void check_device(Device device) {
    if (device != 0)
        fail(Result::invalid_device, "there is only device 0");
}

struct Driver {
    std::recursive_mutex mutex; // one call at a time: what runs, runs on the thread that waits for it
    bool initialised = false;
    Settings settings;
    std::unique_ptr<Machine> machine;
    Journal journal;
    RecentPrograms programs;
    Context* primary = nullptr;
    u32 primary_flags = 0;

    template <class T>
    T& add() {
        auto object = std::make_unique<T>();
        T& reference = *object;
        objects_.emplace(object.get(), std::move(object));
        return reference;
    }
    template <class T>
    T* find(const void* handle) const {
        const auto at = objects_.find(handle);
        return at == objects_.end() || at->second->kind != T::of_kind ? nullptr : static_cast<T*>(at->second.get());
    }
    template <class T>
    T& need(const void* handle, const char* what) const {
        T* object = find<T>(handle);
        if (object == nullptr)
            fail(T::of_kind == Object::Kind::context ? Result::invalid_context : Result::invalid_handle,
                 std::string(what) + " is no live handle");
        return *object;
    }
    template <class T, class F>
    void each(F&& body) const {
        for (const auto& [handle, object] : objects_)
            if (object->kind == T::of_kind)
                body(static_cast<T&>(*object));
    }
    void remove(const void* handle) { objects_.erase(handle); }

    DeviceMemory& memory() const { return machine->memory(); }
    const DeviceProperties& device() const { return machine->properties(); }

private:
    std::unordered_map<const void*, std::unique_ptr<Object>> objects_;
};

// Never destroyed: finalizers of a managed program may call at any time.
Driver& driver();

// Of this thread.
std::vector<Context*>& context_stack();
Context* current_context();
CaptureMode& capture_mode();
std::string& last_error();

void destroy_context(Context& context);
void empty_context(Context& context); // destroys all that lives in it
void free_allocations(Context& context);

Result leave(const char* name, Result code, const std::string& text);

template <class F>
Result enter(const char* name, F&& body) {
    Driver& d = driver();
    const std::lock_guard lock(d.mutex);
    try {
        body(d);
        return Result::success;
    } catch (const Failure& failure) {
        return leave(name, failure.code, failure.what());
    } catch (const std::bad_alloc&) {
        return leave(name, Result::out_of_memory, "the host has no memory left");
    } catch (const std::exception& error) {
        return leave(name, Result::unknown, error.what());
    }
}

// A call that needs cuInit.
template <class F>
Result call(const char* name, F&& body) {
    return enter(name, [&](Driver& d) {
        if (!d.initialised)
            fail(Result::not_initialized, "cuInit has not been called");
        body(d);
    });
}

// A call that works in the current context, which must not be poisoned.
Context& healthy_context();
template <class F>
Result call_in_context(const char* name, F&& body) {
    return call(name, [&](Driver& d) { body(d, healthy_context()); });
}

// Throws the context's sticky error, if it has one.
void check_health(const Context& context);

// Streams. A handle of 0, 1 or 2 is the legacy stream or the thread's own.
Stream& stream_of(void* handle, Context& context);
// Gives a stream something to do, or adds a node to the graph it is captured into.
void submit(Stream& stream, Operation operation);
void submit(Stream& stream, std::shared_ptr<Work> work);
void finish(const std::shared_ptr<Work>& work); // and all that it comes after
void finish(Context& context);                  // all that was submitted
void run_plan(const Plan& plan, Context& context);

// Captures.
void refuse_while_capturing(const char* what); // a call that waits or allocates: ends the captures that do not permit it
void refuse_on(Stream& stream, const char* what);
void capture_node(Stream& stream, Operation operation);
void capture_record(Stream& stream, Event& event);
bool capture_wait(Stream& stream, Event& event); // false: neither of them is captured

// Graphs.
GraphNode& add_node(Graph& graph, Operation operation, std::vector<GraphNode*> after);
void destroy_graph(Graph& graph);

} // namespace pck::emulator::facade
