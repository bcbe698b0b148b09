using PcKernels.Graphs;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>How far a device's results may be from the exact ones: as far as its element type lets anyone know them.</summary>
/// <remarks>
/// <para>A device rounds what it reads and every sum on its way. What one rounding of all that goes in does to a result is measured, not guessed: the
/// exact program runs again from parameters and batches that were moved at random by up to one unit in the last place, twice. A tensor that
/// is a difference of nearly equal values, or a gradient made of one, moves far; another hardly. An error is also known only to a unit of the value that it is taken from, and so is the gradient that is made of it.</para>
/// <para>A device may be <see cref="Roundings"/> such moves away, since it rounds between one and two hundred times on the way from an input to a result
/// and independent roundings add up as their root, plus a share of the tensor's size for sums that no input reaches by itself. Every
/// tensor is held against this bound; none is left out.</para>
/// </remarks>
internal sealed class Nearness(double share, double unit)
{
    /// <summary>Moves of the inputs that the roundings on the way are worth.</summary>
    public const double Roundings = 16;

    private const int Trials = 2;

    /// <summary>Seeds of the moves.</summary>
    public static IEnumerable<int> Moves => Enumerable.Range(1, Trials);

    /// <summary>The batch with every number moved by up to a unit in the last place.</summary>
    public Dictionary<string, Tensor> Moved(IReadOnlyDictionary<string, Tensor> batch, int seed)
    {
        var random = new Random(seed);
        return batch.OrderBy(static p => p.Key, StringComparer.Ordinal).ToDictionary(static p => p.Key,
            p => Tensor.From<double>([.. p.Value.ToDoubles().Select(v => v * (1 + unit * (2 * random.NextDouble() - 1)))], [.. p.Value.Shape]));
    }

    /// <summary>Fails, with the tensor that is farthest out, where a result is farther from the exact one than the bound.</summary>
    public void Check(IReadOnlyDictionary<string, double[]> results, IReadOnlyDictionary<string, double[]> exact, IReadOnlyList<IReadOnlyDictionary<string, double[]>> moved, string place)
    {
        foreach (IGrouping<string, string> kind in exact.Keys.GroupBy(KindOf))
        {
            double least = kind.Max(name => Norm(exact[name])) / 10;
            foreach (string name in kind)
            {
                Assert.True(results.TryGetValue(name, out double[]? values), $"{name} is missing: {place}");
                Assert.Equal(exact[name].Length, values.Length);
                double size = Math.Max(Norm(exact[name]), least), off = Apart(values, exact[name]);
                double known = moved.Max(m => Apart(m[name], exact[name]));
                known += unit * Norm(exact[name]) * ValueOverError(name, exact);
                double bound = share * size + Roundings * known;
                Assert.True(off <= bound, $"{name} is off by {off / size:e2} of its size; {bound / size:e2} are allowed ({share:e0}, and {Roundings} times the {known / size:e2} that a unit in the last place of what goes in moves it): {place}");
            }
        }
    }

    // A difference is known no better than what it is the difference of, nor is a gradient that is made of it: how many times larger a vertex's value is than its error.
    private static double ValueOverError(string name, IReadOnlyDictionary<string, double[]> exact)
    {
        string vertex = name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (KindOf(name) == "grad") vertex = vertex[..vertex.LastIndexOf('.')];
        else if (KindOf(name) != "error") return 0;
        if (!exact.TryGetValue($"value/{vertex}", out double[]? value) || !exact.TryGetValue($"error/{vertex}", out double[]? error)) return 0;
        double size = Norm(error);
        return size == 0 ? 0 : Norm(value) / size;
    }

    private static string KindOf(string name) => name == "energy" ? name : name.Contains('/', StringComparison.Ordinal) ? name[..name.IndexOf('/', StringComparison.Ordinal)] : "";

    private static double Apart(double[] a, double[] b) => Norm([.. a.Zip(b, static (x, y) => x - y)]);

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(static v => v * v));
}
