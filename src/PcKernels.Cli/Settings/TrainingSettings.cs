using PcKernels.Cli.CommandLine;
using PcKernels.Graphs;
using PcKernels.Initialization;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Cli.Settings;

/// <summary>Options to what a trainer takes.</summary>
internal static class TrainingSettings
{
    /// <summary>All of them.</summary>
    /// <param name="options">The options.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="optimizer">The optimiser when none is named.</param>
    /// <param name="totalBatches">Batches of the whole run.</param>
    /// <exception cref="InputException">An option is outside its range.</exception>
    public static TrainingOptions Read(OptionValues options, Rule rule, string optimizer = "adam", long totalBatches = 1)
    {
        double decay = options.Number("precision-decay") ?? 0;
        if (!double.IsFinite(decay) || decay < 0) throw new InputException($"--precision-decay {options.Text("precision-decay")}: must be a finite number ≥ 0");
        return new TrainingOptions
        {
            Rule = rule,
            Optimizer = OptimizerSettings.Read(options, optimizer),
            Schedule = OptimizerSettings.Schedule(options, totalBatches),
            TotalBatches = totalBatches,
            ClipNorm = options.Number("clip-norm"),
            OutputVariance = options.Number("output-variance") ?? 1,
            PrecisionDecay = decay,
            DType = DTypeOf(options),
            Seed = options.Seed(),
            Plain = options.Flag("plain"),
            Dual = options.Choice("dual", DualForm.Auto, ("auto", DualForm.Auto), ("never", DualForm.Never), ("always", DualForm.Always)),
        };
    }

    /// <summary>The element type.</summary>
    public static DType DTypeOf(OptionValues options) => options.Choice("dtype", DType.F32, ("f32", DType.F32), ("f64", DType.F64));

    /// <summary>How parameters start.</summary>
    public static InitializationScheme InitOf(OptionValues options) => options.Choice("init", InitializationScheme.PyTorch,
        ("pytorch", InitializationScheme.PyTorch), ("xavier", InitializationScheme.Xavier), ("kaiming", InitializationScheme.Kaiming), ("zeros", InitializationScheme.Zeros));

    /// <summary>The settings in one line, as results show them.</summary>
    public static string Describe(TrainingOptions options, string batch)
    {
        string inference = options.Rule switch
        {
            PredictiveCoding pc => $"T {pc.Steps}, γ {pc.Gamma}{(pc.UpdateEvery is int k ? $", update every {k}" : "")}{(pc.Discount == 1 ? "" : $", discount {pc.Discount}")}{Start(pc.Start)}",
            IncrementalPredictiveCoding ipc => $"T {ipc.Steps}, γ {ipc.Gamma}, {(ipc.Order == UpdateOrder.Simultaneous ? "simultaneous" : "values first")}{Start(ipc.Start)}",
            FixedPrediction fpa => $"T {fpa.Steps}, γ {fpa.Gamma}",
            _ => "",
        };
        string optimizer = options.Optimizer switch
        {
            Sgd sgd => $"sgd {sgd.LearningRate}{(sgd.Momentum == 0 ? "" : $", {(sgd.Nesterov ? "nesterov " : "")}momentum {sgd.Momentum}")}",
            AdamW adamw => $"adamw {adamw.LearningRate}",
            _ => $"adam {options.Optimizer.LearningRate}",
        };
        string decay = options.Optimizer.WeightDecay == 0 ? "" : $", weight decay {options.Optimizer.WeightDecay}";
        string clip = options.ClipNorm is double c ? $", clip {c}" : "";
        string schedule = options.Schedule.Shape == ScheduleShape.Constant ? "" : $", {options.Schedule.Shape.ToString().ToLowerInvariant()} schedule";
        string warmup = options.Schedule.Warmup == 0 ? "" : $", warm-up {options.Schedule.Warmup}";
        string variance = options.OutputVariance == 1 ? "" : $", output variance × {options.OutputVariance}";
        string plain = options.Plain ? ", plain" : "";
        return $"{options.Rule.Name}{(inference.Length == 0 ? "" : $" ({inference})")}, {optimizer}{decay}{clip}{schedule}{warmup}{variance}, batch {batch}, {options.DType.ToString().ToLowerInvariant()}{plain}, seed {options.Seed}";
    }

    private static string Start(ValueStart start) => start == ValueStart.Feedforward ? "" : $", start {start.ToString().ToLowerInvariant()}";
}
