namespace PcKernels.Rules;

/// <summary>Inference learning: T times x −= γ ∂F_b/∂x for all vertices at once, then θ moves by the errors at the final x.</summary>
/// <remarks>Rao and Ballard 1999; Whittington and Bogacz 2017; iPC paper Alg. 2. With <see cref="UpdateEvery"/> k: the relaxed condition 2 of the experimental comparison.</remarks>
public sealed record PredictiveCoding : Rule
{
    private readonly int _steps = 8;
    private readonly double _gamma = 0.1;
    private readonly int? _updateEvery;
    private readonly double _discount = 1;
    private readonly double _momentum;

    /// <inheritdoc/>
    public override string Name => "pc";

    /// <summary>T ≥ 0.</summary>
    public int Steps { get => _steps; init => _steps = CheckSteps(value); }

    /// <summary>γ &gt; 0.</summary>
    public double Gamma { get => _gamma; init => _gamma = CheckGamma(value); }

    /// <summary>k: θ moves after the steps k, 2k, …, T. Null: once, after T. Must divide T.</summary>
    public int? UpdateEvery
    {
        get => _updateEvery;
        init => _updateEvery = value is null or >= 1 ? value : throw new InputException($"--update-every {value}: must be ≥ 1");
    }

    /// <summary>d: γ is multiplied by d in (0, 1] whenever a step has not lowered the batch's energy (iPC paper App. D.3).</summary>
    public double Discount
    {
        get => _discount;
        init => _discount = value is > 0 and <= 1 ? value : throw new InputException($"--discount {value}: must be > 0 and ≤ 1");
    }

    /// <summary>Momentum m of the values' optimiser: v = m v + ∂F_b/∂x, x −= γ v; v is 0 at the start of each batch.</summary>
    public double ValueMomentum { get => _momentum; init => _momentum = CheckMomentum(value); }

    /// <summary>Where free values start.</summary>
    public ValueStart Start { get; init; }

    /// <summary>k, or T (1 when T is 0).</summary>
    /// <exception cref="InputException">k does not divide T.</exception>
    public int Interval
    {
        get
        {
            int every = UpdateEvery ?? Math.Max(Steps, 1);
            if (UpdateEvery is not null && (Steps == 0 || Steps % every != 0))
                throw new InputException($"--update-every {every}: must divide --steps {Steps}");
            return every;
        }
    }
}
