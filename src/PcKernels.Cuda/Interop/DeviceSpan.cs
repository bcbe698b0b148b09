using System.Runtime.CompilerServices;

namespace PcKernels.Cuda.Interop;

/// <summary>Device memory that something else owns: a part of a buffer, or an address from another library.</summary>
/// <param name="Address">The device address.</param>
/// <param name="Length">Number of elements.</param>
/// <typeparam name="T">The element type.</typeparam>
internal readonly record struct DeviceSpan<T>(ulong Address, long Length) where T : unmanaged
{
    /// <summary>The size in bytes.</summary>
    internal nuint Bytes => (nuint)Length * (nuint)Unsafe.SizeOf<T>();

    /// <summary>A part of it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside.</exception>
    internal DeviceSpan<T> Slice(long start, long length)
    {
        if ((ulong)start > (ulong)Length || (ulong)length > (ulong)(Length - start))
            throw new ArgumentOutOfRangeException(nameof(start), $"elements {start} to {start + length} are not inside {Length}");
        return new DeviceSpan<T>(Address + (ulong)start * (ulong)Unsafe.SizeOf<T>(), length);
    }

    public static implicit operator KernelArgument(DeviceSpan<T> span) => span.Address;
}
