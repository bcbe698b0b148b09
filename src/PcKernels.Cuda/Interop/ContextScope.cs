namespace PcKernels.Cuda.Interop;

/// <summary>While it lives, a context is current on this thread; then the one before is again.</summary>
internal readonly unsafe ref struct ContextScope
{
    private readonly DriverApi? _pushedBy;

    internal ContextScope(DriverApi? pushedBy) => _pushedBy = pushedBy;

    public void Dispose()
    {
        nint popped;
        if (_pushedBy is not null) _pushedBy.CtxPopCurrent(&popped);
    }
}
