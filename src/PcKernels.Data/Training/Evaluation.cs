namespace PcKernels.Data.Training;

/// <summary>How well a model predicts a part of a data set.</summary>
/// <param name="Count">Samples.</param>
/// <param name="Correct">Samples whose largest output is their class; null without classes.</param>
/// <param name="MeanSquaredError">The mean over samples and outputs of (prediction − target)²; null for a categorical output, whose numbers are logits.</param>
/// <param name="Energy">The mean over samples of the output's energy at the prediction: what BP minimises.</param>
public sealed record Evaluation(int Count, int? Correct, double? MeanSquaredError, double Energy)
{
    /// <summary>The share of <see cref="Correct"/> samples, from 0 to 1; null without classes.</summary>
    public double? Accuracy => (double?)Correct / Count;
}
