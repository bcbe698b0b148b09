namespace PcKernels.Execution;

/// <summary>What differs from one run of a program to the next.</summary>
/// <param name="LearningRateFactor">The schedule's factor on the learning rate.</param>
/// <param name="UpdatesBefore">Moves of θ before this batch (the optimiser's step count).</param>
/// <param name="Batch">The number of this batch from 0, a counter of the random numbers.</param>
/// <param name="Seed">Seed of the random numbers.</param>
/// <param name="IsFirstBatch">Whether values have to be started even if they are kept afterwards.</param>
public readonly record struct RunSettings(double LearningRateFactor, long UpdatesBefore, long Batch, ulong Seed, bool IsFirstBatch);
