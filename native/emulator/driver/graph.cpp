// Graphs made node by node.
#include "driver/driver.hpp"

#include <algorithm>

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

std::vector<GraphNode*> dependencies(const Driver& d, const Graph& graph, void* const* handles, size_t count) {
    require(count == 0 || handles != nullptr, "the dependencies are null");
    std::vector<GraphNode*> after;
    for (size_t i = 0; i < count; i++) {
        GraphNode& node = d.need<GraphNode>(handles[i], "a dependency");
        require(node.graph == &graph, "a dependency is of another graph");
        require(std::find(after.begin(), after.end(), &node) == after.end(), "a dependency is given twice");
        after.push_back(&node);
    }
    return after;
}

KernelOperation kernel_of(const KernelNodeParameters& p, bool cooperative) {
    if (p.function == nullptr && p.kernel != nullptr)
        fail(Result::not_supported, "kernels of libraries (CUkernel) are not emulated");
    KernelOperation operation = kernel_operation(p.function, p.grid, p.block, p.shared_bytes, p.values, p.extra, cooperative);
    operation.by_graph = true;
    return operation;
}

template <class Make>
Result add(const char* name, GraphNode** out, void* graph_handle, void* const* handles, size_t count, Make&& make) {
    return call_in_context(name, [&](Driver& d, Context&) {
        require(out != nullptr, "the node's place is null");
        Graph& graph = d.need<Graph>(graph_handle, "the graph");
        std::vector<GraphNode*> after = dependencies(d, graph, handles, count);
        Operation operation = make();
        check(operation);
        *out = &add_node(graph, std::move(operation), std::move(after));
    });
}

KernelOperation& kernel_in(Driver& d, void* handle) {
    GraphNode& node = d.need<GraphNode>(handle, "the node");
    auto* kernel = std::get_if<KernelOperation>(&node.operation);
    require(kernel != nullptr, "this is no kernel node");
    return *kernel;
}

} // namespace

namespace pck::emulator::facade {

GraphNode& add_node(Graph& graph, Operation operation, std::vector<GraphNode*> after) {
    GraphNode& node = driver().add<GraphNode>();
    node.graph = &graph;
    node.operation = std::move(operation);
    node.after = std::move(after);
    graph.nodes.push_back(&node);
    return node;
}

void destroy_graph(Graph& graph) {
    Driver& d = driver();
    for (const GraphNode* node : graph.nodes)
        d.remove(node);
    d.remove(&graph);
}

} // namespace pck::emulator::facade

PCK_DRIVER_API cuGraphCreate(Graph** out, unsigned flags) {
    return call_in_context("cuGraphCreate", [&](Driver& d, Context&) {
        require(out != nullptr && flags == 0, "the graph's place is null, or flags are not 0");
        *out = &d.add<Graph>();
    });
}

PCK_DRIVER_API cuGraphDestroy(void* handle) {
    return call("cuGraphDestroy", [&](Driver& d) { destroy_graph(d.need<Graph>(handle, "the graph")); });
}

PCK_DRIVER_API cuGraphAddKernelNode_v2(GraphNode** out, void* graph, void* const* after, size_t count,
                                       const KernelNodeParameters* parameters) {
    return add("cuGraphAddKernelNode", out, graph, after, count, [&] {
        require(parameters != nullptr, "the parameters are null");
        return Operation(kernel_of(*parameters, false));
    });
}

PCK_DRIVER_API cuGraphAddMemcpyNode(GraphNode** out, void* graph, void* const* after, size_t count, const CopyDescription* what, Context*) {
    return add("cuGraphAddMemcpyNode", out, graph, after, count, [&] {
        require(what != nullptr, "the parameters are null");
        return Operation(CopyOperation{*what, {}});
    });
}

PCK_DRIVER_API cuGraphAddMemsetNode(GraphNode** out, void* graph, void* const* after, size_t count, const MemsetNodeParameters* what,
                                    Context*) {
    return add("cuGraphAddMemsetNode", out, graph, after, count, [&] {
        require(what != nullptr, "the parameters are null");
        return Operation(SetOperation{*what});
    });
}

PCK_DRIVER_API cuGraphAddEmptyNode(GraphNode** out, void* graph, void* const* after, size_t count) {
    return add("cuGraphAddEmptyNode", out, graph, after, count, [] { return Operation(); });
}

PCK_DRIVER_API cuGraphAddDependencies(void* graph_handle, void* const* from, void* const* to, size_t count) {
    return call("cuGraphAddDependencies", [&](Driver& d) {
        const Graph& graph = d.need<Graph>(graph_handle, "the graph");
        require(count == 0 || (from != nullptr && to != nullptr), "the nodes are null");
        for (size_t i = 0; i < count; i++) {
            GraphNode& first = d.need<GraphNode>(from[i], "a node");
            GraphNode& second = d.need<GraphNode>(to[i], "a node");
            require(first.graph == &graph && second.graph == &graph && &first != &second, "the nodes are not two of this graph");
            require(std::find(second.after.begin(), second.after.end(), &first) == second.after.end(), "there is this dependency already");
            second.after.push_back(&first);
        }
    });
}

