using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PcKernels.Execution.Kernels;

/// <summary>The operations on vectors of 128 bits.</summary>
internal readonly unsafe struct Simd128<T> : ISimd<T, Vector128<T>> where T : unmanaged
{
    public static int Width => Vector128<T>.Count;

    public static int Registers => Avx512F.VL.IsSupported || AdvSimd.IsSupported ? 32 : 16;

    public static Vector128<T> Zero => Vector128<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load(T* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<T> value, T* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Broadcast(T value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Constant(double value) =>
        typeof(T) == typeof(float) ? Vector128.Create((float)value).As<float, T>() : Vector128.Create(value).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Fma(Vector128<T> a, Vector128<T> b, Vector128<T> c)
    {
        // Without the instruction the runtime would call a software fma per lane; two roundings are the better trade.
        if (!System.Runtime.Intrinsics.X86.Fma.IsSupported && !AdvSimd.IsSupported) return a * b + c;
        return typeof(T) == typeof(float)
            ? Vector128.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
            : Vector128.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Add(Vector128<T> a, Vector128<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Sub(Vector128<T> a, Vector128<T> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Mul(Vector128<T> a, Vector128<T> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Div(Vector128<T> a, Vector128<T> b) => a / b;

    // The native forms: x86 returns its second operand when either is NaN, Arm returns the NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Max(Vector128<T> a, Vector128<T> b) => Vector128.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Min(Vector128<T> a, Vector128<T> b) => Vector128.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Sqrt(Vector128<T> a) => Vector128.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Abs(Vector128<T> a) => Vector128.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> CopySign(Vector128<T> magnitude, Vector128<T> sign) => Vector128.CopySign(magnitude, sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Round(Vector128<T> a) =>
        typeof(T) == typeof(float) ? Vector128.Round(a.AsSingle()).As<float, T>() : Vector128.Round(a.AsDouble()).As<double, T>();

    // n + bias + 2^23 (2^52) has n + bias in its lowest bits; the shift moves them into the exponent and drops the rest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> PowerOfTwo(Vector128<T> n) => typeof(T) == typeof(float)
        ? ((n.AsSingle() + Vector128.Create(8388608f + 127f)).AsInt32() << 23).As<int, T>()
        : ((n.AsDouble() + Vector128.Create(4503599627370496d + 1023d)).AsInt64() << 52).As<long, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Less(Vector128<T> a, Vector128<T> b) => Vector128.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LessOrEqual(Vector128<T> a, Vector128<T> b) => Vector128.LessThanOrEqual(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> FirstLanes(int count) => Vector128.LessThan(Vector128<T>.Indices, Constant(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Select(Vector128<T> mask, Vector128<T> a, Vector128<T> b) => Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Exp(Vector128<T> a) => Exponential<T, Vector128<T>, Simd128<T>>.Exp(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector128<T> a)
    {
        if (typeof(T) == typeof(double)) return (T)(object)(a.AsDouble()[0] + a.AsDouble()[1]);
        Vector128<float> v = a.AsSingle();
        return (T)(object)((v[0] + v[2]) + (v[1] + v[3]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumFour(Vector128<T> a, Vector128<T> b, Vector128<T> c, Vector128<T> d, T* destination)
    {
        Vector128<T> ab = ZipLower(a, b) + ZipUpper(a, b), cd = ZipLower(c, d) + ZipUpper(c, d);
        if (typeof(T) == typeof(double))
        {
            ab.Store(destination);
            cd.Store(destination + 2);
            return;
        }
        // ab = (a0+a2, b0+b2, a1+a3, b1+b3): pairs of floats move as doubles.
        Vector128<T> even = Simd128<double>.ZipLower(ab.AsDouble(), cd.AsDouble()).As<double, T>();
        Vector128<T> odd = Simd128<double>.ZipUpper(ab.AsDouble(), cd.AsDouble()).As<double, T>();
        (even + odd).Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumSixteen(Vector128<T> a0, Vector128<T> a1, Vector128<T> a2, Vector128<T> a3, Vector128<T> b0, Vector128<T> b1, Vector128<T> b2, Vector128<T> b3, Vector128<T> c0, Vector128<T> c1, Vector128<T> c2, Vector128<T> c3, Vector128<T> d0, Vector128<T> d1, Vector128<T> d2, Vector128<T> d3, T* destination, nint stride)
    {
        SumFour(a0, a1, a2, a3, destination);
        SumFour(b0, b1, b2, b3, destination + stride);
        SumFour(c0, c1, c2, c3, destination + 2 * stride);
        SumFour(d0, d1, d2, d3, destination + 3 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(T* source, nint sourceStride, T* destination, nint destinationStride)
    {
        Vector128<T> a = Load(source), b = Load(source + sourceStride);
        if (typeof(T) == typeof(double))
        {
            Store(ZipLower(a, b), destination);
            Store(ZipUpper(a, b), destination + destinationStride);
            return;
        }
        Vector128<T> c = Load(source + 2 * sourceStride), d = Load(source + 3 * sourceStride);
        Vector128<double> ab = ZipLower(a, b).AsDouble(), cd = ZipLower(c, d).AsDouble(), abUpper = ZipUpper(a, b).AsDouble(), cdUpper = ZipUpper(c, d).AsDouble();
        Store(Simd128<double>.ZipLower(ab, cd).As<double, T>(), destination);
        Store(Simd128<double>.ZipUpper(ab, cd).As<double, T>(), destination + destinationStride);
        Store(Simd128<double>.ZipLower(abUpper, cdUpper).As<double, T>(), destination + 2 * destinationStride);
        Store(Simd128<double>.ZipUpper(abUpper, cdUpper).As<double, T>(), destination + 3 * destinationStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> ZipLower(Vector128<T> a, Vector128<T> b)
    {
        if (typeof(T) == typeof(float))
        {
            if (Sse.IsSupported) return Sse.UnpackLow(a.AsSingle(), b.AsSingle()).As<float, T>();
            if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.ZipLow(a.AsSingle(), b.AsSingle()).As<float, T>();
            return Vector128.Create(a.AsSingle()[0], b.AsSingle()[0], a.AsSingle()[1], b.AsSingle()[1]).As<float, T>();
        }
        if (Sse2.IsSupported) return Sse2.UnpackLow(a.AsDouble(), b.AsDouble()).As<double, T>();
        return Vector128.Create(a.GetLower(), b.GetLower());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> ZipUpper(Vector128<T> a, Vector128<T> b)
    {
        if (typeof(T) == typeof(float))
        {
            if (Sse.IsSupported) return Sse.UnpackHigh(a.AsSingle(), b.AsSingle()).As<float, T>();
            if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.ZipHigh(a.AsSingle(), b.AsSingle()).As<float, T>();
            return Vector128.Create(a.AsSingle()[2], b.AsSingle()[2], a.AsSingle()[3], b.AsSingle()[3]).As<float, T>();
        }
        if (Sse2.IsSupported) return Sse2.UnpackHigh(a.AsDouble(), b.AsDouble()).As<double, T>();
        return Vector128.Create(a.GetUpper(), b.GetUpper());
    }
}
