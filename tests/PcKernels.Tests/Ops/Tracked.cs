using PcKernels.Tests.Rules.Oracle;

namespace PcKernels.Tests.Ops;

/// <summary>What was computed, in order, in an arithmetic that may round.</summary>
internal sealed class Tape(Rounding rounding)
{
    private readonly List<Tracked> _made = [];

    /// <summary>How near a choice came to the other one: the argument of a kinked activation to 0, a maximum to the next number. Where both are equal the choice is fixed.</summary>
    public double NearestKink { get; private set; } = double.PositiveInfinity;

    public Tracked[] Variables(double[] values) => [.. values.Select(v => new Tracked(v, this))];

    public double Round(double value) => rounding.Of(value);

    public void Add(Tracked number) => _made.Add(number);

    public void SeeKink(double distance)
    {
        if (distance != 0) NearestKink = Math.Min(NearestKink, Math.Abs(distance));
    }

    /// <summary>Sets the adjoints of all that the results were made of.</summary>
    public void Pull(Tracked[] results, double[] adjoints)
    {
        for (int i = 0; i < results.Length; i++) results[i].Receive(adjoints[i]);
        for (int i = _made.Count - 1; i >= 0; i--) _made[i].Send();
    }
}

/// <summary>A number that remembers what it was made of, so that the derivatives of a plain forward loop follow without being written down a second time.</summary>
internal sealed class Tracked
{
    private readonly Tape _tape;
    private readonly (Tracked Of, double Slope)[] _from;

    /// <summary>A number that was given.</summary>
    public Tracked(double value, Tape tape)
    {
        (Value, _tape, _from) = (value, tape, []);
        tape.Add(this);
    }

    private Tracked(double value, Tape tape, params (Tracked, double)[] from)
    {
        (Value, _tape, _from) = (tape.Round(value), tape, from);
        tape.Add(this);
    }

    public double Value { get; }

    public double Adjoint { get; private set; }

    public static Tracked operator +(Tracked a, Tracked b) => new(a.Value + b.Value, a._tape, (a, 1), (b, 1));

    public static Tracked operator -(Tracked a, Tracked b) => new(a.Value - b.Value, a._tape, (a, 1), (b, -1));

    public static Tracked operator *(Tracked a, Tracked b) => new(a.Value * b.Value, a._tape, (a, b.Value), (b, a.Value));

    public static Tracked operator *(Tracked a, double b) => new(a.Value * b, a._tape, (a, b));

    public static Tracked operator +(Tracked a, double b) => new(a.Value + b, a._tape, (a, 1));

    public static Tracked operator /(Tracked a, Tracked b) => new(a.Value / b.Value, a._tape, (a, 1 / b.Value), (b, -a.Value / (b.Value * b.Value)));

    public Tracked Map(Func<double, double> f, Func<double, double> derivative) => new(f(Value), _tape, (this, derivative(Value)));

    public Tracked Exp() => Map(Math.Exp, Math.Exp);

    public Tracked Sqrt() => Map(Math.Sqrt, static v => 0.5 / Math.Sqrt(v));

    /// <summary>Says that a choice hangs on a distance.</summary>
    public Tracked WithKink(double distance)
    {
        _tape.SeeKink(distance);
        return this;
    }

    public void Receive(double adjoint) => Adjoint = _tape.Round(Adjoint + adjoint);

    public void Send()
    {
        foreach ((Tracked of, double slope) in _from) of.Receive(slope * Adjoint);
    }
}
