namespace PcKernels.Planning;

/// <summary>Where a task finds π: one constant, or a buffer with one per column.</summary>
/// <param name="Constant">π when <paramref name="PerColumn"/> is null.</param>
/// <param name="PerColumn">π per column.</param>
public sealed record PrecisionSource(double Constant, PlanBuffer? PerColumn)
{
    /// <summary>Whether π is 1 and need not be multiplied.</summary>
    public bool IsOne => PerColumn is null && Constant == 1.0;

    /// <inheritdoc/>
    public override string ToString() => PerColumn?.Name ?? $"{Constant:R}";
}
