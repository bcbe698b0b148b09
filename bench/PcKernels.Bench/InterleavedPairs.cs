using System.Diagnostics;

namespace PcKernels.Bench;

/// <summary>Two ways to do the same, timed in turn on one thread.</summary>
internal static class InterleavedPairs
{
    /// <summary>Pairs that are timed.</summary>
    public const int Count = 400;

    private const double LeastMicroseconds = 100;

    /// <summary>Times of one over times of the other, in ascending order.</summary>
    public static double[] Ratios(Action one, Action other)
    {
        for (int i = 0; i < 200; i++)
        {
            one();
            other();
        }
        int runs = (int)Math.Ceiling(LeastMicroseconds / Math.Max(0.1, Microseconds(one, 20) / 20));
        var ratios = new double[Count];
        for (int pair = 0; pair < Count; pair++) ratios[pair] = Microseconds(one, runs) / Microseconds(other, runs);
        Array.Sort(ratios);
        return ratios;
    }

    /// <summary>The median and the middle half.</summary>
    public static string Show(double[] ratios) => $"{ratios[Count / 2],6:F3} ({ratios[Count / 4]:F3} .. {ratios[Count * 3 / 4]:F3})";

    private static double Microseconds(Action action, int runs)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs; i++) action();
        return Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
    }
}
