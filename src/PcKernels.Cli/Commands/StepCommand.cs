using System.Globalization;
using PcKernels.Checkpoints;
using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Inputs;
using PcKernels.Cli.Settings;
using PcKernels.Graphs;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck step</c>: one batch, everything shown.</summary>
internal static class StepCommand
{
    private const string BatchPrefix = "batch:";

    public static CommandSpec Spec { get; } = new("step", "Runs one training step on a batch from a file and writes everything it gives.",
        ["pck step --model model.json --parameters parameters.safetensors --batch batch.safetensors --rule pc --steps 8 --gamma 0.1 --optimizer sgd --lr 0.05 --dtype f64 --out result.safetensors"],
        [
            new("model", "NAME|FILE", "a model of pck models, a model file (JSON), or a saved .safetensors file that carries its model", Default: "that of --parameters"),
            new("parameters", "FILE", "parameters before the step (.safetensors)", Default: "initialised by --init and --seed"),
            new("batch", "FILE", "one tensor per input, targets under the outputs' names, perhaps value/NODE (.safetensors)") { InRecipe = false },
            new("out", "FILE", "receives parameters, grad/NAME, value/NODE, error/NODE and energy") { InRecipe = false },
            CommonOptions.Init,
            .. CommonOptions.Training("sgd", "sgd: 0.01; adam: 1e-3"),
        ], Run)
    {
        Details = ["It needs --model (or --parameters with a model inside), --batch and --out."],
    };

    private static void Run(CommandContext context)
    {
        OptionValues options = context.Options;
        string batchPath = options.Required("batch", "give the batch as a .safetensors file"), outPath = options.Required("out", "name the file that receives the result");
        var device = DeviceSettings.Read(options);
        Model model = ModelInput.Read(options).Model ?? throw new InputException("--model is missing; give a model file, or --parameters with a file that carries its model");
        TrainingOptions training = TrainingSettings.Read(options, RuleSettings.Read(options, model.Graph), "sgd") with { KeepGradients = true, FinalErrors = true };
        IReadOnlyDictionary<string, Tensor> batch = Safetensors.Load(batchPath).Tensors;
        string[] unused = UnusedStarts(model.Graph, training.Rule, batch);
        OutputFile.Check(outPath);

        using var trainer = new Trainer(model, training, device);
        Step(trainer, batch.Where(p => !unused.Contains(p.Key)).ToDictionary(), batchPath);
        if (unused.Length > 0) context.Terminal.Error.WriteLine($"pck: note: {string.Join(", ", unused)}: not used, rule {training.Rule.Name} starts from the feedforward values");
        Safetensors.Save(outPath, Results(trainer));
        Show(context.Terminal.Out, trainer, TrainingSettings.Describe(training, $"{trainer.Program!.Options.Batch}"));
    }

    // One batch file serves several rules: bp has no hidden vertices, and zil starts them all without errors.
    private static string[] UnusedStarts(Graph graph, Rule rule, IReadOnlyDictionary<string, Tensor> batch)
    {
        if (rule is not (Backpropagation or ZeroDivergence)) return [];
        return [.. graph.Vertices.Where(v => graph.OutputOf(v.Index) is null).Select(static v => $"value/{v.Name}").Where(batch.ContainsKey)];
    }

    private static void Step(Trainer trainer, IReadOnlyDictionary<string, Tensor> batch, string path)
    {
        try
        {
            trainer.Step(batch);
        }
        catch (InputException error) when (error.Message.StartsWith(BatchPrefix, StringComparison.Ordinal))
        {
            throw new InputException($"{path}{error.Message[(BatchPrefix.Length - 1)..]}", error);
        }
    }

    private static Dictionary<string, Tensor> Results(Trainer trainer)
    {
        var results = new Dictionary<string, Tensor>();
        foreach (ParameterInfo parameter in trainer.Graph.Parameters)
        {
            results.Add(parameter.Name, trainer.Parameter(parameter.Name));
            results.Add($"grad/{parameter.Name}", trainer.Gradient(parameter.Name));
        }
        foreach (string vertex in trainer.ReadableVertices.ToArray())
        {
            results.Add($"value/{vertex}", trainer.Value(vertex));
            if (trainer.Program!.Results.ContainsKey($"error/{vertex}")) results.Add($"error/{vertex}", trainer.Error(vertex));
        }
        double[] energies = trainer.Energies();
        results.Add("energy", Tensor.From<double>(energies, energies.Length).To(trainer.Options.DType));
        return results;
    }

    private static void Show(TextWriter to, Trainer trainer, string settings)
    {
        to.WriteLine($"settings  {settings}");
        to.WriteLine("step      energy");
        foreach ((int step, double energy) in trainer.Energies().Index()) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{step,-9} {energy:G9}"));
        (string largest, double size) = trainer.Graph.Parameters.Select(p => (p.Name, trainer.Gradient(p.Name).ToDoubles().Select(Math.Abs).DefaultIfEmpty(0).Max())).DefaultIfEmpty(("none", 0)).MaxBy(static p => p.Item2);
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"largest |grad|  {size:G6} in {largest}; {trainer.Updates} updates"));
    }
}
