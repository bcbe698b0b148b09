namespace PcKernels.Data.Training;

/// <summary>Where an epoch stands after one of its batches.</summary>
/// <param name="Epoch">The epoch's number, as handed in.</param>
/// <param name="Batch">Batches done in this epoch.</param>
/// <param name="Batches">Batches of the whole epoch.</param>
/// <param name="Updates">Moves of θ in this epoch so far.</param>
/// <param name="BatchEnergy">The mean energy of the last batch, summed over all vertices.</param>
/// <param name="Elapsed">Time since the epoch began.</param>
public readonly record struct EpochProgress(int Epoch, int Batch, int Batches, long Updates, double BatchEnergy, TimeSpan Elapsed);
