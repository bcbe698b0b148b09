using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Models;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Planning.Emission;
using PcKernels.Planning.Tasks;
using PcKernels.Rules;
using PcKernels.Tests.Graphs;
using PcKernels.Training;

namespace PcKernels.Tests.Planning;

/// <summary>Vertices that are moved by one δ alone, as the addends of a sum are, move in the task that makes it.</summary>
public sealed class MoveFusionTests
{
    private static readonly Node s_node = Addends().Vertices[0];
    private static readonly PlanBuffer s_above = Buffer(0), s_delta = Buffer(1), s_value = Buffer(2), s_error = Buffer(3), s_other = Buffer(4);

    [Fact]
    public void Z_il_of_a_recurrent_net_takes_as_many_waves_as_bp()
    {
        Graph graph = ShippedModels.Find("rnn-small").ReadGraph();
        var options = new PlanOptions { Batch = 16, Optimizer = new Sgd(0.1) };
        int Waves(Rule rule) => Planner.Plan(graph, rule, options).Phases.Sum(static p => p.Waves.Count);
        Assert.Equal(Waves(new Backpropagation()), Waves(new ZeroDivergence()));
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    public void Bits_are_those_of_the_plain_program(DType dtype)
    {
        Graph graph = Addends();
        Dictionary<string, Tensor> planned = Train(graph, dtype, false), plain = Train(graph, dtype, true);
        foreach ((string name, Tensor tensor) in plain) Assert.Equal(tensor.ToDoubles(), planned[name].ToDoubles());
        Program program = Planner.Plan(graph, new PredictiveCoding { Steps = 4 }, new PlanOptions { Batch = 3, Optimizer = new Sgd(0.1) });
        Assert.Contains(program.Phases.SelectMany(static p => p.Waves).SelectMany(static w => w.Tasks), static t => t is GatherTask { Followers.Count: 2 });
    }

    [Fact]
    public void A_move_that_nothing_stands_in_the_way_of_is_joined()
    {
        var joined = Assert.IsType<GatherTask>(Assert.Single(MoveFusion.Join([Link(), Move(s_delta)])));
        Assert.Equal([s_above, s_value, s_error], joined.Reads.Distinct());
        Assert.Equal([s_delta, s_value], joined.Writes);
    }

    [Fact]
    public void A_move_waits_for_who_still_reads_its_value() =>
        AssertAsTheyWere(Link(), new ElementwiseTask { Node = s_node, Inputs = [s_value], Output = s_other }, Move(s_delta));

    [Fact]
    public void A_move_waits_for_its_error() =>
        AssertAsTheyWere(Link(), new ElementwiseTask { Node = s_node, Inputs = [s_other], Output = s_error }, Move(s_delta));

    [Fact]
    public void A_move_by_another_delta_or_by_one_written_anew_stays()
    {
        AssertAsTheyWere(Link(), Move(s_other));
        AssertAsTheyWere(Link(), new ElementwiseTask { Node = s_node, Inputs = [s_other], Output = s_delta }, Move(s_delta));
    }

    private static void AssertAsTheyWere(params PlanTask[] tasks) => Assert.Equal(tasks, MoveFusion.Join(tasks));

    private static PlanBuffer Buffer(int id) => new(id, $"b{id}", BufferRole.Value, 3, 4, id * 64);

    private static GatherTask Link() => new() { Node = s_node, Terms = [new AdjointTerm(s_above, null, s_above)], Delta = s_delta };

    private static GatherTask Move(PlanBuffer delta) => new()
    {
        Node = s_node,
        Terms = [new AdjointTerm(delta, null, null)],
        Settle = new SettleEpilogue(s_value, s_value, s_error, new PrecisionSource(1, null), 0.1, null, null, 0, false),
    };

    /// <summary>Two vertices that are added and activated, as in a recurrent cell.</summary>
    private static Graph Addends() => new GraphBuilder("cell").Input("x", 4)
        .Add("w", new LinearOp(4), ["x"])
        .Add("u", new LinearOp(4), ["x"])
        .Add("a", new AddOp(), ["w", "u"])
        .Add("h", new ElementwiseOp(Activation.Tanh), ["a"])
        .Add("y", new LinearOp(2), ["h"])
        .Output("y").Build();

    private static Dictionary<string, Tensor> Train(Graph graph, DType dtype, bool plain)
    {
        var options = new TrainingOptions { Rule = new PredictiveCoding { Steps = 4 }, Optimizer = new Sgd(0.1), DType = dtype, Plain = plain };
        using var trainer = new Trainer(new Model(graph, seed: 3), options, new CpuDevice(2));
        for (int i = 0; i < 3; i++) trainer.Step(RandomBatch.Make(graph, 3, i));
        return graph.Parameters.ToDictionary(static p => p.Name, p => trainer.Parameter(p.Name));
    }
}
