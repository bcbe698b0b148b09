using PcKernels.Graphs;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>Results under the names that files use, and the two ways to compare them: to rounding and to the bit.</summary>
internal static class Compare
{
    /// <summary>All that can be read of a trainer after a step.</summary>
    public static Dictionary<string, double[]> Results(Trainer trainer, bool errors = true)
    {
        var all = new Dictionary<string, double[]>();
        foreach (ParameterInfo parameter in trainer.Graph.Parameters)
        {
            all[parameter.Name] = trainer.Parameter(parameter.Name).ToDoubles();
            if (trainer.Options.KeepGradients) all[$"grad/{parameter.Name}"] = trainer.Gradient(parameter.Name).ToDoubles();
        }
        foreach (string vertex in trainer.ReadableVertices.Where(trainer.Graph.Contains))
        {
            all[$"value/{vertex}"] = trainer.Value(vertex).ToDoubles();
            if (errors && trainer.Program!.Results.ContainsKey($"error/{vertex}")) all[$"error/{vertex}"] = trainer.Error(vertex).ToDoubles();
        }
        all["energy"] = trainer.EnergyTrace.ToArray();
        return all;
    }

    /// <summary>‖a − b‖ / ‖b‖ over all tensors whose names begin with a prefix.</summary>
    public static double Distance(IReadOnlyDictionary<string, double[]> a, IReadOnlyDictionary<string, double[]> b, Func<string, bool> takes)
    {
        double difference = 0, size = 0;
        foreach ((string name, double[] reference) in b.Where(p => takes(p.Key)))
        {
            Assert.True(a.TryGetValue(name, out double[]? values), $"{name} is missing");
            Assert.Equal(reference.Length, values.Length);
            for (int i = 0; i < reference.Length; i++)
            {
                difference += (values[i] - reference[i]) * (values[i] - reference[i]);
                size += reference[i] * reference[i];
            }
        }
        return size == 0 ? Math.Sqrt(difference) : Math.Sqrt(difference / size);
    }

    // How many times what single roundings did a sum of 20 terms may do.
    private const double RoundingShare = 10;

    /// <summary>The cases' measure: each tensor's ‖a − b‖ over ‖b‖, that counted as no less than a tenth of the largest of its kind.</summary>
    /// <param name="a">What is judged.</param>
    /// <param name="b">What is right.</param>
    /// <param name="tolerance">Relative bound.</param>
    /// <param name="place">What to call the place.</param>
    /// <param name="rounded">What is right, made again in arithmetic that rounds: how far it may be off beyond the tolerance.</param>
    public static void Near(
        IReadOnlyDictionary<string, double[]> a, IReadOnlyDictionary<string, double[]> b, double tolerance, string place, params IReadOnlyDictionary<string, double[]>[] rounded)
    {
        foreach (IGrouping<string, string> kind in b.Keys.GroupBy(KindOf))
        {
            double least = kind.Max(name => Norm(b[name])) / 10;
            foreach (string name in kind)
            {
                Assert.True(a.TryGetValue(name, out double[]? values), $"{name} is missing: {place}");
                double scale = Math.Max(Norm(b[name]), least), off = Off(values, b[name]);
                double allowed = tolerance * scale + RoundingShare * rounded.Select(r => Off(r[name], b[name])).DefaultIfEmpty(0).Max();
                Assert.True(off <= allowed, $"{name} is off by {off / scale:e2} relative, more than {allowed / scale:e2} ({values.Zip(b[name]).MaxBy(static p => Math.Abs(p.First - p.Second))}): {place}");
            }
        }
    }

    /// <summary>The same bits.</summary>
    public static void Same(IReadOnlyDictionary<string, double[]> a, IReadOnlyDictionary<string, double[]> b, string place)
    {
        foreach ((string name, double[] values) in b)
        {
            Assert.True(a.TryGetValue(name, out double[]? others), $"{name} is missing: {place}");
            for (int i = 0; i < values.Length; i++)
            {
                // 0 and −0 are equal numbers: where nothing is computed there is no sign.
                Assert.True(values[i].Equals(others[i]) || values[i] == others[i], $"{name} element {i} is {others[i]:R}, not {values[i]:R}: {place}");
            }
        }
    }

    public static bool IsParameter(string name) => KindOf(name) == "";

    public static bool IsGradient(string name) => KindOf(name) == "grad";

    private static string KindOf(string name) => name == "energy" ? name : name.Contains('/', StringComparison.Ordinal) ? name[..name.IndexOf('/', StringComparison.Ordinal)] : "";

    private static double Off(double[] values, double[] reference) => Norm([.. values.Zip(reference, static (x, y) => x - y)]);

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(static v => v * v));
}
