namespace PcKernels.Data.Training;

/// <summary>How well a model predicts a part of a data set.</summary>
/// <param name="Count">Samples.</param>
/// <param name="Correct">Samples, or for sequences positions of all samples, whose largest output is their class; null without classes.</param>
/// <param name="MeanSquaredError">The mean over samples and outputs of (prediction − target)²; null for a categorical output, whose numbers are logits.</param>
/// <param name="Energy">The mean over samples of the output's energy at the prediction: what BP minimises.</param>
public sealed record Evaluation(int Count, int? Correct, double? MeanSquaredError, double Energy)
{
    /// <summary>Labels of one sample: more than 1 for sequences.</summary>
    public int Positions { get; init; } = 1;

    /// <summary>The share of <see cref="Correct"/> samples (of positions for sequences), from 0 to 1; null without classes.</summary>
    public double? Accuracy => (double?)Correct / ((double)Count * Positions);

    /// <summary>For sequences of tokens with a categorical output: −log₂ of the probability of a position's token, on the mean; else null.</summary>
    public double? BitsPerToken => Positions > 1 && MeanSquaredError is null ? Energy / Positions / Math.Log(2) : null;
}
