using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop;

/// <summary>Something that lives in a context. It keeps the context alive, and the driver function that destroys it runs once.</summary>
/// <remarks>
/// <para>Disposing twice is allowed. What nobody disposed of is destroyed by the finalizer, at any time and on another thread: dispose of
/// large things. Destruction never throws, also not in a context that a kernel's fault has made unusable.</para>
/// <para>Objects may be used from any thread, one call at a time per stream; a call that is under way keeps its handle from being destroyed
/// only as far as the wrappers of this namespace hold it, so do not dispose of an object that another thread uses.</para>
/// </remarks>
internal abstract class DriverHandle : SafeHandle
{
    private readonly bool _owns;

    /// <param name="context">Where it lives.</param>
    /// <param name="handle">The driver's handle or address.</param>
    /// <param name="owns">False for what another library made: it is never destroyed here.</param>
    protected DriverHandle(CudaContext context, nint handle, bool owns)
        : base(0, true)
    {
        bool added = false;
        context.DangerousAddRef(ref added);
        Context = context;
        _owns = owns;
        SetHandle(handle);
    }

    /// <summary>Where it lives.</summary>
    internal CudaContext Context { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The driver's functions.</summary>
    protected DriverApi Api => Context.Api;

    /// <summary>The handle, to hand to the driver or to another library. It is good as long as this object is.</summary>
    /// <exception cref="ObjectDisposedException">It has been disposed.</exception>
    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>Destroys the handle; the context is current.</summary>
    /// <returns>The driver's code.</returns>
    protected abstract int Destroy(nint handle);

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        int code = 0;
        if (_owns && Context.TryEnter(out ContextScope scope))
        {
            code = Destroy(handle);
            scope.Dispose();
        }
        Context.DangerousRelease();
        return code == 0;
    }
}
