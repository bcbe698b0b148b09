using System.Runtime.CompilerServices;

namespace PcKernels.Cuda.Interop;

/// <summary>Work that runs in order, beside the host.</summary>
/// <remarks>
/// Its methods queue work and return; what fails while it runs is thrown by a later call, at the latest by <see cref="Synchronize"/>. Use a
/// stream from one thread at a time. Launching allocates nothing.
/// </remarks>
internal sealed unsafe class CudaStream : DriverHandle
{
    private const uint NonBlocking = 1; // CU_STREAM_NON_BLOCKING
    private const int NotReady = 600;

    private CudaStream(CudaContext context, nint handle, bool owns)
        : base(context, handle, owns)
    {
    }

    // The legacy stream's handle is zero.
    /// <inheritdoc/>
    public override bool IsInvalid => false;

    /// <summary>Whether everything queued is done.</summary>
    /// <exception cref="CudaException">Some of it failed.</exception>
    internal bool IsDone
    {
        get
        {
            using ContextScope scope = Context.Enter();
            int code = Api.StreamQuery(Handle);
            if (code == NotReady) return false;
            Api.Check(code, "cuStreamQuery");
            return true;
        }
    }

    /// <summary>The priority; smaller goes first.</summary>
    internal int Priority
    {
        get
        {
            using ContextScope scope = Context.Enter();
            int priority;
            Api.Check(Api.StreamGetPriority(Handle, &priority), "cuStreamGetPriority");
            return priority;
        }
    }

    /// <summary>Makes a stream that does not wait for the legacy one.</summary>
    /// <param name="context">Where.</param>
    /// <param name="priority">Smaller goes first; beyond the device's range the nearest is taken.</param>
    /// <exception cref="CudaException">The context cannot be used any more.</exception>
    internal static CudaStream Create(CudaContext context, int priority = 0)
    {
        using ContextScope scope = context.Enter();
        nint handle;
        context.Api.Check(context.Api.StreamCreateWithPriority(&handle, NonBlocking, priority), "cuStreamCreateWithPriority");
        return new CudaStream(context, handle, true);
    }

    /// <summary>Takes a stream that another library made and goes on to own; zero is the legacy stream.</summary>
    internal static CudaStream Borrow(CudaContext context, nint handle) => new(context, handle, false);

    /// <summary>Waits for everything queued.</summary>
    /// <exception cref="CudaException">Some of it failed; after a kernel's fault the context cannot be used any more.</exception>
    internal void Synchronize()
    {
        using ContextScope scope = Context.Enter();
        Api.Check(Api.StreamSynchronize(Handle), "cuStreamSynchronize");
    }

    /// <summary>Lets what is queued from now on wait for the event.</summary>
    internal void WaitFor(CudaEvent point)
    {
        using ContextScope scope = Context.Enter();
        Api.Check(Api.StreamWaitEvent(Handle, point.Handle, 0), "cuStreamWaitEvent");
    }

    /// <summary>Puts the event after what is queued so far.</summary>
    internal void Record(CudaEvent point)
    {
        using ContextScope scope = Context.Enter();
        Api.Check(Api.EventRecord(point.Handle, Handle), "cuEventRecord");
    }

    /// <summary>Launches a kernel.</summary>
    /// <exception cref="ArgumentException">The arguments are not those that the kernel takes.</exception>
    /// <exception cref="CudaException">The shape does not fit the kernel or the device, or earlier work failed.</exception>
    internal void Launch(CudaFunction function, in LaunchShape shape, params ReadOnlySpan<KernelArgument> arguments)
    {
        function.CheckArguments(arguments);
        void** values = stackalloc void*[arguments.Length];
        fixed (KernelArgument* first = arguments)
        {
            KernelArgument.Point(values, first, arguments.Length);
            Launch(function, shape, values);
        }
    }