PCK_DRIVER_API cuGraphDestroyNode(void* handle) {
    return call("cuGraphDestroyNode", [&](Driver& d) {
        GraphNode& node = d.need<GraphNode>(handle, "the node");
        std::erase(node.graph->nodes, &node);
        for (GraphNode* other : node.graph->nodes)
            std::erase(other->after, &node);
        d.remove(&node);
    });
}

// A null list asks for the count; a longer list than needed is filled up with null.
PCK_DRIVER_API cuGraphGetNodes(void* handle, void** nodes, size_t* count) {
    return call("cuGraphGetNodes", [&](Driver& d) {
        require(count != nullptr, "the count is null");
        const Graph& graph = d.need<Graph>(handle, "the graph");
        const size_t there = graph.nodes.size();
        if (nodes == nullptr) {
            *count = there;
            return;
        }
        for (size_t i = 0; i < *count; i++)
            nodes[i] = i < there ? graph.nodes[i] : nullptr;
        *count = std::min(*count, there);
    });
}

PCK_DRIVER_API cuGraphNodeGetType(void* handle, NodeType* out) {
    return call("cuGraphNodeGetType", [&](Driver& d) {
        require(out != nullptr, "the type's place is null");
        *out = type_of(d.need<GraphNode>(handle, "the node").operation);
    });
}

PCK_DRIVER_API cuGraphNodeGetDependencies(void* handle, void** nodes, size_t* count) {
    return call("cuGraphNodeGetDependencies", [&](Driver& d) {
        require(count != nullptr, "the count is null");
        const GraphNode& node = d.need<GraphNode>(handle, "the node");
        if (nodes != nullptr)
            for (size_t i = 0; i < *count; i++)
                nodes[i] = i < node.after.size() ? node.after[i] : nullptr;
        *count = nodes == nullptr ? node.after.size() : std::min(*count, node.after.size());
    });
}

PCK_DRIVER_API cuGraphKernelNodeGetParams_v2(void* handle, KernelNodeParameters* out) {
    return call_in_context("cuGraphKernelNodeGetParams", [&](Driver& d, Context&) {
        require(out != nullptr, "the parameters' place is null");
        KernelOperation& operation = kernel_in(d, handle);
        GraphNode& node = d.need<GraphNode>(handle, "the node");
        node.values.clear();
        for (const Parameter& parameter : operation.kernel->function->parameters)
            node.values.push_back(operation.launch.arguments.data() + parameter.offset);
        const LaunchConfig& launch = operation.launch;
        *out = {operation.kernel,
                {launch.grid.x, launch.grid.y, launch.grid.z},
                {launch.block.x, launch.block.y, launch.block.z},
                launch.dynamic_shared,
                node.values.data(),
                nullptr,
                nullptr,
                operation.kernel->module->context};
    });
}

PCK_DRIVER_API cuGraphKernelNodeSetParams_v2(void* handle, const KernelNodeParameters* parameters) {
    return call_in_context("cuGraphKernelNodeSetParams", [&](Driver& d, Context&) {
        require(parameters != nullptr, "the parameters are null");
        KernelOperation& operation = kernel_in(d, handle);
        operation = kernel_of(*parameters, operation.launch.cooperative);
    });
}

PCK_DRIVER_API cuGraphKernelNodeSetAttribute(void* handle, int which, const int* value) {
    return call_in_context("cuGraphKernelNodeSetAttribute", [&](Driver& d, Context&) {
        require(value != nullptr, "the value is null");
        KernelOperation& operation = kernel_in(d, handle);
        if (which == launch_attribute::priority)
            return;
        if (which != launch_attribute::cooperative)
            fail(Result::not_supported, "launch attribute " + std::to_string(which) + " is not emulated");
        KernelOperation changed = operation;
        changed.launch.cooperative = *value != 0;
        check(changed);
        operation = std::move(changed);
    });
}

PCK_DRIVER_API cuGraphKernelNodeGetAttribute(void* handle, int which, int* value) {
    return call_in_context("cuGraphKernelNodeGetAttribute", [&](Driver& d, Context&) {
        require(value != nullptr, "the value's place is null");
        const KernelOperation& operation = kernel_in(d, handle);
        if (which != launch_attribute::cooperative && which != launch_attribute::priority)
            fail(Result::not_supported, "launch attribute " + std::to_string(which) + " is not emulated");
        *value = which == launch_attribute::cooperative && operation.launch.cooperative;
    });
}
