using System.Runtime.CompilerServices;

namespace PcKernels.Cuda.Interop;

/// <summary>Host memory that the device can copy from and to on its own, so that copies run beside kernels and can be captured in graphs.</summary>
/// <remarks>Between an asynchronous copy and the wait for it the values belong to the device: neither read nor write them.</remarks>
/// <typeparam name="T">The element type.</typeparam>
internal sealed unsafe class PinnedBuffer<T> : DriverHandle where T : unmanaged
{
    private PinnedBuffer(CudaContext context, nint address, int length)
        : base(context, address, true) => Length = length;

    /// <summary>Number of elements.</summary>
    internal int Length { get; }

    /// <summary>The values; good until the buffer is disposed.</summary>
    internal Span<T> Span => new((void*)Handle, Length);

    /// <summary>Allocates.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive.</exception>
    /// <exception cref="CudaException">So much memory cannot be pinned.</exception>
    internal static PinnedBuffer<T> Allocate(CudaContext context, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        using ContextScope scope = context.Enter();
        void* address;
        nuint bytes = (nuint)length * (nuint)Unsafe.SizeOf<T>();
        int code = context.Api.MemHostAlloc(&address, bytes, 0);
        if (code != 0) context.Api.Throw(code, "cuMemHostAlloc", $"{bytes} bytes", "");
        return new PinnedBuffer<T>(context, (nint)address, length);
    }

    /// <inheritdoc/>
    protected override int Destroy(nint handle) => Api.MemFreeHost((void*)handle);
}
