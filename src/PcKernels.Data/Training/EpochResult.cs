namespace PcKernels.Data.Training;

/// <summary>What one epoch of training gave.</summary>
/// <param name="MeanEnergy">The mean over the epoch's samples of the energy that <see cref="PcKernels.Training.Trainer.Step(ReadOnlySpan{float}, ReadOnlySpan{float}, int)"/> returns, summed over all vertices; NaN when no batch was done.</param>
/// <param name="VertexEnergies">The same for each vertex, in the order of <see cref="Planning.Program.EnergySlots"/>; empty when no batch was done.</param>
/// <param name="Batches">Batches done.</param>
/// <param name="Samples">Samples seen.</param>
/// <param name="Updates">Moves of θ.</param>
/// <param name="Seconds">Time it took.</param>
/// <param name="IsComplete">False when it was cancelled before its last batch.</param>
public sealed record EpochResult(double MeanEnergy, IReadOnlyList<double> VertexEnergies, int Batches, long Samples, long Updates, double Seconds, bool IsComplete);
