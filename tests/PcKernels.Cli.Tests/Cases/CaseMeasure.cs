using PcKernels.Graphs;

namespace PcKernels.Cli.Tests.Cases;

/// <summary>The measure of the reference cases: |out − ref| / |ref|, |ref| no less than a tenth of the largest among tensors of its kind.</summary>
internal static class CaseMeasure
{
    private const double Smallest = 1e-9;

    /// <summary>The largest measure over all expected tensors and its tensor; a missing one, another shape or type, or a number that is not finite is infinitely far.</summary>
    public static (double Worst, string Where) Compare(IReadOnlyDictionary<string, Tensor> result, IReadOnlyDictionary<string, Tensor> expected, DType dtype)
    {
        var least = new Dictionary<string, double>();
        foreach ((string name, Tensor tensor) in expected) least[Kind(name)] = Math.Max(least.GetValueOrDefault(Kind(name)), Norm(tensor.ToDoubles()) / 10);
        (double worst, string where) = (-1, "nothing compared");
        foreach ((string name, Tensor reference) in expected)
        {
            double distance = Distance(result.GetValueOrDefault(name), reference, dtype, least[Kind(name)]);
            if (distance > worst) (worst, where) = (distance, name);
        }
        return (worst, where);
    }

    private static double Distance(Tensor? result, Tensor reference, DType dtype, double least)
    {
        if (result is null || result.DType != dtype || !result.Shape.SequenceEqual(reference.Shape)) return double.PositiveInfinity;
        double[] values = result.ToDoubles(), wanted = reference.ToDoubles();
        if (!values.All(double.IsFinite)) return double.PositiveInfinity;
        double size = Math.Max(Norm(wanted), least), distance = Norm([.. values.Zip(wanted, static (a, b) => a - b)]);
        return size < Smallest ? distance : distance / size;
    }

    private static string Kind(string name) => name.Contains('/') ? name.Split('/')[0] : name == "energy" ? name : "parameter";

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(static v => v * v));
}
