using PcKernels.Cli.CommandLine;

namespace PcKernels.Cli.Benchmarks;

/// <summary>PCX's scaling protocol: batch 32, width 64, two layers, T = 8, then one of these times a factor.</summary>
/// <param name="Dimension">What is scaled.</param>
/// <param name="Factor">How many times.</param>
/// <param name="Setting">What comes of it.</param>
/// <remarks>Published from feedforward values, where most of the work is on zeros; <c>--start random</c> has every error alive.</remarks>
internal sealed record ScaledSetting(string Dimension, int Factor, BenchSetting Setting)
{
    /// <summary>The largest factor.</summary>
    public const int Most = 6;

    private const int Batch = 32;
    private const int Width = 64;
    private const int Layers = 2;
    private const int Steps = 8;

    /// <summary>All settings of the protocol, for each rule, start and number of workers; the unscaled one once in each dimension.</summary>
    /// <exception cref="InputException">A value is wrong, or given where the protocol fixes it.</exception>
    public static List<ScaledSetting> Read(OptionValues options)
    {
        foreach (string name in (string[])["model", "parameters", "nets", "layers", "width", "batch", "steps"])
        {
            if (options.Has(name)) throw new InputException($"--{name}: --scaling fixes it (batch {Batch}, width {Width}, {Layers} layers, T = {Steps}, each times 1 to {Most}); leave one of the two out");
        }
        OptionValues used = options.Has("lr") ? options : options.With("lr", BenchPlan.LearningRate);
        if (!options.Has("start")) used = used.With("start", "feedforward,random");
        var settings = new List<ScaledSetting>();
        foreach (OptionValues rule in BenchPlan.Rules(used, "pc,ipc"))
            foreach (int threads in BenchPlan.Threads(options))
                for (int dimension = 0; dimension < 4; dimension++)
                    for (int factor = 1; factor <= Most; factor++)
                        settings.Add(Make(rule, threads, dimension, factor));
        // A rule without a start of its own is there once for every start.
        return [.. settings.DistinctBy(static s => (s.Dimension, s.Factor, s.Setting.Options.Rule, s.Setting.Options.Plain, s.Setting.Threads))];
    }

    private static ScaledSetting Make(OptionValues options, int threads, int dimension, int factor)
    {
        string[] names = ["batch", "width", "layers", "T"];
        int[] sizes = [Batch, Width, Layers, Steps];
        sizes[dimension] *= factor;
        BenchNet net = BenchNet.Made($"{sizes[2]} layers of {sizes[1]}", [.. Enumerable.Repeat(sizes[1], sizes[2] + 1)], sizes[0], options);
        return new ScaledSetting(names[dimension], factor, BenchPlan.Make(net, sizes[0], options.With("steps", $"{sizes[3]}"), threads));
    }
}
