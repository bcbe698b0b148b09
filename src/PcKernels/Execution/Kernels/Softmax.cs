using System.Numerics;
using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>The categorical output: its error x − softmax(μ) and its energy −Σ x ln softmax(μ), row by row with the largest logit taken off first.</summary>
internal static unsafe class Softmax<T, V, S>
    where T : unmanaged, IBinaryFloatingPointIeee754<T> where V : struct where S : struct, ISimd<T, V>
{
    public static void Error(int rows, int cols, T* mu, int ldm, T* x, int ldx, T* e, int lde)
    {
        for (int i = 0; i < rows; i++) RowError(cols, mu + (nint)i * ldm, x + (nint)i * ldx, e + (nint)i * lde);
    }

    public static double CrossEntropy(int rows, int cols, T* mu, int ldm, T* x, int ldx)
    {
        double energy = 0;
        for (int i = 0; i < rows; i++) energy += RowCrossEntropy(cols, mu + (nint)i * ldm, x + (nint)i * ldx);
        return energy;
    }

    // e holds the exponentials on the way, so it must not be x. Loads run into the pads, whose lanes the mask takes out again.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RowError(int cols, T* mu, T* x, T* e)
    {
        V lowest = S.Constant(double.NegativeInfinity), largest = lowest;
        for (int j = 0; j < cols; j += S.Width)
            largest = S.Max(largest, S.Select(S.FirstLanes(cols - j), S.Load(mu + j), lowest));
        T* lanes = stackalloc T[S.Width];
        S.Store(largest, lanes);
        T maximum = lanes[0];
        for (int lane = 1; lane < S.Width; lane++) maximum = T.Max(maximum, lanes[lane]);

        V shift = S.Broadcast(maximum), sums = S.Zero;
        for (int j = 0; j < cols; j += S.Width)
        {
            V power = S.Select(S.FirstLanes(cols - j), S.Exp(S.Sub(S.Load(mu + j), shift)), S.Zero);
            sums = S.Add(sums, power);
            S.Store(power, e + j);
        }
        V sum = S.Broadcast(S.Sum(sums));
        for (int j = 0; j < cols; j += S.Width)
            S.Store(S.Sub(S.Load(x + j), S.Div(S.Load(e + j), sum)), e + j);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double RowCrossEntropy(int cols, T* mu, T* x)
    {
        double maximum = double.NegativeInfinity;
        for (int j = 0; j < cols; j++) maximum = Math.Max(maximum, double.CreateTruncating(mu[j]));
        double sum = 0;
        for (int j = 0; j < cols; j++) sum += Math.Exp(double.CreateTruncating(mu[j]) - maximum);
        double logarithm = Math.Log(sum), energy = 0;
        for (int j = 0; j < cols; j++)
        {
            double target = double.CreateTruncating(x[j]);
            if (target != 0) energy -= target * (double.CreateTruncating(mu[j]) - maximum - logarithm);
        }
        return energy;
    }
}
