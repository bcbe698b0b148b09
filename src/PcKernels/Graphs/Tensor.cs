using System.Runtime.InteropServices;

namespace PcKernels.Graphs;

/// <summary>A dense row-major array on the host with its shape and element type. Its memory may be borrowed (a mapped file); it is not copied.</summary>
/// <remarks>Instances are not synchronised: share them between threads for reading only.</remarks>
public sealed class Tensor
{
    private readonly Memory<byte> _bytes;

    /// <summary>Wraps existing bytes.</summary>
    /// <param name="dtype">Element type.</param>
    /// <param name="shape">Extents, outermost first; empty for a scalar.</param>
    /// <param name="bytes">Row-major little-endian elements.</param>
    /// <exception cref="ArgumentException">The bytes do not fit the shape, or an extent is negative.</exception>
    public Tensor(DType dtype, IReadOnlyList<int> shape, Memory<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(shape);
        Shape = [.. shape];
        DType = dtype;
        Count = CountOf(Shape);
        if (bytes.Length != Count * dtype.Size())
            throw new ArgumentException($"{bytes.Length} bytes for shape {FormatShape(Shape)} of {dtype}, which takes {Count * dtype.Size()}", nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>A tensor of zeros.</summary>
    public Tensor(DType dtype, IReadOnlyList<int> shape) : this(dtype, shape, new byte[checked((int)(CountOf(shape) * dtype.Size()))]) { }

    /// <summary>Extents, outermost first.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Element type.</summary>
    public DType DType { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>The raw little-endian bytes.</summary>
    public Memory<byte> Bytes => _bytes;

    /// <summary>The elements, without a copy.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> is not the element type.</exception>
    public Span<T> AsSpan<T>() where T : unmanaged
    {
        if (DTypes.Of<T>() != DType) throw new InvalidOperationException($"this tensor holds {DType}, not {DTypes.Of<T>()}");
        return MemoryMarshal.Cast<byte, T>(_bytes.Span);
    }

    /// <summary>Copies elements into a new tensor.</summary>
    public static Tensor From<T>(ReadOnlySpan<T> elements, params int[] shape) where T : unmanaged
    {
        var tensor = new Tensor(DTypes.Of<T>(), shape);
        if (elements.Length != tensor.Count) throw new ArgumentException($"{elements.Length} elements for shape {FormatShape(shape)}", nameof(elements));
        elements.CopyTo(tensor.AsSpan<T>());
        return tensor;
    }

    /// <summary>A copy of the elements as doubles, whatever the element type.</summary>
    public double[] ToDoubles()
    {
        var result = new double[Count];
        switch (DType)
        {
            case DType.F64: AsSpan<double>().CopyTo(result); break;
            case DType.F32: Convert(AsSpan<float>(), result, static v => v); break;
            case DType.I64: Convert(AsSpan<long>(), result, static v => v); break;
            case DType.I32: Convert(AsSpan<int>(), result, static v => v); break;
            default: Convert(AsSpan<byte>(), result, static v => v); break;
        }
        return result;
    }

    /// <summary>The same elements in another element type (rounded to nearest for floating targets); this tensor when it has that type already.</summary>
    public Tensor To(DType dtype)
    {
        if (dtype == DType) return this;
        double[] values = ToDoubles();
        var result = new Tensor(dtype, Shape);
        switch (dtype)
        {
            case DType.F64: values.CopyTo(result.AsSpan<double>()); break;
            case DType.F32: Convert(values, result.AsSpan<float>(), static v => (float)v); break;
            case DType.I64: Convert(values, result.AsSpan<long>(), static v => (long)v); break;
            case DType.I32: Convert(values, result.AsSpan<int>(), static v => (int)v); break;
            default: Convert(values, result.AsSpan<byte>(), static v => (byte)v); break;
        }
        return result;
    }

    /// <summary>The same elements under another shape of equal count; memory is shared.</summary>
    /// <exception cref="ArgumentException">The counts differ.</exception>
    public Tensor Reshape(params int[] shape) => new(DType, shape, _bytes);

    /// <summary>A shape as text, such as <c>[128, 784]</c>.</summary>
    public static string FormatShape(IEnumerable<int> shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>The number of elements of a shape; 1 for a scalar.</summary>
    /// <exception cref="ArgumentException">An extent is negative, or the product exceeds 2^63.</exception>
    public static long CountOf(IEnumerable<int> shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        long count = 1;
        foreach (int extent in shape)
        {
            if (extent < 0) throw new ArgumentException($"extent {extent} is negative", nameof(shape));
            count = checked(count * extent);
        }
        return count;
    }

    private static void Convert<TFrom, TTo>(ReadOnlySpan<TFrom> from, Span<TTo> to, Func<TFrom, TTo> convert)
    {
        for (int i = 0; i < from.Length; i++) to[i] = convert(from[i]);
    }
}
