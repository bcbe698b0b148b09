using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Tests.Graphs;

namespace PcKernels.Tests.Planning;

/// <summary>Programs over rule × depth × T × savings × optimiser × clipping × graph, planned once for all tests that walk them.</summary>
internal static class PlanCases
{
    private static readonly Lazy<Program[]> s_all = new(static () => [.. Chains(), .. Drawn()]);

    public static IReadOnlyList<Program> All => s_all.Value;

    /// <summary>x → h1 → … → y with L weight layers.</summary>
    public static Graph Chain(int layers, int width = 4, ActivationForm form = ActivationForm.Post)
    {
        var builder = new GraphBuilder($"chain {layers}").Input("x", width + 1);
        string below = "x";
        for (int i = 1; i < layers; i++) builder.Add(below = $"h{i}", new LinearOp(width, true, Activation.Tanh, form), [i == 1 ? "x" : $"h{i - 1}"]);
        return builder.Add("y", new LinearOp(3), [below]).Output("y").Build();
    }

    public static IEnumerable<Rule> Rules(int steps)
    {
        yield return new Backpropagation();
        yield return new PredictiveCoding { Steps = steps };
        for (int k = 1; k < steps; k++) if (steps % k == 0) yield return new PredictiveCoding { Steps = steps, UpdateEvery = k };
        yield return new PredictiveCoding { Steps = steps, Discount = 0.5, ValueMomentum = 0.5 };
        yield return new PredictiveCoding { Steps = steps, Start = ValueStart.Random };
        yield return new PredictiveCoding { Steps = steps, Start = ValueStart.Keep };
        yield return new IncrementalPredictiveCoding { Steps = steps };
        yield return new IncrementalPredictiveCoding { Steps = steps, Order = UpdateOrder.ValuesFirst };
        yield return new IncrementalPredictiveCoding { Steps = steps, Start = ValueStart.Random, ValueMomentum = 0.5 };
        yield return new IncrementalPredictiveCoding { Steps = steps, Start = ValueStart.Keep };
        yield return new ZeroDivergence();
        yield return new ZeroDivergence { Gamma = 0.5 };
        yield return new ZeroDivergence { LevelDependent = false };
        yield return new FixedPrediction { Steps = steps };
    }

    public static string Describe(Program p) =>
        $"{p.Graph.Name}, {p.Rule}, {p.Options.Optimizer}, plain {p.Options.Plain}, clip {p.Options.ClipNorm}, keeps {p.Options.KeepGradients}, final {p.Options.FinalErrors}";

    private static IEnumerable<Program> Chains()
    {
        for (int layers = 1; layers <= 6; layers++)
            foreach (int steps in new[] { 0, 1, 2, 6, 9 })
                foreach (Rule rule in Rules(steps))
                    foreach (bool plain in new[] { false, true })
                        foreach (Optimizer optimizer in new Optimizer[] { new Sgd(0.1), new Adam(0.1) })
                            yield return Planner.Plan(Chain(layers), rule, new PlanOptions { Batch = 2, Plain = plain, Optimizer = optimizer });
    }

    private static IEnumerable<Program> Drawn()
    {
        for (int seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            Rule[] rules = [.. Rules(random.Next(0, 7))];
            Optimizer[] optimizers = [new Sgd(0.1), new Sgd(0.1, weightDecay: 0.1), new Sgd(0.1, momentum: 0.5), new Adam(0.1), new AdamW(0.1)];
            yield return Planner.Plan(RandomGraph.Make(seed), rules[random.Next(rules.Length)], new PlanOptions
            {
                Batch = random.Next(1, 4),
                Plain = random.Next(2) == 0,
                Optimizer = optimizers[random.Next(optimizers.Length)],
                ClipNorm = random.Next(3) == 0 ? 1.0 : null,
                KeepGradients = random.Next(2) == 0,
                FinalErrors = random.Next(2) == 0,
                OutputVariance = random.Next(3) == 0 ? 2 : 1,
                PrecisionDecay = random.Next(3) == 0 ? 0.1 : 0,
            });
        }
    }
}
