using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Inputs;
using PcKernels.Cli.Reports;
using PcKernels.Cli.Settings;
using PcKernels.Cuda;
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
        LevelledSvg,
    }

    public static CommandSpec Spec { get; } = new("plan", "Shows the program of a rule: waves, tasks, matrix products beside the published counts, FLOP, bytes.",
        ["pck plan --rule pc --steps 8", "pck plan --model resnet18 --rule zil --plain --json", "pck plan --rule ipc --optimizer sgd --device cuda --limits h100", "pck plan --rule ipc --optimizer sgd --show dot | dot -Tsvg > program.svg", "pck plan --model resnet18 --show levelled-svg > levels.svg"],
        [
            new("model", "NAME|FILE", "a model of pck models, a model file (JSON), or a saved .safetensors file that carries its model", Default: "64-128-128-10, tanh, the digits' model"),
            new("show", "text|dot|levelled|levelled-svg", "text; the program, or the levelled graph, in Graphviz's language; a picture of the levels", Default: "text"),
            new("json", null, "one JSON object instead of text"),
            new("limits", "h100|h200|a100", "plan for a GPU of these limits; none has to be there", Default: "the device's own"),
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
        Form form = options.Choice("show", Form.Text, ("text", Form.Text), ("dot", Form.Dot), ("levelled", Form.Levelled), ("levelled-svg", Form.LevelledSvg));
        bool isJson = options.Flag("json");
        CudaLimits? limits = DeviceSettings.Limits(options);
        CudaExecution execution = DeviceSettings.Execution(options);
        CudaMath math = DeviceSettings.Math(options);
        long? cublasFrom = DeviceSettings.CublasFrom(options);
        Graph graph = ModelInput.ReadGraph(options) ?? ModelInput.Default(options, DataSets.Load(DataInput.Default).Train).Graph;
        if (limits is not null) Device.Check(graph, options.Text("device")!, CudaDevice.HasKernel);
        Rule rule = RuleSettings.Read(options, graph);
        TrainingOptions training = TrainingSettings.Read(options, rule);
        Program program = Planner.Plan(graph, rule, training.ToPlan(batch));

        if (program.NotLearned.Count > 0)
            context.Terminal.Error.WriteLine($"pck: warning: no error reaches {string.Join(", ", program.NotLearned)} in so few steps: they receive no update; raise --steps");
        int size = training.DType.Size();
        context.Terminal.Out.WriteLine((isJson ? ProgramJson.Write(program, size) : form switch
        {
            Form.Dot => ProgramDot.Write(program),
            Form.Levelled => ProgramDot.Write(Levelling.Apply(graph)),
            Form.LevelledSvg => LevelSvg.Write(graph),
            _ => ProgramText.Write(program, size),
        }).TrimEnd('\n'));
        if (limits is not null && form == Form.Text && !isJson)
            ExecutionText.Write(context.Terminal.Out, program, training.DType, limits, math, CudaExecutionPlan.Of(program, training.DType, limits, execution, math, cublasFrom));
    }
}
