namespace PcKernels.Optimizers;

/// <summary>
/// Adam with decoupled weight decay: <c>θ ← θ (1 − α λ)</c>, then <c>m = β₁ m + (1−β₁) g; v = β₂ v + (1−β₂) g²</c> and, with k the number
/// of this step from 1, <c>θ −= α (m / (1−β₁ᵏ)) / (√(v / (1−β₂ᵏ)) + e)</c>.
/// </summary>
/// <remarks>Source: <c>torch.optim.AdamW</c>; Loshchilov and Hutter 2019.</remarks>
public sealed record AdamW : Optimizer
{
    /// <summary>Makes the optimiser.</summary>
    /// <param name="learningRate">α ≥ 0.</param>
    /// <param name="weightDecay">λ ≥ 0, shrinks θ by the factor 1 − α λ.</param>
    /// <param name="beta1">β₁, 0 ≤ β₁ &lt; 1, decay of the mean of the gradient.</param>
    /// <param name="beta2">β₂, 0 ≤ β₂ &lt; 1, decay of the mean of its square.</param>
    /// <param name="epsilon">e &gt; 0, added to the root; at 0 an element without gradient would be 0/0.</param>
    /// <exception cref="InputException">A number is outside its range.</exception>
    public AdamW(double learningRate, double weightDecay = 0.01, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
        : base(learningRate, weightDecay)
    {
        Beta1 = OptionRange.BelowOne(beta1, "beta1", "decay of the first moment");
        Beta2 = OptionRange.BelowOne(beta2, "beta2", "decay of the second moment");
        Epsilon = OptionRange.Positive(epsilon, "epsilon", "term added to the root");
    }

    /// <summary>β₁, 0 ≤ β₁ &lt; 1.</summary>
    public double Beta1 { get; }

    /// <summary>β₂, 0 ≤ β₂ &lt; 1.</summary>
    public double Beta2 { get; }

    /// <summary>e &gt; 0.</summary>
    public double Epsilon { get; }

    /// <inheritdoc/>
    public override int StateBuffers => 2;

    /// <inheritdoc/>
    public override bool MovesOnZeroGradient => true;
}
