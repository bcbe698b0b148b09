using System.Globalization;
using PcKernels.Cli.Benchmarks;
using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Inputs;
using PcKernels.Cli.Reports;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck bench</c>.</summary>
internal static class BenchCommand
{
    private const double DefaultSeconds = 0.3;
    private const int DefaultRounds = 10;

    public static CommandSpec Spec { get; } = new("bench", "Times whole batches by rule, depth, width, batch, threads and savings, beside the floor that the machine sets.",
        [
            "pck bench",
            "pck bench --model model.json --rule ipc --batch 20 --threads 1 --json",
            "pck bench --nets a,b,c32,784-4x1024-10@256 --rules bp,pc,ipc --start feedforward,random --plain both --threads 1,2",
            "pck bench --layers 4,8,32 --width 64,256 --batch 32 --rules pc --log bench.jsonl",
            "pck bench --scaling --rules pc",
            "pck bench --device cuda --nets 256-63x256-256@32 --rules bp,ipc --start random",
        ],
        [
            ModelInput.ModelOption with { Help = "a model of pck models, a model file (JSON) or saved .safetensors file to be timed", Default = "--layers by --width" },
            ModelInput.ParametersOption,
            new("nets", "NET,…", $"nets by name ({string.Join("; ", BenchNet.Known.Select(static n => $"{n.Key} = {n.Value}"))}), a model of pck models as NAME@batch, or inputs-hidden-outputs@batch"),
            new("layers", "L,…", "weight layers, tanh between them, all of one width", Default: "4,16"),
            new("width", "W,…", "units of every layer", Default: "64,256"),
            new("rules", "bp,pc,…", "the rules", Default: "--rule, else bp,pc,ipc"),
            new("scaling", null, "PCX's protocol: batch 32, width 64, 2 layers, T = 8, then each of these times 1 to 6, from feedforward and from random values"),
            new("seconds", "s", "time measured of each combination", Default: DefaultSeconds.ToString(CultureInfo.InvariantCulture)),
            new("rounds", "n", "rounds that it is shared out to; each round times every combination once", Default: $"{DefaultRounds}"),
            new("json", null, "one JSON object instead of a table: results, each with \"ms\": {\"median\": …, \"min\": …}"),
            new("log", "FILE", "appends one JSON object per combination") { InRecipe = false },
            CommonOptions.Batch with { Value = "B,…", Help = "samples in a batch", Default = "the net's, else 32" },
            CommonOptions.Init,
            .. CommonOptions.Training("sgd", BenchPlan.LearningRate).Select(Listed),
        ], Run)
    {
        Details =
        [
            "Options with commas take lists; every combination is timed. Inputs and targets are made up and stay where they are. Results are held",
            "against f64 before anything is timed; then combinations are timed in turn, round by round. Ctrl+C ends with the rounds that are done.",
        ],
    };

    private static OptionSpec Listed(OptionSpec option) => option.Name switch
    {
        "rule" => option with { Help = "one rule; as in other commands, for recipes", Default = "--rules" },
        "steps" => option with { Value = "T,…" },
        "start" => option with { Value = "feedforward,random", Help = "pc, ipc: where values start; random: every error is alive from the first step" },
        "threads" => option with { Value = "N,…" },
        "plain" => option with { Value = "true|false|both", IsValueOptional = true },
        _ => option,
    };

    private static void Run(CommandContext context)
    {
        OptionValues options = context.Options;
        bool isJson = options.Flag("json");
        double seconds = options.Number("seconds") ?? DefaultSeconds;
        if (!(seconds > 0 && double.IsFinite(seconds))) throw new InputException($"--seconds {options.Text("seconds")}: must be a finite number > 0");
        var run = new BenchRun(seconds, options.Whole("rounds", 1) ?? DefaultRounds);
        ScaledSetting[] scaled = options.Flag("scaling") ? [.. ScaledSetting.Read(options)] : [];
        List<BenchSetting> settings = scaled.Length > 0 ? [.. scaled.Select(static s => s.Setting)] : BenchPlan.Read(options);
        using JsonLog? log = options.Text("log") is string path ? new JsonLog(path) : null;

        List<BenchResult> results = run.Measure(settings, context.Cancellation);
        if (log is not null) BenchText.WriteLog(log, results);
        if (isJson)
        {
            BenchText.WriteJson(context.Terminal.Out, run, results);
            return;
        }
        TextWriter to = context.Terminal.Out;
        to.WriteLine($"machine   {Machine.Describe()}");
        if (settings[0].Other is { } device) to.WriteLine($"device    {device.Description}");
        if (run.Peaks.Count > 0) to.WriteLine($"peak      {BenchText.Peaks(run)}, {settings[0].Options.DType.ToString().ToLowerInvariant()}");
        if (run.Calm is double calm) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"calm      {calm:P0} of a processor were left by others: a product in the first-level cache between slices, its median over its best"));
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"settings  {seconds} s of each in {run.Done} rounds{(context.Cancellation.IsCancellationRequested ? ", interrupted" : "")}; {options.Text("optimizer") ?? "sgd"} {options.Text("lr") ?? BenchPlan.LearningRate}, seed {options.Seed()}"));
        to.WriteLine();
        if (scaled.Length > 0) BenchText.WriteScaling(context.Terminal, [.. scaled.Zip(results)]);
        else BenchText.Write(context.Terminal, results);
    }
}
