using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Training;

/// <summary>A batch read sample by sample gives the bits of the same batch in arrays.</summary>
public sealed class SampleBatchTests
{
    // Rows without a pad, rows with one, whole numbers that choose rows of a table, and a model without an input.
    private static readonly Dictionary<string, Graph> s_graphs = new()
    {
        ["mlp"] = Model.Mlp(3, [4], 2).Graph,
        ["lines"] = Model.Mlp(16, [4], 16).Graph,
        ["rows"] = new GraphBuilder("rows").Input("x", 3, 5).Add("h", new LinearOp(6) { Activation = Activation.Tanh }, ["x"]).Add("y", new LinearOp(4), ["h"]).Output("y").Build(),
        ["tokens"] = new GraphBuilder("tokens").Input("x", 3).Add("h", new EmbeddingOp(9, 4), ["x"], vertex: true).Add("y", new LinearOp(5), ["h"]).Output("y", Likelihood.Categorical).Build(),
        ["generative"] = new GraphBuilder("generative").Add("a", new RootOp([4]), []).Add("y", new LinearOp(6), ["a"]).Output("y").Build(),
    };

    public static TheoryData<string, DType, int> Cases()
    {
        var cases = new TheoryData<string, DType, int>();
        foreach (string name in s_graphs.Keys)
            foreach (DType dtype in new[] { DType.F32, DType.F64 })
                foreach (int threads in new[] { 1, 2, 3 }) cases.Add(name, dtype, threads);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_bits_are_those_of_arrays(string name, DType dtype, int threads)
    {
        Graph graph = s_graphs[name];
        var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = 3 }, DType = dtype };
        using var arrays = new Trainer(new Model(graph), options, new CpuDevice(threads));
        using var read = new Trainer(new Model(graph), options, new CpuDevice(threads));
        foreach (int count in new[] { 7, 1, 2, 7 })
        {
            var batch = new CountedBatch(graph, count, seed: count);
            Assert.Equal(arrays.Step(batch.Inputs, batch.Targets, count), read.Step(batch));
            // Each once, whoever read it.
            Assert.All(batch.InputReads, n => Assert.Equal(graph.Inputs.Count, n));
            Assert.All(batch.TargetReads, static n => Assert.Equal(1, n));
            if (graph.Inputs.Count == 0) continue;
            float[] expected = new float[batch.Targets.Length], predicted = new float[batch.Targets.Length];
            arrays.Predict(batch.Inputs, count, expected);
            read.Predict(batch, predicted);
            Assert.Equal(expected, predicted);
            Assert.All(batch.TargetReads, static n => Assert.Equal(1, n));
        }
        foreach (ParameterInfo parameter in graph.Parameters)
            Assert.Equal(arrays.Parameter(parameter.Name).ToDoubles(), read.Parameter(parameter.Name).ToDoubles());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_reading_throws_reaches_the_caller_and_the_next_batch_goes_on(int threads)
    {
        Graph graph = s_graphs["mlp"];
        using var trainer = new Trainer(new Model(graph), new TrainingOptions(), new CpuDevice(threads));
        using var other = new Trainer(new Model(graph), new TrainingOptions(), new CpuDevice(threads));
        for (int broken = 0; broken < 6; broken++)
        {
            var batch = new CountedBatch(graph, 6, broken) { Broken = broken };
            Assert.Equal($"sample {broken}", Assert.Throws<InvalidDataException>(() => trainer.Step(batch)).Message);
        }
        Assert.Equal(0, trainer.Batches);
        var whole = new CountedBatch(graph, 6, 1);
        Assert.Equal(other.Step(whole), trainer.Step(whole));
        // A batch is not held: the next call takes what lies on the device.
        Assert.Equal(other.Step(6), trainer.Step(6));
        Assert.All(whole.InputReads, static n => Assert.Equal(2, n));
    }

    [Fact]
    public void Wrong_batches_are_one_line()
    {
        static string Message(Action step) => Assert.Throws<InputException>(step).Message;
        using var tokens = new Trainer(new Model(s_graphs["tokens"]), new TrainingOptions(), new CpuDevice(2));
        var wrong = new CountedBatch(s_graphs["tokens"], 2, 1);
        wrong.Inputs[4] = 9;
        Assert.Equal("batch: 'x' holds 9 at element 4; it needs whole numbers from 0 to 8, the vocabulary that reads them", Message(() => tokens.Step(wrong)));
        Assert.Equal("batch: 'x' holds 9 at element 4; it needs whole numbers from 0 to 8, the vocabulary that reads them", Message(() => tokens.Predict(wrong, new float[30])));
        Assert.Equal("the predictions of 2 samples are 30 elements, not 29", Message(() => tokens.Predict(wrong, new float[29])));
        Graph two = new GraphBuilder("two").Input("x", 3).Add("y", new LinearOp(2), ["x"]).Add("z", new LinearOp(2), ["x"]).Output("y").Output("z").Build();
        using var trainer = new Trainer(new Model(two), new TrainingOptions(), new CpuDevice(1));
        Assert.Equal("model 'two' has 1 inputs and 2 outputs; this call feeds one input and one output", Message(() => trainer.Step(new CountedBatch(two, 1, 1))));
        Assert.Equal("--batch 0: must be ≥ 1", Message(() => tokens.Step(new CountedBatch(s_graphs["tokens"], 0, 1))));
    }

    /// <summary>A random batch that counts how often each sample was asked for.</summary>
    private sealed class CountedBatch : ISampleBatch
    {
        private readonly int _inputs, _outputs;

        public CountedBatch(Graph graph, int count, int seed)
        {
            (Count, _inputs, _outputs) = (count, graph.Inputs.Sum(static i => i.Count), graph.Nodes[graph.Outputs[0].Node].Count);
            var random = new Random(seed);
            bool isWhole = graph.Inputs.Count > 0 && graph.IntegerLimits.ContainsKey(graph.Inputs[0].Index);
            Inputs = [.. Enumerable.Range(0, count * _inputs).Select(_ => isWhole ? random.Next(9) : random.NextSingle() - 0.5f)];
            Targets = [.. Enumerable.Range(0, count * _outputs).Select(_ => random.NextSingle())];
            (InputReads, TargetReads) = (new int[count], new int[count]);
        }

        public int Count { get; }

        public float[] Inputs { get; }

        public float[] Targets { get; }

        public int[] InputReads { get; }

        public int[] TargetReads { get; }

        public int Broken { get; init; } = -1;

        public void CopyInput(int sample, Span<float> inputs)
        {
            if (sample == Broken) throw new InvalidDataException($"sample {sample}");
            Assert.Equal(_inputs, inputs.Length);
            Interlocked.Increment(ref InputReads[sample]);
            Inputs.AsSpan(sample * _inputs, _inputs).CopyTo(inputs);
        }

        public void CopyTarget(int sample, Span<float> target)
        {
            Assert.Equal(_outputs, target.Length);
            Interlocked.Increment(ref TargetReads[sample]);
            Targets.AsSpan(sample * _outputs, _outputs).CopyTo(target);
        }
    }
}
