using PcKernels.Cli.CommandLine;
using PcKernels.Graphs;
using PcKernels.Rules;

namespace PcKernels.Cli.Settings;

/// <summary>Options to a rule. Everything given is checked, whether the rule has it or not.</summary>
internal static class RuleSettings
{
    // What stands beside an option is its meaning when it is left out: giving it to a rule that lacks it changes nothing.
    private static readonly (string Option, string Neutral, string[] Rules)[] s_special =
    [
        ("update-every", "", ["pc"]),
        ("order", "simultaneous", ["ipc"]),
        ("discount", "1", ["pc"]),
        ("start", "feedforward", ["pc", "ipc"]),
        ("value-momentum", "0", ["pc", "ipc"]),
    ];

    /// <summary>The name given, or iPC.</summary>
    public static string Name(OptionValues options) => options.Choice("rule", "ipc", [.. Rule.Names.Select(static n => (n, n))]);

    /// <summary>The rule that was asked for.</summary>
    /// <exception cref="InputException">An option is outside its range, or the rule has no such option.</exception>
    public static Rule Read(OptionValues options, Graph graph)
    {
        string name = Name(options);
        foreach ((string option, string neutral, string[] rules) in s_special)
        {
            if (options.Text(option) is string text && text != neutral && !rules.Contains(name))
                throw new InputException($"--{option} {text}: rule {name} has no such option, it belongs to {string.Join(" and ", rules)}; leave it out or use --rule {rules[0]}");
        }
        return Make(name, options, graph);
    }

    /// <summary>A rule by name with as many of the options as it has; for one set of options that serves several rules.</summary>
    /// <exception cref="InputException">An option is outside its range.</exception>
    public static Rule Make(string name, OptionValues options, Graph graph)
    {
        PredictiveCoding pc = CheckedAll(options);
        return name switch
        {
            "bp" => new Backpropagation(),
            "zil" => new ZeroDivergence(),
            "pc" => pc,
            "fpa" => new FixedPrediction { Steps = options.Whole("steps") ?? graph.Depth, Gamma = options.Number("gamma") ?? 1 },
            _ => new IncrementalPredictiveCoding
            {
                Steps = pc.Steps,
                Gamma = options.Number("gamma") ?? new IncrementalPredictiveCoding().Gamma,
                Order = Order(options),
                ValueMomentum = pc.ValueMomentum,
                Start = pc.Start,
            },
        };
    }

    private static UpdateOrder Order(OptionValues options) =>
        options.Choice("order", UpdateOrder.Simultaneous, ("simultaneous", UpdateOrder.Simultaneous), ("values-first", UpdateOrder.ValuesFirst));

    private static PredictiveCoding CheckedAll(OptionValues options)
    {
        Order(options);
        var defaults = new PredictiveCoding();
        return new PredictiveCoding
        {
            Steps = options.Whole("steps") ?? defaults.Steps,
            Gamma = options.Number("gamma") ?? defaults.Gamma,
            UpdateEvery = options.Whole("update-every"),
            Discount = options.Number("discount") ?? defaults.Discount,
            ValueMomentum = options.Number("value-momentum") ?? defaults.ValueMomentum,
            Start = options.Choice("start", ValueStart.Feedforward, ("feedforward", ValueStart.Feedforward), ("random", ValueStart.Random), ("keep", ValueStart.Keep)),
        };
    }
}
