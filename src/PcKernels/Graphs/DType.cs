namespace PcKernels.Graphs;

/// <summary>The element type of a tensor, named as in safetensors files.</summary>
public enum DType
{
    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>IEEE double precision.</summary>
    F64,

    /// <summary>Signed 64-bit integers (tokens).</summary>
    I64,

    /// <summary>Signed 32-bit integers.</summary>
    I32,

    /// <summary>Unsigned bytes (pixels).</summary>
    U8,
}

/// <summary>Facts about element types.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.F32 or DType.I32 => 4,
        DType.F64 or DType.I64 => 8,
        DType.U8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not an element type"),
    };

    /// <summary>The <see cref="DType"/> of a .NET element type.</summary>
    /// <exception cref="NotSupportedException">The type is none of float, double, long, int, byte.</exception>
    public static DType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? DType.F32
        : typeof(T) == typeof(double) ? DType.F64
        : typeof(T) == typeof(long) ? DType.I64
        : typeof(T) == typeof(int) ? DType.I32
        : typeof(T) == typeof(byte) ? DType.U8
        : throw new NotSupportedException($"no tensor has elements of {typeof(T)}; use float, double, long, int or byte");
}
