namespace PcKernels.Cuda.Interop;

/// <summary>A point in a stream's work, to wait for or to time.</summary>
internal sealed unsafe class CudaEvent : DriverHandle
{
    private const uint DisableTiming = 2; // CU_EVENT_DISABLE_TIMING
    private const int NotReady = 600;

    private CudaEvent(CudaContext context, nint handle, bool owns)
        : base(context, handle, owns)
    {
    }

    /// <summary>Whether all work before the point is done. An event that was never recorded is.</summary>
    /// <exception cref="CudaException">That work failed.</exception>
    internal bool IsDone
    {
        get
        {
            using ContextScope scope = Context.Enter();
            int code = Api.EventQuery(Handle);
            if (code == NotReady) return false;
            Api.Check(code, "cuEventQuery");
            return true;
        }
    }

    /// <summary>Makes an event.</summary>
    /// <param name="context">Where.</param>
    /// <param name="timed">Whether <see cref="MillisecondsSince"/> can be asked; without, waiting is cheaper.</param>
    /// <exception cref="CudaException">The context cannot be used any more.</exception>
    internal static CudaEvent Create(CudaContext context, bool timed = false)
    {
        using ContextScope scope = context.Enter();
        nint handle;
        context.Api.Check(context.Api.EventCreate(&handle, timed ? 0 : DisableTiming), "cuEventCreate");
        return new CudaEvent(context, handle, true);
    }

    /// <summary>Takes an event that another library made and goes on to own.</summary>
    internal static CudaEvent Borrow(CudaContext context, nint handle) => new(context, handle, false);

    /// <summary>Waits for all work before the point.</summary>
    /// <exception cref="CudaException">That work failed, or the event was recorded in a capture.</exception>
    internal void Synchronize()
    {
        using ContextScope scope = Context.Enter();
        Api.Check(Api.EventSynchronize(Handle), "cuEventSynchronize");
    }

    /// <summary>The time between two timed events that are both done.</summary>
    /// <exception cref="CudaException">One is not timed, was never recorded, or is not done.</exception>
    internal float MillisecondsSince(CudaEvent start)
    {
        using ContextScope scope = Context.Enter();
        float milliseconds;
        Api.Check(Api.EventElapsedTime(&milliseconds, start.Handle, Handle), "cuEventElapsedTime");
        return milliseconds;
    }

    /// <inheritdoc/>
    protected override int Destroy(nint handle) => Api.EventDestroy(handle);
}
