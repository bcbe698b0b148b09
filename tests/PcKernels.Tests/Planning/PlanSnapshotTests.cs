using System.Runtime.CompilerServices;
using System.Text;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;
using PcKernels.Rules;

namespace PcKernels.Tests.Planning;

/// <summary>The plan of a network of four layers for each rule, on file, so that a change of the planner is seen. PCK_ACCEPT=1 writes the files anew.</summary>
public sealed class PlanSnapshotTests
{
    public static TheoryData<string, Rule, bool, Optimizer> Plans => new()
    {
        { "bp", new Backpropagation(), false, new Sgd(0.1) },
        { "pc", new PredictiveCoding { Steps = 8 }, false, new Sgd(0.1) },
        { "pc_plain", new PredictiveCoding { Steps = 8 }, true, new Sgd(0.1) },
        { "pc_every_2", new PredictiveCoding { Steps = 8, UpdateEvery = 2 }, false, new Adam(0.1) },
        { "ipc", new IncrementalPredictiveCoding { Steps = 8 }, false, new Sgd(0.1) },
        { "ipc_adam", new IncrementalPredictiveCoding { Steps = 8 }, false, new Adam(0.1) },
        { "ipc_values_first", new IncrementalPredictiveCoding { Steps = 8, Order = UpdateOrder.ValuesFirst }, false, new Sgd(0.1) },
        { "zil", new ZeroDivergence(), false, new Sgd(0.1) },
        { "zil_plain", new ZeroDivergence(), true, new Sgd(0.1) },
        { "fpa", new FixedPrediction { Steps = 8 }, false, new Sgd(0.1) },
    };

    [Theory]
    [MemberData(nameof(Plans))]
    public void The_plan_is_the_one_on_file(string name, Rule rule, bool plain, Optimizer optimizer)
    {
        string actual = Print(Planner.Plan(PlanCases.Chain(4), rule, new PlanOptions { Batch = 2, Plain = plain, Optimizer = optimizer }));
        if (Environment.GetEnvironmentVariable("PCK_ACCEPT") == "1")
        {
            Accept(name, actual);
            return;
        }
        string file = Path.Combine(AppContext.BaseDirectory, "Planning", "Snapshots", name + ".txt");
        string expected = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        Assert.True(expected == actual, $"the plan of {name} is not the one in Planning/Snapshots; if that is meant, run the tests once with PCK_ACCEPT=1 and commit the file. It is now:\n{actual}");
    }

    [Fact]
    public void The_same_arguments_give_the_same_program()
    {
        foreach (Program program in PlanCases.All.Where(static (_, i) => i % 7 == 0))
        {
            // A levelled graph would be levelled again, so only what was planned as it stands is planned anew.
            if (program.Rule is null or ZeroDivergence) continue;
            Assert.Equal(Print(program), Print(Planner.Plan(program.Graph, program.Rule, program.Options)));
        }
    }

    private static string Print(Program program)
    {
        var text = new StringBuilder();
        foreach (Phase phase in program.Phases)
        {
            text.Append($"{phase.Name} × {phase.Repeats}, updates {phase.FirstUpdate}+{phase.UpdatesPerRound}{(phase.OnlyFirstBatch ? ", only in the first batch" : "")}\n");
            foreach ((int i, Wave wave) in phase.Waves.Index())
            {
                text.Append($"  wave {i}\n");
                foreach (PlanTask task in wave.Tasks) text.Append($"    {task.Label}: {Names(task.Reads)} > {Names(task.Writes)}\n");
            }
        }
        if (program.NotLearned.Count > 0) text.Append($"not learned: {string.Join(' ', program.NotLearned)}\n");
        return text.ToString();
    }

    private static string Names(IEnumerable<PlanBuffer> buffers) => string.Join(", ", buffers.Select(static b => b.Name));

    private static void Accept(string name, string text, [CallerFilePath] string thisFile = "")
    {
        string folder = Path.GetDirectoryName(thisFile)!;
        if (!Directory.Exists(folder)) Assert.Fail($"{folder} is not here: build without ContinuousIntegrationBuild to accept");
        File.WriteAllText(Path.Combine(folder, "Snapshots", name + ".txt"), text);
    }
}
