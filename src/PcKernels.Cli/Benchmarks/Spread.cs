namespace PcKernels.Cli.Benchmarks;

/// <summary>What many timings of one thing come to.</summary>
/// <param name="Least">The least.</param>
/// <param name="Lower">A quarter lies below it.</param>
/// <param name="Median">The middle.</param>
/// <param name="Upper">A quarter lies above it.</param>
/// <param name="Count">How many there were.</param>
internal sealed record Spread(double Least, double Lower, double Median, double Upper, int Count)
{
    /// <summary>Of some numbers, at least one; between two neighbours in order it is linear.</summary>
    public static Spread Of(IEnumerable<double> numbers)
    {
        double[] sorted = [.. numbers.Order()];
        if (sorted.Length == 0) throw new ArgumentException("there are no numbers", nameof(numbers));
        return new Spread(sorted[0], Quantile(sorted, 0.25), Quantile(sorted, 0.5), Quantile(sorted, 0.75), sorted.Length);
    }

    private static double Quantile(double[] sorted, double part)
    {
        double place = part * (sorted.Length - 1);
        int below = (int)place;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
    }
}
