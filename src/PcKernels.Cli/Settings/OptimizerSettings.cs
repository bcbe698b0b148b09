using PcKernels.Cli.CommandLine;
using PcKernels.Optimizers;

namespace PcKernels.Cli.Settings;

/// <summary>Options to an optimiser and a schedule.</summary>
internal static class OptimizerSettings
{
    private const double StepFactor = 0.1;
    private const int StepParts = 3;

    /// <summary>The optimiser.</summary>
    /// <param name="options">The options.</param>
    /// <param name="fallback">The optimiser when none is named.</param>
    /// <exception cref="InputException">A number is outside its range, or the optimiser has no such option.</exception>
    public static Optimizer Read(OptionValues options, string fallback)
    {
        string name = options.Choice("optimizer", fallback, ("sgd", "sgd"), ("adam", "adam"), ("adamw", "adamw"));
        double rate = options.Number("lr") ?? DefaultRate(name);
        double decay = options.Number("weight-decay") ?? (name == "adamw" ? TrainingDefaults.AdamWDecay : 0);
        double momentum = options.Number("momentum") ?? 0;
        bool nesterov = options.Flag("nesterov");
        if (name != "sgd" && (momentum != 0 || nesterov))
            throw new InputException($"--{(nesterov ? "nesterov" : $"momentum {options.Text("momentum")}")}: {name} has no such option; use --optimizer sgd or leave it out");
        return name switch
        {
            "sgd" => new Sgd(rate, momentum, nesterov, decay),
            "adam" => new Adam(rate, decay),
            _ => new AdamW(rate, decay),
        };
    }

    /// <summary>The schedule of the learning rate.</summary>
    /// <param name="options">The options.</param>
    /// <param name="totalBatches">Batches of the whole run.</param>
    /// <exception cref="InputException">A number is outside its range.</exception>
    public static LearningRateSchedule Schedule(OptionValues options, long totalBatches)
    {
        long warmup = options.Whole("warmup", 0) ?? 0;
        return options.Choice("schedule", ScheduleShape.Constant, ("constant", ScheduleShape.Constant), ("cosine", ScheduleShape.Cosine), ("step", ScheduleShape.Step)) switch
        {
            ScheduleShape.Cosine => LearningRateSchedule.Cosine(warmup),
            ScheduleShape.Step => LearningRateSchedule.Step(Math.Max(1, (totalBatches - warmup + StepParts - 1) / StepParts), StepFactor, warmup),
            _ => LearningRateSchedule.Constant(warmup),
        };
    }

    private static double DefaultRate(string optimizer) =>
        optimizer == "sgd" ? TrainingDefaults.SgdRate : TrainingDefaults.AdamRate;
}
