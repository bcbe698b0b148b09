namespace PcKernels.Planning;

/// <summary>What a phase is for.</summary>
public enum PhaseKind
{
    /// <summary>The feedforward start of values.</summary>
    Start,

    /// <summary>Inference steps; or, for BP, the whole batch.</summary>
    Steps,

    /// <summary>What follows the last step.</summary>
    Finish,
}

/// <summary>Waves in order, run a number of times.</summary>
/// <param name="Name">Such as <c>start</c>, <c>step 0</c>, <c>steps 3…7</c>.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Waves">The waves of one round.</param>
/// <param name="Repeats">Rounds.</param>
/// <param name="FirstStep">The inference step (row of the energy trace) of the first round.</param>
/// <param name="StepsPerRound">Steps in one round.</param>
/// <param name="FirstUpdate">Moves of θ before the first round.</param>
/// <param name="UpdatesPerRound">Moves of θ in one round.</param>
/// <param name="OnlyFirstBatch">Whether later batches skip it (values kept).</param>
public sealed record Phase(string Name, PhaseKind Kind, IReadOnlyList<Wave> Waves, int Repeats, int FirstStep, int StepsPerRound,
    int FirstUpdate, int UpdatesPerRound, bool OnlyFirstBatch)
{
    /// <summary>Waves of one round that hold a product on values or errors: sequential matrix products.</summary>
    public int SequentialProducts => Waves.Count(static w => w.Products > 0);

    /// <summary>Waves of one round that hold any product.</summary>
    public int SequentialProductsWithGradients => Waves.Count(static w => w.Products + w.GradientProducts > 0);
}
