using System.Text;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Cuda.Tests.Kernels;
using PcKernels.Cuda.Waves;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>Every barrier, wait, fence, acquire and release of the kernels that ship is taken away in turn: a check, a result or the detector of hangs has to notice.</summary>
/// <remarks>What nobody can notice is in Kernels/unnoticed.txt, with the reason.</remarks>
public sealed class KernelMutationTests : EmulatorTests
{
    private const int Seeds = 4;

    // Those take every scenario in every order, half of all the time, and say no more than that the list is not longer than it has to be.
    private static readonly int s_seedsOfListed = Environment.GetEnvironmentVariable("PCK_FULL") == "1" ? Seeds : 1;

    private string _reported = "";

    private static readonly Dictionary<string, string> s_unnoticed = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Kernels", "unnoticed.txt"))
        .Where(static l => l.Length > 0 && l[0] != '#').Select(static l => l.Split(": ", 2)).ToDictionary(static l => l[0], static l => l[1]);

    [EmulatorFact]
    public void The_loop_needs_every_wait() => Check("loop_f32.ptx", "pck_loop_f32", [.. Waves(CudaExecution.Cooperative)]);

    [EmulatorFact]
    public void A_wave_needs_every_wait() => Check("wave_f32.ptx", "pck_wave_f32", [.. Waves(CudaExecution.Waves)]);

    // All but the ops is the wave kernel's, which has a test of its own.
    [EmulatorFact]
    public void Ops_need_every_wait() => Check("graph_f32.ptx", "pck_graph_f32", [.. Graphs()], "include/pck/graph/");

