using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Initialization;
using PcKernels.Randomness;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Ops;

/// <summary>What is dropped follows from seed, batch, node and element alone.</summary>
public sealed class DropoutTests
{
    private const int Count = 3, Width = 50;

    private static Graph Dropping => new GraphBuilder("d").Input("x", Width).Add("drop", new DropoutOp(0.25), ["x"]).Add("y", new LinearOp(2), ["drop"]).Output("y").Build();

    [Fact]
    public void Elements_are_dropped_by_their_numbers_and_the_others_grow()
    {
        Graph graph = new GraphBuilder("d").Input("x", Width).Add("y", new DropoutOp(0.25), ["x"]).Output("y").Build();
        float[] x = [.. Enumerable.Range(0, Count * Width).Select(static i => 1f + i)];
        using var trainer = new Trainer(new Model(graph), Runs.Looking with { Rule = new Backpropagation(), Seed = 9 }, new CpuDevice(2));
        var random = new Philox(9, Initializers.StreamOf("dropout/y"));
        for (ulong batch = 0; batch < 2; batch++)
        {
            trainer.Step(x, new float[x.Length], Count);
            double[] expected = [.. x.Select((v, i) => random.UniformSingle(batch * (ulong)x.Length + (ulong)i) < 0.25f ? 0 : v / 0.75)];
            Assert.Equal(expected, trainer.Error("y").ToDoubles().Select(static e => -e), static (a, b) => Math.Abs(a - b) <= 1e-12 * Math.Abs(a));
            Assert.Contains(0.0, expected);
        }
    }

    [Fact]
    public void A_prediction_drops_nothing()
    {
        var model = new Model(Dropping);
        Graph plain = new GraphBuilder("d").Input("x", Width).Add("y", new LinearOp(2), ["x"]).Output("y").Build();
        var same = new Model(plain);
        same.SetParameters(model.Parameters);
        float[] x = [.. Enumerable.Range(0, Count * Width).Select(static i => (float)Math.Sin(i))], a = new float[Count * 2], b = new float[Count * 2];
        using (var trainer = new Trainer(model, new TrainingOptions(), new CpuDevice(1))) trainer.Predict(x, Count, a);
        using (var trainer = new Trainer(same, new TrainingOptions(), new CpuDevice(1))) trainer.Predict(x, Count, b);
        Assert.Equal(b, a);
    }
}
