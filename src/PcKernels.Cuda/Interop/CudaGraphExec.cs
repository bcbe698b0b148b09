namespace PcKernels.Cuda.Interop;

/// <summary>A graph made ready. Launches of it run one after another, also in different streams.</summary>
internal sealed unsafe class CudaGraphExec : DriverHandle
{
    internal CudaGraphExec(CudaContext context, nint handle)
        : base(context, handle, true)
    {
    }

    /// <summary>Queues all of it.</summary>
    /// <exception cref="CudaException">Earlier work failed.</exception>
    internal void Launch(CudaStream stream)
    {
        using ContextScope scope = Context.Enter();
        Api.Check(Api.GraphLaunch(Handle, stream.Handle), "cuGraphLaunch");
    }

    /// <summary>Brings it to the device ahead of the first launch.</summary>
    internal void Upload(CudaStream stream)
    {
        using ContextScope scope = Context.Enter();
        Api.Check(Api.GraphUpload(Handle, stream.Handle), "cuGraphUpload");
    }

    /// <summary>Changes a launch, for the launches of this graph to come.</summary>
    /// <param name="node">The node of the graph that this was made from.</param>
    /// <param name="function">The kernel.</param>
    /// <param name="shape">How it is launched; whether it is cooperative cannot be changed.</param>
    /// <param name="arguments">Its arguments; their values are taken now.</param>
    /// <exception cref="ArgumentException">The arguments are not those that the kernel takes.</exception>
    /// <exception cref="CudaException">The node is not of that graph or no launch, or the shape does not fit.</exception>
    internal void SetKernel(CudaGraphNode node, CudaFunction function, in LaunchShape shape, params ReadOnlySpan<KernelArgument> arguments)
    {
        function.CheckArguments(arguments);
        void** values = stackalloc void*[arguments.Length];
        fixed (KernelArgument* first = arguments)
        {
            KernelArgument.Point(values, first, arguments.Length);
            KernelNodeParameters parameters = CudaGraph.Parameters(function, shape, values);
            using ContextScope scope = Context.Enter();
            int code = Api.GraphExecKernelNodeSetParams(Handle, node.Handle, &parameters);
            if (code != 0) Api.Throw(code, "cuGraphExecKernelNodeSetParams", $"{function.Name}: {shape}", "");
        }
    }

    /// <summary>Takes over the parameters of a graph of the same shape.</summary>
    /// <returns>False when the shapes differ: then instantiate anew.</returns>
    internal bool TryUpdate(CudaGraph graph)
    {
        const int updateFailure = 910;
        using ContextScope scope = Context.Enter();
        GraphUpdateResult result;
        int code = Api.GraphExecUpdate(Handle, graph.Handle, &result);
        if (code == updateFailure) return false;
        Api.Check(code, "cuGraphExecUpdate");
        return true;
    }

    /// <inheritdoc/>
    protected override int Destroy(nint handle) => Api.GraphExecDestroy(handle);
}
