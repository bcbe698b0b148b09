using PcKernels.Data.Batches;
using PcKernels.Training;

namespace PcKernels.Data.Training;

/// <summary>Predicts and evaluates whole parts with the parameters as they are.</summary>
public static class ModelEvaluation
{
    private const int DefaultBatch = 200;

    /// <summary>Compares the predictions of a part with its labels or target numbers.</summary>
    /// <param name="trainer">The trainer. One thread at a time.</param>
    /// <param name="part">Samples with labels or target numbers.</param>
    /// <param name="batch">Samples predicted at once; the figures do not depend on it.</param>
    /// <param name="normalisation">What the model was trained with; null for nothing.</param>
    /// <param name="cancellation">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InputException">The part does not fit the model, or has nothing to compare with.</exception>
    /// <exception cref="RunException">A prediction is not finite.</exception>
    public static Evaluation Evaluate(this Trainer trainer, DataPart part, int batch = DefaultBatch, Normalisation? normalisation = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(part);
        if (part.IsUnlabelled) throw new InputException($"'{part.Name}' has inputs only, neither labels nor target numbers; there is nothing to compare predictions with");
        int outputs = DataFit.Check(trainer.Graph, part);
        var measure = new OutputEnergy(trainer);
        var labels = new LabelCount(part, measure);
        double energy = 0, squares = 0;
        var target = new float[outputs];
        Predict(trainer, part, outputs, outputs, batch, normalisation, (rows, predictions) =>
        {
            for (int i = 0; i < rows.Count; i++)
            {
                ReadOnlySpan<float> prediction = predictions.Span.Slice(i * outputs, outputs);
                rows.CopyTarget(i, target);
                energy += measure.Of(prediction, target);
                if (part.Classes > 0) labels.Add(rows, i, prediction, target);
                for (int k = 0; k < outputs; k++) squares += ((double)prediction[k] - target[k]) * ((double)prediction[k] - target[k]);
            }
        }, cancellation);
        double? mean = measure.IsCategorical ? null : squares / ((double)part.Count * outputs);
        return new Evaluation(part.Count, part.Classes > 0 ? labels.Correct : null, mean, energy / part.Count) { Labels = part.Classes > 0 ? labels.Count : part.Count, BitsPerToken = labels.Bits };
    }

    /// <summary>Predicts a whole part.</summary>
    /// <param name="trainer">The trainer. One thread at a time.</param>
    /// <param name="part">Samples; labels are not looked at.</param>
    /// <param name="batch">Samples predicted at once.</param>
    /// <param name="normalisation">What the model was trained with; null for nothing.</param>
    /// <param name="cancellation">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>μ of the output, <c>[Count, outputs]</c> row-major, in the order of the part.</returns>
    /// <exception cref="InputException">The part does not fit the model.</exception>
    /// <exception cref="RunException">A prediction is not finite.</exception>
    public static float[] Predict(this Trainer trainer, DataPart part, int batch = DefaultBatch, Normalisation? normalisation = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(part);
        DataFit.Check(trainer.Graph, part);
        int outputs = trainer.Graph.Nodes[trainer.Graph.Outputs[0].Node].Count;
        var all = new float[checked(part.Count * outputs)];
        int done = 0;
        Predict(trainer, part, outputs, 0, batch, normalisation, (rows, predictions) =>
        {
            predictions.Span.CopyTo(all.AsSpan(done * outputs));
            done += rows.Count;
        }, cancellation);
        return all;
    }

    /// <summary>The index of the largest number; the first of equal ones.</summary>
    public static int IndexOfLargest(ReadOnlySpan<float> numbers)
    {
        int best = 0;
        for (int i = 1; i < numbers.Length; i++)
            if (numbers[i] > numbers[best]) best = i;
        return best;
    }

    private static void Predict(Trainer trainer, DataPart part, int outputs, int targets, int batch, Normalisation? normalisation,
        Action<Batch, ReadOnlyMemory<float>> take, CancellationToken cancellation)
    {
        using var loader = new BatchLoader(part, batch, targets, new BatchLoaderOptions { Shuffle = false, Normalisation = normalisation, Buffers = BatchLoaderOptions.BuffersFor(trainer.Device) });
        var predictions = new float[loader.BatchSize * outputs];
        foreach (Batch rows in loader.Epoch(0, cancellation))
        {
            Memory<float> these = predictions.AsMemory(0, rows.Count * outputs);
            if (rows.IsGathered) trainer.Predict(rows.Inputs.Span, rows.Count, these.Span);
            else trainer.Predict(rows, these.Span);
            int wrong = these.Span.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            if (wrong >= 0) throw new RunException($"the prediction of sample {rows.Index * loader.BatchSize + wrong / outputs} of '{part.Name}' holds {these.Span[wrong]}; train with a smaller --gamma or --lr");
            take(rows, these);
        }
    }
}
