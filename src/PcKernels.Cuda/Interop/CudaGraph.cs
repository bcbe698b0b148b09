using System.Runtime.CompilerServices;

namespace PcKernels.Cuda.Interop;

/// <summary>A node of a graph; good as long as the graph is.</summary>
internal readonly record struct CudaGraphNode(nint Handle);

/// <summary>Work and its order, to be made ready once and launched many times as a whole.</summary>
/// <remarks>Not for several threads at once. What its nodes use has to outlive it and what is instantiated from it.</remarks>
internal sealed unsafe class CudaGraph : DriverHandle
{
    private CudaGraph(CudaContext context, nint handle)
        : base(context, handle, true)
    {
    }

    /// <summary>The nodes.</summary>
    internal IReadOnlyList<CudaGraphNode> Nodes
    {
        get
        {
            using ContextScope scope = Context.Enter();
            nuint count;
            Api.Check(Api.GraphGetNodes(Handle, null, &count), "cuGraphGetNodes");
            var nodes = new CudaGraphNode[(int)count];
            fixed (CudaGraphNode* first = nodes)
                if (count > 0) Api.Check(Api.GraphGetNodes(Handle, (nint*)first, &count), "cuGraphGetNodes");
            return nodes;
        }
    }

    /// <summary>How many of the nodes are kernels.</summary>
    internal int KernelCount
    {
        get
        {
            const int kernel = 0; // CU_GRAPH_NODE_TYPE_KERNEL
            int count = 0;
            using ContextScope scope = Context.Enter();
            foreach (CudaGraphNode node in Nodes)
            {
                int type;
                Api.Check(Api.GraphNodeGetType(node.Handle, &type), "cuGraphNodeGetType");
                if (type == kernel) count++;
            }
            return count;
        }
    }

    /// <summary>An empty graph.</summary>
    internal static CudaGraph Create(CudaContext context)
    {
        using ContextScope scope = context.Enter();
        nint handle;
        context.Api.Check(context.Api.GraphCreate(&handle, 0), "cuGraphCreate");
        return new CudaGraph(context, handle);
    }

    /// <summary>Takes a graph over, to be destroyed with this object.</summary>
    internal static CudaGraph Own(CudaContext context, nint handle) => new(context, handle);

    /// <summary>Adds a launch.</summary>
    /// <param name="after">The nodes that come first.</param>
    /// <param name="function">The kernel.</param>
    /// <param name="shape">How it is launched.</param>
    /// <param name="arguments">Its arguments; their values are taken now.</param>
    /// <exception cref="ArgumentException">The arguments are not those that the kernel takes.</exception>
    /// <exception cref="CudaException">The shape does not fit the kernel or the device.</exception>
    internal CudaGraphNode AddKernel(ReadOnlySpan<CudaGraphNode> after, CudaFunction function, in LaunchShape shape, params ReadOnlySpan<KernelArgument> arguments)
    {
        function.CheckArguments(arguments);
        void** values = stackalloc void*[arguments.Length];
        fixed (KernelArgument* first = arguments)
        fixed (CudaGraphNode* dependencies = after)
        {
            KernelArgument.Point(values, first, arguments.Length);
            KernelNodeParameters parameters = Parameters(function, shape, values);
            using ContextScope scope = Context.Enter();
            nint node;
            int code = Api.GraphAddKernelNode(&node, Handle, (nint*)dependencies, (nuint)after.Length, &parameters);
            if (code != 0) Api.Throw(code, "cuGraphAddKernelNode", $"{function.Name}: {shape}", "");
            if (shape.IsCooperative) MakeCooperative(node, function, shape);
            return new CudaGraphNode(node);
        }
    }

    /// <summary>Adds a copy between places on the device.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    internal CudaGraphNode AddCopy<T>(ReadOnlySpan<CudaGraphNode> after, DeviceSpan<T> from, DeviceSpan<T> to) where T : unmanaged
    {
        if (from.Length != to.Length) throw new ArgumentException($"{from.Length} elements do not go into {to.Length}");
        return AddCopy(after, OnDevice(from.Address, from.Bytes), OnDevice(to.Address, to.Bytes), from.Bytes);
    }

