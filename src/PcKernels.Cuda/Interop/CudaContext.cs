using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop;

/// <summary>A context: the device's primary one, retained, or one that another library made.</summary>
/// <remarks>
/// Every wrapper makes its context current for the length of a call and then leaves the thread as it found it, so this library can share
/// threads with another one. A context may be used from any thread. What lives in it keeps it alive; it ends when all of that is disposed.
/// </remarks>
internal sealed unsafe class CudaContext : SafeHandle
{
    private readonly bool _retained;

    private CudaContext(DriverApi api, nint context, int ordinal, bool retained)
        : base(0, true)
    {
        Api = api;
        Ordinal = ordinal;
        _retained = retained;
        SetHandle(context);
    }

    /// <summary>The driver's functions.</summary>
    internal DriverApi Api { get; }

    /// <summary>The device's number.</summary>
    internal int Ordinal { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The handle, to hand to another library. It is good as long as this object is.</summary>
    /// <exception cref="ObjectDisposedException">It has been disposed.</exception>
    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>Retains the primary context, which the CUDA runtime and most libraries use too.</summary>
    /// <exception cref="CudaException">There is no such device, or its context cannot be made.</exception>
    internal static CudaContext RetainPrimary(DriverApi api, int ordinal = 0)
    {
        int device;
        nint context;
        api.Check(api.DeviceGet(&device, ordinal), "cuDeviceGet", $"device {ordinal}");
        api.Check(api.PrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain", $"device {ordinal}");
        return new CudaContext(api, context, ordinal, true);
    }

    /// <summary>Takes a context that another library made and goes on to own; it has to outlive this object.</summary>
    /// <exception cref="ArgumentException">The handle is zero.</exception>
    /// <exception cref="CudaException">It is no context of this driver.</exception>
    internal static CudaContext Borrow(DriverApi api, nint context)
    {
        if (context == 0) throw new ArgumentException("a context handle of zero stands for no context", nameof(context));
        nint popped;
        int device;
        api.Check(api.CtxPushCurrent(context), "cuCtxPushCurrent", $"borrowed context 0x{context:x}");
        int code = api.CtxGetDevice(&device);
        api.CtxPopCurrent(&popped);
        api.Check(code, "cuCtxGetDevice", $"borrowed context 0x{context:x}");
        return new CudaContext(api, context, device, false);
    }

    /// <summary>Makes this context current on the thread until the scope is disposed.</summary>
    /// <exception cref="ObjectDisposedException">It has been disposed.</exception>
    /// <exception cref="CudaException">Its owner has destroyed it.</exception>
    internal ContextScope Enter()
    {
        nint context = Handle, current;
        Api.Check(Api.CtxGetCurrent(&current), "cuCtxGetCurrent");
        if (current == context) return new ContextScope(null);
        int code = Api.CtxPushCurrent(context);
        if (code != 0) Api.Throw(code, "cuCtxPushCurrent", $"context 0x{context:x}", "");
        return new ContextScope(Api);
    }

    /// <summary>As <see cref="Enter"/>, without throwing: for destruction.</summary>
    internal bool TryEnter(out ContextScope scope)
    {
        nint current;
        scope = new ContextScope(null);
        if (Api.CtxGetCurrent(&current) != 0) return false;
        if (current == handle) return true;
        if (Api.CtxPushCurrent(handle) != 0) return false;
        scope = new ContextScope(Api);
        return true;
    }

    /// <summary>Waits for all work in the context.</summary>
    /// <exception cref="CudaException">A kernel failed since the last wait; the context stays unusable.</exception>
    internal void Synchronize()
    {
        using ContextScope scope = Enter();
        Api.Check(Api.CtxSynchronize(), "cuCtxSynchronize");
    }

    /// <summary>Free and total bytes of device memory.</summary>
    internal (long Free, long Total) Memory()
    {
        using ContextScope scope = Enter();
        nuint free, total;
        Api.Check(Api.MemGetInfo(&free, &total), "cuMemGetInfo");
        return ((long)free, (long)total);
    }

    /// <summary>The value of a <c>CUdevice_attribute</c>.</summary>
    internal int Attribute(DeviceAttribute attribute)
    {
        int value;
        Api.Check(Api.DeviceGetAttribute(&value, (int)attribute, Ordinal), "cuDeviceGetAttribute", $"{attribute} of device {Ordinal}");
        return value;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => !_retained || Api.PrimaryCtxRelease(Ordinal) == 0;
}
