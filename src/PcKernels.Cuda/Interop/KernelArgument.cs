namespace PcKernels.Cuda.Interop;

/// <summary>A value for one parameter of a kernel.</summary>
internal readonly struct KernelArgument
{
    // Little-endian: the value's own bytes come first, and the driver reads as many as the kernel takes.
    private readonly ulong _bits;

    private KernelArgument(ulong bits, int bytes) => (_bits, Bytes) = (bits, bytes);

    /// <summary>The value's size.</summary>
    internal int Bytes { get; }

    public static implicit operator KernelArgument(int value) => new((uint)value, 4);

    public static implicit operator KernelArgument(uint value) => new(value, 4);

    public static implicit operator KernelArgument(long value) => new((ulong)value, 8);

    public static implicit operator KernelArgument(ulong value) => new(value, 8);

    public static implicit operator KernelArgument(float value) => new(BitConverter.SingleToUInt32Bits(value), 4);

    public static implicit operator KernelArgument(double value) => new(BitConverter.DoubleToUInt64Bits(value), 8);

    /// <summary>The addresses of the values, for the driver. The values have to stay where they are.</summary>
    internal static unsafe void Point(void** at, KernelArgument* arguments, int count)
    {
        for (int i = 0; i < count; i++) at[i] = &arguments[i]._bits;
    }
}
