using System.Globalization;
using PcKernels.Cli.CommandLine;
using PcKernels.Graphs;
using PcKernels.Models;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck models</c>.</summary>
internal static class ModelsCommand
{
    public static CommandSpec Spec { get; } = new("models", "Lists the models that ship, or prints one's model file.",
        ["pck models", "pck models alexnet-small", "pck plan --model resnet18 --rule zil"], [], Run)
    {
        Argument = "NAME",
        Details = ["Wherever --model takes a file it takes one of these names too. The name always means the model that ships; a file of the same name is ./NAME."],
    };

    private static void Run(CommandContext context)
    {
        TextWriter to = context.Terminal.Out;
        if (context.Options.Argument is string name)
        {
            to.Write(ShippedModels.Find(name).ReadJson());
            return;
        }
        foreach (ShippedModel model in ShippedModels.All) Describe(to, model);
    }

    private static void Describe(TextWriter to, ShippedModel model)
    {
        Graph graph = model.ReadGraph();
        to.WriteLine($"{model.Name}: {model.Description}");
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  sizes    {graph.Parameters.Sum(static p => p.Count):N0} parameters, {graph.Vertices.Count} vertices"));
        to.WriteLine($"  inputs   {string.Join(", ", graph.Inputs.Select(static i => $"{i.Name} {Tensor.FormatShape(i.Shape)}"))}; output {Tensor.FormatShape(graph.Nodes[graph.Outputs[0].Node].Shape)}, {graph.Outputs[0].Likelihood.ToString().ToLowerInvariant()}");
        to.WriteLine($"  data     {model.Data}");
        to.WriteLine($"  source   {model.Source}");
    }
}
