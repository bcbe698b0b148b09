namespace PcKernels.Cli.Reports;

/// <summary>A row of numbers as a row of bars.</summary>
internal static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";
    private const string Letters = "_.-:=+*#";
    private const int Widest = 60;

    /// <summary>The picture; at most 60 columns, each the mean of what falls into it.</summary>
    /// <param name="numbers">Finite numbers; others show as a blank.</param>
    /// <param name="isUnicode">Whether block elements can be shown, else letters.</param>
    public static string Of(IReadOnlyList<double> numbers, bool isUnicode)
    {
        string bars = isUnicode ? Bars : Letters;
        double[] columns = numbers.Count <= Widest ? [.. numbers] : Shrink(numbers);
        double[] finite = [.. columns.Where(double.IsFinite)];
        if (finite.Length == 0) return new string(' ', columns.Length);
        double low = finite.Min(), range = finite.Max() - low;
        return string.Concat(columns.Select(v => !double.IsFinite(v) ? ' ' : range > 0 ? bars[(int)Math.Round((v - low) / range * (bars.Length - 1))] : bars[0]));
    }

    private static double[] Shrink(IReadOnlyList<double> numbers)
    {
        var columns = new double[Widest];
        for (int i = 0; i < Widest; i++)
        {
            int from = (int)((long)i * numbers.Count / Widest), to = (int)((long)(i + 1) * numbers.Count / Widest);
            columns[i] = numbers.Skip(from).Take(to - from).Average();
        }
        return columns;
    }
}
