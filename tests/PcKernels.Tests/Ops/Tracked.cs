namespace PcKernels.Tests.Ops;

/// <summary>A number that remembers what it was made of, so that the derivatives of a plain forward loop follow without being written down a second time.</summary>
internal sealed class Tracked
{
    private readonly List<Tracked> _tape;
    private readonly (Tracked Of, double Slope)[] _from;

    private Tracked(double value, List<Tracked> tape, params (Tracked, double)[] from)
    {
        Value = value;
        _tape = tape;
        _from = from;
        tape.Add(this);
    }

    public double Value { get; }

    public double Adjoint { get; private set; }

    public static Tracked[] Variables(double[] values, List<Tracked> tape) => [.. values.Select(v => new Tracked(v, tape))];

    public static Tracked operator +(Tracked a, Tracked b) => new(a.Value + b.Value, a._tape, (a, 1), (b, 1));

    public static Tracked operator -(Tracked a, Tracked b) => new(a.Value - b.Value, a._tape, (a, 1), (b, -1));

    public static Tracked operator *(Tracked a, Tracked b) => new(a.Value * b.Value, a._tape, (a, b.Value), (b, a.Value));

    public static Tracked operator *(Tracked a, double b) => new(a.Value * b, a._tape, (a, b));

    public static Tracked operator +(Tracked a, double b) => new(a.Value + b, a._tape, (a, 1));

    public static Tracked operator /(Tracked a, Tracked b) => new(a.Value / b.Value, a._tape, (a, 1 / b.Value), (b, -a.Value / (b.Value * b.Value)));

    public Tracked Map(Func<double, double> f, Func<double, double> derivative) => new(f(Value), _tape, (this, derivative(Value)));

    public Tracked Exp() => Map(Math.Exp, Math.Exp);

    public Tracked Sqrt() => Map(Math.Sqrt, static v => 0.5 / Math.Sqrt(v));

    /// <summary>Sets the adjoints of all that the results were made of.</summary>
    public static void Pull(Tracked[] results, double[] adjoints, List<Tracked> tape)
    {
        for (int i = 0; i < results.Length; i++) results[i].Adjoint += adjoints[i];
        for (int i = tape.Count - 1; i >= 0; i--)
            foreach ((Tracked of, double slope) in tape[i]._from) of.Adjoint += slope * tape[i].Adjoint;
    }
}
