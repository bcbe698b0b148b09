using PcKernels.Graphs;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>Where values start: random by seed and batch, kept from the last batch, or given.</summary>
public sealed class StartTests
{
    private const int Cases = 30;
    private const int LargestNet = 6;

    [Fact]
    public void A_random_start_follows_from_seed_and_batch() => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Ops = true, Roots = true });
        Node? free = graph.Vertices.FirstOrDefault(v => graph.OutputOf(v.Index) is null);
        if (free is null) return;
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        Dictionary<string, Tensor> batch = Runs.Batches(draw, graph)[0];
        TrainingOptions options = Runs.Looking with { Rule = new PredictiveCoding { Steps = 0, Start = ValueStart.Random }, Seed = 1 };
        Dictionary<string, double[]>[] one = Runs.Of(model, options, [batch, batch]), again = Runs.Of(model, options, [batch, batch]);
        for (int i = 0; i < 2; i++) Compare.Same(again[i], one[i], $"batch {i}");
        string name = $"value/{free.Name}";
        Assert.NotEqual(one[0][name], one[1][name]);
        Assert.NotEqual(one[0][name], Runs.Of(model, options with { Seed = 2 }, batch)[name]);
        Assert.All(one[0][name], static x => Assert.InRange(x, -1, 1));
        Assert.Equal(one[0][name].Length, one[0][name].Distinct().Count());
    });

    [Fact]
    public void A_random_start_is_a_given_start_of_the_same_numbers() => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Ops = true, Roots = true });
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        Dictionary<string, Tensor> batch = Runs.Batches(draw, graph)[0];
        Dictionary<string, double[]> start = Runs.Of(model, Runs.Looking with { Rule = new PredictiveCoding { Steps = 0, Start = ValueStart.Random } }, batch);
        TrainingOptions options = Runs.Looking with { Rule = new PredictiveCoding { Steps = 4, Start = ValueStart.Random } };
        Dictionary<string, double[]> random = Runs.Of(model, options, batch);
        var given = new Dictionary<string, Tensor>(batch);
        foreach (Node vertex in graph.Vertices.Where(v => graph.OutputOf(v.Index) is null))
            given[$"value/{vertex.Name}"] = Tensor.From<double>(start[$"value/{vertex.Name}"], [batch.First().Value.Shape[0], .. vertex.Shape]);
        Compare.Same(Runs.Of(model, options with { Rule = new PredictiveCoding { Steps = 4 } }, given), random, ModelJson.Write(graph));
    });

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Kept_values_go_on_where_they_were(bool incremental, bool plain) => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Roots = true });
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        Dictionary<string, Tensor> batch = Runs.Batches(draw, graph)[0];
        Rule Rule(int steps, ValueStart start) => incremental
            ? new IncrementalPredictiveCoding { Steps = steps, Gamma = 0.1, Start = start }
            : new PredictiveCoding { Steps = steps, Gamma = 0.1, Start = start };
        int half = draw.Pick("T", 1, 2, 3);
        TrainingOptions options = Runs.Looking with { Plain = plain };
        Dictionary<string, double[]> kept = Runs.Of(model, options with { Rule = Rule(half, ValueStart.Keep) }, [batch, batch])[1];
        Dictionary<string, double[]> whole = Runs.Of(model, options with { Rule = Rule(2 * half, ValueStart.Feedforward) }, batch);
        int row = whole["energy"].Length / (2 * half + 1);
        whole["energy"] = whole["energy"][(half * row)..];
        Compare.Same(kept, whole, $"T {half}, {ModelJson.Write(graph)}");
    });

    /// <summary>A learned precision moves between the batches, and the kept values meet the new one.</summary>
    [Fact]
    public void Kept_values_meet_moved_parameters() => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind());
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        Dictionary<string, Tensor> batch = Runs.Batches(draw, graph)[0];
        TrainingOptions options = Runs.Looking with { Optimizer = new PcKernels.Optimizers.Sgd(1e-3) };
        Dictionary<string, double[]> kept = Runs.Of(model, options with { Rule = new PredictiveCoding { Steps = 3, Start = ValueStart.Keep } }, [batch, batch])[1];
        Dictionary<string, double[]> whole = Runs.Of(model, options with { Rule = new PredictiveCoding { Steps = 6, UpdateEvery = 3 } }, batch);
        int row = whole["energy"].Length / 7;
        whole["energy"] = whole["energy"][(3 * row)..];
        Compare.Same(kept, whole, ModelJson.Write(graph));
    });

    /// <summary>A rule that has no start to replace says so; it does not fail elsewhere.</summary>
    [Fact]
    public void Rules_without_a_free_start_take_none()
    {
        Model model = Model.Mlp(3, [4], 2);
        Dictionary<string, Tensor> batch = RandomNet.Batch(model.Graph, 4, 1);
        batch["value/h1"] = new Tensor(DType.F64, [4, 4]);
        foreach (Rule rule in new Rule[] { new Backpropagation(), new ZeroDivergence() })
        {
            using var trainer = new Trainer(model, Runs.Looking with { Rule = rule });
            Assert.Contains("value/h1", Assert.Throws<InputException>(() => trainer.Step(batch)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Kept_values_belong_to_one_batch_size()
    {
        Model model = Model.Mlp(3, [4], 2);
        using var trainer = new Trainer(model, Runs.Looking with { Rule = new PredictiveCoding { Start = ValueStart.Keep } });
        trainer.Step(RandomNet.Batch(model.Graph, 4, 1));
        Assert.Contains("--batch all", Assert.Throws<InputException>(() => trainer.Step(RandomNet.Batch(model.Graph, 3, 1))).Message, StringComparison.Ordinal);
    }
}
