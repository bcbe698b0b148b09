namespace PcKernels.Rules;

/// <summary>Which state the parameters' gradient is taken at in iPC.</summary>
public enum UpdateOrder
{
    /// <summary>x and θ move from the same state (x_t, θ_t).</summary>
    Simultaneous,

    /// <summary>x moves first; θ's gradient is that at (x_{t+1}, θ_t).</summary>
    ValuesFirst,
}

/// <summary>iPC: every one of T steps moves values and parameters (iPC paper Alg. 1).</summary>
public sealed record IncrementalPredictiveCoding : Rule
{
    private readonly int _steps = 8;
    private readonly double _gamma = 0.3;
    private readonly double _momentum;

    /// <inheritdoc/>
    public override string Name => "ipc";

    /// <summary>T ≥ 0.</summary>
    public int Steps { get => _steps; init => _steps = CheckSteps(value); }

    /// <summary>γ &gt; 0.</summary>
    public double Gamma { get => _gamma; init => _gamma = CheckGamma(value); }

    /// <summary>Simultaneous (the default) or values first.</summary>
    public UpdateOrder Order { get; init; }

    /// <summary>Momentum m of the values' optimiser, as in <see cref="PredictiveCoding.ValueMomentum"/>.</summary>
    public double ValueMomentum { get => _momentum; init => _momentum = CheckMomentum(value); }

    /// <summary>Where free values start.</summary>
    public ValueStart Start { get; init; }
}
