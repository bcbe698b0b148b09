using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Settings;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Cli.Benchmarks;

/// <summary>Options to the settings that <c>pck bench</c> measures: every combination of its lists.</summary>
internal static class BenchPlan
{
    /// <summary>α when none is given: small, so that the same batch can be learned thousands of times and stay an ordinary one.</summary>
    public const string LearningRate = "0.001";

    private const int MostSettings = 2000;

    /// <summary>All settings, those that differ only in what a rule lacks once.</summary>
    /// <exception cref="InputException">A value is wrong, or the product of the lists is too long.</exception>
    public static List<BenchSetting> Read(OptionValues options)
    {
        OptionValues used = options.Has("lr") ? options : options.With("lr", LearningRate);
        var settings = new Dictionary<string, BenchSetting>();
        foreach (BenchNet net in BenchNet.Read(options))
            foreach (int batch in options.Wholes("batch", 1, $"{net.Batch}"))
                foreach (OptionValues one in Rules(used))
                    foreach (int threads in Threads(options))
                    {
                        BenchSetting setting = Make(net, batch, one, threads);
                        if (settings.TryAdd(Key(setting), setting) && settings.Count > MostSettings)
                            throw new InputException($"more than {MostSettings} combinations of options; measure fewer at a time");
                    }
        return [.. settings.Values];
    }

    /// <summary>The numbers of workers that were asked for.</summary>
    public static int[] Threads(OptionValues options) =>
        [.. options.List("threads", "0").Select(n => DeviceSettings.Read(options.With("threads", n)) is CpuDevice cpu ? cpu.Threads : 0).Distinct()];

    /// <summary>One setting.</summary>
    public static BenchSetting Make(BenchNet net, int batch, OptionValues options, int threads)
    {
        Rule rule = RuleSettings.Make(RuleSettings.Name(options), options, net.Model.Graph);
        TrainingOptions training = TrainingSettings.Read(options, rule, "sgd");
        // A rule that does not fit the net is told before any work is done.
        Planner.Plan(net.Model.Graph, rule, training.ToPlan(batch));
        return new BenchSetting(net, batch, training, threads, threads == 0 ? DeviceSettings.Read(options.With("threads", "0")) : null);
    }

    /// <summary>Rules, steps, starts and savings, each combination as options of one run.</summary>
    public static IEnumerable<OptionValues> Rules(OptionValues options, string fallback = "bp,pc,ipc")
    {
        string list = options.Has("rules") ? "rules" : "rule";
        foreach (string rule in options.List(list, fallback))
        {
            if (!Rule.Names.Contains(rule)) throw new InputException($"--{list} {rule}: unknown; {Suggestion.Of(rule, Rule.Names)}");
            foreach (OptionValues stepped in options.Has("steps") ? options.List("steps").Select(n => options.With("steps", n)) : [options])
                foreach (string start in options.List("start", "feedforward"))
                    foreach (string plain in Plain(options))
                        yield return stepped.With("rule", rule).With("start", start).With("plain", plain);
        }
    }

    private static string[] Plain(OptionValues options) => options.Text("plain") switch
    {
        null or "false" => ["false"],
        "true" => ["true"],
        "both" => ["false", "true"],
        string other => throw new InputException($"--plain {other}: true, false or both is expected"),
    };

    private static string Key(BenchSetting setting) =>
        $"{setting.Net.Name}|{setting.Batch}|{setting.Options.Rule}|{setting.Options.Plain}|{setting.Threads}";
}
