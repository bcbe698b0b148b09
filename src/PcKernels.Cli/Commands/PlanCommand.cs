using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Inputs;
using PcKernels.Cli.Settings;
using PcKernels.Data;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Planning;
using PcKernels.Planning.Printing;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck plan</c>.</summary>
internal static class PlanCommand
{
    private enum Form
    {
        Text,
        Dot,
        Levelled,
    }

    public static CommandSpec Spec { get; } = new("plan", "Shows the program of a rule: waves, tasks, matrix products beside the published counts, FLOP, bytes.",
        ["pck plan --rule pc --steps 8", "pck plan --model model.json --rule zil --plain --json", "pck plan --rule ipc --optimizer sgd --show dot | dot -Tsvg > program.svg"],
        [
            new("model", "FILE", "model file (JSON), or a saved .safetensors file that carries its model", Default: "64-128-128-10, tanh, the digits' model"),
            new("show", "text|dot|levelled", "text; the program, or the levelled graph, in Graphviz's language", Default: "text"),
            new("json", null, "one JSON object instead of text"),
            CommonOptions.Batch with { Value = "B" },
            .. CommonOptions.Training("adam", "adam: 1e-3; sgd: 0.01"),
        ], Run)
    {
        Details = ["Adam, momentum and weight decay move parameters on a zero gradient too: the front of errors ends earlier with them than with plain sgd."],
    };

    private static void Run(CommandContext context)
    {
        OptionValues options = context.Options;
        int batch = options.Batch(TrainingDefaults.Batch) ?? throw new InputException("--batch all: a plan has no data; give the number of samples");
        Form form = options.Choice("show", Form.Text, ("text", Form.Text), ("dot", Form.Dot), ("levelled", Form.Levelled));
        bool isJson = options.Flag("json");
        Device device = DeviceSettings.Read(options);
        Model model = ModelInput.Read(options).Model ?? ModelInput.Default(options, DataSets.Load(DataInput.Default).Train);
        device.Check(model.Graph);
        Rule rule = RuleSettings.Read(options, model.Graph);
        TrainingOptions training = TrainingSettings.Read(options, rule);
        Program program = Planner.Plan(model.Graph, rule, training.ToPlan(batch));

        if (program.NotLearned.Count > 0)
            context.Terminal.Error.WriteLine($"pck: warning: no error reaches {string.Join(", ", program.NotLearned)} in so few steps: they receive no update; raise --steps");
        int size = training.DType.Size();
        context.Terminal.Out.WriteLine((isJson ? ProgramJson.Write(program, size) : form switch
        {
            Form.Dot => ProgramDot.Write(program),
            Form.Levelled => ProgramDot.Write(Levelling.Apply(model.Graph)),
            _ => ProgramText.Write(program, size),
        }).TrimEnd('\n'));
    }
}