    /// <summary>Adds a copy to the device; the values are read when the graph runs.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    internal CudaGraphNode AddCopy<T>(ReadOnlySpan<CudaGraphNode> after, PinnedBuffer<T> from, DeviceSpan<T> to) where T : unmanaged
    {
        if (from.Length != to.Length) throw new ArgumentException($"{from.Length} elements do not go into {to.Length}");
        return AddCopy(after, OnHost(from.Handle, to.Bytes), OnDevice(to.Address, to.Bytes), to.Bytes);
    }

    /// <summary>Adds a copy to the host.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    internal CudaGraphNode AddCopy<T>(ReadOnlySpan<CudaGraphNode> after, DeviceSpan<T> from, PinnedBuffer<T> to) where T : unmanaged
    {
        if (from.Length != to.Length) throw new ArgumentException($"{from.Length} elements do not go into {to.Length}");
        return AddCopy(after, OnDevice(from.Address, from.Bytes), OnHost(to.Handle, from.Bytes), from.Bytes);
    }

    /// <summary>Adds setting every byte.</summary>
    internal CudaGraphNode AddFill<T>(ReadOnlySpan<CudaGraphNode> after, DeviceSpan<T> to, byte value) where T : unmanaged
    {
        var parameters = new FillNodeParameters { Destination = to.Address, Value = value, ElementBytes = 1, Width = to.Bytes, Height = 1 };
        using ContextScope scope = Context.Enter();
        nint node;
        fixed (CudaGraphNode* dependencies = after)
            Api.Check(Api.GraphAddMemsetNode(&node, Handle, (nint*)dependencies, (nuint)after.Length, &parameters, Context.Handle), "cuGraphAddMemsetNode");
        return new CudaGraphNode(node);
    }

    /// <summary>Makes the graph ready to be launched. Later changes of the graph do not change what was made.</summary>
    /// <exception cref="CudaException">The graph has a cycle, or a node that cannot run here.</exception>
    internal CudaGraphExec Instantiate()
    {
        using ContextScope scope = Context.Enter();
        nint executable;
        Api.Check(Api.GraphInstantiate(&executable, Handle, 0), "cuGraphInstantiateWithFlags");
        return new CudaGraphExec(Context, executable);
    }

    internal static KernelNodeParameters Parameters(CudaFunction function, in LaunchShape shape, void** values) => new()
    {
        Function = function.Handle,
        GridX = shape.Grid.X,
        GridY = shape.Grid.Y,
        GridZ = shape.Grid.Z,
        BlockX = shape.Block.X,
        BlockY = shape.Block.Y,
        BlockZ = shape.Block.Z,
        SharedBytes = (uint)shape.SharedBytes,
        Values = values,
    };

    /// <inheritdoc/>
    protected override int Destroy(nint handle) => Api.GraphDestroy(handle);

    private static CopySide OnDevice(ulong address, nuint bytes) =>
        new() { MemoryType = CopySide.Device, DeviceAddress = address, Pitch = bytes, Height = 1 };

    private static CopySide OnHost(nint address, nuint bytes) =>
        new() { MemoryType = CopySide.Host, HostAddress = (void*)address, Pitch = bytes, Height = 1 };

    private CudaGraphNode AddCopy(ReadOnlySpan<CudaGraphNode> after, CopySide from, CopySide to, nuint bytes)
    {
        var parameters = new CopyNodeParameters { Source = from, Destination = to, WidthBytes = bytes, Height = 1, Depth = 1 };
        using ContextScope scope = Context.Enter();
        nint node;
        fixed (CudaGraphNode* dependencies = after)
            Api.Check(Api.GraphAddMemcpyNode(&node, Handle, (nint*)dependencies, (nuint)after.Length, &parameters, Context.Handle), "cuGraphAddMemcpyNode");
        return new CudaGraphNode(node);
    }

    private void MakeCooperative(nint node, CudaFunction function, in LaunchShape shape)
    {
        long* value = stackalloc long[8]; // CUlaunchAttributeValue has 64 bytes
        Unsafe.InitBlock(value, 0, 64);
        *(int*)value = 1;
        int code = Api.GraphKernelNodeSetAttribute(node, LaunchAttribute.Cooperative, value);
        if (code != 0) Api.Throw(code, "cuGraphKernelNodeSetAttribute", $"{function.Name}: {shape}", "");
    }
}
