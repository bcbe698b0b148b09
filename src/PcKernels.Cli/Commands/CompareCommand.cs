using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Inputs;
using PcKernels.Cli.Reports;
using PcKernels.Cli.Settings;
using PcKernels.Data;
using PcKernels.Data.Batches;
using PcKernels.Data.Training;
using PcKernels.Graphs;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck compare</c>.</summary>
internal static class CompareCommand
{
    private const double AblationGamma = 0.5;

    public static CommandSpec Spec { get; } = new("compare", "Compares the rules' updates with backpropagation's: one start, one batch.",
        ["pck compare", "pck compare --rules bp,zil,fpa --data FOLDER --batch 64", "pck compare --rules bp,zil --ablation levels --json"],
        [
            ModelInput.ModelOption,
            DataInput.DataOption,
            ModelInput.ParametersOption,
            new("rules", "bp,pc,…", "the rules, separated by commas", Default: "all that fit the model"),
            new("ablation", "gamma|start|levels", "also zil with γ ≠ 1 (--gamma, else 0.5), with ε ≠ 0 at the start, or without level-dependent updates: each must differ from bp"),
            DataInput.NormaliseOption,
            new("json", null, "one JSON object instead of text"),
            CommonOptions.Batch,
            CommonOptions.Init,
            .. CommonOptions.Training("sgd", "sgd: 0.01; adam: 1e-3").Where(static o => o.Name is not "rule")
                .Select(static o => o.Name == "dtype" ? o with { Default = "f64" } : o),
        ], Run)
    {
        Details = ["Distances are ‖Δθ − Δθ_BP‖ / ‖Δθ_BP‖. Options that a rule lacks are checked and passed over, so that one set serves all rules."],
    };

    private static void Run(CommandContext context)
    {
        OptionValues options = context.Options;
        bool isJson = options.Flag("json");
        var device = DeviceSettings.Read(options);
        (Model? given, Normalisation? saved) = ModelInput.Read(options);
        DataSet data = DataInput.Read(options, given);
        Normalisation? normalisation = DataInput.Normalisation(options, data.Train, saved);
        Model model = given ?? ModelInput.Default(options, data.Train);
        int outputs = DataFit.Check(model.Graph, data.Train);
        if (outputs == 0) throw new InputException($"'{data.Train.Name}' has inputs only, neither labels nor target numbers; there is no target to learn");
        List<(string Name, Rule Rule)> rules = Rules(options, model.Graph);
        using var loader = new BatchLoader(data.Train, options.Batch(TrainingDefaults.Batch) ?? data.Train.Count, outputs, new BatchLoaderOptions { Seed = options.Seed(), Normalisation = normalisation });
        OptionValues used = options.Has("dtype") ? options : options.With("dtype", "f64");

        var measure = new RuleMeasure(model, loader.Epoch(0).First(), device);
        (RuleComparison _, UpdateVector reference) = measure.Run("bp", TrainingSettings.Read(used, new Backpropagation(), "sgd"), null);
        RuleComparison[] results = [.. rules.Select(r => measure.Run(r.Name, TrainingSettings.Read(used, r.Rule, "sgd"), reference).Result)];
        string settings = $"{model.Graph.Name} on {data.Name}, batch {loader.BatchSize}, seed {options.Seed()}, {TrainingSettings.DTypeOf(used).ToString().ToLowerInvariant()}";
        if (isJson) ComparisonText.WriteJson(context.Terminal.Out, model.Graph.Name, data.Name, loader.BatchSize, results);
        else ComparisonText.Write(context.Terminal.Out, settings, results);
    }

    private static List<(string Name, Rule Rule)> Rules(OptionValues options, Graph graph)
    {
        string[] names = options.Text("rules") is string list ? list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [.. Rule.Names];
        if (names.Length == 0) throw new InputException($"--rules {options.Text("rules")}: names no rule; known: {string.Join(", ", Rule.Names)}");
        var rules = new List<(string, Rule)>();
        foreach (string name in names)
        {
            if (!Rule.Names.Contains(name)) throw new InputException($"--rules {name}: unknown; {Suggestion.Of(name, Rule.Names)}");
            rules.Add((name, RuleSettings.Make(name, options, graph)));
        }
        ZeroDivergence? ablated = options.Choice<ZeroDivergence?>("ablation", null,
            ("gamma", new ZeroDivergence { Gamma = options.Number("gamma") ?? AblationGamma }), ("start", new ZeroDivergence { Start = ValueStart.Random }), ("levels", new ZeroDivergence { LevelDependent = false }));
        if (ablated is { IsAblation: false }) throw new InputException("--ablation gamma: --gamma 1 is zil itself; give another γ");
        if (ablated is not null) rules.Add(($"zil without {options.Text("ablation")}", ablated));
        // A rule that does not fit is told before any work is done.
        foreach ((_, Rule rule) in rules) Planner.Plan(graph, rule, new PlanOptions { Batch = 1 });
        return rules;
    }
}
