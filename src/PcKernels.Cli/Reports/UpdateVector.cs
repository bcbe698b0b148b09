using PcKernels.Training;

namespace PcKernels.Cli.Reports;

/// <summary>How far each parameter moved in one batch.</summary>
internal sealed class UpdateVector
{
    // A move below this share of the whole may be nothing but rounding: a key's bias in attention has no gradient at all.
    private const double LeastShare = 1e-12;

    private readonly Dictionary<string, double[]> _moves;

    /// <summary>The difference between a trainer's parameters and those it began with.</summary>
    public UpdateVector(Trainer trainer, Model start)
    {
        _moves = trainer.Graph.Parameters.ToDictionary(static p => p.Name, p =>
        {
            double[] now = trainer.Parameter(p.Name).ToDoubles();
            // What the device began with is rounded to its element type.
            double[] before = start.Parameters[p.Name].To(trainer.Options.DType).ToDoubles();
            for (int i = 0; i < now.Length; i++) now[i] -= before[i];
            return now;
        });
    }

    /// <summary>‖this − other‖ / ‖other‖ over all parameters; 0 where neither moved.</summary>
    public double DistanceTo(UpdateVector other) => Ratio(_moves.Keys.Sum(n => Squares(_moves[n], other._moves[n])), other.SquaredNorm());

    /// <summary>The cosine of the angle between both; 0 where one did not move.</summary>
    public double CosineTo(UpdateVector other)
    {
        double norms = Math.Sqrt(SquaredNorm() * other.SquaredNorm());
        return norms == 0 ? 0 : _moves.Sum(m => m.Value.Zip(other._moves[m.Key], static (a, b) => a * b).Sum()) / norms;
    }

    /// <summary>The parameter with the largest distance of its own, relative to its own move, which counts as no less than 1e-12 of the whole.</summary>
    public (string Name, double Distance) WorstAgainst(UpdateVector other)
    {
        double least = LeastShare * LeastShare * other.SquaredNorm();
        return _moves.Keys.Select(n => (n, Ratio(Squares(_moves[n], other._moves[n]), Math.Max(least, other._moves[n].Sum(static v => v * v)))))
            .DefaultIfEmpty(("none", 0)).MaxBy(static p => p.Item2);
    }

    private double SquaredNorm() => _moves.Values.Sum(static m => m.Sum(static v => v * v));

    private static double Ratio(double squares, double reference) => squares == 0 ? 0 : Math.Sqrt(squares / reference);

    private static double Squares(double[] a, double[] b) => a.Zip(b, static (x, y) => (x - y) * (x - y)).Sum();
}
