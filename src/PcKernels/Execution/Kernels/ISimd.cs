using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>The vector operations that the kernels are written in, so that one source serves every register width and both element types.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="V">The raw vector of T (or T itself for the width of one).</typeparam>
internal unsafe interface ISimd<T, V> where T : unmanaged where V : struct
{
    /// <summary>Elements per vector.</summary>
    static abstract int Width { get; }

    /// <summary>Vector registers that the machine offers at this width: 16 or 32.</summary>
    static abstract int Registers { get; }

    /// <summary>All lanes zero.</summary>
    static abstract V Zero { get; }

    /// <summary>Reads Width elements.</summary>
    static abstract V Load(T* source);

    /// <summary>Writes Width elements.</summary>
    static abstract void Store(V value, T* destination);

    /// <summary>One value in all lanes.</summary>
    static abstract V Broadcast(T value);

    /// <summary>One number, rounded to T, in all lanes.</summary>
    static abstract V Constant(double value);

    /// <summary>a·b + c; fused where the machine can.</summary>
    static abstract V Fma(V a, V b, V c);

    /// <summary>a + b.</summary>
    static abstract V Add(V a, V b);

    /// <summary>a − b.</summary>
    static abstract V Sub(V a, V b);

    /// <summary>a · b.</summary>
    static abstract V Mul(V a, V b);

    /// <summary>a / b.</summary>
    static abstract V Div(V a, V b);

    /// <summary>The larger; a NaN in <paramref name="b"/> is returned, one in <paramref name="a"/> may be lost.</summary>
    static abstract V Max(V a, V b);

    /// <summary>The smaller; a NaN in <paramref name="b"/> is returned, one in <paramref name="a"/> may be lost.</summary>
    static abstract V Min(V a, V b);

    /// <summary>Square root, correctly rounded.</summary>
    static abstract V Sqrt(V a);

    /// <summary>|a|.</summary>
    static abstract V Abs(V a);

    /// <summary>The magnitude of the first with the sign of the second.</summary>
    static abstract V CopySign(V magnitude, V sign);

    /// <summary>The nearest integer, ties to even.</summary>
    static abstract V Round(V a);

    /// <summary>2ⁿ for integral n in the range of normal exponents.</summary>
    static abstract V PowerOfTwo(V n);

    /// <summary>A mask of a &lt; b; false where either is NaN.</summary>
    static abstract V Less(V a, V b);

    /// <summary>A mask of a ≤ b; false where either is NaN.</summary>
    static abstract V LessOrEqual(V a, V b);

    /// <summary>A mask of the first <paramref name="count"/> lanes.</summary>
    static abstract V FirstLanes(int count);

    /// <summary><paramref name="a"/> where the mask is set, else <paramref name="b"/>.</summary>
    static abstract V Select(V mask, V a, V b);

    /// <summary>e^a.</summary>
    static abstract V Exp(V a);

    /// <summary>The sum of the lanes: halves are added until two are left, then (0 + 2) + (1 + 3) for float, 0 + 1 for double.</summary>
    static abstract T Sum(V a);

    /// <summary>The lane sums of four vectors, each with the order of <see cref="Sum"/>, into four neighbouring elements.</summary>
    static abstract void SumFour(V a, V b, V c, V d, T* destination);

    /// <summary><see cref="SumFour"/> of each row of four, a row of the destination <paramref name="stride"/> elements after the one before.</summary>
    static abstract void SumSixteen(V a0, V a1, V a2, V a3, V b0, V b1, V b2, V b3, V c0, V c1, V c2, V c3, V d0, V d1, V d2, V d3, T* destination, nint stride);

    /// <summary>Transposes a square of Width × Width; rows lie so many elements apart.</summary>
    static virtual void Transpose(T* source, nint sourceStride, T* destination, nint destinationStride)
    {
        for (nint row = 0; row < Unsafe.SizeOf<V>() / sizeof(T); row++)
            for (nint column = 0; column < Unsafe.SizeOf<V>() / sizeof(T); column++) destination[column * destinationStride + row] = source[row * sourceStride + column];
    }
}
