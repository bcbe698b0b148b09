namespace PcKernels.Execution.Cpu;

/// <summary>Where in a run a task stands.</summary>
/// <param name="Row">Inference step of the round's first step: row of the energy trace.</param>
/// <param name="Update">Moves of θ before the round's first, over the whole training.</param>
/// <param name="Settings">The run's settings.</param>
internal readonly record struct StepContext(int Row, long Update, RunSettings Settings);