    [EmulatorTheory]
    [InlineData(CudaMath.Exact, "f32")]
    [InlineData(CudaMath.Tf32, "tf32")]
    public void The_resident_kernel_needs_every_wait(CudaMath math, string products) => Check($"resident_{products}.ptx", $"pck_resident_{products}_b8",
    [
        new("chain", ResidentTests.Net("20-140-33-7"), 5, Options(new IncrementalPredictiveCoding { Steps = 6, Gamma = 0.1 }, new Sgd(0.05)), CudaExecution.Resident, null, math),
        new("random start", ResidentTests.Net("20-33-7"), 8, Options(new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1, Start = ValueStart.Random }, new Sgd(0.05)), CudaExecution.Resident, null, math),
        new("moments", ResidentTests.Net("20-33-7"), 8, Options(new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1 }, new Adam(0.01)), CudaExecution.Resident, null, math),
    ]);

    [EmulatorTheory]
    [InlineData(CudaMath.Exact, "f32", 16, 12)]
    [InlineData(CudaMath.Exact, "f32", 32, 20)]
    [InlineData(CudaMath.Tf32, "tf32", 16, 12)]
    [InlineData(CudaMath.Tf32, "tf32", 32, 20)]
    public void So_does_it_with_more_samples(CudaMath math, string products, int samples, int batch) => Check($"resident_{products}.ptx", $"pck_resident_{products}_b{samples}",
    [
        new("chain", ResidentTests.Net("20-140-33-7", Likelihood.Categorical), batch, Options(new IncrementalPredictiveCoding { Steps = 6, Gamma = 0.1 }, new Sgd(0.05)), CudaExecution.Resident, null, math),
        new("random start", ResidentTests.Net("20-33-7"), samples, Options(new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1, Start = ValueStart.Random }, new Sgd(0.05)), CudaExecution.Resident, null, math),
    ]);

    private static IEnumerable<Scenario> Waves(CudaExecution execution)
    {
        Rule ipc = new IncrementalPredictiveCoding { Steps = 2, Gamma = 0.1, Order = UpdateOrder.ValuesFirst };
        foreach (ShapeName shape in Enum.GetValues<ShapeName>()) yield return new($"{shape}", Net(Likelihood.Categorical, 40, 70, 10), 20, Options(ipc, new Adam(0.01)), execution, shape);
        // Two readers of a value, a weight used twice: in every shape, with a depth of several steps, and of one, which leaves the first buffer as the last one read.
        foreach (ShapeName shape in Enum.GetValues<ShapeName>())
        {
            yield return new($"{shape}, two terms", Forked(20), 70, Options(ipc, new Sgd(0.01)), execution, shape);
            yield return new($"{shape}, two short terms", Forked(8), 8, Options(ipc, new Sgd(0.01)), execution, shape);
        }
        yield return new("wide rows, clipping", Net(Likelihood.Categorical, 12, 20, 150), 9, Options(new PredictiveCoding { Steps = 3, Gamma = 0.1, Discount = 0.5 }, new Sgd(0.05)) with { ClipNorm = 0.1 }, execution, null);
        yield return new("precisions", RandomNet.Draw(6001, 4, new NetKind { LearnedPrecisions = true }), 9, Options(new PredictiveCoding { Steps = 3, Gamma = 0.1, UpdateEvery = 1 }, new Adam(0.01)), execution, null);
    }

    private static IEnumerable<Scenario> Graphs()
    {
        foreach (Graph graph in new[] { OpGraphs.Images, OpGraphs.Sequences })
            yield return new(graph.Name, graph, 3, Options(new Backpropagation(), new Sgd(0.01)), CudaExecution.Waves, null);
    }

    private static TrainingOptions Options(Rule rule, Optimizer optimizer) => new() { Rule = rule, Optimizer = optimizer, Seed = 2 };

    private static Graph Net(Likelihood likelihood, params int[] widths)
    {
        var builder = new GraphBuilder("mlp");
        builder.Input("x", [widths[0]]);
        for (int i = 1; i < widths.Length; i++)
            builder.Add(i == widths.Length - 1 ? "y" : $"h{i}", new LinearOp(widths[i], Activation: Activation.Tanh), [i == 1 ? "x" : $"h{i - 1}"]);
        return builder.Output("y", likelihood).Build();
    }

    // h feeds two layers of one weight, whose sum is predicted from; every vertex learns a precision of its own.
    private static Graph Forked(int units) => ModelJson.Parse("""
        { "name": "forked", "inputs": { "x": [9] }, "nodes": [
          { "name": "h", "op": "linear", "of": ["x"], "units": UNITS, "activation": "tanh", "precision": { "learn": true, "per": "vertex", "initial": 1.0 } },
          { "name": "a", "op": "linear", "of": ["h"], "units": UNITS, "activation": "tanh" },
          { "name": "b", "op": "linear", "of": ["a"], "units": UNITS, "parameters": "a" },
          { "name": "c", "op": "linear", "of": ["h"], "units": UNITS },
          { "name": "s", "op": "add", "of": ["b", "c"] },
          { "name": "y", "op": "linear", "of": ["s"], "units": 7 } ], "output": { "node": "y" } }
        """.Replace("UNITS", $"{units}", StringComparison.Ordinal));

    private void Check(string file, string kernel, Scenario[] scenarios, string sources = "")
    {
        string text = Encoding.UTF8.GetString(KernelImage.Read(file));
        Dictionary<string, double[]>[] expected = [.. scenarios.Select(s => Run(s, 0) ?? throw new InvalidOperationException($"something is wrong with the kernel as it is: {s.Name}: {_reported}"))];
        var wrong = new List<string>();
        var names = new HashSet<string>();
        foreach (KernelMutant mutant in KernelMutant.Of(text, kernel, sources))
        {
            names.Add(mutant.Name);
            KernelImage.Replacement = name => name == file ? mutant.Text : null;
            try
            {
                bool isListed = s_unnoticed.ContainsKey(mutant.Name), isNoticed = IsNoticed(scenarios, expected, isListed ? s_seedsOfListed : Seeds);
                if (isNoticed == isListed) wrong.Add($"{mutant.Name}: {(isNoticed ? "listed as unnoticed, but somebody notices" : "nobody notices that it is gone")}");
            }
            finally
            {
                KernelImage.Replacement = null;
            }
        }
        Assert.NotEmpty(names);
        wrong.AddRange(s_unnoticed.Keys.Where(n => n.StartsWith($"{kernel} ", StringComparison.Ordinal) && !names.Contains(n)).Select(static n => $"{n}: listed, but not there"));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // What notices one mutant mostly notices the next, which is of the same shape's code: it goes to the front.
    private bool IsNoticed(Scenario[] scenarios, Dictionary<string, double[]>[] expected, int seeds)
    {
        for (int seed = 0; seed < seeds; seed++)
            for (int s = 0; s < scenarios.Length; s++)
            {
                if (!IsNoticed(scenarios[s], seed, expected[s])) continue;
                (scenarios[0], scenarios[s]) = (scenarios[s], scenarios[0]);
                (expected[0], expected[s]) = (expected[s], expected[0]);
                return true;
            }
        return false;
    }

    private bool IsNoticed(Scenario scenario, int seed, Dictionary<string, double[]> expected) => Run(scenario, seed) is not { } results
        || expected.Any(e => !e.Value.Zip(results[e.Key]).All(static p => p.First.Equals(p.Second)));

    // Null: something was reported, or failed.
    private Dictionary<string, double[]>? Run(Scenario scenario, int seed)
    {
        Emulator.SetChecks("fatal");
        Emulator.SetSeed(seed);
        Emulator.Clear();
        try
        {
            using var trainer = new Trainer(RandomNet.Parameterise(scenario.Graph, 5), scenario.Options, CudaDevice.Emulated(scenario.Shape).WithExecution(scenario.Execution).WithMath(scenario.Math));
            for (int i = 0; i < 2; i++) trainer.Step(OpGraphs.Batch(scenario.Graph, scenario.Batch, i));
            Dictionary<string, double[]> results = Compare.Results(trainer);
            _reported = Emulator.Findings;
            return _reported == "[]" ? results : null;
        }
        catch (Exception error) when (error is RunException or CudaException)
        {
            _reported = error.Message;
            ResetPrimary();
            return null;
        }
    }

    private sealed record Scenario(string Name, Graph Graph, int Batch, TrainingOptions Options, CudaExecution Execution, ShapeName? Shape, CudaMath Math = CudaMath.Exact);
}
