using System.Globalization;
using PcKernels.Data.Training;

namespace PcKernels.Cli.Reports;

/// <summary>The figure that tells how good a model is: accuracy with classes, else the mean squared error, else (categorical outputs without classes) the energy.</summary>
internal static class Metric
{
    /// <summary>The figure's name in logs, without the part.</summary>
    public static string Key(Evaluation evaluation) => evaluation.Accuracy is not null ? "accuracy" : evaluation.MeanSquaredError is not null ? "mse" : "energy";

    /// <summary>The figure.</summary>
    public static double Value(Evaluation evaluation) => evaluation.Accuracy ?? evaluation.MeanSquaredError ?? evaluation.Energy;

    /// <summary>The figure for people, such as <c>accuracy 96.4 %</c>.</summary>
    public static string Text(Evaluation evaluation) => $"{Name(evaluation)} {Number(evaluation)}{Bits(evaluation)}";

    /// <summary>The name in logs of <see cref="Evaluation.BitsPerToken"/>; the tokens of all texts here are characters.</summary>
    public const string BitsKey = "bits_per_character";

    private static string Bits(Evaluation evaluation) =>
        evaluation.BitsPerToken is double bits ? string.Create(CultureInfo.InvariantCulture, $", {bits:F4} bits per character") : "";

    /// <summary>What people call it.</summary>
    public static string Name(Evaluation evaluation) => Key(evaluation) == "mse" ? "mean squared error" : Key(evaluation);

    /// <summary>Its number for people.</summary>
    public static string Number(Evaluation evaluation) => evaluation.Accuracy is double accuracy
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * accuracy:F2} %")
        : Value(evaluation).ToString("G5", CultureInfo.InvariantCulture);
}