    /// <summary>Launches a kernel that takes one structure.</summary>
    /// <exception cref="ArgumentException">The structure has not the size of the kernel's parameter.</exception>
    /// <exception cref="CudaException">The shape does not fit the kernel or the device, or earlier work failed.</exception>
    internal void LaunchWith<T>(CudaFunction function, in LaunchShape shape, in T parameters) where T : unmanaged
    {
        function.CheckParameters<T>();
        fixed (T* value = &parameters)
        {
            void* values = value;
            Launch(function, shape, &values);
        }
    }

    /// <summary>Queues a copy between places on the device.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    internal void Copy<T>(DeviceSpan<T> from, DeviceSpan<T> to) where T : unmanaged
    {
        SameLength(from.Length, to.Length);
        using ContextScope scope = Context.Enter();
        Api.Check(Api.MemcpyDtoDAsync(to.Address, from.Address, from.Bytes, Handle), "cuMemcpyDtoDAsync");
    }

    /// <summary>Queues a copy to the device. The values must stay as they are until it is done.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    internal void Copy<T>(PinnedBuffer<T> from, DeviceSpan<T> to) where T : unmanaged
    {
        SameLength(from.Length, to.Length);
        using ContextScope scope = Context.Enter();
        Api.Check(Api.MemcpyHtoDAsync(to.Address, (void*)from.Handle, to.Bytes, Handle), "cuMemcpyHtoDAsync");
    }

    /// <summary>Queues a copy to the host. The values must not be read until it is done.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    internal void Copy<T>(DeviceSpan<T> from, PinnedBuffer<T> to) where T : unmanaged
    {
        SameLength(from.Length, to.Length);
        using ContextScope scope = Context.Enter();
        Api.Check(Api.MemcpyDtoHAsync((void*)to.Handle, from.Address, from.Bytes, Handle), "cuMemcpyDtoHAsync");
    }

    /// <summary>Queues setting every byte.</summary>
    internal void Fill<T>(DeviceSpan<T> to, byte value) where T : unmanaged
    {
        using ContextScope scope = Context.Enter();
        Api.Check(Api.MemsetD8Async(to.Address, value, to.Bytes, Handle), "cuMemsetD8Async");
    }

    /// <summary>From now on work is not queued but gathered into a graph, until <see cref="EndCapture"/>.</summary>
    /// <exception cref="CudaException">The stream is being captured already, or is the legacy one.</exception>
    internal void BeginCapture()
    {
        const int threadLocal = 1; // CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other libraries' threads go on as they like
        using ContextScope scope = Context.Enter();
        Api.Check(Api.StreamBeginCapture(Handle, threadLocal), "cuStreamBeginCapture");
    }

    /// <summary>The graph of what was gathered.</summary>
    /// <exception cref="CudaException">Something was done meanwhile that cannot be captured, or another stream was not joined.</exception>
    internal CudaGraph EndCapture()
    {
        using ContextScope scope = Context.Enter();
        nint graph;
        Api.Check(Api.StreamEndCapture(Handle, &graph), "cuStreamEndCapture");
        return CudaGraph.Own(Context, graph);
    }

    /// <inheritdoc/>
    protected override int Destroy(nint handle) => Api.StreamDestroy(handle);

    private static void SameLength(long from, long to, [CallerMemberName] string? what = null)
    {
        if (from != to) throw new ArgumentException($"{what}: {from} elements do not go into {to}");
    }

    private void Launch(CudaFunction function, in LaunchShape shape, void** values)
    {
        (Extent grid, Extent block, int shared, bool cooperative) = shape;
        using ContextScope scope = Context.Enter();
        int code = cooperative
            ? Api.LaunchCooperativeKernel(function.Handle, grid.X, grid.Y, grid.Z, block.X, block.Y, block.Z, (uint)shared, Handle, values)
            : Api.LaunchKernel(function.Handle, grid.X, grid.Y, grid.Z, block.X, block.Y, block.Z, (uint)shared, Handle, values, null);
        if (code != 0) Api.Throw(code, cooperative ? "cuLaunchCooperativeKernel" : "cuLaunchKernel", $"{function.Name}: {shape}", "");
    }
}
