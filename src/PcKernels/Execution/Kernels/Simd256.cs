using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PcKernels.Execution.Kernels;

/// <summary>The operations on vectors of 256 bits.</summary>
internal readonly unsafe struct Simd256<T> : ISimd<T, Vector256<T>> where T : unmanaged
{
    public static int Width => Vector256<T>.Count;

    public static int Registers => Avx512F.VL.IsSupported ? 32 : 16;

    public static Vector256<T> Zero => Vector256<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load(T* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<T> value, T* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Broadcast(T value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Constant(double value) =>
        typeof(T) == typeof(float) ? Vector256.Create((float)value).As<float, T>() : Vector256.Create(value).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Fma(Vector256<T> a, Vector256<T> b, Vector256<T> c)
    {
        // Without the instruction the runtime would call a software fma per lane; two roundings are the better trade.
        if (!System.Runtime.Intrinsics.X86.Fma.IsSupported && !AdvSimd.IsSupported) return a * b + c;
        return typeof(T) == typeof(float)
            ? Vector256.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
            : Vector256.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Add(Vector256<T> a, Vector256<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Sub(Vector256<T> a, Vector256<T> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Mul(Vector256<T> a, Vector256<T> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Div(Vector256<T> a, Vector256<T> b) => a / b;

    // The native forms: x86 returns its second operand when either is NaN, Arm returns the NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Max(Vector256<T> a, Vector256<T> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Min(Vector256<T> a, Vector256<T> b) => Vector256.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Sqrt(Vector256<T> a) => Vector256.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Abs(Vector256<T> a) => Vector256.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> CopySign(Vector256<T> magnitude, Vector256<T> sign) => Vector256.CopySign(magnitude, sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Round(Vector256<T> a) =>
        typeof(T) == typeof(float) ? Vector256.Round(a.AsSingle()).As<float, T>() : Vector256.Round(a.AsDouble()).As<double, T>();

    // n + bias + 2^23 (2^52) has n + bias in its lowest bits; the shift moves them into the exponent and drops the rest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> PowerOfTwo(Vector256<T> n) => typeof(T) == typeof(float)
        ? ((n.AsSingle() + Vector256.Create(8388608f + 127f)).AsInt32() << 23).As<int, T>()
        : ((n.AsDouble() + Vector256.Create(4503599627370496d + 1023d)).AsInt64() << 52).As<long, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Less(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LessOrEqual(Vector256<T> a, Vector256<T> b) => Vector256.LessThanOrEqual(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> FirstLanes(int count) => Vector256.LessThan(Vector256<T>.Indices, Constant(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Select(Vector256<T> mask, Vector256<T> a, Vector256<T> b) => Vector256.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Exp(Vector256<T> a) => Exponential<T, Vector256<T>, Simd256<T>>.Exp(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector256<T> a) => Simd128<T>.Sum(a.GetLower() + a.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumFour(Vector256<T> a, Vector256<T> b, Vector256<T> c, Vector256<T> d, T* destination) =>
        Simd128<T>.SumFour(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper(), destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumSixteen(Vector256<T> a0, Vector256<T> a1, Vector256<T> a2, Vector256<T> a3, Vector256<T> b0, Vector256<T> b1, Vector256<T> b2, Vector256<T> b3, Vector256<T> c0, Vector256<T> c1, Vector256<T> c2, Vector256<T> c3, Vector256<T> d0, Vector256<T> d1, Vector256<T> d2, Vector256<T> d3, T* destination, nint stride)
    {
        SumFour(a0, a1, a2, a3, destination);
        SumFour(b0, b1, b2, b3, destination + stride);
        SumFour(c0, c1, c2, c3, destination + 2 * stride);
        SumFour(d0, d1, d2, d3, destination + 3 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(T* source, nint sourceStride, T* destination, nint destinationStride)
    {
        if (typeof(T) == typeof(float) && Avx.IsSupported)
        {
            HalfOfEight((float*)source, sourceStride, (float*)destination, destinationStride);
            HalfOfEight((float*)source + 4, sourceStride, (float*)destination + 4 * destinationStride, destinationStride);
            return;
        }
        nint half = Vector128<T>.Count;
        Simd128<T>.Transpose(source, sourceStride, destination, destinationStride);
        Simd128<T>.Transpose(source + half, sourceStride, destination + half * destinationStride, destinationStride);
        Simd128<T>.Transpose(source + half * sourceStride, sourceStride, destination + half, destinationStride);
        Simd128<T>.Transpose(source + half * sourceStride + half, sourceStride, destination + half * destinationStride + half, destinationStride);
    }

    // Four columns of eight rows: a row and the fourth after it share a vector, so that both halves are four by four.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void HalfOfEight(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        Vector256<float> a = Rows(source, sourceStride), b = Rows(source + sourceStride, sourceStride);
        Vector256<float> c = Rows(source + 2 * sourceStride, sourceStride), d = Rows(source + 3 * sourceStride, sourceStride);
        Vector256<double> ab = Avx.UnpackLow(a, b).AsDouble(), cd = Avx.UnpackLow(c, d).AsDouble();
        Vector256<double> abUpper = Avx.UnpackHigh(a, b).AsDouble(), cdUpper = Avx.UnpackHigh(c, d).AsDouble();
        Avx.UnpackLow(ab, cd).AsSingle().Store(destination);
        Avx.UnpackHigh(ab, cd).AsSingle().Store(destination + destinationStride);
        Avx.UnpackLow(abUpper, cdUpper).AsSingle().Store(destination + 2 * destinationStride);
        Avx.UnpackHigh(abUpper, cdUpper).AsSingle().Store(destination + 3 * destinationStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Rows(float* row, nint stride) => Vector256.Create(Vector128.Load(row), Vector128.Load(row + 4 * stride));
}
