namespace PcKernels.Optimizers;

/// <summary>
/// What the learning rate is multiplied by at each optimiser step: <c>(s+1)/n</c> during a warm-up of n steps, so from α/n to α, then a
/// constant, a cosine or a staircase that begins where the warm-up ends.
/// </summary>
/// <remarks>As <c>torch.optim.lr_scheduler.SequentialLR</c> of <c>LinearLR</c> and <c>ConstantLR</c>, <c>CosineAnnealingLR</c> or <c>StepLR</c>.</remarks>
public sealed record LearningRateSchedule
{
    private LearningRateSchedule(ScheduleShape shape, long warmup, long every, double decay)
    {
        Shape = shape;
        Warmup = OptionRange.AtLeast(0, warmup, "--warmup", "number of warm-up steps");
        Every = every;
        Decay = decay;
    }

    /// <summary>The course after the warm-up.</summary>
    public ScheduleShape Shape { get; }

    /// <summary>Optimiser steps of warm-up; 0 for none.</summary>
    public long Warmup { get; }

    /// <summary>Steps between two drops of <see cref="ScheduleShape.Step"/>; 0 for the other shapes.</summary>
    public long Every { get; }

    /// <summary>What each drop of <see cref="ScheduleShape.Step"/> multiplies by; 1 for the other shapes.</summary>
    public double Decay { get; }

    /// <summary>The full rate from the end of the warm-up on.</summary>
    /// <exception cref="InputException"><paramref name="warmup"/> is negative.</exception>
    public static LearningRateSchedule Constant(long warmup = 0) => new(ScheduleShape.Constant, warmup, 0, 1);

    /// <summary>½ (1 + cos(π s / S)), s and S counted from the end of the warm-up; 0 from step S on.</summary>
    /// <exception cref="InputException"><paramref name="warmup"/> is negative.</exception>
    public static LearningRateSchedule Cosine(long warmup = 0) => new(ScheduleShape.Cosine, warmup, 0, 1);

    /// <summary>factor^⌊s / every⌋, s counted from the end of the warm-up.</summary>
    /// <param name="every">Steps between drops, at least 1.</param>
    /// <param name="factor">What a drop multiplies by; finite and above 0.</param>
    /// <param name="warmup">Warm-up steps, at least 0.</param>
    /// <exception cref="InputException">A number is outside its range.</exception>
    public static LearningRateSchedule Step(long every, double factor = 0.1, long warmup = 0) => new(ScheduleShape.Step, warmup,
        OptionRange.AtLeast(1, every, "--schedule step", "number of steps between drops"),
        OptionRange.Positive(factor, "--schedule step", "factor of a drop"));

    /// <summary>The multiplier of the learning rate at one step.</summary>
    /// <param name="step">The number of this optimiser step, from 0.</param>
    /// <param name="totalSteps">Optimiser steps of the whole run; only a cosine needs it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    public double Factor(long step, long totalSteps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(totalSteps);
        if (step < Warmup) return (step + 1) / (double)Warmup;
        long since = step - Warmup, length = totalSteps - Warmup;
        return Shape switch
        {
            ScheduleShape.Cosine => since >= length ? 0.0 : 0.5 * (1.0 + Math.Cos(Math.PI * since / length)),
            ScheduleShape.Step => Math.Pow(Decay, since / Every),
            _ => 1.0,
        };
    }
}
