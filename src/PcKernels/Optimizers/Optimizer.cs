namespace PcKernels.Optimizers;

/// <summary>
/// Which step turns the mean gradient g of a parameter θ into its next value, with <c>torch.optim</c>'s formulas. It is data: devices do the
/// arithmetic and keep the state. <c>optimizer with { LearningRate = … }</c> is how a schedule changes the rate.
/// </summary>
public abstract record Optimizer
{
    private protected Optimizer(double learningRate, double weightDecay)
    {
        LearningRate = learningRate;
        WeightDecay = weightDecay;
    }

    /// <summary>α ≥ 0, finite. 0 leaves the parameters where they are; state still runs.</summary>
    /// <exception cref="InputException">Set to a value outside this range.</exception>
    public double LearningRate
    {
        get;
        init => field = OptionRange.NotNegative(value, "--lr", "learning rate");
    }

    /// <summary>λ ≥ 0, finite. Each optimiser says where it enters.</summary>
    /// <exception cref="InputException">Set to a value outside this range.</exception>
    public double WeightDecay
    {
        get;
        init => field = OptionRange.NotNegative(value, "--weight-decay", "weight decay");
    }

    /// <summary>How many arrays of a parameter's size the device keeps beside it: 0, 1 (momentum) or 2 (both moments).</summary>
    public abstract int StateBuffers { get; }

    /// <summary>Whether a step may change θ or the state although g = 0. Where false, a step whose gradient is known to be zero need not be planned.</summary>
    public abstract bool MovesOnZeroGradient { get; }
}
