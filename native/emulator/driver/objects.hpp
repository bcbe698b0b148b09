// What handles stand for. A handle is the object's address, and a call looks it up before it is used: a wrong one is an error code here,
// where a real driver may crash.
#pragma once

#include "driver/operation.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace pck::emulator::facade {

using Clock = std::chrono::steady_clock;

struct Object {
    enum class Kind : u8 { context, module, kernel, stream, event, graph, node, executable };
    explicit Object(Kind k) : kind(k) {}
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    virtual ~Object() = default;

    const Kind kind;
};

struct GraphNode;
struct Stream;

// Work given to a stream. It runs when somebody waits for it, not before: so a result read too early is wrong here every time, and not
// only on a busy GPU.
struct Work {
    std::vector<std::shared_ptr<Work>> after;
    Context* context = nullptr;
    Operation operation;
    std::shared_ptr<const struct Plan> plan; // instead of the operation: a whole graph
    bool done = false;
    Clock::time_point finished{};
};

struct Context : Object {
    static constexpr Kind of_kind = Kind::context;
    Context() : Object(of_kind) {}

    bool primary = false;
    u32 flags = 0;
    u32 retained = 0; // of the primary context
    Result sticky = Result::success;
    std::string sticky_text;
    std::set<DevicePointer> allocations;
    std::map<u64, size_t> pinned;     // allocated by cuMemAllocHost: device memory that the host may touch
    std::map<u64, size_t> registered; // the caller's own
    Stream* legacy = nullptr;
    std::map<std::thread::id, Stream*> per_thread;
    std::vector<std::shared_ptr<Work>> pending; // in the order of submission; some may be done
};

struct Module : Object {
    static constexpr Kind of_kind = Kind::module;
    Module() : Object(of_kind) {}

    Context* context = nullptr;
    std::shared_ptr<Program> program;
    int ptx_version = 0, target = 0; // 90 for 9.0
    std::map<std::string, Kernel*> kernels;
};

struct Kernel : Object {
    static constexpr Kind of_kind = Kind::kernel;
    Kernel() : Object(of_kind) {}

    Module* module = nullptr;
    const Function* function = nullptr;
    u32 dynamic_limit = 0; // MAX_DYNAMIC_SHARED_SIZE_BYTES
    int carveout = -1;
};

// A capture in progress: the graph it builds and the streams it runs through.
struct Capture {
    struct Graph* graph = nullptr;
    Stream* origin = nullptr;
    CaptureMode mode = CaptureMode::global;
    std::thread::id thread;
    std::set<Stream*> streams;
    bool invalidated = false, ended = false;
};

struct Stream : Object {
    static constexpr Kind of_kind = Kind::stream;
    Stream() : Object(of_kind) {}

    Context* context = nullptr;
    u32 flags = 0;
    int priority = 0;
    std::shared_ptr<Work> last; // the newest work; older work hangs on it
    std::shared_ptr<Capture> capture;
    std::vector<GraphNode*> front; // of the capture: what the next node comes after
};

struct Event : Object {
    static constexpr Kind of_kind = Kind::event;
    Event() : Object(of_kind) {}

    Context* context = nullptr;
    u32 flags = 0;
    std::shared_ptr<Work> work; // null: never recorded
    std::shared_ptr<Capture> capture;
    std::vector<GraphNode*> front;
};

struct GraphNode : Object {
    static constexpr Kind of_kind = Kind::node;
    GraphNode() : Object(of_kind) {}

    struct Graph* graph = nullptr;
    Operation operation;
    std::vector<GraphNode*> after;
    std::vector<void*> values; // for cuGraphKernelNodeGetParams: into the operation's arguments
};

struct Graph : Object {
    static constexpr Kind of_kind = Kind::graph;
    Graph() : Object(of_kind) {}

    std::vector<GraphNode*> nodes; // owned; removed with the graph
};

// An instantiated graph's steps, each after those it needs.
struct Plan {
    struct Step {
        Operation operation;
        std::vector<size_t> after;
        GraphNode* source = nullptr;
        bool enabled = true;
    };
    std::vector<Step> steps;
};

struct Executable : Object {
    static constexpr Kind of_kind = Kind::executable;
    Executable() : Object(of_kind) {}

    Context* context = nullptr;
    std::shared_ptr<Plan> plan; // copied when it is changed while launched work still holds it
};

} // namespace pck::emulator::facade
