using System.Runtime.CompilerServices;

namespace PcKernels.Cuda.Interop;

/// <summary>Device memory that this object owns. Its bytes are not cleared.</summary>
/// <remarks>
/// Copies of this class are synchronous: they come after everything given to blocking streams before, and have ended when they return.
/// Disposing waits for the work in the context, since a kernel may still use the memory.
/// </remarks>
/// <typeparam name="T">The element type.</typeparam>
internal sealed unsafe class DeviceBuffer<T> : DriverHandle where T : unmanaged
{
    private DeviceBuffer(CudaContext context, ulong address, long length)
        : base(context, (nint)address, true) => Length = length;

    /// <summary>Number of elements; may be more than an array of the host holds.</summary>
    internal long Length { get; }

    /// <summary>All of it.</summary>
    internal DeviceSpan<T> Span => new((ulong)Handle, Length);

    /// <summary>Allocates.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive.</exception>
    /// <exception cref="CudaException">The device has not so much memory left.</exception>
    internal static DeviceBuffer<T> Allocate(CudaContext context, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        using ContextScope scope = context.Enter();
        ulong address;
        nuint bytes = checked((nuint)length * (nuint)Unsafe.SizeOf<T>());
        int code = context.Api.MemAlloc(&address, bytes);
        if (code != 0) context.Api.Throw(code, "cuMemAlloc", $"{bytes} bytes", "");
        return new DeviceBuffer<T>(context, address, length);
    }

    /// <summary>Allocates and fills.</summary>
    /// <exception cref="CudaException">The device has not so much memory left.</exception>
    internal static DeviceBuffer<T> Of(CudaContext context, ReadOnlySpan<T> values)
    {
        DeviceBuffer<T> buffer = Allocate(context, values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }

    /// <summary>Copies from the host to the beginning of the buffer.</summary>
    /// <exception cref="ArgumentException">There are more values than the buffer holds.</exception>
    /// <exception cref="CudaException">Earlier work failed.</exception>
    internal void CopyFrom(ReadOnlySpan<T> values)
    {
        if (values.Length > Length) throw new ArgumentException($"{values.Length} values do not fit a buffer of {Length}");
        using ContextScope scope = Context.Enter();
        nuint bytes = (nuint)values.Length * (nuint)Unsafe.SizeOf<T>();
        fixed (T* from = values) Api.Check(Api.MemcpyHtoD(Span.Address, from, bytes), "cuMemcpyHtoD");
    }

    /// <summary>Copies from the beginning of the buffer to the host.</summary>
    /// <exception cref="ArgumentException">More values are asked for than the buffer holds.</exception>
    /// <exception cref="CudaException">Earlier work failed.</exception>
    internal void CopyTo(Span<T> values)
    {
        if (values.Length > Length) throw new ArgumentException($"a buffer of {Length} has no {values.Length} values");
        using ContextScope scope = Context.Enter();
        nuint bytes = (nuint)values.Length * (nuint)Unsafe.SizeOf<T>();
        fixed (T* to = values) Api.Check(Api.MemcpyDtoH(to, Span.Address, bytes), "cuMemcpyDtoH");
    }

    /// <summary>All values, copied to the host.</summary>
    /// <exception cref="OverflowException">There are more than an array holds.</exception>
    /// <exception cref="CudaException">Earlier work failed.</exception>
    internal T[] ToArray()
    {
        var values = new T[checked((int)Length)];
        CopyTo(values);
        return values;
    }

    /// <inheritdoc/>
    protected override int Destroy(nint handle) => Api.MemFree((ulong)handle);
}
