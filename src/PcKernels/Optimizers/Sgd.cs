namespace PcKernels.Optimizers;

/// <summary>
/// Stochastic gradient descent: <c>g += λ θ; θ −= α g</c>; with momentum m, <c>b = m b + g</c> (b = g at the first step) and
/// <c>θ −= α b</c>, or <c>θ −= α (g + m b)</c> with Nesterov's look-ahead. No dampening.
/// </summary>
/// <remarks>Source: <c>torch.optim.SGD</c>; Sutskever et al. 2013 for momentum.</remarks>
public sealed record Sgd : Optimizer
{
    /// <summary>Makes the optimiser.</summary>
    /// <param name="learningRate">α ≥ 0.</param>
    /// <param name="momentum">m, 0 ≤ m &lt; 1; 0 keeps no state.</param>
    /// <param name="nesterov">Nesterov's look-ahead; needs a momentum.</param>
    /// <param name="weightDecay">λ ≥ 0, added to the gradient as λ θ.</param>
    /// <exception cref="InputException">A number is outside its range, or <paramref name="nesterov"/> is set without momentum.</exception>
    public Sgd(double learningRate, double momentum = 0, bool nesterov = false, double weightDecay = 0) : base(learningRate, weightDecay)
    {
        Momentum = OptionRange.BelowOne(momentum, "--momentum", "momentum");
        if (nesterov && momentum == 0) throw new InputException("--nesterov: needs a --momentum > 0 and < 1");
        Nesterov = nesterov;
    }

    /// <summary>m, 0 ≤ m &lt; 1.</summary>
    public double Momentum { get; }

    /// <summary>Whether the step looks ahead along the momentum.</summary>
    public bool Nesterov { get; }

    /// <inheritdoc/>
    public override int StateBuffers => Momentum > 0 ? 1 : 0;

    /// <inheritdoc/>
    public override bool MovesOnZeroGradient => Momentum > 0 || WeightDecay > 0;
}
