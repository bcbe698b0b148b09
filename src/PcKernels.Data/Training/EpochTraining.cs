using System.Diagnostics;
using PcKernels.Data.Batches;
using PcKernels.Training;

namespace PcKernels.Data.Training;

/// <summary>Trains an epoch at a time.</summary>
public static class EpochTraining
{
    /// <summary>Makes a loader whose batches fit the trainer's model.</summary>
    /// <param name="trainer">The trainer; its model has one input and one output.</param>
    /// <param name="part">The samples to train on.</param>
    /// <param name="batchSize">B ≥ 1; more than the part has is the whole part.</param>
    /// <param name="options">Order, seed, normalisation, buffers; null for the defaults, with as many buffers as serve the trainer's device.</param>
    /// <exception cref="InputException">The part does not fit the model, or a batch size is not possible.</exception>
    public static BatchLoader Loader(this Trainer trainer, DataPart part, int batchSize, BatchLoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return new BatchLoader(part, batchSize, DataFit.Check(trainer.Graph, part),
            options ?? new BatchLoaderOptions { Buffers = BatchLoaderOptions.BuffersFor(trainer.Device) });
    }

    /// <summary>One epoch: every batch of the loader once. After the first epoch a batch allocates nothing.</summary>
    /// <param name="trainer">The trainer. One thread at a time.</param>
    /// <param name="loader">Where the batches come from, see <see cref="Loader"/>.</param>
    /// <param name="epoch">The epoch's number, 0 or more; it selects the order of the samples.</param>
    /// <param name="progress">Told after each batch, on this thread.</param>
    /// <param name="cancellation">Ends the epoch after the batch that is running; what was reached stays and the result says so. Nothing is thrown.</param>
    /// <exception cref="InputException">The batches do not fit the model.</exception>
    /// <exception cref="RunException">An energy is not finite.</exception>
    public static EpochResult TrainEpoch(this Trainer trainer, BatchLoader loader, int epoch, IProgress<EpochProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(loader);
        var watch = Stopwatch.StartNew();
        long updatesBefore = trainer.Updates, samples = 0;
        double energy = 0;
        double[]? vertices = null;
        int batches = 0;
        if (!cancellation.IsCancellationRequested)
        {
            foreach (Batch batch in loader.Epoch(epoch, CancellationToken.None))
            {
                double mean = batch.IsGathered ? trainer.Step(batch.Inputs.Span, batch.Targets.Span, batch.Count) : trainer.Step(batch);
                energy += mean * batch.Count;
                samples += batch.Count;
                batches++;
                vertices ??= new double[trainer.VertexEnergies.Length];
                Accumulate(vertices, trainer.VertexEnergies, batch.Count);
                progress?.Report(new EpochProgress(epoch, batches, loader.BatchesPerEpoch, trainer.Updates - updatesBefore, mean, watch.Elapsed));
                if (cancellation.IsCancellationRequested) break;
            }
        }
        if (vertices is not null) for (int i = 0; i < vertices.Length; i++) vertices[i] /= samples;
        return new EpochResult(energy / samples, vertices ?? [], batches, samples, trainer.Updates - updatesBefore, watch.Elapsed.TotalSeconds,
            batches == loader.BatchesPerEpoch);
    }

    private static void Accumulate(double[] sums, ReadOnlySpan<double> energies, int count)
    {
        for (int i = 0; i < sums.Length; i++) sums[i] += energies[i] * count;
    }
}
