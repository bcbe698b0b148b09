namespace PcKernels.Rules;

/// <summary>The fixed-prediction assumption: predictions and Jacobians stay those of the feedforward pass while x settles. γ = 1 and n ≥ the largest level equal BP.</summary>
/// <remarks>Millidge et al. 2020; Zahid et al. eq. 3.19–3.23.</remarks>
public sealed record FixedPrediction : Rule
{
    private readonly int _steps = 8;
    private readonly double _gamma = 1;

    /// <inheritdoc/>
    public override string Name => "fpa";

    /// <summary>n ≥ 0.</summary>
    public int Steps { get => _steps; init => _steps = CheckSteps(value); }

    /// <summary>γ &gt; 0.</summary>
    public double Gamma { get => _gamma; init => _gamma = CheckGamma(value); }
}
