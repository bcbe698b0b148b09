// Graphs made ready to run, changed and launched.
#include "driver/driver.hpp"

#include <algorithm>

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

// Each node after those it depends on, in the order of their making where that is free.
std::shared_ptr<Plan> plan_of(const Graph& graph) {
    auto plan = std::make_shared<Plan>();
    std::map<const GraphNode*, size_t> placed;
    while (placed.size() < graph.nodes.size()) {
        const size_t before = placed.size();
        for (GraphNode* node : graph.nodes) {
            const auto is_placed = [&](const GraphNode* earlier) { return placed.contains(earlier); };
            if (is_placed(node) || !std::all_of(node->after.begin(), node->after.end(), is_placed))
                continue;
            Plan::Step step{node->operation, {}, node, true};
            for (const GraphNode* earlier : node->after)
                step.after.push_back(placed[earlier]);
            placed[node] = plan->steps.size();
            plan->steps.push_back(std::move(step));
        }
        require(placed.size() > before, "the graph has a cycle");
    }
    return plan;
}

Result instantiate(const char* name, Executable** out, void* graph, u64 flags) {
    return call_in_context(name, [&](Driver& d, Context& context) {
        require(out != nullptr, "the place of the executable graph is null");
        if ((flags & ~2ull) != 0)
            fail(Result::not_supported, "launches of graphs from the device, and releases at launch, are not emulated");
        std::shared_ptr<Plan> plan = plan_of(d.need<Graph>(graph, "the graph"));
        for (const Plan::Step& step : plan->steps)
            check(step.operation);
        Executable& executable = d.add<Executable>();
        executable.context = &context;
        executable.plan = std::move(plan);
        *out = &executable;
    });
}

// The steps, apart from those that launched work still holds.
Plan& own_plan(Executable& executable) {
    if (executable.plan.use_count() > 1)
        executable.plan = std::make_shared<Plan>(*executable.plan);
    return *executable.plan;
}

Plan::Step& step_of(Executable& executable, const void* node) {
    for (Plan::Step& step : own_plan(executable).steps)
        if (step.source == node)
            return step;
    fail(Result::invalid_value, "the executable graph was not made from a graph with this node");
}

template <class Make>
Result change(const char* name, void* handle, const void* node, NodeType type, Make&& make) {
    return call_in_context(name, [&](Driver& d, Context&) {
        Plan::Step& step = step_of(d.need<Executable>(handle, "the executable graph"), node);
        require(type_of(step.operation) == type, "the node is of another type");
        Operation operation = make(step.operation);
        check(operation);
        step.operation = std::move(operation);
    });
}

} // namespace

PCK_DRIVER_API cuGraphInstantiateWithFlags(Executable** out, void* graph, unsigned long long flags) {
    return instantiate("cuGraphInstantiateWithFlags", out, graph, flags);
}

PCK_DRIVER_API cuGraphInstantiate_v2(Executable** out, void* graph, void** error_node, char* log, size_t log_bytes) {
    if (error_node != nullptr)
        *error_node = nullptr;
    if (log != nullptr && log_bytes > 0)
        *log = 0;
    return instantiate("cuGraphInstantiate", out, graph, 0);
}

PCK_DRIVER_API cuGraphExecDestroy(void* handle) {
    return call("cuGraphExecDestroy", [&](Driver& d) { d.remove(&d.need<Executable>(handle, "the executable graph")); });
}

PCK_DRIVER_API cuGraphUpload(void* handle, void* stream) {
    return call_in_context("cuGraphUpload", [&](Driver& d, Context& context) {
        d.need<Executable>(handle, "the executable graph");
        stream_of(stream, context);
    });
}

PCK_DRIVER_API cuGraphLaunch(void* handle, void* stream_handle) {
    return call_in_context("cuGraphLaunch", [&](Driver& d, Context& context) {
        const Executable& executable = d.need<Executable>(handle, "the executable graph");
        Stream& stream = stream_of(stream_handle, context);
        if (stream.capture != nullptr)
            fail(Result::not_supported, "graphs inside graphs are not emulated");
        for (const Plan::Step& step : executable.plan->steps)
            if (const auto* kernel = std::get_if<KernelOperation>(&step.operation))
                d.need<Kernel>(kernel->kernel, "the function of a node");
        auto work = std::make_shared<Work>();
        work->plan = executable.plan;
        submit(stream, std::move(work));
        d.journal.totals.graph_launches++;
    });
}

PCK_DRIVER_API cuGraphExecKernelNodeSetParams_v2(void* handle, void* node, const KernelNodeParameters* p) {
    return change("cuGraphExecKernelNodeSetParams", handle, node, NodeType::kernel, [&](const Operation& old) {
        require(p != nullptr, "the parameters are null");
        const bool cooperative = std::get<KernelOperation>(old).launch.cooperative;
        KernelOperation operation = kernel_operation(p->function, p->grid, p->block, p->shared_bytes, p->values, p->extra, cooperative);
        operation.by_graph = true;
        return Operation(std::move(operation));
    });
}

PCK_DRIVER_API cuGraphExecMemcpyNodeSetParams(void* handle, void* node, const CopyDescription* what, Context*) {
    return change("cuGraphExecMemcpyNodeSetParams", handle, node, NodeType::memcpy, [&](const Operation&) {
        require(what != nullptr, "the parameters are null");
        return Operation(CopyOperation{*what, {}});
    });
}

PCK_DRIVER_API cuGraphExecMemsetNodeSetParams(void* handle, void* node, const MemsetNodeParameters* what, Context*) {
    return change("cuGraphExecMemsetNodeSetParams", handle, node, NodeType::memset, [&](const Operation&) {
        require(what != nullptr, "the parameters are null");
        return Operation(SetOperation{*what});
    });
}

PCK_DRIVER_API cuGraphNodeSetEnabled(void* handle, void* node, unsigned enabled) {
    return call_in_context("cuGraphNodeSetEnabled", [&](Driver& d, Context&) {
        step_of(d.need<Executable>(handle, "the executable graph"), node).enabled = enabled != 0;
    });
}

// Takes over the operations of a graph of the same shape.
PCK_DRIVER_API cuGraphExecUpdate_v2(void* handle, void* graph, GraphUpdateResult* result) {
    constexpr int success = 0, topology_changed = 2, node_type_changed = 3;
    return call_in_context("cuGraphExecUpdate", [&](Driver& d, Context&) {
        Executable& executable = d.need<Executable>(handle, "the executable graph");
        const std::shared_ptr<Plan> fresh = plan_of(d.need<Graph>(graph, "the graph"));
        const auto refuse = [&](int why, void* node, const char* text) {
            if (result != nullptr)
                *result = {why, node, nullptr};
            fail(Result::graph_exec_update_failure, text);
        };
        const std::vector<Plan::Step>& old = executable.plan->steps;
        if (old.size() != fresh->steps.size())
            refuse(topology_changed, nullptr, "the graph has another number of nodes");
        for (size_t i = 0; i < old.size(); i++) {
            if (old[i].after != fresh->steps[i].after)
                refuse(topology_changed, fresh->steps[i].source, "a node depends on others than before");
            if (type_of(old[i].operation) != type_of(fresh->steps[i].operation))
                refuse(node_type_changed, fresh->steps[i].source, "a node is of another type");
        }
        for (const Plan::Step& step : fresh->steps)
            check(step.operation);
        Plan& own = own_plan(executable);
        for (size_t i = 0; i < own.steps.size(); i++)
            own.steps[i].operation = fresh->steps[i].operation;
        if (result != nullptr)
            *result = {success, nullptr, nullptr};
    });
}
