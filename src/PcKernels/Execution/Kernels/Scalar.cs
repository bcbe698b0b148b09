using System.Numerics;
using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>The operations on one element, for the columns that do not fill a vector. A mask is one or zero.</summary>
internal readonly unsafe struct Scalar<T> : ISimd<T, T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static int Width => 1;

    public static int Registers => 16;

    public static T Zero => T.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(T* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T value, T* destination) => *destination = value;

    public static T Broadcast(T value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Constant(double value) => T.CreateTruncating(value);

    public static T Fma(T a, T b, T c) => T.FusedMultiplyAdd(a, b, c);

    public static T Add(T a, T b) => a + b;

    public static T Sub(T a, T b) => a - b;

    public static T Mul(T a, T b) => a * b;

    public static T Div(T a, T b) => a / b;

    public static T Max(T a, T b) => a > b ? a : b;

    public static T Min(T a, T b) => a < b ? a : b;

    public static T Sqrt(T a) => T.Sqrt(a);

    public static T Abs(T a) => T.Abs(a);

    public static T CopySign(T magnitude, T sign) => T.CopySign(magnitude, sign);

    public static T Round(T a) => T.Round(a);

    public static T PowerOfTwo(T n) => T.ScaleB(T.One, int.CreateTruncating(n));

    public static T Less(T a, T b) => a < b ? T.One : T.Zero;

    public static T LessOrEqual(T a, T b) => a <= b ? T.One : T.Zero;

    public static T FirstLanes(int count) => count > 0 ? T.One : T.Zero;

    public static T Select(T mask, T a, T b) => mask != T.Zero ? a : b;

    public static T Exp(T a) => Exponential<T, T, Scalar<T>>.Exp(a);

    public static T Sum(T a) => a;

    public static void SumFour(T a, T b, T c, T d, T* destination)
    {
        destination[0] = a;
        destination[1] = b;
        destination[2] = c;
        destination[3] = d;
    }

    public static void SumSixteen(T a0, T a1, T a2, T a3, T b0, T b1, T b2, T b3, T c0, T c1, T c2, T c3, T d0, T d1, T d2, T d3, T* destination, nint stride)
    {
        SumFour(a0, a1, a2, a3, destination);
        SumFour(b0, b1, b2, b3, destination + stride);
        SumFour(c0, c1, c2, c3, destination + 2 * stride);
        SumFour(d0, d1, d2, d3, destination + 3 * stride);
    }
}
