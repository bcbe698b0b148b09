using PcKernels.Checkpoints;
using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Inputs;
using PcKernels.Data.Training;
using PcKernels.Graphs;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck predict</c>.</summary>
internal static class PredictCommand
{
    public static CommandSpec Spec { get; } = new("predict", "Writes a trained file's predictions for a data set.",
        ["pck predict --parameters trained.safetensors --out predictions.safetensors", "pck predict --parameters trained.safetensors --data FOLDER --part train --out predictions.safetensors"],
        [.. SavedModel.Options, new("out", "FILE", "receives prediction [N, outputs] and, with classes, label [N] (I64)") { InRecipe = false }], Run);

    private static void Run(CommandContext context)
    {
        string path = context.Options.Required("out", "name the file that receives the predictions");
        using SavedModel saved = SavedModel.Read(context.Options);
        OutputFile.Check(path);
        float[] predictions = saved.Trainer.Predict(saved.Part, normalisation: saved.Normalisation, cancellation: context.Cancellation);
        Output output = saved.Trainer.Graph.Outputs[0];
        Node node = saved.Trainer.Graph.Nodes[output.Node];
        int count = saved.Part.Count;
        var tensors = new Dictionary<string, Tensor>
        {
            ["prediction"] = Tensor.From<float>(predictions, [count, .. node.Shape]).To(saved.Trainer.Options.DType),
        };
        bool hasLabels = node.Shape.Count == 1 && (saved.Part.Classes > 0 || output.Likelihood == Likelihood.Categorical);
        if (hasLabels)
        {
            long[] labels = [.. Enumerable.Range(0, count).Select(i => (long)ModelEvaluation.IndexOfLargest(predictions.AsSpan(i * node.Count, node.Count)))];
            tensors.Add("label", Tensor.From<long>(labels, count));
        }
        Safetensors.Save(path, tensors);
        context.Terminal.Out.WriteLine($"{saved.Part.Name}: prediction {Tensor.FormatShape([count, .. node.Shape])}{(hasLabels ? $", label [{count}]" : "")} in {path}");
    }
}
