namespace PcKernels.Rules;

/// <summary>How a batch turns into changes of values and parameters (DESIGN §3). Immutable; the planner reads it.</summary>
public abstract record Rule
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Names of all rules, as on the command line.</summary>
    public static IReadOnlyList<string> Names { get; } = ["bp", "pc", "ipc", "zil", "fpa"];

    private protected static int CheckSteps(int steps) =>
        steps >= 0 ? steps : throw new InputException($"--steps {steps}: the number of inference steps must be ≥ 0");

    private protected static double CheckGamma(double gamma) =>
        double.IsFinite(gamma) && gamma > 0 ? gamma : throw new InputException($"--gamma {gamma}: the integration step γ must be a finite number > 0");

    private protected static double CheckMomentum(double momentum) =>
        momentum is >= 0 and < 1 ? momentum : throw new InputException($"--value-momentum {momentum}: must be ≥ 0 and < 1");
}
