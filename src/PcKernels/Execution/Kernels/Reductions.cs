using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PcKernels.Execution.Kernels;

/// <summary>Sums over tiles in an order that no vector width and no tiling of the columns' owner changes.</summary>
internal static unsafe class Reductions<T, V, S>
    where T : unmanaged, IBinaryFloatingPointIeee754<T> where V : struct where S : struct, ISimd<T, V>
{
    private const int Lanes = 8;

    /// <summary>Σ (π e) e in double: each row in eight interleaved chains and a fixed tree, the rows in ascending order.</summary>
    public static double SumSquares(int rows, int cols, T* e, int lde, T* precisions, T precision)
    {
        double sum = 0;
        int i = 0;
        // One row after another waits for its own sums; a few at once do not.
        if (precisions == null && precision == T.One && cols % Lanes == 0)
            for (; i + 4 <= rows; i += 4) sum = AddFourRows(sum, cols, e + (nint)i * lde, lde);
        for (; i < rows; i++) sum += RowSumSquares(cols, e + (nint)i * lde, precisions, double.CreateTruncating(precision));
        return sum;
    }

    /// <summary>sums[j] (+)= Σ_i d[i, j], one chain per column over ascending i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ColumnSums(int rows, int cols, T* d, int ldd, T* sums, bool accumulate)
    {
        if (!accumulate) new Span<T>(sums, cols).Clear();
        int whole = cols - cols % S.Width;
        for (int j = 0; j < whole; j += S.Width)
        {
            V sum = S.Load(sums + j);
            T* column = d + j;
            for (int i = 0; i < rows; i++, column += ldd) sum = S.Add(sum, S.Load(column));
            S.Store(sum, sums + j);
        }
        for (int j = whole; j < cols; j++)
        {
            T sum = sums[j];
            T* column = d + j;
            for (int i = 0; i < rows; i++, column += ldd) sum += *column;
            sums[j] = sum;
        }
    }

    // The same chains and trees as below, for π = 1 and whole lanes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double AddFourRows(double sum, int cols, T* e, nint lde)
    {
        Vector256<double> low0 = default, low1 = default, low2 = default, low3 = default;
        Vector256<double> high0 = default, high1 = default, high2 = default, high3 = default;
        T* e2 = e + 2 * lde;
        for (int j = 0; j < cols; j += Lanes)
        {
            Load(e + j, out Vector256<double> low, out Vector256<double> high);
            low0 += low * low;
            high0 += high * high;
            Load(e + lde + j, out low, out high);
            low1 += low * low;
            high1 += high * high;
            Load(e2 + j, out low, out high);
            low2 += low * low;
            high2 += high * high;
            Load(e2 + lde + j, out low, out high);
            low3 += low * low;
            high3 += high * high;
        }
        return sum + Tree(low0 + high0) + Tree(low1 + high1) + Tree(low2 + high2) + Tree(low3 + high3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Tree(Vector256<double> lanes)
    {
        Vector128<double> pairs = lanes.GetLower() + lanes.GetUpper();
        return pairs.ToScalar() + pairs.GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double RowSumSquares(int cols, T* e, T* precisions, double precision)
    {
        Vector256<double> low = default, high = default;
        Vector256<double> pi0 = Vector256.Create(precision), pi1 = pi0;
        int j = 0;
        for (; j + Lanes <= cols; j += Lanes)
        {
            Load(e + j, out Vector256<double> e0, out Vector256<double> e1);
            if (precisions != null) Load(precisions + j, out pi0, out pi1);
            low += pi0 * e0 * e0;
            high += pi1 * e1 * e1;
        }
        double* lanes = stackalloc double[Lanes];
        low.Store(lanes);
        high.Store(lanes + 4);
        for (int lane = 0; j < cols; j++, lane++)
        {
            double value = double.CreateTruncating(e[j]);
            double pi = precisions == null ? precision : double.CreateTruncating(precisions[j]);
            lanes[lane] += pi * value * value;
        }
        return (lanes[0] + lanes[4] + (lanes[2] + lanes[6])) + (lanes[1] + lanes[5] + (lanes[3] + lanes[7]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(T* source, out Vector256<double> low, out Vector256<double> high)
    {
        if (typeof(T) == typeof(double))
        {
            low = Vector256.Load((double*)source);
            high = Vector256.Load((double*)source + 4);
            return;
        }
        (low, high) = Vector256.Widen(Vector256.Load((float*)source));
    }
}
