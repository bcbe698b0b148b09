using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Planning;

/// <summary>A program whose buffers share memory leaves the same bits as one whose buffers lie apart: every rule, start and saving, on random graphs of all ops.</summary>
public sealed class SharedMemoryTests
{
    private const int Cases = 150;
    private const int LargestNet = 14;

    [Theory]
    [InlineData(DType.F64)]
    [InlineData(DType.F32)]
    public void Memory_that_is_shared_changes_no_bit(DType dtype)
    {
        int shared = 0, drawn = 0;
        Draw.Check(Cases, LargestNet, draw =>
        {
            Rule rule = Pick(draw);
            bool hasRoots = rule is not (Backpropagation or ZeroDivergence);
            Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Ops = true, Dropout = true, Roots = hasRoots, IsChain = draw.Pick("chain", true, false, false) });
            bool starts = hasRoots && draw.Pick("starts", false, false, true);
            int count = draw.Random("batch").Next(1, 10);
            Dictionary<string, Tensor>[] batches = [.. Enumerable.Range(0, 3).Select(i => RandomNet.Batch(graph, count, unchecked(draw.Seed + i), starts))];
            var options = new PlanOptions
            {
                Batch = count,
                Optimizer = draw.Pick<Func<Optimizer>>("optimizer", static () => new Sgd(1e-3), static () => new Sgd(1e-3, momentum: 0.9), static () => new Adam(1e-3))(),
                KeepGradients = draw.Pick("keep", true, false),
                FinalErrors = draw.Pick("final", true, false),
                ClipNorm = draw.Pick<double?>("clip", null, null, 0.3),
                Dual = draw.Pick("dual", DualForm.Never, DualForm.Always),
                GivenStarts = new NamedBatch(graph, batches[0]).GivenStarts,
            };
            Program program = Planner.Plan(graph, rule, options), apart = Apart(Planner.Plan(graph, rule, options));
            drawn++;
            if (program.ArenaLength < program.BufferLength) shared++;
            Assert.Equal(apart.BufferLength, apart.ArenaLength);
            Dictionary<string, double[]>[] a = Run(program, dtype, batches), b = Run(apart, dtype, batches);
            for (int i = 0; i < a.Length; i++) Compare.Same(a[i], b[i], $"batch {i}, {PlanCases.Describe(program)}");
        });
        Assert.True(shared > drawn / 3, $"only {shared} of {drawn} programs share memory");
    }

    [Fact]
    public void A_prediction_that_shares_memory_has_the_same_bits() => Draw.Check(Cases / 3, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Ops = true, Dropout = true });
        Dictionary<string, Tensor>[] batches = [.. Enumerable.Range(0, 2).Select(i => RandomNet.Batch(graph, 3, unchecked(draw.Seed + i)))];
        Dictionary<string, double[]>[] a = Run(Planner.PlanPrediction(graph, 3), DType.F64, batches), b = Run(Apart(Planner.PlanPrediction(graph, 3)), DType.F64, batches);
        for (int i = 0; i < a.Length; i++) Compare.Same(a[i], b[i], ModelJson.Write(graph));
    });

    private static Rule Pick(Draw draw)
    {
        int steps = draw.Pick("T", 1, 2, 4, 6);
        ValueStart start = draw.Pick("start", ValueStart.Feedforward, ValueStart.Feedforward, ValueStart.Random, ValueStart.Keep);
        return draw.Pick<Func<Rule>>("rule",
            static () => new Backpropagation(),
            static () => new ZeroDivergence(),
            () => new PredictiveCoding { Steps = steps, Gamma = 0.1, ValueMomentum = draw.Pick("m", 0, 0.5), Discount = draw.Pick("d", 1, 0.5), Start = start },
            () => new PredictiveCoding { Steps = steps, Gamma = 0.1, UpdateEvery = 1, Start = start },
            () => new IncrementalPredictiveCoding { Steps = steps, Gamma = 0.1, ValueMomentum = draw.Pick("m", 0, 0.5), Start = start },
            () => new IncrementalPredictiveCoding { Steps = steps, Gamma = 0.1, Order = UpdateOrder.ValuesFirst, Start = start },
            () => new FixedPrediction { Steps = steps })();
    }

    // The same program with one buffer behind the other.
    private static Program Apart(Program program)
    {
        long end = 0;
        foreach (PlanBuffer buffer in program.Buffers.Where(static b => !b.IsPersistent))
        {
            buffer.Offset = end;
            end += buffer.Length;
        }
        return new Program(program.Graph, program.Rule, program.Options, program.Buffers, program.Phases, program.Results, program.EnergyRows, program.EnergySlots, program.NotLearned);
    }

    private static Dictionary<string, double[]>[] Run(Program program, DType dtype, Dictionary<string, Tensor>[] batches)
    {
        Graph graph = program.Graph;
        using DeviceSession session = new CpuDevice(1).Open(new ParameterLayout(graph, program.Options.Optimizer), dtype);
        foreach ((string name, Tensor parameter) in RandomNet.Parameterise(graph, 1).Parameters) session.Write(session.Layout.Parameter(name), parameter.ToDoubles());
        using PreparedProgram prepared = session.Prepare(program);
        return [.. batches.Select((batch, i) =>
        {
            foreach ((string name, Tensor tensor) in new NamedBatch(graph, batch).ByResult)
                if (program.Results.TryGetValue(name, out PlanBuffer? buffer)) prepared.Write(buffer, tensor.ToDoubles());
            prepared.Run(new RunSettings(1, (long)i * program.Updates, i, 3, i == 0));
            Dictionary<string, double[]> all = program.Results.ToDictionary(static r => r.Key, r => Read(r.Value, prepared.Read));
            foreach (ParameterInfo parameter in graph.Parameters) all[parameter.Name] = Read(session.Layout.Parameter(parameter.Name), session.Read);
            all["energy"] = prepared.Energies.ToArray();
            return all;
        })];
    }

    private delegate void Reader(PlanBuffer buffer, Span<double> values);

    private static double[] Read(PlanBuffer buffer, Reader read)
    {
        var values = new double[buffer.Count];
        read(buffer, values);
        return values;
    }
}
