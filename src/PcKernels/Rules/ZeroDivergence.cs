namespace PcKernels.Rules;

/// <summary>Z-IL: γ = 1 and ε = 0 at the start; the segments of level t give their share of the gradient at t, then the values move; all parameters move once at the end. Equals BP (Z-IL paper Alg. 2, 3, Table 3).</summary>
public sealed record ZeroDivergence : Rule
{
    private readonly double _gamma = 1;

    /// <inheritdoc/>
    public override string Name => "zil";

    /// <summary>1. Anything else is the first ablation of Table 3 and must fail to equal BP.</summary>
    public double Gamma { get => _gamma; init => _gamma = CheckGamma(value); }

    /// <summary>Feedforward. <see cref="ValueStart.Random"/> is the second ablation (ε ≠ 0 at the start).</summary>
    public ValueStart Start { get; init; }

    /// <summary>True. False is the third ablation: every segment gives its share at the last step.</summary>
    public bool LevelDependent { get; init; } = true;

    /// <summary>Whether any ablation is on; then nothing can be left out of the plan.</summary>
    public bool IsAblation => Gamma != 1 || Start != ValueStart.Feedforward || !LevelDependent;
}
