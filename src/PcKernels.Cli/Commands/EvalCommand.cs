using System.Globalization;
using System.Text.Json;
using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Reports;
using PcKernels.Data.Training;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck eval</c>.</summary>
internal static class EvalCommand
{
    public static CommandSpec Spec { get; } = new("eval", "Evaluates a trained file on a data set: accuracy or mean squared error, and the output's energy.",
        ["pck eval --parameters trained.safetensors", "pck eval --parameters trained.safetensors --data FOLDER --part train --json"],
        [.. SavedModel.Options, new("json", null, "one JSON object instead of text")], Run);

    private static void Run(CommandContext context)
    {
        bool isJson = context.Options.Flag("json");
        using SavedModel saved = SavedModel.Read(context.Options);
        Evaluation evaluation = saved.Trainer.Evaluate(saved.Part, normalisation: saved.Normalisation, cancellation: context.Cancellation);
        TextWriter to = context.Terminal.Out;
        if (isJson)
        {
            to.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object?>
            {
                ["data"] = saved.Part.Name,
                ["count"] = evaluation.Count,
                ["accuracy"] = evaluation.Accuracy,
                ["mse"] = evaluation.MeanSquaredError,
                [Metric.BitsKey] = evaluation.BitsPerToken,
                ["energy"] = evaluation.Energy,
            }));
            return;
        }
        string correct = evaluation.Correct is int count ? $" ({count} of {evaluation.Labels})" : $" ({evaluation.Count} samples)";
        to.WriteLine($"{saved.Part.Name}: {Metric.Text(evaluation)}{correct}");
        if (evaluation.Accuracy is not null && evaluation.MeanSquaredError is double mse) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"mean squared error {mse:G6}"));
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"energy {evaluation.Energy:G6}"));
    }
}
