using PcKernels.Cli.Benchmarks;
using PcKernels.Cli.CommandLine;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Bench;

/// <summary>The nets that <c>pck bench</c> knows by name, and the settings that its numbers are taken with.</summary>
internal static class BenchNets
{
    private const double Gamma = 0.1;
    private const double Rate = 0.001;

    /// <summary>By name, or as inputs-hidden-outputs@batch.</summary>
    public static BenchNet Get(string name) => BenchNet.Read(new OptionValues(new Dictionary<string, string> { ["nets"] = name }))[0];

    /// <summary>A rule by its name; <c>random</c> behind it starts with every error alive.</summary>
    public static Rule RuleOf(string name) => name switch
    {
        "bp" => new Backpropagation(),
        "zil" => new ZeroDivergence(),
        "pc" => new PredictiveCoding { Gamma = Gamma },
        "pc random" => new PredictiveCoding { Gamma = Gamma, Start = ValueStart.Random },
        "ipc" => new IncrementalPredictiveCoding { Gamma = Gamma },
        "ipc random" => new IncrementalPredictiveCoding { Gamma = Gamma, Start = ValueStart.Random },
        _ => throw new ArgumentException($"no rule '{name}'", nameof(name)),
    };

    /// <summary>A net's batch under a rule.</summary>
    public static BenchSetting Setting(string net, string rule, int threads, bool plain = false)
    {
        BenchNet found = Get(net);
        return new BenchSetting(found, found.Batch, new TrainingOptions { Rule = RuleOf(rule), Optimizer = new Sgd(Rate), Plain = plain }, threads);
    }
}
