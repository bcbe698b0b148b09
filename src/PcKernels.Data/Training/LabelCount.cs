using PcKernels.Data.Batches;

namespace PcKernels.Data.Training;

/// <summary>Counts labels that were found, one a sample or one a position; where tokens are hidden, at the hidden positions only.</summary>
internal sealed class LabelCount(DataPart part, OutputEnergy measure)
{
    private double _energy;

    /// <summary>Labels that count.</summary>
    public long Count { get; private set; }

    /// <summary>Of these, those with the largest output.</summary>
    public int Correct { get; private set; }

    /// <summary>−log₂ of the probability of a token, on the mean; null but for tokens and a categorical output.</summary>
    public double? Bits => part.IsTokens && measure.IsCategorical && Count > 0 ? _energy / Count / Math.Log(2) : null;

    /// <summary>Adds one sample.</summary>
    public void Add(Batch batch, int sample, ReadOnlySpan<float> prediction, ReadOnlySpan<float> target)
    {
        ReadOnlySpan<int> labels = batch.Labels.Span.Slice(sample * part.Positions, part.Positions);
        ReadOnlySpan<float> input = part.MaskToken is null ? [] : batch.Inputs.Span.Slice(sample * part.SampleSize, part.SampleSize);
        int width = prediction.Length / labels.Length;
        for (int p = 0; p < labels.Length; p++)
        {
            if (part.MaskToken is int mask && input[p] != mask) continue;
            ReadOnlySpan<float> outputs = prediction.Slice(p * width, width);
            Count++;
            if (ModelEvaluation.IndexOfLargest(outputs) == labels[p]) Correct++;
            if (part.IsTokens) _energy += measure.Of(outputs, target.Slice(p * width, width));
        }
    }
}
