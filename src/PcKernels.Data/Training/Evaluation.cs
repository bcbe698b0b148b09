namespace PcKernels.Data.Training;

/// <summary>How well a model predicts a part of a data set.</summary>
/// <param name="Count">Samples.</param>
/// <param name="Correct">Samples, or for sequences positions, whose largest output is their class; null without classes.</param>
/// <param name="MeanSquaredError">The mean over samples and outputs of (prediction − target)²; null for a categorical output, whose numbers are logits.</param>
/// <param name="Energy">The mean over samples of the output's energy at the prediction: what BP minimises.</param>
public sealed record Evaluation(int Count, int? Correct, double? MeanSquaredError, double Energy)
{
    /// <summary>Labels that count for <see cref="Accuracy"/>: one a sample, or for sequences one a position (a hidden one, if some are hidden).</summary>
    public long Labels { get; init; } = Count;

    /// <summary>The share of <see cref="Correct"/> samples (of positions for sequences), from 0 to 1; null without classes.</summary>
    public double? Accuracy => (double?)Correct / Labels;

    /// <summary>For sequences of tokens with a categorical output: −log₂ of the probability of a token, on the mean over the positions that count; else null.</summary>
    public double? BitsPerToken { get; init; }
}
